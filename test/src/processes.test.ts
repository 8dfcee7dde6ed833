import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../src/sandbox/setup.mjs';
import { sealOver } from '../../src/domain/seal.ts';
import { openStore } from '../../src/store/database.ts';
import { asRuntime } from '../../src/store/embedded.ts';
import { administer, freshDatabase } from '../postgres.ts';

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
  this.timeout(240_000);
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

  it('migrate gives a second role its rights, serve does without the first, and check tells them apart', async () => {
    const owner = await freshDatabase();
    const DATABASE_URL = asRuntime(owner);
    const both = { ...example, DATABASE_URL, MIGRATE_DATABASE_URL: owner };
    const first = await freshet(['serve'], both);
    assert.match(first.stderr, /store-not-migrated|store-refused/);
    const migrated = await freshet(['migrate'], both);
    assert.match(migrated.stdout, /^Role "freshet_runtime" may use it/m, migrated.stderr);
    const two = await freshet(['check'], { ...example, DATABASE_URL });
    assert.match(two.stdout, /^ok +store: .*owned by "freshet", used as "freshet_runtime"/m);
    const one = await freshet(['check'], { ...example, DATABASE_URL: owner });
    assert.match(one.stdout, /^ok +store: .*one role, "freshet", both owns and uses it/m);
  });

  it('audit verify, export and received answer, and fail where the log was changed', async () => {
    const owner = await freshDatabase({ migrated: true });
    const variables = { DATABASE_URL: asRuntime(owner) };
    const event = `'{"type": "host-alert", "host": "db1", "code": "c", "cause": "=1", "hint": ""}'`;
    await administer(owner, `insert into freshet.events (data, actor) values (${event}, '=cmd()')`);
    const store = await openStore({ connectionString: asRuntime(owner) });
    const at = new Date('2026-11-24T08:00:00Z');
    const events = await store.seals.events({ after: 0, through: 9 }, 9);
    const sealed = sealOver(undefined, { events, through: 9, at });
    await store.seals.add(sealed);
    await store.close();
    const well = await freshet(['audit', 'verify', '--head', sealed.hash], variables);
    assert.deepEqual([well.code, well.stderr], [0, '']);
    assert.match(well.stdout, new RegExp(`^ok +1 seals, 1 events.\\nhead: seal 1, ${sealed.hash}, `));
    const csv = await freshet(['audit', 'export', '--format', 'csv'], variables);
    assert.match(csv.stdout, /^id,at,type,request,run,actor,front,data\r\n1,[^,]+,host-alert,,,'=cmd\(\),,/);
    const output = join(folder, 'events.jsonl');
    await freshet(['audit', 'export', '--since', '2026-01-01', '--output', output], variables);
    assert.equal(JSON.parse(await readFile(output, 'utf8')).cause, '=1');
    const nothing = await freshet(['audit', 'received', '--backup', 'BKP-7'], variables);
    assert.match(nothing.stdout, /^Nothing went live that fits this/, nothing.stderr);
    await administer(
      owner,
      `set session_replication_role = replica; update freshet.events set actor = 'eve'`,
    );
    const changed = await freshet(['audit', 'verify'], variables);
    assert.deepEqual(
      [changed.code, changed.stdout.split('.')[0]],
      [1, 'FAIL  event 1 is not what seal 1 holds'],
    );
    const kept = await freshet(['audit', 'prune'], { ...example, ...variables });
    assert.match(kept.stderr, /prune-not-owner/);
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
