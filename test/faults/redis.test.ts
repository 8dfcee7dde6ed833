import assert from 'node:assert/strict';
import type { RequestId } from '../../src/domain/ids.ts';
import { checkInvariants } from '../rig/invariants.ts';
import { startMs, startRig, stopRigs, type Rig } from '../rig/rig.ts';
import { backupIn, contentAfter, contentOf } from '../rig/targets.ts';
import { needs } from '../skip.ts';

const load = 'orders.load';

describe('Redis, which holds nothing but the queue', function () {
  this.timeout(120_000);
  let rig: Rig;
  let wanted: string;
  let ciBefore: string;

  before(async function () {
    this.timeout(startMs);
    needs(this, 'postgresql', 'openssh-server', 'redis');
    rig = await startRig({ workers: 2, redis: true });
    wanted = await contentAfter(rig, await backupIn(rig, 'anonymised', '.dump'), 'dev');
    ciBefore = await contentOf(rig, 'orders_ci');
  });
  after(stopRigs);
  afterEach(() => rig.tools.openAll());

  async function untilLoading(): Promise<{ request: RequestId; worker: string }> {
    await rig.tools.close(load);
    const request = await rig.ask('dev');
    const { run, worker } = await rig.step(request, load);
    await rig.tools.started(run, load);
    return { request, worker };
  }

  async function endsWell(request: RequestId): Promise<void> {
    const ended = await rig.until(request, ['succeeded', 'failed', 'fenced', 'cancelled'], 60);
    assert.equal(ended.state, 'succeeded', JSON.stringify(await rig.store.events.ofRequest(request)));
    const run = await rig.runOf(request);
    const loads = (await rig.tools.starts()).filter((one) => one.run === run && one.step === load);
    assert.equal(loads.length, 1);
  }

  it('wiped in the middle of a run: the run goes on', async () => {
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

  it('gone in the middle of a run and back again: the run ends, and what was asked meanwhile runs, too', async () => {
    const { request } = await untilLoading();
    await rig.redis?.kill();
    const meanwhile = await rig.ask('ci');
    await rig.tools.open(load);
    await rig.redis?.start();
    await endsWell(request);
    await endsWell(meanwhile);
    const ci = await contentAfter(rig, await backupIn(rig, 'anonymised', '.dump'), 'ci');
    assert.notEqual(ci, ciBefore);
    await checkInvariants(rig, { targets: { orders_dev: [wanted], orders_ci: [ci] } });
  });
});
