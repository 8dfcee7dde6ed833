import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { gone, planOf, Scripted } from './scripted.ts';

describe('execute: cancel', function () {
  it('during a step ends it on the host and takes everything back', async () => {
    const it = new Scripted();
    it.script['orders.load'] = 'runs';
    it.when['wait orders.load'] = () => (it.checkpoint.wantsCancel = true);
    assert.deepEqual(await it.walk(planOf('orders')), { end: 'cancelled' });
    const after = it.asked.slice(it.asked.indexOf('stop orders.load'));
    assert.deepEqual(after, ['stop orders.load', 'abandon orders', 'sweep', 'release uat-orders']);
  });

  it('at the barrier, at the last moment, swaps nothing', async () => {
    const it = new Scripted();
    it.checkpoint.meets = (line) => {
      if (line === 'barrier') it.checkpoint.wantsCancel = true;
    };
    assert.deepEqual(await it.walk(planOf('orders')), { end: 'cancelled' });
    assert.equal(it.times('act orders.swap'), 0);
    assert.equal(it.times('abandon orders'), 1);
  });

  it('that is not taken back within its slice goes on with the next one', async () => {
    const it = new Scripted();
    it.script['orders.load'] = 'runs';
    it.when['wait orders.load'] = () => (it.checkpoint.wantsCancel = true);
    const abandon = it.engine.abandon.bind(it.engine);
    it.engine.abandon = async () => {
      it.controller.abort();
      throw gone();
    };
    assert.deepEqual(await it.walk(planOf('orders')), { end: 'waiting' });
    it.controller = new AbortController();
    it.engine.abandon = abandon;
    assert.deepEqual(await it.walk(planOf('orders')), { end: 'cancelled' });
    assert.equal(it.times('release uat-orders'), 1);
  });

  it('that comes while the targets are being taken is met by the first step', async () => {
    const it = new Scripted();
    it.checkpoint.wantsCancel = true;
    const claim = it.program.claim.bind(it.program);
    it.program.claim = async (...words) => {
      await claim(...words);
      await sleep(200);
    };
    assert.deepEqual(await it.walk(planOf('orders', 'billing')), { end: 'cancelled' });
    assert.equal(it.times('act orders.check'), 0);
    assert.equal(it.times('release uat-orders'), 1);
  });

  it('after the barrier is too late', async () => {
    const it = new Scripted();
    it.checkpoint.meets = (line) => {
      if (line === 'started orders.swap') it.checkpoint.wantsCancel = true;
    };
    assert.deepEqual(await it.walk(planOf('orders')), { end: 'succeeded' });
  });
});
