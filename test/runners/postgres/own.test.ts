import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from '../../../runners/engine.ts';
import { postgres } from '../../../runners/postgres/index.ts';
import { createDatabase } from '../../../runners/postgres/sql.ts';
import { MemoryCheckpoint } from '../memory-checkpoint.ts';
import { scriptOf } from '../engine-bench.ts';
import { needs } from '../../skip.ts';
import { type Rig, startRig } from './rig.ts';

describe('what is PostgreSQL’s own', function () {
  this.timeout(90_000);
  let rig: Rig;
  let backup: Awaited<ReturnType<Rig['dump']>>;

  before(async function () {
    needs(this, 'postgresql', 'openssh-server');
    rig = await startRig({ databases: { uat: 'orders_uat' } });
    await rig.server.make('source', { which: ['backup'] });
    backup = await rig.dump('source', 'pg-custom');
    await rig.server.make('nothing');
  });

  after(async () => {
    await rig?.stop();
  });

  beforeEach(async () => {
    const names = await rig.databases();
    await rig.drop(...names.filter((name) => name !== 'source' && name !== 'nothing'));
    await rig.server.make('orders_uat', { which: ['old'] });
  });

  const which = () => rig.value('orders_uat', 'SELECT one FROM which');

  describe('in backups', () => {
    it('refuses an extension that is not allowed', async () => {
      await rig.sql('postgres', 'CREATE DATABASE wants TEMPLATE nothing');
      await rig.sql('wants', 'CREATE EXTENSION hstore; CREATE TABLE h (v hstore)');
      for (const format of ['pg-directory', 'pg-plain'] as const) {
        const wants = await rig.dump('wants', format);
        const { outcome } = await rig.walk(rig.planOf(rig.context('uat', { backup: wants })));
        assert.ok(
          outcome.end === 'failed' && outcome.code === 'extension-not-allowed',
          JSON.stringify(outcome),
        );
        assert.match(outcome.cause, /"hstore"/);
      }
      assert.equal(await which(), 'old');
      assert.deepEqual(await rig.databases(), ['nothing', 'orders_uat', 'source', 'wants']);
    });

    it('brings nothing of one that changes the loader, which later ones would be loaded as', async () => {
      const plain = await rig.dump('source', 'pg-plain');
      const file = join(rig.near.root, plain.path);
      const crafted = 'ALTER ROLE CURRENT_USER SET search_path = elsewhere, public';
      const text = await readFile(file, 'utf8');
      await writeFile(file, text.replace('CREATE TABLE', `${crafted};\nCREATE TABLE`));
      const dumped = await rig.backupAt(rig.near, plain.path, 'pg-plain');
      const { outcome } = await rig.walk(rig.planOf(rig.context('uat', { backup: dumped })));
      await rig.sql('postgres', 'ALTER ROLE freshet_loader RESET ALL');
      assert.ok(outcome.end === 'failed' && outcome.code === 'loader-settings', JSON.stringify(outcome));
      assert.equal(await which(), 'old');
      assert.ok(!(await rig.databases()).some((name) => name.includes('__new_')));
    });

    it('leaves out what would tie the copy to its source, and says so', async () => {
      await rig.sql('postgres', 'CREATE DATABASE tied');
      await rig.sql(
        'tied',
        `CREATE TABLE t (a int); CREATE PUBLICATION p FOR ALL TABLES;
         CREATE SUBSCRIPTION s CONNECTION 'host=127.0.0.1 dbname=nowhere' PUBLICATION p WITH (connect = false);
         CREATE EXTENSION citext; COMMENT ON EXTENSION citext IS 'ours';
         CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
ALTER TABLE nothing OWNER TO nobody;

END $$; CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION e(); ALTER EVENT TRIGGER e DISABLE`,
      );
      for (const format of ['pg-custom', 'pg-plain'] as const) {
        const tied = await rig.dump('tied', format);
        const { outcome, checkpoint } = await rig.walk(rig.planOf(rig.context('uat', { backup: tied })));
        assert.deepEqual(outcome, { end: 'succeeded' });
        const said = String(checkpoint.swapped.get('uat')!.notCarried);
        for (const kind of ['event trigger', 'publication', 'subscription'])
          assert.match(said, new RegExp(kind));
        assert.equal(await rig.value('orders_uat', 'SELECT count(*)::int FROM pg_publication'), 0);
        const body = String(await rig.value('orders_uat', `SELECT prosrc FROM pg_proc WHERE proname = 'e'`));
        assert.match(body, /ALTER TABLE nothing OWNER TO nobody;\n\nEND/, 'function bodies are left alone');
      }
      // Its database can't be dropped as long as it is there.
      await rig.sql('tied', 'ALTER SUBSCRIPTION s SET (slot_name = NONE)');
      await rig.sql('tied', 'DROP SUBSCRIPTION s');
    });
  });

  it('what migrations are recorded is told without running what is somebody else’s', async () => {
    // As the admin identity they would run with the rights of who may create roles.
    await rig.sql(
      'orders_uat',
      `CREATE FUNCTION sly() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'ran as %', current_user; END $$;
       CREATE TYPE odd AS (x int);
       CREATE FUNCTION shown(odd) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE 'ran as %', current_user; END $$;
       CREATE CAST (odd AS text) WITH FUNCTION shown(odd);
       CREATE TABLE knex_migrations (name odd); INSERT INTO knex_migrations VALUES (ROW(1));
       CREATE VIEW schema_migrations AS SELECT '1'::text AS version WHERE sly();
       CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES ('a1');
       GRANT SELECT ON ALL TABLES IN SCHEMA public TO freshet_admin`,
    );
    const read = async () => (await postgres.survey!(rig.access, 'orders_uat')).schema.migration;
    assert.deepEqual(await read(), { 'alembic a1': '' });
    await rig.sql(
      'orders_uat',
      `CREATE TABLE flyway_schema_history (version text, description text); INSERT INTO flyway_schema_history VALUES ('1', 'x');
       ALTER TABLE flyway_schema_history ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
       CREATE POLICY p ON flyway_schema_history USING (sly()); GRANT SELECT ON flyway_schema_history TO freshet_admin`,
    );
    assert.equal(await read(), undefined, 'it is not told');
  });

  it('prepared transactions are found before anything is closed', async () => {
    await rig.sql('orders_uat', `BEGIN; DELETE FROM which; PREPARE TRANSACTION 'p'`);
    const { outcome } = await rig.walk(rig.planOf(rig.context('uat', { backup })));
    await rig.sql('orders_uat', `ROLLBACK PREPARED 'p'`);
    assert.equal(outcome.end === 'failed' && outcome.code, 'prepared-transactions');
  });

  it('and in what is to go live, where a backup can have left one', async () => {
    const plan = rig.planOf(rig.context('uat', { backup }));
    const { newName } = plan.items[0]!;
    const { outcome } = await rig.walk(plan, {
      before: (line) =>
        line === 'started uat.verify' &&
        rig.sql(newName, `BEGIN; CREATE TABLE p (a int); PREPARE TRANSACTION 'p'`),
    });
    await rig.sql('postgres', `ALTER DATABASE "${newName}" ALLOW_CONNECTIONS true`);
    await rig.sql(newName, `ROLLBACK PREPARED 'p'`);
    assert.equal(outcome.end === 'failed' && outcome.code, 'prepared-transactions', JSON.stringify(outcome));
    const closed = `SELECT count(closed_at)::int FROM freshet.swap WHERE run = '${plan.run}'`;
    assert.equal(await rig.value('postgres', closed), 0);
  });

  describe('of the new database', () => {
    it('one whose making was cut off does not come to be behind the back of who takes it back', async () => {
      const plan = rig.planOf(rig.context('uat', { backup }));
      const { newName } = plan.items[0]!;
      // Whoever makes a database of template0 waits for this one.
      const holder = await rig.connect('postgres');
      await holder.query('BEGIN; ALTER DATABASE template0 RENAME TO template0_held');
      const isMaking = () =>
        rig.value(
          'postgres',
          `SELECT count(*)::int FROM pg_stat_activity WHERE query LIKE 'CREATE DATABASE%${newName}%' AND state = 'active'`,
        );
      try {
        const seen: unknown[] = [];
        const checkpoint = new MemoryCheckpoint(plan.run);
        checkpoint.cancelled = async () => (await isMaking()) === 1;
        const engine: Engine = {
          ...postgres,
          async abandon(...words) {
            seen.push(await isMaking());
            await postgres.abandon(...words);
            seen.push(await isMaking());
          },
        };
        const { outcome } = await rig.walk(plan, { engine, checkpoint });
        assert.deepEqual([outcome, seen], [{ end: 'cancelled' }, [1, 0]]);
      } finally {
        await holder.query('ROLLBACK');
        await holder.end();
      }
      assert.ok(!(await rig.databases()).includes(newName));
    });

    it('nobody gets in before it was opened to the loader', () => {
      assert.match(createDatabase('x', undefined), / ALLOW_CONNECTIONS false$/, 'not for a moment before');
    });

    it('a kept one is closed to superusers, too; without an oid it is ours while it is of our making', async () => {
      const placed = { scripts: [scriptOf('INSERT INTO which SELECT name FROM missing')] };
      const plan = rig.planOf(rig.context('uat', { backup, placed }));
      const { outcome } = await rig.walk(plan, { keepsFailed: true });
      assert.equal(outcome.end, 'failed');
      const copy = plan.items[0]!.newName;
      await assert.rejects(rig.connect(copy), { code: '55000' });
      // As when the run died before it knew the oid.
      await rig.sql('postgres', 'UPDATE freshet.copy SET copy_oid = NULL');
      await rig.sql('postgres', `ALTER DATABASE "${copy}" OWNER TO shop_owner`);
      assert.deepEqual(await postgres.leftovers(rig.access), []);
      await rig.sql('postgres', `ALTER DATABASE "${copy}" OWNER TO freshet_admin`);
      const [left] = await postgres.leftovers(rig.access);
      await postgres.dropLeftover(rig.access, left!);
      assert.equal(await rig.server.isOpen(copy), undefined);
    });
  });

  describe('while the live database is being vacuumed', () => {
    before(async () => {
      // A vacuum that comes soon and takes its time.
      for (const [name, value] of [
        ['autovacuum_naptime', '1s'],
        ['autovacuum_vacuum_cost_delay', '100ms'],
        ['autovacuum_vacuum_cost_limit', '1'],
        ['autovacuum_vacuum_threshold', '10'],
      ]) {
        await rig.sql('postgres', `ALTER SYSTEM SET ${name} = '${value}'`);
      }
      await rig.sql('postgres', 'SELECT pg_reload_conf()');
    });

    it('a swap takes place: nobody but the server itself ends an autovacuum worker', async () => {
      await rig.sql(
        'orders_uat',
        `SET ROLE shop_owner; CREATE TABLE worn AS SELECT n FROM generate_series(1, 200000) n; DELETE FROM worn WHERE n % 2 = 0`,
      );
      const plan = rig.planOf(rig.context('uat', { backup }));
      const prepared = await rig.walk({
        ...plan,
        steps: plan.steps.filter(({ stage }) => stage !== 'swap' && stage !== 'tidy'),
      });
      assert.deepEqual(prepared.outcome, { end: 'succeeded' });
      const until = Date.now() + 40_000;
      const workers = async () =>
        Number(
          await rig.value(
            'postgres',
            `SELECT count(*) FROM pg_stat_activity WHERE datname = 'orders_uat' AND backend_type = 'autovacuum worker'`,
          ),
        );
      while ((await workers()) === 0) {
        assert.ok(Date.now() < until, 'the server vacuums the live database');
        await sleep(100);
      }
      const { outcome } = await rig.walk(plan, { checkpoint: prepared.checkpoint, fence: prepared.fence });
      assert.deepEqual(outcome, { end: 'succeeded' });
      assert.equal(await which(), 'backup');
    });
  });
});
