import assert from 'node:assert/strict';
import { conflict } from '../../../src/domain/errors.ts';
import { gone, planAgain, planOf, Scripted } from '../scripted.ts';

describe('a further attempt', function () {
  const again = { attempt: 2, fence: 2 };

  /** A first attempt that failed where `script` says so, with what it had prepared kept. */
  async function failedOnce(script: Scripted['script'], ...databases: string[]) {
    const it = new Scripted();
    it.keeps = true;
    it.isPrepared = true;
    Object.assign(it.script, script);
    const plan = planOf(...databases);
    const outcome = await it.walk(plan);
    assert.ok(outcome.end === 'failed', JSON.stringify(outcome));
    const kept = outcome.kept.map(({ database, from }) => `${database} ${from.id}`);
    it.asked.length = 0;
    it.checkpoint.told.length = 0;
    return { it, plan, kept };
  }

  it('goes on from the step that failed, but proves the rights again', async () => {
    const { it, plan, kept } = await failedOnce({ 'orders.script': { exitCode: 3 } }, 'orders');
    assert.deepEqual(kept, ['orders orders.script']);
    assert.deepEqual(await it.walk(planAgain(plan), again), { end: 'succeeded' });
    assert.deepEqual(
      it.asked.filter((line) => !line.startsWith('wait')),
      [
        'claim uat-orders 2', 'take up orders', 'act orders.check', 'submit orders.script.3', 'act orders.verify',
        'act orders.swap', 'act orders.tidy', 'sweep', 'release uat-orders',
      ], // prettier-ignore
    );
  });

  it('goes on with a script that was mended, and never behind one that had run otherwise', async () => {
    const mended = await failedOnce({ 'orders.script': { exitCode: 3 } }, 'orders');
    await mended.it.walk(planAgain(mended.plan, 'orders.script'), again);
    assert.equal(mended.it.times('act orders.create'), 0);
    const it = new Scripted();
    Object.assign(it, { keeps: true, isPrepared: true });
    it.faults['act orders.verify'] = [conflict('sentinel-differs', 'It differs.', '')];
    const plan = planOf('orders');
    assert.equal((await it.walk(plan)).end, 'failed');
    assert.equal(it.times('keep orders'), 1);
    it.asked.length = 0;
    assert.deepEqual(await it.walk(planAgain(plan, 'orders.script'), again), { end: 'succeeded' });
    assert.deepEqual([it.times('take up orders'), it.times('abandon orders')], [0, 1]);
    assert.deepEqual([it.times('submit orders.load.3'), it.times('submit orders.script.3')], [1, 1]);
  });

  it('begins anew where the backup is another one, or a script is not there any more', async () => {
    const other = await failedOnce({ 'orders.script': { exitCode: 3 } }, 'orders');
    await other.it.walk(planAgain(other.plan, 'orders.load'), again);
    assert.equal(other.it.times('submit orders.load.3'), 1);
    const it = new Scripted();
    Object.assign(it, { keeps: true, isPrepared: true });
    it.faults['act orders.verify'] = [conflict('sentinel-differs', 'It differs.', '')];
    const plan = planOf('orders');
    await it.walk(plan);
    const shorter = { ...plan, steps: plan.steps.filter(({ id }) => id !== 'orders.script') };
    assert.deepEqual(await it.walk(planAgain(shorter), again), { end: 'succeeded' });
    assert.equal(it.times('submit orders.load.3'), 1);
  });

  it('begins anew where nothing stands, and where nobody knows of what was prepared', async () => {
    const gone = await failedOnce({ 'orders.script': { exitCode: 3 } }, 'orders');
    gone.it.isPrepared = false;
    assert.deepEqual(await gone.it.walk(planAgain(gone.plan), again), { end: 'succeeded' });
    assert.equal(gone.it.times('act orders.create') + gone.it.times('submit orders.load.3'), 2);
    const { it, plan } = await failedOnce({ 'orders.script': { exitCode: 3 } }, 'orders');
    assert.deepEqual(await it.walk({ ...plan, attempt: 2 }, again), { end: 'succeeded' });
    assert.equal(it.times('submit orders.load.3'), 1);
  });

  for (const [why, script, kept] of [
    ['was refused by the server', { exitCode: 3 }, 1],
    ['was killed, and may have committed', { exitCode: 137 }, 0],
    ['lost its server, and may have committed', { exitCode: 2 }, 0],
  ] as const) {
    it(`${kept === 1 ? 'keeps' : 'takes back'} the copy whose script ${why}`, async () => {
      const failed = await failedOnce({ 'orders.script': script }, 'orders');
      assert.equal(failed.kept.length, kept);
      await failed.it.walk(planAgain(failed.plan), again);
      assert.equal(failed.it.times('submit orders.load.3'), 1 - kept);
    });
  }

  it('keeps the others that are loaded, but none with a script that was cut off', async () => {
    const it = new Scripted();
    Object.assign(it, { keeps: true, isPrepared: true });
    it.script['a.script'] = 'runs';
    it.script['b.script'] = 'runs';
    it.when['wait a.script'] = () => (it.script['b.script'] = { exitCode: 3 });
    const outcome = await it.walk(planOf('a', 'b'));
    assert.ok(outcome.end === 'failed', JSON.stringify(outcome));
    assert.deepEqual(
      outcome.kept.map(({ database }) => database),
      ['b'],
    );
    assert.deepEqual([it.times('stop a.script'), it.times('abandon a'), it.times('abandon b')], [1, 1, 0]);
  });

  it('loads anew what was live for a while, and goes on with the others', async () => {
    const it = new Scripted();
    Object.assign(it, { keeps: true, isPrepared: true });
    it.faults['act b.swap'] = [conflict('sessions-remain', 'Sessions remain.', 'End them.')];
    const plan = planOf('a', 'b');
    const outcome = await it.walk(plan);
    assert.ok(outcome.end === 'failed' && outcome.targetTouched);
    assert.deepEqual(
      outcome.kept.map(({ database, from }) => `${database} ${from.id}`),
      ['b b.swap'],
    );
    it.asked.length = 0;
    assert.deepEqual(await it.walk(planAgain(plan), again), { end: 'succeeded' });
    assert.deepEqual([it.times('submit a.load.3'), it.times('submit b.load.3')], [1, 0]);
    assert.deepEqual([it.times('act a.swap'), it.times('act b.swap')], [1, 1]);
  });

  it('keeps nothing of a cancelled run, nor of one that must not', async () => {
    const it = new Scripted();
    it.keeps = true;
    it.checkpoint.meets = (line) => {
      if (line === 'started orders.verify') it.checkpoint.wantsCancel = true;
    };
    it.faults['act orders.swap'] = [conflict('sessions-remain', 'Sessions remain.', 'End them.')];
    assert.deepEqual(await it.walk(planOf('orders')), { end: 'cancelled' });
    assert.deepEqual([it.times('keep orders'), it.times('abandon orders')], [0, 1]);
    const never = new Scripted();
    never.script['orders.script'] = { exitCode: 3 };
    const outcome = await never.walk(planOf('orders'));
    assert.ok(outcome.end === 'failed' && outcome.kept.length === 0);
    assert.equal(never.times('keep orders'), 0);
  });

  it('goes on in a further slice as it had begun, also behind the swap', async () => {
    const { it, plan } = await failedOnce({ 'orders.script': { exitCode: 3 } }, 'orders');
    it.script['orders.script.3'] = 'runs';
    const further = planAgain(plan);
    assert.deepEqual(await it.walkUntil(['wait orders.script.3'], further, again), { end: 'waiting' });
    it.script['orders.script.3'] = { exitCode: 0 };
    // It is live and not what it was any more: what counts was written down when the attempt began.
    it.isPrepared = false;
    it.faults['act orders.tidy'] = [gone()];
    assert.deepEqual(await it.walk(further, { attempt: 2, fence: 3 }), { end: 'succeeded' });
    assert.deepEqual([it.times('take up orders'), it.times('act orders.create')], [1, 0]);
  });

  it('fetches and loads anew within it when a script is lost: what the copy was made from is gone', async () => {
    const { it, plan } = await failedOnce({ 'orders.script': { exitCode: 3 } }, 'orders');
    it.script['orders.script.3'] = 'lost';
    assert.deepEqual(await it.walk(planAgain(plan), again), { end: 'succeeded' });
    assert.deepEqual([it.times('act orders.create'), it.times('submit orders.load.4')], [1, 1]);
  });

  it('a failure that was met is not tried again while it is taken back', async () => {
    const it = new Scripted();
    it.faults['act orders.verify'] = [conflict('sentinel-differs', 'It differs.', '')];
    it.faults['abandon orders'] = [gone()];
    assert.deepEqual(await it.walkUntil(['abandon orders'], planOf('orders')), { end: 'waiting' });
    const outcome = await it.walk(planOf('orders'), { fence: 2 });
    assert.ok(outcome.end === 'failed' && outcome.code === 'sentinel-differs', JSON.stringify(outcome));
    assert.equal(it.times('act orders.verify'), 1);
  });
});
