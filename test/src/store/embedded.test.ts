import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findEmbedded, startEmbedded } from '../../../src/store/embedded.ts';
import { launch } from '../../../src/store/embedded/server.ts';
import { postmaster } from '../../../src/store/embedded/postmaster.ts';
import { administer } from '../../postgres.ts';

type Said = { connectionString: string; owned: boolean };

describe('Embedded PostgreSQL', function () {
  this.timeout(60_000);
  let base: string;
  let folder: string;
  const children: ChildProcess[] = [];

  // One cluster for all: making one takes longer than each of these tests.
  before(async () => {
    base = await mkdtemp(join(tmpdir(), 'pg-'));
    folder = join(base, 'store');
  });
  afterEach(async () => {
    for (const child of children.splice(0)) await killed(child);
    // Whatever a test left running is adopted, and so ended.
    await (await startEmbedded({ folder })).stop();
    assert.equal(postmaster(join(folder, 'cluster', 'data')), undefined);
  });
  after(() => rm(base, { recursive: true, force: true }));

  async function owner(): Promise<{ child: ChildProcess; said: Said }> {
    const script = new URL('./embedded-owner.ts', import.meta.url).pathname;
    const child = spawn(process.execPath, ['--import=tsx', script, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    let text = '';
    for await (const chunk of child.stdout) {
      text += String(chunk);
      if (text.includes('\n')) break;
    }
    // The test's own judgement follows: this only gives it its type.
    const said: Said = JSON.parse(text);
    return { child, said };
  }

  it('works in a folder that only we may enter, is closed to others, UTF-8, and found by its endpoint', async () => {
    await mkdir(folder, { mode: 0o700 });
    await chmod(base, 0o700);
    // As left by a process that died while it made a cluster.
    await mkdir(join(folder, 'cluster-999999999-abcdef', 'data'), { recursive: true });
    assert.equal(await findEmbedded(folder), undefined);
    const server = await startEmbedded({ folder });
    assert.equal(server.owned, true);
    await assert.rejects(stat(join(folder, 'cluster-999999999-abcdef')), /ENOENT/);
    assert.equal(await findEmbedded(folder), server.connectionString);
    const [row] = await administer(
      server.connectionString,
      `select current_setting('server_encoding') as encoding, current_setting('listen_addresses') as listens,
         current_database() as database, current_user as user, upper('straße é') as upper`,
    );
    assert.deepEqual(row, {
      encoding: 'UTF8',
      listens: '',
      database: 'freshet',
      user: 'freshet',
      upper: 'STRAßE É',
    });
    for (const file of ['endpoint.json', 'server.log', 'cluster/password']) {
      assert.equal((await stat(join(folder, file))).mode & 0o777, 0o600, file);
    }
    const open = new URL(server.connectionString);
    open.password = 'guessed';
    await assert.rejects(administer(open.href, 'select 1'), /password authentication failed/);
    await administer(server.connectionString, 'create table kept (n int)');
    await server.stop();
    assert.equal(await findEmbedded(folder), undefined);
    const again = await startEmbedded({ folder });
    assert.deepEqual(await administer(again.connectionString, 'select * from kept'), []);
    await again.stop();
    await again.stop();
  });

  it('lives on when its owner is killed, and the next start adopts and may end it', async () => {
    const { child, said } = await owner();
    assert.equal(said.owned, true);
    const pid = postmaster(join(folder, 'cluster', 'data'))!.pid;
    await killed(child);
    assert.equal(await findEmbedded(folder), said.connectionString);
    const adopted = await startEmbedded({ folder });
    assert.deepEqual([adopted.owned, adopted.connectionString], [true, said.connectionString]);
    assert.equal(postmaster(join(folder, 'cluster', 'data'))!.pid, pid);
    await adopted.stop();
    assert.equal(await findEmbedded(folder), undefined);
  });

  it('is one server for processes that start at once; only its owner ends it', async () => {
    const all = await Promise.all([owner(), owner(), owner()]);
    assert.equal(new Set(all.map(({ said }) => said.connectionString)).size, 1);
    assert.equal(all.filter(({ said }) => said.owned).length, 1);
    const guest = await startEmbedded({ folder });
    assert.equal(guest.owned, false);
    await guest.stop();
    assert.equal(await findEmbedded(folder), guest.connectionString);
  });

  it('starts although a dead server left its mark with the number of a living process', async () => {
    const first = await startEmbedded({ folder });
    const data = join(folder, 'cluster', 'data');
    const { pid } = postmaster(data)!;
    const mark = await readFile(join(data, 'postmaster.pid'), 'utf8');
    process.kill(pid, 'SIGKILL');
    while (postmaster(data) !== undefined) await new Promise((resolve) => setTimeout(resolve, 10));
    const stranger = spawn('sleep', ['60']);
    children.push(stranger);
    await writeFile(join(data, 'postmaster.pid'), mark.replace(String(pid), String(stranger.pid)));
    const again = await startEmbedded({ folder });
    assert.equal(again.connectionString, first.connectionString);
    assert.notEqual(postmaster(data)!.pid, pid);
    assert.equal(stranger.exitCode, null);
    await again.stop();
  });

  it('listens on a port of 127.0.0.1 where the path of a socket would be too long', async () => {
    const long = join(base, 'long'.repeat(25));
    await rename(folder, long);
    folder = long;
    const server = await startEmbedded({ folder });
    assert.match(server.connectionString, /@127\.0\.0\.1:\d+\/freshet$/);
    const [row] = await administer(server.connectionString, 'select host(inet_server_addr()) as address');
    assert.equal(row!.address, '127.0.0.1');
    await server.stop();
  });

  it('says what is wrong when the server can not start', async () => {
    const server = await startEmbedded({ folder });
    await server.stop();
    const version = join(folder, 'cluster', 'data', 'PG_VERSION');
    await writeFile(version, '9.6\n');
    await assert.rejects(startEmbedded({ folder, seconds: 5 }), /did not start: FATAL.*incompatible/);
    await writeFile(version, '18\n');
  });

  it('whose folder is removed as soon as it has ended takes nobody with it', async () => {
    const gone = await mkdtemp(join(base, 'gone-'));
    const launched = await launch({ folder: gone, data: join(gone, 'none'), settings: {} });
    // Its end is not heard of before this is done.
    rmSync(gone, { recursive: true, force: true });
    while (launched.failure() === undefined) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.match(launched.failure()!, /^ended with /);
  });
});

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
