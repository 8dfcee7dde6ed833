import assert from 'node:assert/strict';
import type { Plan } from '../../runners/plan.ts';
import type { RequestId } from '../../src/domain/ids.ts';
import { holdStep, refreshSteps, toolSteps, type HeldStep } from '../rig/held-steps.ts';
import { checkInvariants } from '../rig/invariants.ts';
import { near } from '../rig/near-repository.ts';
import { startMs, type Rig } from '../rig/rig.ts';
import type { Suite } from '../rig/suites.ts';
import { backupIn, contentAfter, contentOf } from '../rig/targets.ts';
import { inLongForm, some } from './durations.ts';

const killedIn = some(refreshSteps, 2);
/** Seconds; for a machine that does much else. */
const patience = 240;

export const killedWorkers: Suite = (rigOf) => {
  describe(`a worker killed with -9 in ${killedIn.length} of ${refreshSteps.length} steps of a run`, function () {
    this.timeout(900_000);
    let rig: Rig;

    before(async function () {
      this.timeout(startMs);
      rig = rigOf();
      await rig.workers(2);
    });
    afterEach(() => rig.tools.openAll());

    /** Kills the worker that has the run in the step; answers when another one has it. Each is killed in the middle of the step. */
    async function killIn(
      request: RequestId,
      step: string,
      { worker, victims }: { worker: string; victims: Set<string> },
    ): Promise<void> {
      await rig.workerNamed(worker).kill();
      victims.add(worker);
      rig.startWorker();
      const ends = await rig.store.events.ofRequest(request, ['step-done']);
      assert.ok(
        !ends.some((event) => event.type === 'step-done' && event.step === step),
        `${step} had ended when its worker was killed`,
      );
      await rig.resumed(request, victims, patience);
    }

    /** It succeeded, and the host started each of these tools once. */
    async function endsWell(request: RequestId, tools: readonly string[]): Promise<void> {
      const { state } = await rig.until(request, ['succeeded', 'failed', 'fenced'], patience);
      assert.equal(state, 'succeeded', JSON.stringify(await rig.store.events.ofRequest(request)));
      const run = await rig.runOf(request);
      const starts = (await rig.tools.starts()).filter((one) => one.run === run).map(({ step }) => step);
      assert.deepEqual(starts.toSorted(), tools.toSorted(), 'the host started each tool once');
    }

    it('is replaced by another one; each step is started once, and the target is exactly the backup', async () => {
      const backup = await backupIn(rig, 'nightly', '.dump');
      const before = await contentOf(rig, 'orders_dev');
      const wanted = await contentAfter(rig, backup, 'dev');
      const [first, ...others] = killedIn;
      let step = first!;
      let held = await holdStep(rig, step);
      const request = await rig.ask('dev', { backup: backup.id });
      const victims = new Set<string>();
      const goOn = async (following: HeldStep | undefined) => {
        await held.release();
        if (following !== undefined) held = following;
      };
      try {
        for (const next of [...others, undefined]) {
          const { run, worker } = await held.reached(request);
          await killIn(request, `orders.${step}`, { worker, victims });
          // The next one is barred before this one is let go, or the run might be past it.
          await goOn(next === undefined ? undefined : await holdStep(rig, next, { step, run }));
          step = next ?? step;
        }
      } finally {
        await held.release();
      }
      await endsWell(
        request,
        toolSteps.map((one) => `orders.${one}`),
      );
      const { plan } = (await rig.store.runs.ofRequest(request)) as { plan: Plan };
      assert.deepEqual(
        plan.steps.map(({ id }) => id),
        refreshSteps.map((one) => `orders.${one}`),
        'these are all steps that there are',
      );
      assert.equal(await contentOf(rig, 'orders_dev'), wanted);
      assert.notEqual(before, wanted);
      await checkInvariants(rig, { targets: { orders_dev: [wanted] } });
    });

    inLongForm(
      'while it compares a backup that is read in place, before the load and behind it',
      async () => {
        const backup = await backupIn(rig, near);
        const elsewhere = await backupIn(rig, 'nightly', '.dump');
        assert.equal(backup.checksum, elsewhere.checksum, 'the same file');
        const wanted = await contentAfter(rig, elsewhere, 'dev');
        const compares = ['orders.digest', 'orders.digest-again'];
        for (const step of compares) await rig.tools.close(step);
        const request = await rig.ask('dev', { backup: backup.id });
        const victims = new Set<string>();
        for (const step of compares) {
          const { run, worker } = await rig.step(request, step, patience);
          await rig.tools.started(run, step, patience);
          await killIn(request, step, { worker, victims });
          await rig.tools.open(step);
        }
        await endsWell(request, [...compares, ...toolSteps.map((one) => `orders.${one}`)]);
        await checkInvariants(rig, { targets: { orders_dev: [wanted] } });
      },
    );

    inLongForm('in the swap of an undo: what was before is live again, swapped once', async () => {
      const before = await contentOf(rig, 'orders_dev');
      const backup = await backupIn(rig, 'anonymised', '.dump');
      const refresh = await rig.ask('dev', { backup: backup.id });
      assert.equal(
        (await rig.until(refresh, ['succeeded', 'failed', 'fenced'], patience)).state,
        'succeeded',
      );
      assert.notEqual(await contentOf(rig, 'orders_dev'), before);
      const held = await holdStep(rig, 'swap');
      try {
        const undo = await rig.undo(refresh);
        const { worker } = await held.reached(undo);
        await killIn(undo, 'orders.swap', { worker, victims: new Set() });
        await held.release();
        await endsWell(undo, []);
        assert.equal((await rig.store.events.ofRequest(undo, ['item-swapped'])).length, 1);
      } finally {
        await held.release();
      }
      await checkInvariants(rig, { targets: { orders_dev: [before] } });
    });
  });
};
