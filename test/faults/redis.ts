import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestId } from '../../src/domain/ids.ts';
import { dana } from '../../src/sandbox/cast.ts';
import { checkInvariants } from '../rig/invariants.ts';
import { startMs, type Rig } from '../rig/rig.ts';
import type { Suite } from '../rig/suites.ts';
import { backupIn, contentAfter, contentOf } from '../rig/targets.ts';
import { until } from '../until.ts';
import { inLongForm, span } from './durations.ts';

const load = 'orders.load';
const outageSeconds = span(5, 60);

export const redisFaults: Suite = (rigOf) => {
  describe('Redis, which holds nothing but the queue', function () {
    this.timeout(900_000);
    let rig: Rig;
    let wanted: string;
    let ciBefore: string;

    before(async function () {
      this.timeout(startMs);
      rig = rigOf();
      await rig.workers(2);
      wanted = await contentAfter(rig, await backupIn(rig, 'anonymised', '.dump'), 'dev');
      ciBefore = await contentOf(rig, 'orders_ci');
    });
    afterEach(() => rig.tools.openAll());

    async function untilLoading(): Promise<{ request: RequestId; worker: string }> {
      await rig.tools.close(load);
      const request = await rig.ask('dev');
      const { run, worker } = await rig.step(request, load);
      await rig.tools.started(run, load);
      return { request, worker };
    }

    async function endsWell(request: RequestId): Promise<void> {
      const ended = await rig.until(request, ['succeeded', 'failed', 'fenced', 'cancelled']);
      assert.equal(ended.state, 'succeeded', JSON.stringify(await rig.store.events.ofRequest(request)));
      const run = await rig.runOf(request);
      const loads = (await rig.tools.starts()).filter((one) => one.run === run && one.step === load);
      assert.equal(loads.length, 1);
    }

    inLongForm('wiped in the middle of a run: the run goes on', async () => {
      const { request } = await untilLoading();
      await rig.redis?.wipe();
      await rig.tools.open(load);
      await endsWell(request);
      assert.equal(await contentOf(rig, 'orders_dev'), wanted);
      await checkInvariants(rig, { targets: { orders_dev: [wanted] } });
    });

    it('wiped, and the worker killed with it: another worker goes on', async () => {
      const { request, worker } = await untilLoading();
      await rig.redis?.wipe();
      await rig.workerNamed(worker).kill();
      rig.startWorker();
      await rig.resumed(request, new Set([worker]));
      await rig.tools.open(load);
      await endsWell(request);
      await checkInvariants(rig, { targets: { orders_dev: [wanted] } });
    });

    async function said(words: string): Promise<number> {
      return (await rig.logs()).split(words).length;
    }

    /** Redis comes back after a while; meanwhile a load ends, and somebody asks for a refresh of CI. */
    async function without(outage: () => Promise<void> | undefined, back: () => Promise<void> | undefined) {
      const { request } = await untilLoading();
      const failures = await said('The queue fails');
      await outage();
      const over = sleep(outageSeconds * 1000);
      const since = rig.stage.whispers(dana);
      const meanwhile = await rig.ask('ci');
      await rig.stage.whispered(dana, since, new RegExp(meanwhile));
      await rig.tools.open(load);
      await until('operators can read of it', async () => (await said('The queue fails')) > failures);
      await over;
      await back();
      await endsWell(request);
      await endsWell(meanwhile);
      const ci = await contentAfter(rig, await backupIn(rig, 'anonymised', '.dump'), 'ci');
      assert.notEqual(ci, ciBefore);
      await checkInvariants(rig, { targets: { orders_dev: [wanted], orders_ci: [ci] } });
    }

    it('gone in the middle of a run and back again: the run ends, and what was asked meanwhile runs, too', () =>
      without(
        () => rig.redis?.kill(),
        () => rig.redis?.start(),
      ));

    it('out of memory in the middle of a run: requests are taken all the same, operators can read of it, and all runs when there is memory again', async () => {
      await without(
        () => rig.redis?.full(true),
        () => rig.redis?.full(false),
      );
      assert.match(await rig.logs(), /OOM command not allowed/);
    });
  });
};
