import assert from 'node:assert/strict';
import { conflict } from '../../src/domain/errors.ts';
import { gone, planOf, Scripted } from './scripted.ts';

describe('a run that may not go on after it was fenced', () => {
  const forbidden = { code: 'approval-outdated', cause: 'The host has another key.', hint: 'Ask anew.' };
  const again = { attempt: 2, fence: 2, forbidden };

  it('takes back what was swapped and prepared, whatever the record says of a swap without an end', async () => {
    const it = new Scripted();
    it.faults['act c.swap'] = [conflict('sessions-remain', 'Sessions remain.', 'End them.')];
    it.faults['put back a'] = [conflict('refused', 'Refused.', '')];
    it.stands.a = 'new';
    it.stands.b = 'fenced';
    assert.equal((await it.walk(planOf('a', 'b', 'c'))).end, 'fenced');
    it.asked.splice(0);
    it.stands = { a: 'new', b: 'old', c: 'old' };
    const putBack = it.times('put back a');
    const outcome = await it.walk(planOf('a', 'b', 'c'), again);
    assert.ok(outcome.end === 'failed' && outcome.code === 'approval-outdated' && outcome.targetTouched);
    assert.equal(it.times('put back a'), putBack + 1);
    assert.deepEqual(
      it.asked.filter((line) => /^(act|submit)/.test(line)),
      [],
      'nothing was done of its plan',
    );
    for (const line of ['abandon b', 'abandon c', 'release uat-b']) assert.equal(it.times(line), 1, line);
  });

  it('stays fenced as long as its target does', async () => {
    const it = new Scripted();
    it.faults['act a.swap'] = [conflict('sessions-remain', 'Sessions remain.', 'End them.')];
    it.stands.a = 'fenced';
    assert.equal((await it.walk(planOf('a'))).end, 'fenced');
    const outcome = await it.walk(planOf('a'), again);
    assert.ok(outcome.end === 'fenced' && outcome.code === 'approval-outdated');
  });

  it('ends what an earlier attempt left running, and clears what is wholly swapped', async () => {
    const it = new Scripted();
    it.script['orders.load'] = 'runs';
    assert.deepEqual(await it.walkUntil(['wait orders.load'], planOf('orders')), { end: 'waiting' });
    assert.equal((await it.walk(planOf('orders'), again)).end, 'failed');
    assert.equal(it.times('stop orders.load'), 1);

    const late = new Scripted();
    late.faults['act orders.tidy'] = [gone()];
    assert.deepEqual(await late.walkUntil(['act orders.tidy'], planOf('orders')), { end: 'waiting' });
    late.faults = {};
    assert.deepEqual(await late.walk(planOf('orders'), again), { end: 'succeeded' });
  });
});
