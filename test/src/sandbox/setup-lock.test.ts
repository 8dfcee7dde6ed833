import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { root } from '../../../src/sandbox/setup.mjs';
import { withLock } from '../../../src/sandbox/setup/lock.mjs';

describe('set-up: lock', function () {
  let folder: string;
  let lock: string;
  beforeEach(function () {
    folder = mkdtempSync(join(tmpdir(), 'lock-'));
    lock = join(folder, 'x', 'lock');
  });
  afterEach(function () {
    rmSync(folder, { recursive: true, force: true });
  });

  it('lets processes take turns, also right after the death of an owner', async function () {
    // Each reads a counter, waits and writes it back: two at once would lose a count.
    const script = `
      import { withLock } from ${JSON.stringify(join(root, 'src/sandbox/setup/lock.mjs'))};
      import { readFileSync, writeFileSync } from 'node:fs';
      const counter = ${JSON.stringify(join(folder, 'counter'))};
      for (let n = 0; n < 10; n += 1) await withLock(${JSON.stringify(lock)}, () => {}, async () => {
        const value = Number(readFileSync(counter, 'utf8'));
        await new Promise((resolve) => setTimeout(resolve, 2));
        writeFileSync(counter, String(value + 1));
      }, { pollMs: 5 });`;
    writeFileSync(join(folder, 'counter'), '0');
    holdAsDead();
    const children = Array.from({ length: 4 }, () =>
      spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' }),
    );
    const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0]));
    assert.deepEqual(codes, [0, 0, 0, 0]);
    assert.equal(readFileSync(join(folder, 'counter'), 'utf8'), '40');
    assert.equal(existsSync(lock), false);
  });

  it('says that it waits, and gives up with the remedy', async function () {
    mkdirSync(lock, { recursive: true });
    writeFileSync(join(lock, 'pid'), String(process.pid));
    const said: string[] = [];
    const waiting = withLock(
      lock,
      (sentence) => said.push(sentence),
      () => 1,
      { timeoutMs: 50, pollMs: 10 },
    );
    await assert.rejects(waiting, (error: Error) => error.message.includes(`rm -r ${lock}`));
    assert.deepEqual(said, ['Another set-up is at work here; waiting for it ...']);
    assert.ok(existsSync(lock));
  });

  it('is free again after a failure', async function () {
    await assert.rejects(
      withLock(
        lock,
        () => undefined,
        () => Promise.reject(new Error('no')),
      ),
      /no/,
    );
    assert.equal(
      await withLock(
        lock,
        () => undefined,
        () => 2,
      ),
      2,
    );
  });

  function holdAsDead() {
    mkdirSync(lock, { recursive: true });
    writeFileSync(join(lock, 'pid'), String(spawnSync(process.execPath, ['-e', '']).pid));
  }
});
