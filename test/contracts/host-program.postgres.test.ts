import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import type { HostCommand, HostStep, HostStepState } from '../../runners/host-program/step.ts';
import type { RunId } from '../../src/domain/ids.ts';
import {
  ensureCluster,
  findPgBin,
  startCluster,
  stopCluster,
  superuser,
} from '../../src/sandbox/hosts/cluster.ts';
import { freshRun, onEachShell } from '../runners/host-program/on-each-shell.ts';
import { needs } from '../skip.ts';

const execute = promisify(execFile);
const marked = 'MARKED-ROW-4711';
/** 25 letters of two bytes: the 40 bytes that are kept hold 20 of them, and with one letter before, 19 and a half. */
const longName = `x${'ü'.repeat(25)}`;

/** The same bytes with one part, which must be there once, exchanged. */
function replaced(whole: Buffer, part: Buffer, by: Buffer): Buffer {
  const at = whole.indexOf(part);
  assert.ok(at > 0 && whole.indexOf(part, at + 1) < 0, part.toString());
  return Buffer.concat([whole.subarray(0, at), by, whole.subarray(at + part.length)]);
}

onEachShell('host program: with a real PostgreSQL', {}, (on) => {
  let folder: string;
  let bin: string;
  let port: number;
  let admin: Client;
  let fence = 0;

  before(async function () {
    needs(this, 'postgresql');
    this.timeout(60_000);
    folder = await mkdtemp(join(tmpdir(), 'freshet-pg-'));
    bin = await findPgBin();
    const options = { pgBin: bin, durable: false, mark: folder };
    await mkdir(join(folder, 'var/log'), { recursive: true });
    await ensureCluster(folder, options);
    port = await startCluster(folder, options);
    admin = await superuser(folder, port, 'postgres');
    await admin.query("create role loader login password 'secret'");
    await admin.query('create database orders');
    const source = await superuser(folder, port, 'orders');
    await source.query('create table t (id int primary key, mail text)');
    await source.query('create table u as select n from generate_series(1, 100) n');
    await source.query(`insert into t select n, '${marked}' || n from generate_series(1, 5000) n`);
    const password = (await readFile(join(folder, 'etc/postgresql/superuser.password'), 'utf8')).trim();
    const env = { ...process.env, PGPASSWORD: password };
    const dump = async (...args: string[]): Promise<void> => {
      await execute(
        join(bin, 'pg_dump'),
        ['-h', '127.0.0.1', '-p', String(port), '-U', 'postgres', ...args, 'orders'],
        { env },
      );
    };
    // The plain dump is to have none: pg_dump writes their COMMIT into it.
    await source.query("select lo_from_bytea(4711, 'a large object')");
    await dump('-Fd', '-j2', '-f', join(on.at.root, 'orders.dir'));
    await source.query('select lo_unlink(4711)');
    await source.end();
    await dump('-Fc', '-f', join(on.at.root, 'orders.dump'));
    await dump('-f', join(on.at.root, 'orders.sql'), '--no-owner');
    const plain = await readFile(join(on.at.root, 'orders.sql'), 'utf8');
    const end = plain.indexOf('\n--\n-- PostgreSQL database dump complete');
    const evil = [
      `\\! touch ${on.at.folder}/pwned`,
      '\\unrestrict guess\n\\! touch pwned',
      `\\o ${on.at.folder}/pwned`,
      '\\connect postgres',
    ];
    for (const [i, line] of evil.entries()) {
      await writeFile(
        join(on.at.root, `evil-${i}.sql`),
        `${plain.slice(0, end)}\n${line}\n${plain.slice(end)}`,
      );
    }
    const twice = plain.replace(/\n\\\.\n/, `\n1\t${marked}again\n\\.\n`);
    assert.notEqual(twice, plain);
    await writeFile(join(on.at.root, 'twice.sql'), twice);
    const passfile = join(on.at.folder, 'passfile');
    await writeFile(
      passfile,
      `127.0.0.1:${port}:*:loader:secret\n127.0.0.1:${port}:*:postgres:${password}\n`,
      { mode: 0o600 },
    );
    const conf = await readFile(on.at.conf, 'utf8');
    await writeFile(
      on.at.conf,
      [
        conf.replace(/^tool cat .*$/m, 'tool cat /bin/cat').trimEnd(),
        ...['pg_restore', 'psql'].map((tool) => `tool ${tool} ${bin}/${tool}`),
        `server test-pg engine=postgres port=${port} loader=loader passfile=${passfile} data=${folder}`,
        'target uat server=test-pg database=orders',
        `target long server=test-pg database=x${'\\0303\\0274'.repeat(25)}`,
        '',
      ].join('\n'),
    );
  });

  after(async () => {
    await admin?.end();
    if (folder === undefined) return;
    await stopCluster(folder);
    await rm(folder, { recursive: true, force: true });
  });

  async function emptyDatabase(): Promise<{ run: RunId; database: string; step: Partial<HostStep> }> {
    const run = freshRun();
    const database = `orders__new_${run}`;
    await admin.query(`create database "${database}" owner loader`);
    await on.program.claim('uat', run, ++fence);
    const connection = { server: 'test-pg', identity: 'loader' as const, database };
    return { run, database, step: { target: 'uat', fence, connection } };
  }

  async function load(
    pipe: HostCommand[],
    more: Partial<HostStep> = {},
  ): Promise<{ state: HostStepState; mails: number | undefined }> {
    const { run, database, step } = await emptyDatabase();
    await on.program.submit(on.step({ ...step, ...more, run, step: 'load', pipe }));
    const state = await on.program.wait(run, 'load', { timeoutSeconds: 60 });
    const client = await superuser(folder, port, database);
    try {
      const { rows } = await client.query<{ n: string }>('select count(*) as n from t');
      return { state, mails: Number(rows[0]!.n) };
    } catch {
      return { state, mails: undefined };
    } finally {
      await client.end();
    }
  }

  const plain = (path: string, ...options: string[]): HostCommand[] => [
    { tool: 'cat', args: [{ root: 'nightly', path }] },
    { tool: 'guard', args: [] },
    { tool: 'psql', args: options },
  ];

  it('restores archives into the new database, as the loader, with progress', async () => {
    for (const path of ['orders.dir', 'orders.dump']) {
      const args = [
        '--exit-on-error',
        '--no-owner',
        '--no-acl',
        '--verbose',
        '-j',
        '2',
        { root: 'nightly', path },
      ];
      const { state, mails } = await load([{ tool: 'pg_restore', args }], { report: 'pg-restore-progress' });
      assert.ok(state.state === 'ended' && state.exitCode === 0, JSON.stringify(state));
      assert.ok(Number(state.report.finished) >= 3, JSON.stringify(state.report));
      assert.equal(mails, 5000);
    }
  });

  it('lets pg_restore open no folder whose lists name a file elsewhere', async () => {
    const secret = join(on.at.folder, 'passfile');
    const sound = await readFile(join(on.at.root, 'orders.dir', 'toc.dat'));
    const word = (text: string): Buffer => {
      const length = Buffer.alloc(5);
      length.writeInt32LE(text.length, 1);
      return Buffer.concat([length, Buffer.from(text, 'latin1')]);
    };
    const file = /\d+\.dat/.exec(sound.toString('latin1'))![0];
    const list = /blobs(_\d+)?\.toc/.exec(sound.toString('latin1'))![0];
    const crafted: Record<string, Buffer> = {
      'a way up': replaced(sound, word(file), word('../passfile')),
      'a way up that begins well': replaced(sound, word(file), word('./../passfile')),
      'an absolute path': replaced(sound, word(file), word(secret)),
      'another list of large objects': replaced(sound, word(list), word(file)),
      'a zero byte': replaced(sound, word(file), word(`${file}\0/x`)),
      'other integers': Buffer.concat([sound.subarray(0, 8), Buffer.from([8]), sound.subarray(9)]),
    };
    for (const [what, toc] of Object.entries(crafted)) {
      const run = freshRun();
      await execute('rm', ['-rf', join(on.at.root, 'evil.dir')]);
      await execute('cp', ['-r', join(on.at.root, 'orders.dir'), join(on.at.root, 'evil.dir')]);
      await writeFile(join(on.at.root, 'evil.dir', 'toc.dat'), toc);
      const place = { root: 'nightly', path: 'evil.dir' };
      const digest = { tool: 'digest', args: [place] };
      await on.program.submit(on.step({ run, step: 'digest', pipe: [digest], report: 'digest' }));
      const state = await on.program.wait(run, 'digest', { timeoutSeconds: 60 });
      assert.ok(
        state.state === 'ended' && state.cause?.code === 'odd-name',
        `${what} ${JSON.stringify(state)}`,
      );
      const open = { tool: 'pg_restore', args: ['-f', '/dev/null', place] };
      await assert.rejects(on.program.submit(on.step({ run, step: 'open', pipe: [open] })), {
        code: 'host-refused',
      });
    }
  });

  it('refuses a folder of an archive version that it does not know', async () => {
    const sound = await readFile(join(on.at.root, 'orders.dir', 'toc.dat'));
    await execute('cp', ['-r', join(on.at.root, 'orders.dir'), join(on.at.root, 'newer.dir')]);
    sound[6] = 99;
    await writeFile(join(on.at.root, 'newer.dir', 'toc.dat'), sound);
    const run = freshRun();
    const digest = { tool: 'digest', args: [{ root: 'nightly', path: 'newer.dir' }] };
    await on.program.submit(on.step({ run, step: 'digest', pipe: [digest], report: 'digest' }));
    const state = await on.program.wait(run, 'digest', { timeoutSeconds: 60 });
    assert.deepEqual(state.state === 'ended' && state.cause, { code: 'archive-unknown' });
  });

  it('reads an archive’s header and reads it to its end', async () => {
    const run = freshRun();
    const header = { tool: 'pg_restore', args: ['-l', { root: 'nightly', path: 'orders.dump' }] };
    await on.program.submit(on.step({ run, step: 'header', pipe: [header], report: 'pg-archive-header' }));
    const state = await on.program.wait(run, 'header', { timeoutSeconds: 60 });
    assert.ok(
      state.state === 'ended' && state.report.dbname === 'orders' && state.report.format === 'CUSTOM',
      JSON.stringify(state),
    );
    const whole = await readFile(join(on.at.root, 'orders.dump'));
    await writeFile(join(on.at.root, 'half.dump'), whole.subarray(0, whole.length * 0.7));
    const through = { tool: 'pg_restore', args: ['-f', '/dev/null', { root: 'nightly', path: 'half.dump' }] };
    await on.program.submit(on.step({ run, step: 'through', pipe: [through] }));
    const cut = await on.program.wait(run, 'through', { timeoutSeconds: 60 });
    assert.ok(cut.state === 'ended' && cut.exitCode !== 0 && cut.cause !== undefined, JSON.stringify(cut));
  });

  it('loads a plain dump behind the guard', async () => {
    const { state, mails } = await load(plain('orders.sql', '-q'));
    assert.ok(state.state === 'ended' && state.exitCode === 0, JSON.stringify(state));
    assert.equal(mails, 5000);
  });

  it('lets no backslash command of a dump through', async () => {
    for (const i of [0, 1, 2, 3]) {
      const { state, mails } = await load(plain(`evil-${i}.sql`, '--single-transaction'));
      assert.ok(state.state === 'ended' && state.exitCode === 3, JSON.stringify(state));
      assert.deepEqual(state.cause, { code: 'restricted-command' });
      assert.equal(mails, undefined, 'nothing of it was kept');
    }
    assert.ok(!existsSync(join(on.at.folder, 'pwned')));
  });

  it('tells a broken constraint without the row', async () => {
    const { state } = await load(plain('twice.sql', '--single-transaction'));
    assert.ok(state.state === 'ended' && state.exitCode === 3);
    assert.deepEqual(state.cause, { code: 'constraint-violated' });
    assert.ok(!JSON.stringify(state).includes('MARKED'));
  });

  it('tells a missing database and a refused login', async () => {
    const run = freshRun();
    await on.program.claim('uat', run, ++fence);
    const connection = { server: 'test-pg', identity: 'loader' as const, database: `orders__new_${run}` };
    const pipe = [{ tool: 'pg_restore', args: [{ root: 'nightly', path: 'orders.dump' }] }];
    await on.program.submit(on.step({ run, step: 'gone', target: 'uat', fence, connection, pipe }));
    const state = await on.program.wait(run, 'gone', { timeoutSeconds: 60 });
    assert.deepEqual(state.state === 'ended' && state.cause?.code, 'database-missing');
  });

  it('cuts a long name between characters', async () => {
    const run = freshRun();
    const database = `${longName.slice(0, 20)}__new_${run}`;
    assert.ok(
      Buffer.byteLength(longName.slice(0, 20)) === 39 && Buffer.byteLength(longName.slice(0, 21)) === 41,
    );
    await admin.query(`create database "${database}" owner loader`);
    await on.program.claim('long', run, 1);
    const connection = { server: 'test-pg', identity: 'loader' as const, database };
    const pipe = [{ tool: 'pg_restore', args: ['--no-owner', { root: 'nightly', path: 'orders.dump' }] }];
    await on.program.submit(on.step({ run, step: 'long', target: 'long', fence: 1, connection, pipe }));
    const state = await on.program.wait(run, 'long', { timeoutSeconds: 60 });
    assert.equal(state.state === 'ended' && state.exitCode, 0, JSON.stringify(state));
  });

  it('gives pg its stream over the same connection', async () => {
    const { openSshHost } = await import('../../runners/transport/ssh.ts');
    const { installLocally } = await import('../../runners/host-program/install.ts');
    const key = await readFile(join(on.at.folder, 'bot_key.pub'), 'utf8');
    const other = await installLocally({
      folder: join(on.at.folder, 'other'),
      file: { servers: [], targets: [], roots: [], tools: {} },
      publicKey: key,
      ports: [port],
    });
    // The last line of the same key file counts for nothing: the first one that fits is taken, so put ours first.
    const keys = join(on.at.folder, 'host', 'keys', 'authorized_keys');
    await writeFile(keys, await readFile(other.authorizedKeys, 'utf8'));
    const host = openSshHost(on.at.address);
    const stream = await host.forward(port);
    const client = new Client({
      user: 'loader',
      password: 'secret',
      database: 'orders',
      stream: () => stream,
    });
    await client.connect();
    assert.deepEqual((await client.query('select 1 as one')).rows, [{ one: 1 }]);
    await client.end();
    await host.close();
  });
});
