import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { conflict } from '../../src/domain/errors.ts';
import type { Step } from '../../runners/plan.ts';
import { gone, passed, planOf, Scripted } from './scripted.ts';

describe('execute', function () {
  it('walks one database through its steps, once each, and clears the host', async () => {
    const it = new Scripted();
    assert.deepEqual(await it.walk(planOf('orders')), { end: 'succeeded' });
    assert.deepEqual(
      it.asked.filter((line) => !line.startsWith('wait')),
      [
        'claim uat-orders 1', 'act orders.check', 'act orders.create', 'submit orders.load', 'submit orders.script',
        'act orders.verify', 'act orders.swap', 'act orders.tidy', 'sweep', 'release uat-orders',
      ], // prettier-ignore
    );
    assert.deepEqual(
      it.checkpoint.fractions,
      [...it.checkpoint.fractions].sort((a, b) => a - b),
    );
    assert.equal(it.checkpoint.fractions.at(-1), 1);
  });

  it('swaps nothing before all are ready, and loads two at once at most', async () => {
    const it = new Scripted();
    assert.deepEqual(await it.walk(planOf('a', 'b', 'c', 'd')), { end: 'succeeded' });
    const { told } = it.checkpoint;
    for (const name of ['a', 'b', 'c', 'd']) {
      assert.ok(told.indexOf(`ready ${name}`) < told.indexOf('barrier'), name);
      assert.ok(told.indexOf(`started ${name}.swap`) > told.indexOf('barrier'), name);
    }
    assert.equal(it.mostLoads, 2);
  });

  it('has as many databases wait at once as there are, without a warning of listeners that leak', async () => {
    const warned: string[] = [];
    const hear = ({ message }: Error) => void warned.push(message);
    process.on('warning', hear);
    const names = Array.from({ length: 12 }, (_, at) => `d${at}`);
    const it = new Scripted();
    // What is away is asked again after a rest, which the signal ends.
    for (const name of names) it.faults[`act ${name}.check`] = [gone()];
    assert.deepEqual(await it.walk(planOf(...names)), { end: 'succeeded' });
    process.off('warning', hear);
    assert.deepEqual(warned, []);
  });

  it('answers "waiting" when the slice is over, and goes on where it was', async () => {
    const it = new Scripted();
    it.script['orders.load'] = 'runs';
    assert.deepEqual(await it.walk(planOf('orders'), { sliceSeconds: 0.1 }), { end: 'waiting' });
    assert.equal(it.times('stop orders.load'), 0, 'it runs on');
    it.script['orders.load'] = { exitCode: 0 };
    assert.deepEqual(await it.walk(planOf('orders'), { fence: 2 }), { end: 'succeeded' });
    assert.equal(it.times('submit orders.load'), 1);
    assert.equal(it.times('act orders.check'), 1);
    assert.equal(it.times('claim uat-orders 2'), 1, 'a worker that takes over raises the fence');
  });

  it('the signal ends waits at once and stops nothing', async () => {
    const it = new Scripted();
    it.script['orders.load'] = 'runs';
    setTimeout(() => it.controller.abort(), 60);
    assert.deepEqual(await it.walk(planOf('orders'), { sliceSeconds: 600 }), { end: 'waiting' });
    assert.equal(it.times('stop orders.load') + it.times('abandon orders'), 0);
  });

  it('a lost connection is never a failure', async () => {
    const it = new Scripted();
    for (const line of [
      'claim uat-orders 1',
      'submit orders.load',
      'wait orders.load',
      'act orders.swap',
      'sweep',
    ]) {
      it.faults[line] = [gone(), gone()];
    }
    assert.deepEqual(await it.walk(planOf('orders')), { end: 'succeeded' });
    it.asked.length = 0;
    const away = new Scripted();
    away.faults['act orders.swap'] = Array.from({ length: 99 }, gone);
    assert.deepEqual(await away.walk(planOf('orders'), { sliceSeconds: 0.4 }), { end: 'waiting' });
    assert.equal(away.times('abandon orders'), 0, 'the outcome is unknown');
  });

  /** A plan whose `read` runs beside all else until the load. */
  function besidePlan() {
    const plan = planOf('orders');
    const [check, create, load, ...rest] = plan.steps;
    const pipe = [{ tool: 'digest', args: [] }];
    const read = {
      ...load!, kind: 'exec', id: 'orders.read', beside: 'orders.load', afresh: undefined,
      exec: { pipe, report: 'none', target: 'uat-orders' },
    } as Step; // prettier-ignore
    return { ...plan, steps: [check!, read, create!, load!, ...rest] };
  }

  it('a step beside others is waited for by the one that it names', async () => {
    const it = new Scripted();
    it.script['orders.read'] = 'runs';
    it.checkpoint.meets = (line) => {
      if (line === 'done orders.create') it.script['orders.read'] = { exitCode: 0 };
    };
    assert.deepEqual(await it.walk(besidePlan()), { end: 'succeeded' });
    const { told } = it.checkpoint;
    assert.ok(told.indexOf('done orders.create') < told.indexOf('done orders.read'), told.join('\n'));
    assert.ok(told.indexOf('done orders.read') < told.indexOf('started orders.load'), told.join('\n'));
    assert.equal(it.times('submit orders.read'), 1);
  });

  it('a step beside others that fails keeps the one that waits for it from beginning', async () => {
    const it = new Scripted();
    it.script['orders.read'] = { exitCode: 1, cause: { code: 'no-space' } };
    const outcome = await it.walk(besidePlan());
    assert.ok(outcome.end === 'failed' && outcome.step.id === 'orders.read', JSON.stringify(outcome));
    assert.equal(it.times('submit orders.load'), 0);
    assert.equal(it.times('abandon orders'), 1);
  });

  it('a failure ends the wait for the step beside it, which is then stopped on its host', async () => {
    const it = new Scripted();
    it.script['orders.read'] = 'runs';
    it.faults['act orders.create'] = [conflict('sessions-remain', 'Sessions remain.', 'End them.')];
    const outcome = await it.walk(besidePlan());
    assert.ok(outcome.end === 'failed' && outcome.step.id === 'orders.create', JSON.stringify(outcome));
    assert.equal(it.times('stop orders.read'), 1);
    const after = it.asked.slice(it.asked.indexOf('stop orders.read'));
    assert.ok(!after.some((line) => line.startsWith('wait')), after.join('\n'));
  });

  it('the end of a slice ends the wait for a step beside others, and the next slice goes on with it', async () => {
    const it = new Scripted();
    it.script['orders.read'] = 'runs';
    assert.deepEqual(await it.walk(besidePlan(), { sliceSeconds: 0.1 }), { end: 'waiting' });
    it.script['orders.read'] = { exitCode: 0 };
    assert.deepEqual(await it.walk(besidePlan(), { fence: 2 }), { end: 'succeeded' });
    assert.equal(it.times('submit orders.read') + it.times('act orders.create'), 2);
  });

  it('a reboot that takes two steps at once with it counts once', async () => {
    const it = new Scripted();
    const plan = besidePlan();
    const [check, read, create, ...rest] = plan.steps;
    const other = { ...read!, id: 'orders.contents', beside: undefined } as Step;
    Object.assign(it.script, { 'orders.read': 'runs', 'orders.contents': 'runs' });
    it.when['wait orders.contents'] = () =>
      Object.assign(it.script, { 'orders.read': 'lost', 'orders.contents': 'lost' });
    const steps = [check!, read!, other, create!, ...rest];
    assert.deepEqual(await it.walk({ ...plan, steps }), { end: 'succeeded' });
    assert.equal(it.times('submit orders.read.2') + it.times('submit orders.contents.2'), 2);
  });

  it('two steps that are taken over at once go by one look at what was lost', async () => {
    const it = new Scripted();
    const plan = besidePlan();
    const [check, read, create, ...rest] = plan.steps;
    const other = { ...read!, id: 'orders.contents', beside: undefined } as Step;
    const taken = { ...plan, steps: [check!, read!, other, create!, ...rest] };
    Object.assign(it.script, { 'orders.read': 'runs', 'orders.contents': 'runs' });
    assert.deepEqual(await it.walkUntil(['wait orders.read', 'wait orders.contents'], taken), {
      end: 'waiting',
    });
    it.script['orders.contents'] = { exitCode: 0 };
    const state = it.program.state.bind(it.program);
    let looks = 0;
    it.program.state = async (run, step) => {
      const seen = await state(run, step);
      if (step !== 'orders.read') return seen;
      looks += 1;
      // The second answer is late, and tells of before the loss.
      if (looks === 2) {
        it.script['orders.read'] = 'lost';
        await sleep(150);
      }
      return seen;
    };
    assert.deepEqual(await it.walk(taken, { fence: 2 }), { end: 'succeeded' });
    assert.equal(it.times('submit orders.read.2'), 1);
    assert.deepEqual([it.times('submit orders.load'), it.times('submit orders.load.2')], [0, 1]);
  });

  it('a step that fails takes all items back and says why in plain words', async () => {
    const it = new Scripted();
    it.script['b.load'] = { exitCode: 1, cause: { code: 'no-space' } };
    it.script['a.load'] = 'runs';
    const outcome = await it.walk(planOf('a', 'b'));
    assert.equal(outcome.end, 'failed');
    assert.ok(outcome.end === 'failed');
    assert.deepEqual([outcome.step.id, outcome.code, outcome.targetTouched], ['b.load', 'no-space', false]);
    assert.match(outcome.cause, /the disk of "db1" is full/);
    assert.deepEqual(
      it.asked.filter((line) => /^(stop|abandon|release|put back|act .*swap)/.test(line)),
      ['stop a.load', 'abandon a', 'abandon b', 'release uat-a', 'release uat-b'],
    );
    assert.ok(it.checkpoint.told.includes('failed b.load no-space'));
  });

  it('a host that refuses the targets to who takes over: what was begun is taken back, and what is swapped stays', async () => {
    const refused = conflict('no-space', 'The disk is full.', 'Make room.');
    const it = new Scripted();
    it.script['orders.load'] = 'runs';
    assert.deepEqual(await it.walkUntil(['wait orders.load'], planOf('orders')), { end: 'waiting' });
    it.faults['claim uat-orders 2'] = [refused];
    const outcome = await it.walk(planOf('orders'), { fence: 2 });
    assert.ok(outcome.end === 'failed' && outcome.code === 'no-space' && !outcome.targetTouched);
    for (const line of ['stop orders.load', 'abandon orders', 'release uat-orders'])
      assert.equal(it.times(line), 1, line);

    const late = new Scripted();
    late.faults['act orders.tidy'] = [gone()];
    assert.deepEqual(await late.walkUntil(['act orders.tidy'], planOf('orders')), { end: 'waiting' });
    late.faults = { 'claim uat-orders 2': [refused] };
    assert.deepEqual(await late.walk(planOf('orders'), { fence: 2 }), { end: 'succeeded' });
    assert.equal(late.times('put back orders'), 0);
  });

  it('what fails behind the swaps leaves the run a success, and its hosts are cleared all the same', async () => {
    const it = new Scripted();
    it.faults['act orders.tidy'] = [conflict('no-space', 'The disk is full.', 'Make room.')];
    assert.deepEqual(await it.walk(planOf('orders')), { end: 'succeeded' });
    assert.equal(it.times('sweep') + it.times('release uat-orders'), 2);
    assert.deepEqual(await it.walk(planOf('orders'), { fence: 2 }), { end: 'succeeded' });
    assert.equal(it.times('act orders.tidy'), 1);
  });

  it('says something fit for people also when nobody knows the cause', async () => {
    const it = new Scripted();
    it.script['orders.script'] = { exitCode: 3, cause: { code: 'sqlstate', object: '42P01' } };
    const failed = await it.walk(planOf('orders'));
    assert.match(
      failed.end === 'failed' ? failed.cause : '',
      /a table or view .* does not exist \(SQLSTATE 42P01\)/,
    );
    const odd = new Scripted();
    odd.faults['act orders.verify'] = [new TypeError('x is not a function: secret row')];
    const broke = await odd.walk(planOf('orders'));
    assert.ok(broke.end === 'failed' && broke.code === 'step-broke' && !broke.cause.includes('secret'));
  });

  it('a swap that fails puts back those before it, last one first', async () => {
    const it = new Scripted();
    it.faults['act c.swap'] = [conflict('sessions-remain', 'Sessions remain.', 'End them.')];
    const outcome = await it.walk(planOf('a', 'b', 'c'));
    assert.ok(outcome.end === 'failed' && outcome.code === 'sessions-remain' && outcome.targetTouched);
    assert.deepEqual(
      it.asked.filter((line) => /^(put back|abandon)/.test(line)),
      ['put back b', 'put back a', 'abandon a', 'abandon b', 'abandon c'],
    );
    assert.deepEqual(
      it.checkpoint.told.filter((line) => line.startsWith('put back')),
      ['put back b', 'put back a'],
    );
  });

  it('goes on without telling of its progress while that can not be told', async () => {
    const it = new Scripted();
    it.checkpoint.progress = () => Promise.reject(gone());
    assert.deepEqual(await it.walk(planOf('orders')), { end: 'succeeded' });
  });

  it('a failure that was half taken back is taken back to the end by whoever takes over', async () => {
    const it = new Scripted();
    it.faults['act b.swap'] = [conflict('sessions-remain', 'Sessions remain.', 'End them.')];
    it.checkpoint.meets = (line) => {
      if (line === 'put back a') throw new Error('the worker died');
    };
    await assert.rejects(it.walk(planOf('a', 'b')), { message: 'the worker died' });
    it.checkpoint.meets = () => undefined;
    const outcome = await it.walk(planOf('a', 'b'), { fence: 2 });
    assert.ok(outcome.end === 'failed' && outcome.code === 'sessions-remain' && outcome.hint === 'End them.');
    assert.equal(it.asked.filter((line) => line === 'act b.swap').length, 1, 'it was not begun again');
    assert.equal(it.checkpoint.told.filter((line) => line.startsWith('failed')).length, 1);
    assert.deepEqual([...it.checkpoint.swapped], []);
  });

  it('a target that is neither old nor new is fenced, not failed', async () => {
    const it = new Scripted();
    it.faults['act a.swap'] = [conflict('sessions-remain', 'Sessions remain.', 'End them.')];
    it.stands.a = 'fenced';
    const outcome = await it.walk(planOf('a'));
    assert.deepEqual([outcome.end, outcome.end === 'fenced' && outcome.step.id], ['fenced', 'a.swap']);
    it.stands.a = 'new';
    const resumed = await it.walk(planOf('a'), { attempt: 2, fence: 2 });
    assert.deepEqual(resumed, { end: 'succeeded' }, 'resumed after a look');
  });

  it('whoever was overtaken touches nothing more', async () => {
    for (const line of ['claim uat-orders 1', 'submit orders.load', 'act orders.swap']) {
      const it = new Scripted();
      it.faults[line] = [passed()];
      await assert.rejects(it.walk(planOf('orders')), { kind: 'Fenced' });
      assert.equal(it.asked.at(-1), line);
    }
    const frozen = new Scripted();
    frozen.script['orders.load'] = 'runs';
    setTimeout(() => (frozen.checkpoint.takenOver = true), 60);
    await assert.rejects(frozen.walk(planOf('orders')), { kind: 'Fenced' });
    assert.equal(frozen.times('stop orders.load') + frozen.times('abandon orders'), 0);
  });

  describe('a lost step', () => {
    it('is done anew from where the item can be prepared, once', async () => {
      const it = new Scripted();
      it.script['orders.load'] = 'lost';
      assert.deepEqual(await it.walk(planOf('orders')), { end: 'succeeded' });
      assert.deepEqual(
        it.asked.filter((line) => /^(submit|abandon|act orders.create)/.test(line)),
        ['act orders.create', 'submit orders.load', 'abandon orders', 'act orders.create', 'submit orders.load.2', 'submit orders.script.2'],
      ); // prettier-ignore
    });

    it('twice fails honestly', async () => {
      const it = new Scripted();
      it.script['orders.load'] = 'lost';
      it.script['orders.load.2'] = 'lost';
      const outcome = await it.walk(planOf('orders'));
      assert.ok(outcome.end === 'failed' && outcome.code === 'step-lost');
      assert.equal(it.times('submit orders.load.3'), 0);
    });

    it('another worker finds the round that the first was in', async () => {
      const it = new Scripted();
      it.script['orders.load'] = 'lost';
      it.script['orders.load.2'] = 'runs';
      assert.deepEqual(await it.walkUntil(['wait orders.load.2'], planOf('orders')), { end: 'waiting' });
      it.script['orders.load.2'] = { exitCode: 0 };
      assert.deepEqual(await it.walk(planOf('orders'), { fence: 2 }), { end: 'succeeded' });
      assert.equal(it.times('submit orders.load.2'), 1);
      assert.equal(it.times('abandon orders'), 1);
    });
  });
});
