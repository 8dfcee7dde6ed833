import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Rig, startRig } from '../runners/postgres/rig.ts';
import { needs } from '../skip.ts';

describe('engine contract: a swap while the live database is being vacuumed (postgres)', function () {
  this.timeout(90_000);
  let rig: Rig;

  before(async function () {
    needs(this, 'postgresql', 'openssh-server');
    rig = await startRig({ databases: { uat: 'orders_uat' } });
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

  after(async () => {
    await rig?.stop();
  });

  it('takes place: nobody but the server itself ends an autovacuum worker', async () => {
    await rig.sql('postgres', 'CREATE DATABASE source');
    await rig.sql('source', `CREATE TABLE which AS SELECT 'backup'::text AS one`);
    const backup = await rig.dump('source', 'pg-custom');
    await rig.sql('postgres', 'CREATE DATABASE orders_uat OWNER shop_owner');
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
    assert.equal(await rig.value('orders_uat', 'SELECT one FROM which'), 'backup');
  });
});
