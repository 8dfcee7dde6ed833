import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../src/sandbox/setup.mjs';
import { freshDatabase } from '../postgres.ts';

type Ended = { code: number | null; stdout: string; stderr: string };

/** Runs `npx freshet ...` to its end, with only these variables. */
function freshet(words: readonly string[], variables: Record<string, string>): Promise<Ended> {
  const child = spawn(process.execPath, [join(root, 'src/freshet.js'), ...words], {
    cwd: root,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], TMPDIR: tmpdir(), ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended: Ended = { code: null, stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (ended.stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (ended.stderr += String(chunk)));
  return new Promise((resolve) => {
    child.once('close', (code) => resolve({ ...ended, code }));
  });
}

describe('the processes', function () {
  this.timeout(60_000);
  const example = { FRESHET_CONFIG: join(root, 'config/example/site.yaml'), LOG_LEVEL: 'silent' };
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'processes-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  for (const words of ['serve', 'worker', 'migrate', 'check']) {
    it(`${words} without a database names both ways to have one`, async () => {
      const { code, stdout, stderr } = await freshet([words], example);
      assert.equal(code, 1);
      assert.match(stderr, /^store-unnamed: .*DATABASE_URL or --embedded/m);
      assert.doesNotMatch(stdout + stderr, /\bat .*:\d+:\d+/, 'no stack trace');
    });
  }

  it('a site file that is missing is named, with the example', async () => {
    const { code, stderr } = await freshet(['check'], { FRESHET_CONFIG: join(folder, 'none.yaml') });
    assert.equal(code, 1);
    assert.match(stderr, /site-missing: .*none\.yaml/);
    assert.match(stderr, /config\/example\/site\.yaml/);
  });

  it('migrate brings an empty database up to date, once; a worker refuses one that is not', async () => {
    const variables = { ...example, DATABASE_URL: await freshDatabase() };
    const refused = await freshet(['worker'], variables);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /store-not-migrated: .*npx freshet migrate/);
    const first = await freshet(['migrate'], variables);
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stdout, /^Applied /m);
    const second = await freshet(['migrate'], variables);
    assert.match(second.stdout, /up to date/);
  });

  it('check says all that is wrong with secrets and store, a line each, with the remedy', async () => {
    const { code, stdout, stderr } = await freshet(['check'], {
      ...example,
      DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none',
    });
    assert.equal(code, 1, stderr);
    assert.match(stdout, /^ok +site: /m);
    assert.match(stdout, /^FAIL +secret env:/m);
    assert.match(stdout, /^FAIL +store: /m);
    assert.match(stdout, /^\d+ to mend\.$/m);
  });

  it('words that are not known are refused with what there is', async () => {
    const { code, stderr } = await freshet(['refersh'], example);
    assert.equal(code, 1);
    assert.match(stderr, /unknown command 'refersh'/);
    const number = await freshet(['worker', '--concurrency', 'many'], example);
    assert.match(number.stderr, /number-malformed: "many" is not allowed/);
    const port = await freshet(['worker', '--metrics-port', '70000'], example);
    assert.match(port.stderr, /number-malformed: "70000" is not allowed; expected a port/);
  });
});
