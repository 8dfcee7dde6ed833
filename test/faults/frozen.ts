import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestId } from '../../src/domain/ids.ts';
import { agreement } from '../../src/sandbox/story/agreement.ts';
import { checkInvariants } from '../rig/invariants.ts';
import { leaseSeconds, startMs, type Rig } from '../rig/rig.ts';
import type { Suite } from '../rig/suites.ts';
import { siteOfSecond } from '../rig/site.ts';
import { backupIn, contentAfter, contentOf } from '../rig/targets.ts';
import { until } from '../rig/until.ts';
import { some, span } from './durations.ts';

const load = 'orders.load';

export const frozen: Suite = (rigOf) => {
  describe('two processes of `freshet serve` on one store', function () {
    this.timeout(120_000);
    let rig: Rig;
    let wanted: string;
    let ports: number[];

    before(async function () {
      this.timeout(startMs);
      rig = rigOf();
      const { file, port } = await siteOfSecond(rig.siteFile);
      ports = [rig.sandbox.httpPort, port];
      rig.start(['serve', '--reconcile', '1'], { FRESHET_CONFIG: file });
      await rig.sandbox.slack.waitFor(() => rig.sandbox.slack.connections() > 1, 30_000);
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
        const { state } = await rig.until(request, ['succeeded', 'failed', 'fenced', 'cancelled'], 60);
        assert.equal(state, 'succeeded');
        await rig.stage.issue(request, 'Done', 30);
        await rig.stage.card(request, /done/i, 30);
        const starts = await rig.store.events.ofRequest(request, ['run-started']);
        assert.equal(starts.length, 1);
      }
      for (const { what, differs } of await agreement(rig.stage)) assert.equal(differs, undefined, what);
      const last = (await rig.store.swaps.latest('test-pg', 'orders_dev'))?.request;
      const backup = backups[requests.findIndex((request) => request === last)]!;
      const now = await contentAfter(rig, backup, 'dev');
      await checkInvariants(rig, { targets: { orders_dev: [now] } });
    });

    /** As soon as the run's session on the server has a transaction open: what it holds then, its successor needs. */
    async function inTransaction(run: string): Promise<void> {
      const client = await rig.sandbox.hosts.hosts['test-db'].connect('postgres');
      try {
        for (const end = Date.now() + 5000; Date.now() < end;) {
          const { rowCount } = await client.query(
            `select from pg_stat_activity where application_name = $1 and state = 'idle in transaction'`,
            [`freshet-${run}`],
          );
          if (rowCount !== 0) return;
        }
      } finally {
        await client.end();
      }
    }

    for (const step of some([load, 'orders.swap'], 1)) {
      it(`one stopped in "${step}" for longer than its lease, replaced and woken up: no harm`, async () => {
        if (step === load) await rig.tools.close(load);
        const request = await rig.ask('dev');
        const { run, worker } = await rig.step(request, step);
        if (step === load) await rig.tools.started(run, load);
        else await inTransaction(run);
        const frozen = rig.workerNamed(worker);
        process.kill(frozen.pid, 'SIGSTOP');
        try {
          await rig.resumed(request, new Set([worker]));
          await rig.tools.open(load);
          const { state } = await rig.until(request, ['succeeded', 'failed', 'fenced', 'cancelled'], 60);
          assert.equal(state, 'succeeded', JSON.stringify(await rig.store.events.ofRequest(request)));
          const swap = await rig.store.swaps.latest('test-pg', 'orders_dev');
          assert.equal(swap?.run, run);
        } finally {
          process.kill(frozen.pid, 'SIGCONT');
        }
        for (const port of ports) await until('both are awake', () => answers(port));
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
