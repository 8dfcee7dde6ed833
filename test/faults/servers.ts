import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestId } from '../../src/domain/ids.ts';
import { bootIdOf, killStep, reboot } from '../rig/host-faults.ts';
import { leaseSeconds, startMs, type Rig } from '../rig/rig.ts';
import type { Suite } from '../rig/suites.ts';
import { patience, type TakingTurns, takeTurns } from '../rig/taking-turns.ts';
import { until } from '../until.ts';
import type { Vendor } from '../rig/vendors.ts';
import { inLongForm, some } from './durations.ts';

const nothing = async () => undefined;

/** What happens to a database server, and to what works on it; the same for each vendor. */
export function serverFaults(vendor: Vendor): Suite {
  const swapStep = `${vendor.database}.swap`;
  return (rigOf) => {
    describe(`faults of a database server: ${vendor.title}`, function () {
      this.timeout(600_000);
      let rig: Rig;
      let turns: TakingTurns;
      let old: string;

      before(async function () {
        this.timeout(startMs);
        rig = rigOf();
        await rig.workers(2);
        turns = await takeTurns(rig, vendor);
      });
      beforeEach(async () => {
        old = await vendor.contentOf(rig);
      });
      afterEach(() => rig.tools.openAll());

      const loadsOf = async (run: string) =>
        (await turns.startsOf(run)).filter((step) => step.startsWith(turns.load));

      const losses = {
        'its process group killed on the host': (run: string, step: string) => killStep(rig, run, step),
        'its host booted anew': () => reboot(rig, bootIdOf(rig.sandbox)),
      };
      type Lose = (run: string, step: string) => Promise<void>;
      const lost = [
        (what: string, lose: Lose) => {
          it(`the load with ${what}: what it half did is taken back, and it is done anew, once`, async () => {
            const { request, run, content } = await turns.inLoad();
            await vendor.leaveHalf(rig, run);
            await lose(run, turns.load);
            await rig.tools.started(run, `${turns.load}.2`, patience);
            await turns.endsAs(request, 'succeeded');
            assert.equal((await loadsOf(run)).length, 2);
            const starts = await turns.startsOf(run);
            assert.equal(new Set(starts).size, starts.length, 'no name of a step was started twice');
            assert.equal(await vendor.contentOf(rig), content);
            await turns.holds(content);
          });
        },
        (what: string, lose: Lose) => {
          it(`the load with ${what} twice: failed with an alert, the target as it was; a retry ends well`, async () => {
            await rig.tools.close(`${turns.load}.2`);
            const { request, run, content } = await turns.inLoad();
            await lose(run, turns.load);
            await rig.tools.started(run, `${turns.load}.2`, patience);
            await vendor.leaveHalf(rig, run);
            await lose(run, `${turns.load}.2`);
            await turns.endsAs(request, 'failed');
            assert.equal(await vendor.contentOf(rig), old);
            await rig.stage.alert(request, /was lost twice on host.*test-db/, patience);
            await turns.holds(old);
            await turns.retries(request);
            await turns.endsAs(request, 'succeeded');
            await turns.holds(content);
          });
        },
      ];
      for (const [what, lose] of Object.entries(losses)) {
        for (const test of some(lost, 1)) test(what, lose);
      }

      it('killed with -9 while it loads: the run fails and says so; the retry succeeds', async () => {
        const { request, run, content } = await turns.inLoad();
        const release = await vendor.holdLoad(rig, run);
        await rig.tools.open(turns.load);
        await until('it is in the middle of the load', () => vendor.loadWaits(rig), patience);
        await vendor.killServer(rig);
        await release();
        await turns.endsAs(request, 'failed');
        const failed = (await rig.store.events.ofRequest(request, ['run-failed'])).at(-1);
        assert.ok(failed?.type === 'run-failed' && failed.code === 'connection-lost', JSON.stringify(failed));
        assert.match(failed.cause, /database server ended the connection/);
        assert.equal((await loadsOf(run)).length, 1);
        await turns.holds(old);
        await turns.retries(request);
        await turns.endsAs(request, 'succeeded');
        await turns.holds(content);
      });

      type Met = { request: RequestId; worker: string; id: number };
      /** Answers what is to be done when the run has ended. */
      const harms: Record<string, (met: Met) => Promise<() => Promise<void>>> = {
        async 'its worker killed'({ request, worker }) {
          await rig.workerNamed(worker).kill();
          rig.startWorker();
          await rig.resumed(request, new Set([worker]), patience);
          return nothing;
        },
        async 'its worker stopped for longer than its lease'({ request, worker }) {
          const { pid } = rig.workerNamed(worker);
          process.kill(pid, 'SIGSTOP');
          await rig.resumed(request, new Set([worker]), patience);
          return async () => {
            process.kill(pid, 'SIGCONT');
            // Whatever it still had in hand comes within its next look at the lease.
            await sleep(2 * leaseSeconds * 1000);
          };
        },
        async 'its session on the server ended'({ id }) {
          await vendor.endSession(rig, id);
          return nothing;
        },
        async 'the server killed below it'({ id }) {
          await vendor.killBelow(rig, id);
          return nothing;
        },
      };
      for (const point of vendor.swapPoints) {
        for (const [what, harm] of some(Object.entries(harms), 1)) {
          it(`the swap with ${what} ${point}: it is done once`, async () => {
            const held = await vendor.holdSwap(rig, point);
            try {
              const { request, run, content } = await turns.ask();
              const { worker } = await rig.step(request, swapStep, patience);
              const id = await held.reached(run);
              assert.equal(await vendor.isOpen(rig), false, 'it is closed and has its name still');
              const after = await harm({ request, worker, id });
              await held.release();
              await turns.endsAs(request, 'succeeded');
              await after();
              const swapped = await rig.store.events.ofRequest(request, ['item-swapped']);
              assert.equal(swapped.length, 1);
              const starts = await turns.startsOf(run);
              assert.equal(new Set(starts).size, starts.length);
              await turns.holds(content);
            } finally {
              await held.release();
            }
          });
        }
      }

      const [closed = ''] = vendor.swapPoints;
      inLongForm(
        'the swap whose new database somebody drops when the live one is closed: the old one is open again',
        async () => {
          const held = await vendor.holdSwap(rig, closed);
          try {
            const { request, run } = await turns.ask();
            await rig.step(request, swapStep, patience);
            const id = await held.reached(run);
            await vendor.endSession(rig, id);
            await vendor.dropNew(rig, run);
            await held.release();
            await turns.endsAs(request, 'failed');
            await rig.stage.alert(request, /The live database was not touched/, patience);
            await turns.holds(old);
          } finally {
            await held.release();
          }
        },
      );

      it('the swap whose server refuses us when the live one is closed: fenced, flagged, told; Retry leads out', async () => {
        const held = await vendor.holdSwap(rig, closed);
        try {
          const { request, run } = await turns.inLoad();
          const { request: second, content: last } = await turns.another();
          await rig.tools.open(turns.load);
          await rig.step(request, swapStep, patience);
          const id = await held.reached(run);
          await vendor.letIn(rig, false);
          await vendor.endSession(rig, id);
          await held.release();
          await turns.endsAs(request, 'fenced');
          assert.equal(await vendor.isOpen(rig), false, 'nobody can log in');
          await rig.stage.alert(request, /How the target stands is not known; the run keeps it/, patience);
          assert.equal(
            (await rig.store.requests.get(second))?.state,
            'approved',
            'nobody else gets the target',
          );
          await vendor.letIn(rig, true);
          await turns.retries(request);
          await turns.endsAs(request, 'succeeded');
          await turns.endsAs(second, 'succeeded');
          await turns.holds(last);
        } finally {
          await vendor.letIn(rig, true);
          await held.release();
        }
      });
    });
  };
}
