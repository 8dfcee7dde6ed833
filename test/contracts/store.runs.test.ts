import assert from 'node:assert/strict';
import { isFreshetError } from '../../src/domain/errors.ts';
import { freshStore, newRun, soon, type Stored } from './stored.ts';

describe('Store: runs', function () {
  let store: Stored['store'];
  let request: Stored['request'];
  let running: Stored['running'];

  before(async () => {
    ({ store, request, running } = await freshStore());
  });
  after(() => store?.close());

  describe('runs', () => {
    it('gives a target to one of many runs that want it at once; the others learn behind whom they are', async () => {
      const [a, b] = [`h/${newRun()}`, `h/${newRun()}`];
      const made = await Promise.all(
        Array.from({ length: 12 }, async (_, n) => {
          const { id: of } = await request({ state: 'approved' });
          const id = newRun();
          const targets = n % 2 ? [a, b] : [b, a];
          return {
            id,
            of,
            got: await store.write((tx) =>
              tx.runs.create({ id, request: of, startedAt: new Date() }, targets),
            ),
          };
        }),
      );
      const winners = made.filter(({ got }) => 'run' in got);
      assert.equal(winners.length, 1);
      for (const { id, got } of made) {
        if ('run' in got) continue;
        assert.equal(got.behind, winners[0]!.of);
        assert.equal(await store.runs.get(id), undefined);
      }
      await store.write((tx) => tx.runs.end(winners[0]!.id, new Date()));
      const [next] = made.filter(({ got }) => !('run' in got));
      const then = await store.write((tx) =>
        tx.runs.create({ id: next!.id, request: next!.of, startedAt: new Date() }, [a]),
      );
      assert.ok(
        'run' in then && then.run.fence > winners.map(({ got }) => ('run' in got ? got.run.fence : 0))[0]!,
      );
    });

    it('tells whose run has one of some targets, until it has ended', async () => {
      const [a, b, c] = [`h/${newRun()}`, `h/${newRun()}`, `h/${newRun()}`];
      const first = await running([a]);
      const second = await running([b]);
      assert.equal(await store.runs.holder([c]), undefined);
      assert.equal(await store.runs.holder([c, b]), second.request);
      assert.equal(await store.runs.holder([b, a]), first.request);
      await store.write((tx) => tx.runs.end(first.id, new Date()));
      assert.equal(await store.runs.holder([b, a]), second.request);
    });

    it('keeps the fence while the same worker renews, and raises it when another takes over', async () => {
      const { id, fence } = await running();
      const lease = (worker: string, seconds = 60) => store.write((tx) => tx.runs.lease(id, worker, seconds));
      const lapse = async () => void (await lease((await store.runs.get(id))!.worker!, -1));
      const first = (await lease('w1'))!;
      assert.ok(first.fence > fence);
      assert.equal((await lease('w1'))!.fence, first.fence);
      assert.equal(await lease('w2'), undefined);
      await lapse();
      const taken = (await lease('w2'))!;
      assert.ok(taken.fence > first.fence);
      // The first one was frozen and wakes: its memory does not help it.
      assert.equal(await lease('w1'), undefined);
      // Its own lease that ended meanwhile, with nobody else: a new fence all the same.
      await lapse();
      assert.ok((await lease('w2'))!.fence > taken.fence);
      await store.write((tx) => tx.runs.yieldLease(id, 'w1'));
      assert.equal((await store.runs.get(id))!.worker, 'w2');
      await store.write((tx) => tx.runs.yieldLease(id, 'w2'));
      assert.ok((await lease('w1'))!.fence > taken.fence);
      await store.write((tx) => tx.runs.end(id, new Date()));
      assert.equal(await lease('w1'), undefined);
    });

    it('hands the lease to one of twenty workers that ask at once', async () => {
      const { id } = await running();
      const got = await Promise.all(
        Array.from({ length: 20 }, (_, n) => store.write((tx) => tx.runs.lease(id, `w${n}`, 10))),
      );
      assert.equal(got.filter(Boolean).length, 1);
    });

    it('starts a further attempt with the plan of the last one at hand and the same targets, or tells who has them', async () => {
      const target = `h/${newRun()}`;
      const { id, fence } = await running([target]);
      await store.write(async (tx) => {
        await tx.runs.lease(id, 'w', 10);
        await tx.runs.plan(id, { version: 1 });
        await tx.runs.requestCancel(id, new Date());
        await tx.runs.barrier(id, new Date());
        await tx.runs.step({
          run: id,
          step: 'a',
          attempt: 1,
          state: 'done',
          startedAt: new Date(),
          result: { oid: 1 },
        });
        await tx.runs.step({ run: id, step: 'b', attempt: 1, state: 'started', startedAt: soon(1) });
        await tx.runs.step({
          run: id,
          step: 'b',
          attempt: 1,
          state: 'failed',
          startedAt: soon(1),
          endedAt: soon(2),
        });
        await tx.runs.end(id, new Date());
      });
      assert.deepEqual(
        (await store.runs.steps(id)).map((one) => [one.step, one.state, one.result]),
        [
          ['a', 'done', { oid: 1 }],
          ['b', 'failed', undefined],
        ],
      );
      const other = await running([target]);
      const again = () => store.write((tx) => tx.runs.again(id, [target], new Date()));
      assert.deepEqual(await again(), { behind: other.request });
      await store.write((tx) => tx.runs.end(other.id, new Date()));
      const made = await again();
      assert.ok('run' in made);
      const { attempt, active, plan, cancelRequestedAt, barrierAt, endedAt, worker } = made.run;
      assert.deepEqual(
        { attempt, active, plan, cancelRequestedAt, barrierAt, endedAt, worker },
        {
          attempt: 2,
          active: true,
          // Of the attempt before: the next one is compared with it.
          plan: { version: 1 },
          cancelRequestedAt: undefined,
          barrierAt: undefined,
          endedAt: undefined,
          worker: undefined,
        },
      );
      assert.ok(made.run.fence > fence);
      await store.write((tx) => tx.runs.forgetSteps(id, ['b']));
      assert.deepEqual(
        (await store.runs.steps(id)).map((one) => one.step),
        ['a'],
      );
      await assert.rejects(again(), (error) => isFreshetError(error, 'Conflict'));
    });

    it('finds active runs whose lease ended or that never had one', async () => {
      const [fresh, held, late] = [await running(), await running(), await running()];
      await store.write((tx) => tx.runs.lease(held.id, 'w', 60));
      await store.write((tx) => tx.runs.lease(late.id, 'w', -30));
      const found = (await store.runs.active({ unleased: true })).map((one) => one.id);
      assert.ok(found.includes(fresh.id) && found.includes(late.id) && !found.includes(held.id));
      assert.ok((await store.runs.active()).some((one) => one.id === held.id));
      assert.equal((await store.runs.ofRequest(held.request))!.id, held.id);
    });

    it('overwrites progress, newest wins', async () => {
      const { id: run } = await running();
      const say = (fraction: number, at: Date) =>
        store.progress({ run, step: 's', title: 'S', fraction, at });
      await say(0.5, soon(10));
      await say(0.4, soon(5));
      assert.equal((await store.runs.progress(run))!.fraction, 0.5);
      await say(0.6, soon(10));
      assert.equal((await store.runs.progress(run))!.fraction, 0.6);
    });
  });
});
