import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestId } from '../../src/domain/ids.ts';
import { agreement } from '../../src/sandbox/story/agreement.ts';
import { holdSwap, swapPoints } from '../rig/held-swap.ts';
import { checkInvariants } from '../rig/invariants.ts';
import { leaseSeconds, startMs, type Rig } from '../rig/rig.ts';
import type { Suite } from '../rig/suites.ts';
import { siteOfSecond } from '../rig/site.ts';
import { backupIn, contentAfter, contentOf } from '../rig/targets.ts';
import { until } from '../until.ts';
import { some, span } from './durations.ts';

const load = 'orders.load';
/** Seconds; for a machine that does much else. */
const patience = 240;
const over = ['succeeded', 'failed', 'fenced', 'cancelled'] as const;

/** What keeps a run in a step. */
type Hold = { reached(run: string): Promise<unknown>; release(): Promise<void> };

export const frozen: Suite = (rigOf) => {
  describe('two processes of `freshet serve` on one store', function () {
    this.timeout(900_000);
    let rig: Rig;
    let wanted: string;
    let ports: number[];

    before(async function () {
      this.timeout(startMs);
      rig = rigOf();
      const { file, port } = await siteOfSecond(rig.siteFile);
      ports = [rig.sandbox.httpPort, port];
      rig.start(['serve', '--reconcile', '1'], { FRESHET_CONFIG: file });
      await rig.sandbox.slack.waitFor(() => rig.sandbox.slack.connections() > 1, patience * 1000);
      wanted = await contentAfter(rig, await backupIn(rig, 'anonymised', '.dump'), 'dev');
    });
    after(() => rig.workers(0));
    afterEach(() => rig.tools.openAll());

    it('make one card, one issue and one run of each request', async () => {
      const all = await Promise.all([
        backupIn(rig, 'nightly', '.dump'),
        backupIn(rig, 'nightly', '.dir'),
        backupIn(rig, 'anonymised', '.dump'),
      ]);
      const backups = all.slice(0, span(2, 3));
      const requests: RequestId[] = [];
      for (const { id } of backups) requests.push(await rig.ask('dev', { backup: id }));
      for (const request of requests) {
        const { state } = await rig.until(request, over, patience);
        assert.equal(state, 'succeeded');
        await rig.stage.issue(request, 'Done', patience);
        await rig.stage.card(request, /done/i, patience);
        const starts = await rig.store.events.ofRequest(request, ['run-started']);
        assert.equal(starts.length, 1);
      }
      for (const { what, differs } of await agreement(rig.stage)) assert.equal(differs, undefined, what);
      const last = (await rig.store.swaps.latest('test-pg', 'orders_dev'))?.request;
      const backup = backups[requests.findIndex((request) => request === last)]!;
      const now = await contentAfter(rig, backup, 'dev');
      await checkInvariants(rig, { targets: { orders_dev: [now] } });
    });

    function hold(step: string): Promise<Hold> | Hold {
      if (step !== load) return holdSwap(rig.sandbox.hosts.hosts['test-db'], 'orders_dev', swapPoints[1]);
      return {
        reached: (run) => rig.tools.started(run, load, patience),
        release: () => rig.tools.open(load),
      };
    }

    for (const step of some([load, 'orders.swap'], 1)) {
      it(`one stopped in "${step}" for longer than its lease, replaced and woken up: no harm`, async () => {
        const held = await hold(step);
        const request = await rig.ask('dev');
        const { run, worker } = await rig.step(request, step, patience);
        await held.reached(run);
        const frozen = rig.workerNamed(worker);
        process.kill(frozen.pid, 'SIGSTOP');
        try {
          // Its session keeps the transaction open in which it renames: what it holds then, its successor needs.
          if (step !== load) await held.release();
          await rig.resumed(request, new Set([worker]), patience);
          if (step === load) await held.release();
          const { state } = await rig.until(request, over, patience);
          assert.equal(state, 'succeeded', JSON.stringify(await rig.store.events.ofRequest(request)));
          const swap = await rig.store.swaps.latest('test-pg', 'orders_dev');
          assert.equal(swap?.run, run);
        } finally {
          await held.release();
          process.kill(frozen.pid, 'SIGCONT');
        }
        for (const port of ports) await until('both are awake', () => answers(port), patience);
        // Whatever the one that woke up still had in hand comes within its next look at the lease.
        await sleep(2 * leaseSeconds * 1000);
        const loads = (await rig.tools.starts()).filter((one) => one.run === run && one.step === load);
        assert.equal(loads.length, 1);
        const swapped = await rig.store.events.ofRequest(request, ['item-swapped']);
        assert.equal(swapped.length, 1);
        assert.equal(await contentOf(rig, 'orders_dev'), wanted);
        await checkInvariants(rig, { targets: { orders_dev: [wanted] } });
      });
    }
  });
};

async function answers(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(2000) }).then(
    ({ ok }) => ok,
    () => false,
  );
}
