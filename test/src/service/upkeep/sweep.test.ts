import assert from 'node:assert/strict';
import type { Leftover } from '../../../../runners/engine.ts';
import { commandError } from '../../../../src/domain/errors.ts';
import type { Request } from '../../../../src/domain/request.ts';
import type { RunId } from '../../../../src/domain/ids.ts';
import { openPaper, type Paper } from '../../../house-of-paper.ts';

const hour = 3600;

describe('what dead runs left on servers', () => {
  let paper: Paper;
  beforeEach(async function () {
    this.timeout(60_000);
    paper = await openPaper();
    await paper.backup();
  });
  afterEach(() => paper.close());

  function ask(environment = 'ci', person = 'dana'): Promise<Request> {
    return paper.service.requestRefresh(paper.actor(person), {
      environment,
      databases: [{ database: 'orders' }],
      reason: 'release 12',
    });
  }

  async function failed(environment = 'ci'): Promise<{ request: Request; run: RunId }> {
    paper.engine.failing.set('verify orders', commandError('sentinel-differs', 'It differs.', 'Mend it.'));
    const request = await ask(environment);
    await paper.drain();
    paper.engine.failing.clear();
    assert.equal((await paper.store.requests.get(request.id))?.state, 'failed');
    return { request, run: (await paper.store.runs.ofRequest(request.id))!.id };
  }

  function left(run: RunId, closed = true): Leftover {
    const one = { run, databaseName: 'orders_ci', name: `orders_ci__new_${run}`, ref: '7', closed };
    paper.engine.left.push(one);
    return one;
  }

  it('what a failed run keeps stays for its time, is told, and is gone on from', async () => {
    const { request, run } = await failed();
    assert.deepEqual([paper.engine.kept, paper.engine.abandoned], [['orders'], []]);
    const [told] = await paper.store.events.ofRequest(request.id, ['run-failed']);
    assert.match(
      told?.type === 'run-failed' ? told.hint : '',
      /^Mend it\. Until .* UTC, Retry goes on from "verify/,
    );
    left(run);
    await paper.service.reconcile();
    assert.equal(paper.engine.left.length, 1);
    paper.engine.performed.length = 0;
    await paper.service.retry(paper.actor('otto'), request.id);
    await paper.service.reconcile();
    assert.equal(paper.engine.left.length, 1, 'its run is active again');
    await paper.drain();
    assert.deepEqual(paper.engine.performed, ['check orders', 'verify orders', 'swap orders']);
  });

  it('goes when its time is over, and then nothing is gone on from', async () => {
    (paper.site.environments.ci as { keepFailedSeconds: number }).keepFailedSeconds = 600;
    const { request, run } = await failed();
    left(run);
    paper.pass(601);
    await paper.service.reconcile();
    assert.deepEqual(paper.engine.left, []);
    paper.engine.performed.length = 0;
    await paper.service.retry(paper.actor('otto'), request.id);
    await paper.drain();
    assert.deepEqual(paper.engine.performed, ['check orders', 'load orders', 'verify orders', 'swap orders']);
  });

  it('goes with the last moment at which it can be retried', async () => {
    const { request, run } = await failed();
    left(run);
    paper.pass((request.expiresAt.getTime() - paper.deps.now().getTime()) / 1000 + 1);
    await paper.service.reconcile();
    assert.deepEqual(paper.engine.left, []);
  });

  it('goes at once when its data may not lie there any more, or its environment keeps nothing', async () => {
    const first = await failed();
    left(first.run);
    const ci = paper.site.environments.ci as { accepts: readonly string[]; keepFailedSeconds: number };
    const { accepts } = ci;
    ci.accepts = ['proven'];
    await paper.service.reconcile();
    assert.deepEqual(paper.engine.left, []);
    ci.accepts = accepts;
    ci.keepFailedSeconds = 0;
    const before = paper.engine.abandoned.length;
    const second = await failed();
    assert.equal(paper.engine.abandoned.length, before + 1, 'nothing is kept');
    left(second.run);
    await paper.service.reconcile();
    assert.deepEqual(paper.engine.left, []);
  });

  it('half-made copies of runs that are over go after a grace period; those of active or unknown runs never', async () => {
    const done = await ask();
    await paper.drain();
    const run = (await paper.store.runs.ofRequest(done.id))!.id;
    const half = left(run, false);
    const others = left('zzzzzzzz' as RunId, false);
    const active = left((await paper.store.runs.ofRequest((await ask()).id))!.id, false);
    await paper.service.reconcile();
    assert.deepEqual(paper.engine.left, [half, others, active]);
    paper.pass(hour + 1);
    await paper.service.reconcile();
    assert.deepEqual(paper.engine.left, [others, active]);
  });

  it('the grace period is that of the pace', async () => {
    const done = await ask();
    await paper.drain();
    const run = (await paper.store.runs.ofRequest(done.id))!.id;
    paper.deps.pace = { ...paper.deps.pace, sweepAfterSeconds: 2 * hour };
    const half = left(run, false);
    paper.folders.push({ run, changedAt: new Date(0), running: true, folder: true });
    paper.pass(hour + 1);
    await paper.service.reconcile();
    assert.deepEqual([paper.engine.left, paper.swept], [[half], []]);
    paper.pass(hour);
    await paper.service.reconcile();
    assert.deepEqual([paper.engine.left, paper.swept], [[], [run]]);
  });

  it('one that can not be dropped, and a server that does not answer, hold up no other', async () => {
    const done = await ask();
    await paper.drain();
    const run = (await paper.store.runs.ofRequest(done.id))!.id;
    const [stuck, loose] = [left(run, false), { ...left(run, false), ref: '8' }];
    paper.engine.left.splice(0, 2, stuck, loose);
    const drop = paper.engine.dropLeftover.bind(paper.engine);
    paper.engine.dropLeftover = async (access, one) => {
      if (one === stuck) throw commandError('statement-failed', 'It is in use.', '');
      await drop(access, one);
    };
    const folder = { run: 'aaaaaaaa' as RunId, changedAt: new Date(0), running: false, folder: true };
    paper.folders.push(folder);
    paper.pass(hour + 1);
    await paper.service.reconcile();
    assert.deepEqual([paper.engine.left, paper.swept], [[stuck], [folder.run]]);
    paper.engine.leftovers = () => Promise.reject(new Error('no answer'));
    paper.swept.length = 0;
    await paper.service.reconcile();
    assert.deepEqual(paper.swept, [folder.run]);
  });

  it('on hosts: steps, locks and grants of runs that are over go as well, those of nobody we know stay', async () => {
    const done = await ask();
    await paper.drain();
    const run = (await paper.store.runs.ofRequest(done.id))!.id;
    const changedAt = new Date(0);
    const unknown = 'zzzzzzzz' as RunId;
    paper.folders.push(
      { run, changedAt: new Date(), running: true, folder: true },
      { run: unknown, changedAt, running: false, folder: false },
      { run: unknown, changedAt, running: true, folder: true },
    );
    await paper.service.reconcile();
    assert.deepEqual(paper.swept, []);
    paper.pass(hour + 1);
    await paper.service.reconcile();
    assert.deepEqual(paper.swept, [run]);
  });
});
