import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { killCluster, stopCluster } from '../../src/sandbox/hosts/cluster.ts';
import { checkInvariants } from '../rig/invariants.ts';
import { ends, load, targetsOf } from '../rig/known-ends.ts';
import { startMs, startRig, stopRigs, type Rig } from '../rig/rig.ts';
import { mountSmallDisk, type SmallDisk } from '../rig/small-disk.ts';
import { until } from '../until.ts';
import { restartCluster } from '../rig/vendors.ts';
import { needs, needsRoot, skip } from '../skip.ts';
import { inLongForm, span } from './durations.ts';

/** Seconds; a machine that does much else is slow. */
const patience = 400;
/** Said by the step, or by the host to a worker that has just taken the run over. */
const full = /disk (?:of "test-db"|with the state folder of freshet-host) is full/;
/** In the short form not every one is tried again; each kind is. */
const everyMend = span(0, 1) === 1;

describe('a target host whose disks fill and whose server dies or is busy', function () {
  this.timeout(2 * patience * 1000);
  let rig: Rig;
  let state: SmallDisk | undefined;
  const disks: SmallDisk[] = [];
  let on: Awaited<ReturnType<typeof targetsOf>>;

  before(async function () {
    this.timeout(startMs + patience * 1000);
    needs(this, 'postgresql', 'openssh-server');
    rig = await startRig({
      workers: 1,
      proxies: true,
      site: (site) => {
        site.environments.dev!.drain = '30s';
      },
      prepare: async (sandbox) => {
        const host = sandbox.hosts.hosts['test-db'];
        await host.sql('postgres', 'ALTER SYSTEM SET wal_level = logical');
        await stopCluster(host.root);
        await restartCluster(sandbox);
        state = await smallDisk(join(host.root, 'opt/freshet/state'), 16);
      },
    });
    on = await targetsOf(rig, ['dev', 'ci'], patience);
  });
  after(async function () {
    this.timeout(60_000);
    // What lies on a small disk is let go of before it is taken away.
    await Promise.all((rig?.bots ?? []).map((bot) => bot.stop(5)));
    await rig?.sandbox.stop();
    for (const disk of disks) await disk.unmount();
    await stopRigs();
  });
  afterEach(async () => {
    rig.transferWire.thaw();
    for (const disk of disks) await disk.clear();
    await rig.tools.openAll();
  });

  /** Undefined where mounts are not allowed. */
  async function smallDisk(folder: string, megabytes: number): Promise<SmallDisk | undefined> {
    const disk = await mountSmallDisk(folder, megabytes).catch(() => undefined);
    if (disk !== undefined) disks.push(disk);
    return disk;
  }

  const server = () => rig.sandbox.hosts.hosts['test-db'];

  describe('busy', () => {
    it('with sessions that come back at once, one idle in a transaction, and a logical slot: swapped, and the plan had said so', async () => {
      const slot = 'SELECT pg_create_logical_replication_slot($1, $2)';
      const owner = await server().connect('orders_ci');
      await owner.query(slot, ['reporting', 'pgoutput']);
      await owner.end();
      assert.match(await rig.answer('plan ci orders --reason "x"'), /replication slot "reporting" stays/);
      const idle = await on.application('ci');
      await idle.query('BEGIN');
      await idle.query('SELECT count(*) FROM shop.orders');
      const ending = new AbortController();
      const { signal } = ending;
      let served = 0;
      /** Asks until it is thrown out, or has asked often enough. */
      const serve = async (one: Client) => {
        for (let asked = 0; asked < 50 && !signal.aborted; asked += 1) {
          const { rowCount } = await one
            .query('SELECT FROM shop.orders LIMIT 1')
            .catch(() => ({ rowCount: -1 }));
          if (rowCount === -1) break;
          served += 1;
          await sleep(20);
        }
        await one.end().catch(() => undefined);
      };
      const coming = Array.from({ length: 3 }, async () => {
        while (!signal.aborted) await on.application('ci').then(serve, () => sleep(20));
      });
      try {
        await on.succeeds(await rig.ask('ci'), 'ci');
        await assert.rejects(idle.query('SELECT 1'), 'it had to go');
        const before = served;
        await until('they are served by the new one', () => served > before + 10);
      } finally {
        ending.abort();
        await Promise.all(coming);
        await idle.end().catch(() => undefined);
      }
      const kept = await on.value<string>(
        'postgres',
        `SELECT database AS value FROM pg_replication_slots WHERE slot_name = 'reporting'`,
      );
      assert.match(kept ?? '', /^orders_ci__old_/);
      await server().sql('postgres', `SELECT pg_drop_replication_slot('reporting')`);
    });

    inLongForm("with a superuser's session: said beforehand, refused at the swap, open again", async () => {
      const root = await server().connect('orders_ci');
      const plan = await rig.answer('plan ci orders --reason "x"');
      assert.match(plan, /1 session\(s\) of superusers are on "orders_ci"/);
      const request = await rig.ask('ci');
      await on.fails(request, 'ci', 'sessions-remain', /Sessions of postgres on "orders_ci" can't be ended/);
      await root.query('SELECT 1');
      await (await on.application('ci')).end();
      await root.end();
      if (everyMend) await on.retried(request, 'ci');
    });

    it('with a prepared transaction: the plan names it, and one that comes later stops the swap before it closes', async () => {
      const prepare = async () => {
        await server().sql(
          'orders_ci',
          `BEGIN; CREATE TABLE shop.never (n integer); PREPARE TRANSACTION 'p'`,
        );
      };
      const rollBack = () => server().sql('orders_ci', `ROLLBACK PREPARED 'p'`);
      await prepare();
      assert.match(await rig.answer('plan ci orders --reason "x"'), /1 prepared transaction/);
      await rollBack();
      const { request } = await on.untilLoading('ci');
      await prepare();
      await rig.tools.open(load);
      await rig.until(request, ends, patience);
      await (await on.application('ci')).end();
      await rollBack();
      await on.fails(request, 'ci', 'prepared-transactions', /1 prepared transaction/);
      if (everyMend) await on.retried(request, 'ci');
    });
  });

  describe('killed with -9', () => {
    inLongForm(
      'between closing the old database and the renames: open again, and wholly one of both',
      async () => {
        const guest = await on.application('dev');
        await guest.query('BEGIN');
        await guest.query('SELECT count(*) FROM shop.orders');
        const request = await rig.ask('dev');
        const run = await rig.runOf(request);
        const session = `FROM pg_stat_activity WHERE application_name = 'freshet-${run}'`;
        await until(
          'it waits for the transaction',
          () =>
            on.value<boolean>(
              'postgres',
              `SELECT true AS value ${session} AND state = 'idle' AND query LIKE '%a.backend_type <> ''autovacuum worker''%'`,
            ),
          patience,
        );
        // The renames come after the settings of roles, and those wait for this.
        const holder = await server().connect('postgres');
        await holder.query('BEGIN; LOCK TABLE pg_catalog.pg_db_role_setting IN EXCLUSIVE MODE');
        await guest.query('COMMIT');
        await until('it is closed and not renamed', async () => {
          const { rows } = await holder.query<{ open: boolean; waits: boolean }>(
            `SELECT datallowconn AS open, (SELECT bool_or(wait_event_type = 'Lock') ${session}) AS waits
           FROM pg_database WHERE datname = 'orders_dev'`,
          );
          return rows[0]?.open === false && rows[0].waits;
        });
        await killCluster(server().root);
        await holder.end().catch(() => undefined);
        await guest.end().catch(() => undefined);
        await restartCluster(rig.sandbox);
        await on.succeeds(request, 'dev');
        const swapped = await rig.store.events.ofRequest(request, ['item-swapped']);
        assert.equal(swapped.length, 1);
      },
    );
  });

  describe('with a full disk', () => {
    before(function () {
      needsRoot(this);
      if (state === undefined) skip(this, 'mounts are forbidden here');
    });

    it("under freshet-host's state folder, before anybody asks: it is said, and nothing is asked for", async () => {
      await state!.fill();
      assert.match(
        await rig.answer('dev orders --reason "full"'),
        /"test-db" has 0.0 GB free for fetched backups/,
      );
      await checkInvariants(rig, { targets: { orders_dev: [on.now.dev!] } });
    });

    inLongForm('there while a backup is fetched: what was fetched is gone again', async () => {
      const free = await state!.freeBytes();
      rig.transferWire.freeze();
      const request = await rig.ask('dev');
      const { run } = await rig.step(request, 'orders.fetch', patience);
      const folder = join(state!.folder, 'runs', run);
      await until('it runs on the host', async () => {
        const [work = ''] = (
          await readFile(join(folder, 'steps/orders.fetch'), 'utf8').catch(() => '')
        ).split(' ');
        return work !== '' && existsSync(join(folder, 'work', work, 'known_hosts'));
      });
      await state!.fill();
      rig.transferWire.thaw();
      await on.fails(request, 'dev', 'no-space', full);
      assert.ok(!existsSync(folder), 'its folder was swept');
      await state!.clear();
      assert.ok((await state!.freeBytes()) >= free - 200_000, 'its space was given back');
      if (everyMend) await on.retried(request, 'dev');
    });

    it('there while it loads: the load that ended unseen is not believed, and was not started twice', async () => {
      const { request, run } = await on.untilLoading('dev');
      await state!.fill();
      await rig.tools.open(load);
      await on.fails(request, 'dev', 'no-space', full);
      assert.equal(await on.loads(run), 1);
      await state!.clear();
      await on.retried(request, 'dev');
      assert.equal(await on.loads(run), 2);
    });

    it("under the server's data while it loads, where the free space could not be seen", async function () {
      const disk = await smallDisk(join(server().root, 'var/lib/small'), 96);
      if (disk === undefined) skip(this, 'mounts are forbidden here');
      await server().exec(['chown', '--reference', join(server().root, 'var/lib/postgresql'), disk.folder]);
      await server().sql('postgres', `CREATE TABLESPACE small LOCATION '${disk.folder}'`);
      await until('nobody is on it', () =>
        server()
          .sql('postgres', 'ALTER DATABASE orders_ci SET TABLESPACE small')
          .then(
            () => true,
            () => false,
          ),
      );
      assert.match(
        await rig.answer('plan ci orders --reason "x"'),
        /may not create databases in the tablespace "small"/,
      );
      await server().sql('postgres', 'GRANT CREATE ON TABLESPACE small TO freshet_admin');
      assert.match(
        await rig.answer('plan ci orders --reason "x"'),
        /its new copy will; the free space there is not known/,
      );
      const free = await disk.freeBytes();
      const { request } = await on.untilLoading('ci');
      await disk.fill(64);
      await rig.tools.open(load);
      await on.fails(request, 'ci', 'no-space', /the disk of "test-db" is full/);
      await disk.clear();
      assert.ok((await disk.freeBytes()) >= free - 2_000_000, 'its space was given back');
      if (everyMend) await on.retried(request, 'ci');
    });
  });
});
