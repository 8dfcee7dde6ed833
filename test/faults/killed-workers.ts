import assert from 'node:assert/strict';
import type { Plan } from '../../runners/plan.ts';
import { checkInvariants } from '../rig/invariants.ts';
import { startMs, type Rig } from '../rig/rig.ts';
import type { Suite } from '../rig/suites.ts';
import { backupIn, contentAfter, contentOf } from '../rig/targets.ts';
import { some } from './durations.ts';

/** One or more of each stage of a refresh whose backup lies on another host, in the order of the plan. */
const steps = [
  'check',
  'fetch-grant',
  'fetch',
  'create',
  'load',
  'script-1',
  'verify',
  'carry',
  'swap',
  'tidy',
].map((step) => `orders.${step}`);
/** They run a tool on the host, which is held until the next worker has the run. */
const held = ['orders.load', 'orders.script-1'];
/** All that run a tool on the host. */
const tooled = ['contents', 'list', 'load', 'script-1', 'script-2'].map((step) => `orders.${step}`);

const killedIn = some(steps, 2);

export const killedWorkers: Suite = (rigOf) => {
  describe(`a worker killed with -9 in ${killedIn.length} of ${steps.length} steps of a run`, function () {
    this.timeout(180_000);
    let rig: Rig;

    before(async function () {
      this.timeout(startMs);
      rig = rigOf();
      await rig.workers(2);
    });

    it('is replaced by another one; each step is started once, and the target is exactly the backup', async () => {
      const backup = await backupIn(rig, 'nightly', '.dump');
      const before = await contentOf(rig, 'orders_dev');
      const wanted = await contentAfter(rig, backup, 'dev');
      for (const step of held.filter((one) => killedIn.includes(one))) await rig.tools.close(step);
      const request = await rig.ask('dev', { backup: backup.id });
      const victims = new Set<string>();
      const missed: string[] = [];
      for (const step of killedIn) {
        if (step === 'orders.fetch') rig.transferWire.freeze();
        const { run, worker } = await rig.step(request, step);
        if (held.includes(step)) await rig.tools.started(run, step);
        const victim = rig.workerNamed(worker);
        await victim.kill();
        victims.add(worker);
        rig.startWorker();
        const ends = await rig.store.events.ofRequest(request, ['step-done']);
        if (ends.some((event) => event.type === 'step-done' && event.step === step)) missed.push(step);
        await rig.resumed(request, victims);
        if (step === 'orders.fetch') rig.transferWire.thaw();
        await rig.tools.open(step);
      }
      await rig.until(request, ['succeeded', 'failed', 'fenced'], 60);
      const run = await rig.runOf(request);
      assert.deepEqual(missed, [], 'these steps had ended when their worker was killed');
      const { plan } = (await rig.store.runs.get(run)) as { plan: Plan };
      // Of all steps, whatever was drawn of them.
      assert.deepEqual(
        [...new Set(plan.steps.filter(({ id }) => steps.includes(id)).map(({ stage }) => stage))],
        [...new Set(plan.steps.map(({ stage }) => stage))],
        'there is a step of every stage of the plan',
      );
      assert.equal((await rig.store.requests.get(request))?.state, 'succeeded');
      const starts = (await rig.tools.starts()).filter((one) => one.run === run).map(({ step }) => step);
      assert.deepEqual(starts, tooled, 'the host started each tool once');
      assert.equal(await contentOf(rig, 'orders_dev'), wanted);
      assert.notEqual(before, wanted);
      await checkInvariants(rig, { targets: { orders_dev: [wanted] } });
    });
  });
};
