import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../../runners/engine.ts';
import { postgres } from '../../runners/postgres/index.ts';
import { createDatabase } from '../../runners/postgres/sql.ts';
import { configError } from '../../src/domain/errors.ts';
import { MemoryCheckpoint } from '../runners/memory-checkpoint.ts';
import { type Rig, startRig } from '../runners/postgres/rig.ts';
import { needs } from '../skip.ts';

describe('engine contract: what a crafted backup must not gain (postgres)', function () {
  this.timeout(60_000);
  let rig: Rig;

  before(async function () {
    needs(this, 'postgresql', 'openssh-server');
    rig = await startRig({ databases: { uat: 'orders_uat', first: 'orders_first' } });
    await rig.sql('postgres', 'CREATE DATABASE source');
    await rig.sql('source', 'CREATE TABLE t AS SELECT n FROM generate_series(1, 100) n');
    await rig.sql('postgres', 'CREATE DATABASE orders_uat OWNER shop_owner');
  });

  after(async () => {
    await rig?.stop();
  });

  it('makes no database where there was none, as it would be the admin identity’s own', async () => {
    const backup = await rig.dump('source', 'pg-custom');
    const plan = rig.planOf(rig.context('first', { backup }));
    const { outcome } = await rig.walk(plan);
    assert.ok(outcome.end === 'failed' && outcome.code === 'live-missing', JSON.stringify(outcome));
    assert.ok(!(await rig.databases()).some((name) => name.startsWith('orders_first')));
    const seen = await postgres.inspect(rig.access, rig.context('first', { backup }));
    assert.deepEqual(
      seen.problems.map(({ code }) => code),
      ['live-missing'],
    );
    assert.match(seen.problems[0]!.hint, /application's role/);
  });

  it('goes no further where the live database is dropped in the middle', async () => {
    const backup = await rig.dump('source', 'pg-custom');
    for (const at of ['carry', 'swap']) {
      await rig.sql('postgres', 'CREATE DATABASE orders_first OWNER shop_owner');
      const plan = rig.planOf(rig.context('first', { backup }));
      const engine: Engine = {
        ...postgres,
        async act(step, context) {
          if (step.name === at) await rig.drop('orders_first');
          return postgres.act(step, context);
        },
      };
      const { outcome } = await rig.walk(plan, { engine });
      assert.ok(outcome.end === 'failed' && outcome.code === 'live-missing', JSON.stringify(outcome));
      assert.ok(!(await rig.databases()).some((name) => name.startsWith('orders_first')));
    }
  });

  it('compares a backup that it read in place once more before anything is swapped', async () => {
    const backup = await rig.dump('source', 'pg-custom');
    const plan = rig.planOf(rig.context('uat', { backup }));
    const { outcome } = await rig.walk(plan, {
      before(line) {
        // After the first comparison, before the load.
        if (line === 'started uat.load') appendFileSync(join(rig.near.root, backup.path), 'exchanged');
      },
    });
    assert.ok(outcome.end === 'failed' && outcome.code === 'backup-changed', JSON.stringify(outcome));
    assert.equal(outcome.end === 'failed' && outcome.step.id, 'uat.digest-again');
    assert.ok(!(await rig.databases()).includes(plan.items[0]!.newName));
    const far = rig.planOf(rig.context('uat', { backup: { ...backup, repository: 'far' } }));
    assert.ok(!far.steps.some(({ id }) => id === 'uat.digest-again'), 'a fetched copy is out of reach');
  });

  it('counts the room for a fetched backup, and does not take unknown room for none', async () => {
    const backup = await rig.dump('source', 'pg-custom', rig.far);
    const asked: unknown[] = [];
    const looking = (free: (place: object) => number) => {
      const program = new Proxy(rig.here.program, {
        get: (target, key, self) =>
          key !== 'freeBytes'
            ? (Reflect.get(target, key, self) as unknown)
            : async (place: object) => {
                asked.push(place);
                return free(place);
              },
      });
      return postgres.inspect({ ...rig.access, program }, rig.context('uat', { backup }));
    };
    const full = await looking((place) => ('run' in place ? backup.bytes - 1 : 1e12));
    assert.deepEqual(
      full.problems.map(({ code }) => code),
      ['no-space'],
    );
    assert.match(full.problems[0]!.message, /free for fetched backups/);
    assert.deepEqual(asked, [{ run: '.' }, { server: 'pg' }]);
    const unknown = await looking((place) => {
      if ('run' in place) return 1e12;
      throw configError('data-folder-unset', 'It names none.', '');
    });
    assert.deepEqual([unknown.problems, 'freeBytes' in unknown], [[], false]);
    assert.match(unknown.warnings.join(), /free space of server "pg" is not known/);
  });

  it('a database whose making was cut off does not come to be behind the back of who takes it back', async () => {
    const backup = await rig.dump('source', 'pg-custom');
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

  it('lets nobody but the loader into the new database while it is made', async () => {
    const backup = await rig.dump('source', 'pg-custom');
    const plan = rig.planOf(rig.context('uat', { backup }));
    const seen: unknown[] = [];
    const engine: Engine = {
      ...postgres,
      async act(step, context) {
        const result = await postgres.act(step, context);
        if (step.name === 'create') {
          seen.push(
            await rig.value(
              'postgres',
              `SELECT datallowconn AND has_database_privilege('freshet_loader', oid, 'CONNECT')
                 AND NOT has_database_privilege('shop_app', oid, 'CONNECT')
               FROM pg_database WHERE datname = '${plan.items[0]!.newName}'`,
            ),
          );
        }
        return result;
      },
    };
    const { outcome } = await rig.walk(plan, { engine });
    assert.deepEqual([outcome, seen], [{ end: 'succeeded' }, [true]]);
    assert.match(createDatabase('x', undefined), / ALLOW_CONNECTIONS false$/, 'not for a moment before');
    await rig.drop(plan.items[0]!.oldName);
  });
});
