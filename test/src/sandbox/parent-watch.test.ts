import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../../src/sandbox/setup.mjs';
import { until } from '../../until.ts';
import { skip } from '../../skip.ts';

// The chain of the demo: npm (here "upper"), the plain script ("middle", run-to-end.mjs), the program ("lower").
const runToEnd = JSON.stringify(join(root, 'src/sandbox/run-to-end.mjs'));
let folder: string;
const started: ChildProcess[] = [];

/** A program that notes its pid and how it was told to end; `stubborn` ignores being told, and its own child too. */
function lower(kind: 'polite' | 'stubborn' | 'quick'): string {
  const file = join(folder, 'lower.mjs');
  const note = (name: string, value: string) =>
    `writeFileSync(${JSON.stringify(join(folder, name))}, String(${value}));`;
  const on = {
    polite: `setTimeout(() => { ${note('tidied', 'signal')} process.exit(7); }, 100)`,
    stubborn: note('ignored', 'signal'),
    quick: '',
  }[kind];
  const child =
    kind === 'polite'
      ? ''
      : `const c = spawn('sleep', ['600'], { stdio: 'ignore' }); c.unref(); ${note('child', 'c.pid')}`;
  writeFileSync(
    file,
    `import { writeFileSync } from 'node:fs'; import { spawn } from 'node:child_process';
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => { ${on} });
    ${child}
    ${note('lower', 'process.pid')}
    ${kind === 'quick' ? 'process.exitCode = 3;' : 'setInterval(() => 0, 1000);'}`,
  );
  return file;
}

function middle(file: string, graceMs = 20_000): string {
  const path = join(folder, 'middle.mjs');
  writeFileSync(
    path,
    `import { runToEnd } from ${runToEnd};
    process.exitCode = await runToEnd(process.execPath, [${JSON.stringify(file)}], { graceMs: ${graceMs} });`,
  );
  return path;
}

function start(command: string, args: string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...env } });
  started.push(child);
  return child;
}

async function noted(name: string): Promise<string> {
  const file = join(folder, name);
  return until(`${name} is noted`, () => existsSync(file) && (readFileSync(file, 'utf8') || false));
}

function isGone(pid: number): boolean {
  try {
    // In containers without an init nobody reaps an orphan: a zombie is dead.
    return /\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    try {
      process.kill(pid, 0);
      return false;
    } catch {
      return true;
    }
  }
}

async function gone(name: string): Promise<void> {
  const pid = Number(await noted(name));
  await until(`${name} (${pid}) is gone`, () => isGone(pid));
}

describe('nothing outlives the demo', function () {
  beforeEach(function () {
    folder = mkdtempSync(join(tmpdir(), 'watch-'));
  });
  afterEach(function () {
    for (const child of started.splice(0)) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`${signal} is handed on, and the exit code comes back`, async function () {
      const child = start(process.execPath, [middle(lower('polite'))]);
      await noted('lower');
      child.kill(signal);
      const [code] = await once(child, 'exit');
      assert.equal(code, 7);
      assert.equal(await noted('tidied'), signal);
    });
  }

  it('the exit code of a program that ends by itself comes back, and its children are ended', async function () {
    const child = start(process.execPath, [middle(lower('quick'))]);
    const [code] = await once(child, 'exit');
    assert.equal(code, 3);
    await gone('child');
  });

  it('one that does not listen is killed with its children after the grace period', async function () {
    const child = start(process.execPath, [middle(lower('stubborn'), 2000)]);
    await noted('lower');
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    assert.equal(code, 128 + 9);
    assert.equal(await noted('ignored'), 'SIGTERM');
    await gone('lower');
    await gone('child');
  });

  it('the death of the parent ends it, in good order', async function () {
    const script = `require('child_process').spawn(process.execPath, [${JSON.stringify(middle(lower('polite')))}], { stdio: 'ignore' }); setInterval(() => 0, 1000);`;
    const upper = start(process.execPath, ['-e', script]);
    await noted('lower');
    upper.kill('SIGKILL');
    assert.equal(await noted('tidied'), 'SIGTERM');
    await gone('lower');
  });

  it('the death of npm behind a shell that stays in between ends it, too', async function () {
    if (process.platform !== 'linux') skip(this, 'needs /proc');
    const shell = `${process.execPath} ${middle(lower('polite'))}; true`;
    const script = `require('child_process').spawn('sh', ['-c', ${JSON.stringify(shell)}], { stdio: 'ignore' }); setInterval(() => 0, 1000);`;
    const upper = start(process.execPath, ['-e', script], { npm_lifecycle_event: 'demo' });
    await noted('lower');
    upper.kill('SIGTERM');
    assert.equal(await noted('tidied'), 'SIGTERM');
    await gone('lower');
  });
});
