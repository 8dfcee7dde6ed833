import assert from 'node:assert/strict';
import type { ActStep, Plan } from '../../runners/plan.ts';
import { seed, span } from '../faults/durations.ts';
import { benches } from '../runners/benches.ts';
import { type Rig, startRig } from '../runners/engine-rig.ts';
import { hammer } from '../runners/hammer.ts';
import type { MemoryCheckpoint } from '../runners/memory-checkpoint.ts';
import { needs } from '../skip.ts';
import { randomFrom } from '../rig/random.ts';
import { until } from '../until.ts';

/** Every so many statements, and from another one with each seed; the long form takes all of them. */
const stride = span(7, 1);

for (const bench of benches) {
  const { engine } = bench;

  describe(`engine contract: swap and undo (${engine.name})`, function () {
    this.timeout(60_000);
    let rig: Rig;
    let backup: Awaited<ReturnType<Rig['dump']>>;

    before(async function () {
      needs(this, 'openssh-server', ...bench.needs);
      rig = await startRig(bench, { databases: { uat: 'orders_uat', dev: 'orders_dev' } });
      await rig.server.make('source', { which: ['backup'] });
      backup = await rig.dump('source', bench.formats.quick);
    });

    after(async () => {
      await rig?.stop();
    });

    beforeEach(async () => {
      const names = await rig.server.databases();
      await rig.server.drop(...names.filter((name) => name !== 'source'));
      for (const name of ['orders_uat', 'orders_dev']) await rig.server.make(name, { which: ['old'] });
    });

    const which = async (database = 'orders_uat') =>
      (await rig.server.ask(database, 'SELECT one FROM which')).join();
    const refOf = (name: string) => rig.server.refOf(name);

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
        assert.equal(await refOf('orders_uat'), undoes.keptRef);
        assert.equal(await refOf(undo.items[0]!.oldName), undoes.liveRef, 'the newer one is kept');

        const again = rig.planOf(
          rig.context('uat', { kind: 'undo', undoes: rig.swapOf(undo, back.checkpoint) }),
        );
        assert.deepEqual((await rig.walk(again)).outcome, { end: 'succeeded' });
        assert.equal(await which(), 'backup');
        assert.equal(await refOf('orders_uat'), undoes.liveRef);
      });

      it('is refused when something newer is live, or the kept copy is gone', async () => {
        const first = await refresh();
        const undoes = rig.swapOf(first.plan, first.checkpoint);
        await refresh();
        const plan = rig.planOf(rig.context('uat', { kind: 'undo', undoes }));
        const { outcome } = await rig.walk(plan);
        assert.equal(outcome.end === 'failed' && outcome.code, 'newer-refresh');
        await engine.dropReplaced(rig.access, undoes);
        const gone = await rig.walk(rig.planOf(rig.context('uat', { kind: 'undo', undoes })));
        assert.equal(gone.outcome.end === 'failed' && gone.outcome.code, 'kept-gone');
      });

      it('leaves the kept copy alone when it fails', async () => {
        const first = await refresh();
        const undoes = rig.swapOf(first.plan, first.checkpoint);
        const plan = rig.planOf(rig.context('uat', { kind: 'undo', undoes, drainSeconds: 0 }));
        const blocker = await rig.server.blocker('orders_uat');
        const { outcome } = await rig.walk(plan);
        assert.equal(outcome.end === 'failed' && outcome.code, bench.blocked, JSON.stringify(outcome));
        await blocker.end();
        assert.equal(await which(), 'backup');
        assert.equal(await refOf(undoes.keptName), undoes.keptRef);
      });
    });

    describe('kept copies', () => {
      it('are dropped only as they were left', async () => {
        const first = await refresh();
        const swap = rig.swapOf(first.plan, first.checkpoint);
        await rig.server.rename(swap.keptName, 'somebodys');
        const dropping = engine.dropReplaced(rig.access, swap);
        await (bench.keepsLastingNames ? assert.rejects(dropping, { code: 'kept-differs' }) : dropping);
        assert.ok((await rig.server.databases()).includes('somebodys'));
        await rig.server.rename('somebodys', swap.keptName);
        // Another database under the same name, as after a restore by hand.
        await rig.server.make('other');
        const keptRef = (await refOf('other'))!;
        await engine.dropReplaced(rig.access, { ...swap, keptRef }).catch(() => undefined);
        assert.ok((await rig.server.databases()).includes('other'));
        await engine.dropReplaced(rig.access, swap);
        await engine.dropReplaced(rig.access, swap);
        assert.ok(!(await rig.server.databases()).includes(swap.keptName));
        assert.equal(await which(), 'backup');
      });
    });

    describe('sessions', () => {
      it(`idle ones ${bench.endsIdleSessions ? 'are ended' : 'go on'}, a transaction may end first`, async () => {
        const idle = await rig.server.guest('orders_uat');
        const busy = await rig.server.guest('orders_uat');
        await busy.begin();
        await busy.write('kept work');
        const plan = rig.planOf(rig.context('uat', { backup, drainSeconds: 20 }));
        let isSwapping = false;
        const walking = rig.walk(plan, { before: (line) => (isSwapping ||= line === 'started uat.swap') });
        await until('the swap to begin', async () => isSwapping);
        // Within the draining: it gets through.
        await busy.commit();
        assert.deepEqual((await walking).outcome, { end: 'succeeded' });
        await (bench.endsIdleSessions ? assert.rejects(idle.ask()) : idle.ask());
        await idle.end();
        await busy.end();
        assert.equal(await which(plan.items[0]!.oldName), 'kept work');
      });

      it('transactions that outlast the draining are ended', async () => {
        const busy = await rig.server.guest('orders_uat');
        await busy.begin();
        const started = Date.now();
        await refresh();
        assert.ok(Date.now() - started > 1000, 'it was waited for');
        await assert.rejects(busy.ask());
        await busy.end();
      });

      it('that no right can end stop the swap, and the target is open again', async () => {
        const blocker = await rig.server.blocker('orders_uat');
        const { plan, checkpoint } = await ready();
        const { outcome } = await rig.walk(plan, { checkpoint });
        assert.equal(outcome.end === 'failed' && outcome.code, bench.blocked, JSON.stringify(outcome));
        assert.equal(outcome.end === 'failed' && outcome.targetTouched, false);
        await blocker.ask();
        await blocker.end();
        assert.equal(await which(), 'old');
        await (await rig.server.guest('orders_uat')).end();
      });

      it('20 that come back at once do not keep it from being swapped; how long they are out is measured by the bench', async () => {
        const end = hammer(rig.server, 'orders_uat', 20);
        const { outcome } = await rig.walk(rig.planOf(rig.context('uat', { backup })));
        await end();
        assert.deepEqual(outcome, { end: 'succeeded' });
        assert.equal(await which(), 'backup');
      });
    });

    describe('when the worker dies', () => {
      it('before it closed anything: old, and a repeated swap ends well', async () => {
        const { plan, item, checkpoint } = await ready();
        assert.equal(await engine.standing(rig.access, item, plan.run), 'old');
        assert.deepEqual((await rig.walk(plan, { checkpoint })).outcome, { end: 'succeeded' });
        assert.equal(await which(), 'backup');
      });

      for (const interruption of bench.interruptions) {
        const { title, stands } = interruption;
        it(`with its connection killed when it had ${title}: ${stands}, and a repeated swap ends well`, async () => {
          const { plan, item, checkpoint, fence } = await ready();
          await interruption.die(rig.server, { access: rig.access, item, run: plan.run, fence });
          assert.equal(await engine.standing(rig.access, item, plan.run), stands);
          if (stands === 'fenced') await assert.rejects(rig.server.guest('orders_uat'), 'nobody can log in');
          const { outcome } = await rig.walk(plan, { checkpoint });
          assert.deepEqual(outcome, { end: 'succeeded' });
          assert.equal(await which(), 'backup');
          assert.equal(await engine.standing(rig.access, item, plan.run), 'new');
          // Once more, as by a worker that never heard of the success.
          const step = plan.steps.find((one) => one.stage === 'swap')!;
          const result = await engine
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

        it(`and given up when it had ${title}: the old one is open again`, async () => {
          const { plan, item, fence } = await ready();
          await interruption.die(rig.server, { access: rig.access, item, run: plan.run, fence });
          const after = stands === 'new' ? 'new' : 'old';
          await engine.abandon(rig.access, item, plan.run, fence);
          await engine.abandon(rig.access, item, plan.run, fence);
          assert.equal(await engine.standing(rig.access, item, plan.run), after);
          assert.equal(await which(), after === 'new' ? 'backup' : 'old');
          await (await rig.server.guest('orders_uat')).end();
          assert.ok(!(await rig.server.databases()).includes(item.newName));
        });
      }
    });

    it('interrupted at each statement it is old, new or closed, and leads out of it both ways', async function () {
      this.timeout(span(60_000, 600_000));
      const { plan, item, fence } = await ready();
      await rig.here.program.claim('uat', plan.run, fence);
      const step = plan.steps.find((one) => one.stage === 'swap' && one.kind === 'act') as ActStep;
      const swap = (access = rig.access) =>
        engine.act(step, {
          access,
          program: () => rig.here.program,
          run: plan.run,
          fence,
          item,
          results: {},
          signal: new AbortController().signal,
          progress: () => undefined,
        });
      const stands = () => engine.standing(rig.access, item, plan.run);
      let turn = 0;
      for (let cut = 1 + Math.floor(randomFrom(seed).between(0, stride)); ; cut += stride) {
        const ended = await swap(bench.severed(rig.access, cut)).then(
          () => 'done',
          (error: { code?: string }) => error.code,
        );
        await rig.server.settled();
        if (ended === 'done') break;
        assert.equal(ended, 'connection-lost', `statement ${cut}`);
        const between = await stands();
        if (between === 'fenced') await assert.rejects(rig.server.guest('orders_uat'), `statement ${cut}`);
        else assert.equal(await which(), between === 'old' ? 'old' : 'backup', `statement ${cut}`);
        // Every other time back, as after a failure, and forth, as in the next attempt; either way the next begins anew.
        if ((turn += 1) % 2 === 0 && between !== 'new') {
          assert.equal(await engine.takeUp(rig.access, item, plan.run, fence), true);
        } else {
          await swap();
          assert.deepEqual([await stands(), await which()], ['new', 'backup'], `statement ${cut}`);
          await engine.putBack(rig.access, item, plan.run, fence);
        }
        assert.deepEqual([await stands(), await which()], ['old', 'old'], `after statement ${cut}`);
        await (await rig.server.guest('orders_uat')).end();
      }
      assert.ok(turn > 0, 'it was interrupted');
      assert.deepEqual([await stands(), await which()], ['new', 'backup']);
    });

    for (const [copy, name] of [
      ['new', 'newName'],
      ['kept', 'oldName'],
    ] as const)
      it(`somebody’s database under the name of the ${copy} copy ends it, and stays as the target does`, async () => {
        const begun = copy === 'kept' ? await ready() : undefined;
        const plan = begun?.plan ?? rig.planOf(rig.context('uat', { backup }));
        const item = plan.items[0]!;
        await rig.server.make(item[name], { which: ['somebody’s'] });
        const { outcome } = await rig.walk(plan, begun === undefined ? {} : { checkpoint: begun.checkpoint });
        assert.ok(outcome.end === 'failed' && !outcome.targetTouched, JSON.stringify(outcome));
        assert.equal(outcome.code, 'name-taken', outcome.cause);
        assert.deepEqual([await which(), await which(item[name])], ['old', 'somebody’s']);
        assert.equal(await engine.standing(rig.access, item, plan.run), 'old');
        await (await rig.server.guest('orders_uat')).end();
      });

    it('a smaller fence changes nothing any more', async () => {
      const { plan, item, fence } = await ready();
      rig.skipFences(60);
      await rig.server.raiseFence(rig.access, item, plan.run, fence + 50);
      await rig.here.program.claim('uat', plan.run, fence + 50);
      await assert.rejects(engine.abandon(rig.access, item, plan.run, fence), { kind: 'Fenced' });
      const late = { ...plan, steps: plan.steps.filter(({ stage }) => stage === 'swap') };
      await assert.rejects(rig.walk(late, { fence }), { kind: 'Fenced' });
      assert.equal(await which(), 'old');
      assert.ok(
        (await rig.server.databases()).includes(item.newName),
        'what the other attempt works on stays',
      );
      assert.equal(await rig.server.recordedSwap(rig.access, item, plan.run), false);
    });

    it('of several databases none is swapped before all are ready, and a failing one puts the others back', async () => {
      const blocker = await rig.server.blocker('orders_dev');
      const uat = rig.context('uat', { backup });
      const dev = { ...rig.context('dev', { backup }), run: uat.run };
      const plan = rig.planOf(uat, dev);
      const { outcome, checkpoint } = await rig.walk(plan);
      await blocker.end();
      assert.equal(outcome.end === 'failed' && outcome.code, bench.blocked, JSON.stringify(outcome));
      assert.equal(outcome.end === 'failed' && outcome.targetTouched, true);
      const barrier = checkpoint.told.indexOf('barrier');
      for (const line of ['done uat.verify', 'done dev.verify', 'ready uat', 'ready dev']) {
        assert.ok(checkpoint.told.indexOf(line) < barrier, line);
      }
      assert.ok(checkpoint.told.includes('swapped uat') && checkpoint.told.includes('put back uat'));
      assert.equal(await which('orders_uat'), 'old');
      assert.equal(await which('orders_dev'), 'old');
      assert.deepEqual(await rig.server.databases(), ['orders_dev', 'orders_uat', 'source']);
      await (await rig.server.guest('orders_uat')).end();

      const retry = await rig.walk(plan, { checkpoint, attempt: 2 });
      assert.deepEqual(retry.outcome, { end: 'succeeded' });
      assert.equal(await which('orders_uat'), 'backup');
      assert.equal(await which('orders_dev'), 'backup');
    });
  });
}
