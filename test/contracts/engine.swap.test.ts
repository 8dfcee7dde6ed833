import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { exchange } from '../../runners/postgres/exchange.ts';
import { postgres } from '../../runners/postgres/index.ts';
import { inMaintenance, raise, swapOf } from '../../runners/postgres/records.ts';
import { recordClosed } from '../../runners/postgres/sql.ts';
import type { Plan } from '../../runners/plan.ts';
import type { MemoryCheckpoint } from '../runners/memory-checkpoint.ts';
import { guest, hammer } from '../runners/postgres/clients.ts';
import { type Rig, startRig } from '../runners/postgres/rig.ts';
import { needs } from '../skip.ts';

describe('engine contract: swap and undo (postgres)', function () {
  this.timeout(60_000);
  let rig: Rig;
  let backup: Awaited<ReturnType<Rig['dump']>>;

  before(async function () {
    needs(this, 'postgresql', 'openssh-server');
    rig = await startRig({ databases: { uat: 'orders_uat', dev: 'orders_dev' } });
    await rig.sql('postgres', 'CREATE DATABASE source');
    await rig.sql('source', `CREATE TABLE which AS SELECT 'backup'::text AS one`);
    backup = await rig.dump('source', 'pg-custom');
  });

  after(async () => {
    await rig?.stop();
  });

  beforeEach(async () => {
    const names = await rig.databases();
    await rig.drop(...names.filter((name) => name !== 'source'));
    for (const name of ['orders_uat', 'orders_dev']) {
      await rig.sql('postgres', `CREATE DATABASE ${name} OWNER shop_owner`);
      await rig.sql(name, `SET ROLE shop_owner; CREATE TABLE which AS SELECT 'old'::text AS one`);
    }
  });

  const which = (database = 'orders_uat') => rig.value(database, 'SELECT one FROM which');
  const oidOf = async (name: string) =>
    String(await rig.value('postgres', `SELECT oid::text FROM pg_database WHERE datname = '${name}'`));

  async function refresh(target = 'uat'): Promise<{ plan: Plan; checkpoint: MemoryCheckpoint }> {
    const plan = rig.planOf(rig.context(target, { backup }));
    const { outcome, checkpoint } = await rig.walk(plan);
    assert.deepEqual(outcome, { end: 'succeeded' });
    return { plan, checkpoint };
  }

  /** All but the swap. */
  async function ready(target = 'uat') {
    const plan = rig.planOf(rig.context(target, { backup }));
    const { outcome, checkpoint, fence } = await rig.walk({
      ...plan,
      steps: plan.steps.filter(({ stage }) => stage !== 'swap' && stage !== 'tidy'),
    });
    assert.deepEqual(outcome, { end: 'succeeded' });
    return { plan, checkpoint, fence, item: plan.items[0]! };
  }

  describe('undo', () => {
    it('brings the replaced copy back, and undone itself the newer one', async () => {
      const first = await refresh();
      assert.equal(await which(), 'backup');
      const undoes = rig.swapOf(first.plan, first.checkpoint);
      const undo = rig.planOf(rig.context('uat', { kind: 'undo', undoes }));
      const back = await rig.walk(undo);
      assert.deepEqual(back.outcome, { end: 'succeeded' });
      assert.equal(await which(), 'old');
      assert.equal(await oidOf('orders_uat'), undoes.keptRef);
      assert.equal(await oidOf(undo.items[0]!.oldName), undoes.liveRef, 'the newer one is kept');

      const again = rig.planOf(
        rig.context('uat', { kind: 'undo', undoes: rig.swapOf(undo, back.checkpoint) }),
      );
      assert.deepEqual((await rig.walk(again)).outcome, { end: 'succeeded' });
      assert.equal(await which(), 'backup');
      assert.equal(await oidOf('orders_uat'), undoes.liveRef);
    });

    it('is refused when something newer is live, or the kept copy is gone', async () => {
      const first = await refresh();
      const undoes = rig.swapOf(first.plan, first.checkpoint);
      await refresh();
      const plan = rig.planOf(rig.context('uat', { kind: 'undo', undoes }));
      const { outcome } = await rig.walk(plan);
      assert.equal(outcome.end === 'failed' && outcome.code, 'newer-refresh');
      await postgres.dropKept(rig.access, undoes);
      const gone = await rig.walk(rig.planOf(rig.context('uat', { kind: 'undo', undoes })));
      assert.equal(gone.outcome.end === 'failed' && gone.outcome.code, 'kept-gone');
    });

    it('leaves the kept copy alone when it fails', async () => {
      const first = await refresh();
      const undoes = rig.swapOf(first.plan, first.checkpoint);
      const plan = rig.planOf(rig.context('uat', { kind: 'undo', undoes, drainSeconds: 0 }));
      const guest = await rig.connect('orders_uat');
      const { outcome } = await rig.walk(plan);
      assert.equal(outcome.end === 'failed' && outcome.code, 'sessions-remain', JSON.stringify(outcome));
      await guest.end();
      assert.equal(await which(), 'backup');
      assert.equal(await oidOf(undoes.keptName), undoes.keptRef);
    });
  });

  describe('kept copies', () => {
    it('are dropped only as they were left', async () => {
      const first = await refresh();
      const swap = rig.swapOf(first.plan, first.checkpoint);
      await rig.sql('postgres', `ALTER DATABASE "${swap.keptName}" RENAME TO somebodys`);
      await assert.rejects(postgres.dropKept(rig.access, swap), { code: 'kept-differs' });
      await rig.sql('postgres', `ALTER DATABASE somebodys RENAME TO "${swap.keptName}"`);
      // Another database under the same name, as after a restore by hand.
      await rig.sql('postgres', `CREATE DATABASE other`);
      await postgres.dropKept(rig.access, { ...swap, keptRef: await oidOf('other') }).catch(() => undefined);
      assert.ok((await rig.databases()).includes('other'));
      await postgres.dropKept(rig.access, swap);
      await postgres.dropKept(rig.access, swap);
      assert.ok(!(await rig.databases()).includes(swap.keptName));
      assert.equal(await which(), 'backup');
    });
  });

  describe('sessions', () => {
    it('idle ones are ended, a transaction may end first', async () => {
      await rig.sql('postgres', 'GRANT CONNECT ON DATABASE orders_uat TO shop_app');
      await rig.sql('orders_uat', 'GRANT ALL ON which TO shop_app');
      const idle = await guest(rig, 'orders_uat');
      const busy = await guest(rig, 'orders_uat');
      await busy.query('BEGIN');
      await busy.query(`UPDATE which SET one = 'kept work'`);
      const walking = refresh();
      await sleep(400);
      // Within the draining: it gets through.
      await busy.query('COMMIT');
      const { plan } = await walking;
      await assert.rejects(idle.query('SELECT 1'));
      await idle.end().catch(() => undefined);
      await busy.end().catch(() => undefined);
      await rig.sql('postgres', `ALTER DATABASE "${plan.items[0]!.oldName}" ALLOW_CONNECTIONS true`);
      assert.equal(await which(plan.items[0]!.oldName), 'kept work');
    });

    it('transactions that outlast the draining are ended', async () => {
      const busy = await guest(rig, 'orders_uat');
      await busy.query('BEGIN');
      await busy.query('SELECT 1');
      const started = Date.now();
      await refresh();
      assert.ok(Date.now() - started > 1000, 'it was waited for');
      await assert.rejects(busy.query('SELECT 1'));
      await busy.end().catch(() => undefined);
    });

    it('of a superuser stop the swap, and the target is open again', async () => {
      const root = await rig.connect('orders_uat');
      const { plan, checkpoint } = await ready();
      const { outcome } = await rig.walk(plan, { checkpoint });
      assert.equal(outcome.end === 'failed' && outcome.code, 'sessions-remain', JSON.stringify(outcome));
      assert.equal(outcome.end === 'failed' && outcome.targetTouched, false);
      await root.query('SELECT 1');
      await root.end();
      assert.equal(await which(), 'old');
      await (await guest(rig, 'orders_uat')).end();
    });

    it('prepared transactions are found before anything is closed', async () => {
      await rig.sql('orders_uat', `BEGIN; DELETE FROM which; PREPARE TRANSACTION 'p'`);
      const { outcome } = await rig.walk(rig.planOf(rig.context('uat', { backup })));
      await rig.sql('orders_uat', `ROLLBACK PREPARED 'p'`);
      assert.equal(outcome.end === 'failed' && outcome.code, 'prepared-transactions');
    });

    it('20 that come back at once do not keep it from being swapped; how long they are out is measured by the bench', async () => {
      const app = hammer(rig, 'orders_uat', 20);
      const { outcome } = await rig.walk(rig.planOf(rig.context('uat', { backup })));
      await app.end();
      assert.deepEqual(outcome, { end: 'succeeded' });
      assert.equal(await which(), 'backup');
    });
  });

  describe('when the worker dies', () => {
    it('before it closed anything: old, and a repeated swap ends well', async () => {
      const { plan, item, checkpoint } = await ready();
      assert.equal(await postgres.standing(rig.access, item, plan.run), 'old');
      assert.deepEqual((await rig.walk(plan, { checkpoint })).outcome, { end: 'succeeded' });
      assert.equal(await which(), 'backup');
    });

    for (const point of ['closed', 'renamed'] as const) {
      it(`with its connection killed when it had ${point}: fenced or old, and a repeated swap ends well`, async () => {
        const { plan, item, checkpoint, fence } = await ready();
        const dying = { ...rig.access };
        const step = plan.steps.find(({ stage }) => stage === 'swap')!;
        // Whatever the server is asked last, the session dies of it.
        const kill = async (session: { rows(text: string): Promise<unknown> }) => {
          await session.rows('SELECT pg_terminate_backend(pg_backend_pid())');
        };
        await inMaintenance(dying, plan.run, undefined, async (session) => {
          await raise(session, item, plan.run, fence);
          const live = await oidOf('orders_uat');
          const fresh = await oidOf(item.newName);
          await session.rows(
            `INSERT INTO freshet.swap (run, database_name, new_oid, new_name, live_oid, old_name)
             VALUES ('${plan.run}', 'orders_uat', ${fresh}, '${item.newName}', ${live}, '${item.oldName}')`,
          );
          await exchange(session, dying, {
            item,
            fence,
            incoming: { oid: fresh },
            outgoing: { oid: live, name: item.oldName },
            statements: [],
            closed: async () => void (await session.rows(recordClosed, [plan.run, 'orders_uat'])),
            reopened: async () => undefined,
            done: point === 'renamed' ? () => kill(session) : async () => undefined,
            ...(point === 'closed' ? { statements: ['SELECT pg_terminate_backend(pg_backend_pid())'] } : {}),
          });
        }).then(
          () => assert.fail('it should have died'),
          (error: unknown) => assert.match(String(error), /connection|session/i),
        );
        assert.equal(await postgres.standing(rig.access, item, plan.run), 'fenced', 'nobody can log in');
        await assert.rejects(guest(rig, 'orders_uat'));
        const { outcome } = await rig.walk(plan, { checkpoint });
        assert.deepEqual(outcome, { end: 'succeeded' });
        assert.equal(await which(), 'backup');
        assert.equal(await postgres.standing(rig.access, item, plan.run), 'new');
        // Once more, as by a worker that never heard of the success.
        const result = await postgres
          .act(step as never, {
            access: rig.access,
            program: () => rig.here.program,
            run: plan.run,
            fence: fence + 100,
            item,
            results: {},
            signal: new AbortController().signal,
            progress: () => undefined,
          })
          .catch((error: { kind: string; code: string }) => error);
        assert.ok('liveRef' in result || result.code === 'target-unclaimed', JSON.stringify(result));
        assert.equal(await which(), 'backup');
      });

      it(`and given up when it had ${point}: the old one is open again`, async () => {
        const { plan, item, fence } = await ready();
        await inMaintenance(rig.access, plan.run, undefined, async (session) => {
          const live = await oidOf('orders_uat');
          await session.rows(
            `INSERT INTO freshet.swap (run, database_name, new_oid, new_name, live_oid, old_name, closed_at)
             VALUES ('${plan.run}', 'orders_uat', ${await oidOf(item.newName)}, '${item.newName}', ${live}, '${item.oldName}', now())`,
          );
          await session.rows('ALTER DATABASE orders_uat ALLOW_CONNECTIONS false');
        });
        await postgres.abandon(rig.access, item, plan.run, fence);
        await postgres.abandon(rig.access, item, plan.run, fence);
        assert.equal(await postgres.standing(rig.access, item, plan.run), 'old');
        assert.equal(await which(), 'old');
        assert.ok(!(await rig.databases()).includes(item.newName));
      });
    }
  });

  it('a smaller fence changes nothing any more', async () => {
    const { plan, item, fence } = await ready();
    rig.skipFences(60);
    await inMaintenance(rig.access, plan.run, undefined, (session) =>
      raise(session, item, plan.run, fence + 50),
    );
    await rig.here.program.claim('uat', plan.run, fence + 50);
    await assert.rejects(postgres.abandon(rig.access, item, plan.run, fence), { kind: 'Fenced' });
    const late = { ...plan, steps: plan.steps.filter(({ stage }) => stage === 'swap') };
    await assert.rejects(rig.walk(late, { fence }), { kind: 'Fenced' });
    assert.equal(await which(), 'old');
    assert.ok((await rig.databases()).includes(item.newName), 'what the other attempt works on stays');
    const swap = await inMaintenance(rig.access, plan.run, undefined, (session) =>
      swapOf(session, plan.run, 'orders_uat'),
    );
    assert.equal(swap, undefined);
  });

  it('of several databases none is swapped before all are ready, and a failing one puts the others back', async () => {
    const root = await rig.connect('orders_dev');
    const uat = rig.context('uat', { backup });
    const dev = { ...rig.context('dev', { backup }), run: uat.run };
    const plan = rig.planOf(uat, dev);
    const { outcome, checkpoint } = await rig.walk(plan);
    await root.end();
    assert.equal(outcome.end === 'failed' && outcome.code, 'sessions-remain', JSON.stringify(outcome));
    assert.equal(outcome.end === 'failed' && outcome.targetTouched, true);
    const barrier = checkpoint.told.indexOf('barrier');
    for (const line of ['done uat.verify', 'done dev.verify', 'ready uat', 'ready dev']) {
      assert.ok(checkpoint.told.indexOf(line) < barrier, line);
    }
    assert.ok(checkpoint.told.includes('swapped uat') && checkpoint.told.includes('put back uat'));
    assert.equal(await which('orders_uat'), 'old');
    assert.equal(await which('orders_dev'), 'old');
    assert.deepEqual(await rig.databases(), ['orders_dev', 'orders_uat', 'source']);
    await (await guest(rig, 'orders_uat')).end();

    const retry = await rig.walk(plan, { checkpoint, attempt: 2 });
    assert.deepEqual(retry.outcome, { end: 'succeeded' });
    assert.equal(await which('orders_uat'), 'backup');
    assert.equal(await which('orders_dev'), 'backup');
  });
});
