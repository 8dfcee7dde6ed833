import assert from 'node:assert/strict';
import type { RequestId } from '../../../../src/domain/ids.ts';
import type { ServiceDeps } from '../../../../src/service/deps.ts';
import { lead } from '../../../../src/service/lead.ts';
import { reconcileForEver } from '../../../../src/service/upkeep/reconcile.ts';
import { createService } from '../../../../src/service/service.ts';
import { openPaper, type Paper } from '../../../house-of-paper.ts';
import { until } from '../../../until.ts';

describe('the upkeep', function () {
  let paper: Paper;
  let stopping: AbortController;
  beforeEach(async () => {
    paper = await openPaper();
    stopping = new AbortController();
  });
  afterEach(async () => {
    stopping.abort();
    await paper.close();
  });

  const deps = (more: Partial<ServiceDeps> = {}): ServiceDeps => ({
    ...paper.deps,
    pace: { ...paper.deps.pace, reconcileSeconds: 1 },
    ...more,
  });

  async function pending(): Promise<RequestId> {
    await paper.backup();
    const { id } = await paper.service.requestRefresh(paper.actor('dana'), {
      environment: 'uat',
      databases: [{ database: 'orders' }],
      reason: 'release 12',
    });
    return id;
  }

  it('goes on in all its other parts while a host never answers', async () => {
    const id = await pending();
    const asked: string[] = [];
    const silent = (host: string) => {
      asked.push(host);
      return { ...paper.deps.program('test-db'), runs: () => new Promise<never>(() => undefined) };
    };
    void reconcileForEver(deps({ program: silent }), stopping.signal);
    await until('a host is asked', () => asked.length > 0);
    paper.pass(30 * 86_400);
    await until('it expires', async () => (await paper.store.requests.get(id))?.state === 'expired');
    assert.equal(asked.length, new Set(asked).size, 'who has not answered is not asked again and again');
  });

  it('has no newer round while one of its parts hangs, however often the others come to their end', async () => {
    let release: () => void = () => undefined;
    const hanging = new Promise<void>((resolve) => (release = resolve));
    let others = 0;
    const { inbox, requests } = paper.store;
    const store = {
      ...paper.store,
      requests: {
        ...requests,
        due: (...which: Parameters<typeof requests.due>) => {
          others += 1;
          return requests.due(...which);
        },
      },
      inbox: { ...inbox, forget: (before: Date) => hanging.then(() => inbox.forget(before)) },
    };
    const pace = { ...paper.deps.pace, reconcileSeconds: 0.1 };
    const rounds: number[] = [];
    const measure: ServiceDeps['measure'] = (one) => {
      if (one.type === 'reconciled') rounds.push(one.seconds);
    };
    const running = reconcileForEver(deps({ store, pace, measure }), stopping.signal);
    await until('the other parts come round', () => others > 3);
    assert.deepEqual(rounds, []);
    assert.equal((await paper.service.figures()).reconciled, undefined);
    release();
    await until('a round is over', async () => (await paper.service.figures()).reconciled !== undefined);
    await until('and the next ones', () => rounds.length > 2);
    stopping.abort();
    await running;
  });

  it('is done by one process at a time, and by the next one as soon as the first ends', async () => {
    const rounds: string[] = [];
    const run = (worker: string, signal: AbortSignal) =>
      lead(
        deps({ worker }),
        { name: 'test', everySeconds: 0.05, leaseSeconds: 600 },
        async () => void rounds.push(worker),
        signal,
      );
    const first = new AbortController();
    const one = run('one', first.signal);
    await until('one works', () => rounds.length > 0);
    const two = run('two', stopping.signal);
    await until('one goes on', () => rounds.length > 5);
    assert.ok(!rounds.includes('two'));
    first.abort();
    await one;
    await until('two works', () => rounds.includes('two'));
    stopping.abort();
    await two;
  });

  it('keeps its lease for as long as a round takes', async () => {
    let end: () => void = () => undefined;
    let begun = false;
    let held = 0;
    const lease: typeof paper.store.lease = async (...asked) => {
      const holds = await paper.store.lease(...asked);
      if (holds) held += 1;
      return holds;
    };
    const leading = lead(
      deps({ worker: 'one', store: { ...paper.store, lease } }),
      { name: 'test', everySeconds: 1, leaseSeconds: 6 },
      () => {
        begun = true;
        return new Promise((resolve) => (end = () => resolve()));
      },
      stopping.signal,
    );
    await until('it has begun', () => begun);
    // Each time is a third of it: after four the first one alone would have ended.
    await until('it holds on', async () => {
      assert.equal(await paper.store.lease('test', 'two', 1), false);
      return held > 4;
    });
    stopping.abort();
    end();
    await leading;
    assert.equal(await paper.store.lease('test', 'two', 1), true);
  });

  it('gives a run up whose lease ended while its worker was blocked, and does not keep it from the next', async () => {
    await paper.backup();
    const wish = { environment: 'ci', databases: [{ database: 'orders' }], reason: 'release 12' };
    const { id } = await paper.service.requestRefresh(paper.actor('dana'), wish);
    const run = (await paper.store.runs.ofRequest(id))!;
    const now = async () => (await paper.store.runs.get(run.id))!;
    paper.engine.before = async (act) => {
      if (act !== 'load orders') return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500);
      await until('it is given up', async () => (await now()).worker === undefined, 10);
    };
    const blocked = createService(deps({ pace: { ...paper.deps.pace, leaseSeconds: 1 } }));
    await blocked.advance({ run: run.id, fence: run.fence }, stopping.signal);
    assert.equal((await now()).leaseUntil, undefined);
    delete paper.engine.before;
    const next = createService(deps({ worker: 'paper-2' }));
    await next.advance({ run: run.id, fence: run.fence }, stopping.signal);
    assert.equal((await paper.store.requests.get(id))?.state, 'succeeded');
  });

  it('gives up, at the end of a process, the runs that it has and no others', async () => {
    await paper.backup();
    const wish = { databases: [{ database: 'orders' }], reason: 'release 12' };
    const ids = [];
    for (const [environment, worker] of [
      ['ci', 'paper-1'],
      ['dev', 'paper-2'],
    ] as const) {
      const { id } = await paper.service.requestRefresh(paper.actor('dana'), { ...wish, environment });
      const run = (await paper.store.runs.ofRequest(id))!;
      await paper.store.write((tx) => tx.runs.lease(run.id, worker, 600));
      ids.push(run.id);
    }
    paper.jobs.length = 0;
    await paper.service.handOn();
    const workers = await Promise.all(ids.map(async (id) => (await paper.store.runs.get(id))?.worker));
    assert.deepEqual(workers, [undefined, 'paper-2']);
    assert.deepEqual(
      paper.jobs.map(({ run }) => run),
      [ids[0]],
    );
  });
});
