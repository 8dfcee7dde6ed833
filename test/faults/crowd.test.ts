import assert from 'node:assert/strict';
import type { RequestId } from '../../src/domain/ids.ts';
import type { Request } from '../../src/domain/request.ts';
import { isFreshetError } from '../../src/domain/errors.ts';
import { freshDatabase } from '../postgres.ts';
import { startRedis, type PrivateRedis } from '../redis.ts';
import { each, startCrowd, type Crowd } from '../rig/crowd.ts';
import { closeGate, witnessed } from '../rig/crowd-host.ts';
import { assertFacts } from '../rig/request-facts.ts';
import { until } from '../rig/until.ts';
import { needs } from '../skip.ts';
import { span } from './durations.ts';

const leaseSeconds = 3;

describe('a crowd of requests', function () {
  this.timeout(span(240, 600) * 1000);
  let redis: PrivateRedis;
  let crowd: Crowd;

  before(async function () {
    needs(this, 'redis');
    redis = await startRedis();
  });
  after(async () => redis?.stop());
  afterEach(async () => {
    await crowd.stop();
    await redis.wipe();
  });

  async function start(size: { environments: number; people: number; workers: number }): Promise<void> {
    crowd = await startCrowd(
      {
        ...size,
        connectionString: await freshDatabase({ migrated: true }),
        redisUrl: redis.url,
        leaseSeconds,
        reconcileSeconds: 1,
        stepMs: 50,
      },
      size.workers,
    );
  }

  const count = async (...states: Request['state'][]) =>
    (await crowd.store.requests.list({ states }, { limit: 1, offset: 0 })).total;

  const facts = () => assertFacts(crowd.store, { isProtected: () => false, isApprover: () => false });

  const many = span(120, 1000);
  it(`${many} for as many targets, four workers, two of them killed on the way: none is lost, none is doubled`, async () => {
    await start({ environments: many, people: 1, workers: 4 });
    await crowd.backups(1);
    const asking = crowd.ask(0, many);
    const [first, second] = crowd.workers as [Crowd['workers'][0], Crowd['workers'][0]];
    for (const [at, victim] of [first, second].entries()) {
      await crowd.done(((at + 1) * many) / 4);
      await crowd.caught(victim);
      victim.kill('SIGKILL');
      await victim.ended;
    }
    await asking;
    await crowd.done(many);
    const requests = await facts();
    assert.equal(requests.length, many);
    await assertDoneOnce(requests, [first.name, second.name]);
  });

  /** By the host's own witness: each step once; an act again only where it was not written down that it was done, under a larger fence. */
  async function assertDoneOnce(requests: readonly Request[], killed: readonly string[]): Promise<void> {
    const all = await witnessed(crowd.pool);
    assert.ok(
      killed.every((name) => all.some(({ worker }) => worker === name)),
      'the killed ones had worked',
    );
    let resumed = 0;
    for (const request of requests) {
      const run = (await crowd.store.runs.ofRequest(request.id))!;
      const starts = await crowd.store.events.ofRequest(request.id, ['run-started', 'run-resumed']);
      assert.equal(starts.filter(({ type }) => type === 'run-started').length, 1, request.id);
      const takenOver = starts.some(({ type }) => type === 'run-resumed');
      if (takenOver) resumed += 1;
      const own = all.filter((one) => one.run === run.id);
      const steps = own.map(({ step }) => step);
      assert.equal(steps.filter((step) => step === 'orders.load').length, 1, `loads of ${request.id}`);
      assert.deepEqual([...new Set(steps)], ['orders.check', 'orders.load', 'orders.swap']);
      const again = own.filter((one, at) => steps.indexOf(one.step) !== at);
      // By who takes over, or by the same worker when the store was too busy to keep that it was done and the lease had ended.
      assert.ok(again.length <= 1, `${request.id}: ${JSON.stringify(own)}`);
      for (const { step, fence } of again) {
        const first = own.find((one) => one.step === step)!;
        assert.ok(fence > first.fence, `${request.id}: ${step} twice under fence ${first.fence}`);
      }
      assert.deepEqual(
        own.map(({ fence }) => fence),
        own.map(({ fence }) => fence).sort((a, b) => a - b),
      );
      const swaps = await crowd.store.swaps.ofRun(run.id);
      assert.equal(swaps.length, 1);
    }
    assert.ok(resumed >= killed.length, 'runs of the killed ones went on elsewhere');
  }

  const [people, backups] = [span(6, 40), 20];
  it(`${people * (backups + 5)} for one target: one runs, the rest wait their turn or are told that they asked already`, async () => {
    await start({ environments: 1, people, workers: 2 });
    await crowd.backups(backups);
    await closeGate(crowd.pool, true);
    const refused: unknown[] = [];
    const ids: RequestId[] = [];
    await each(people * (backups + 5), async (at) => {
      const [person, backup] = [at % people, Math.floor(at / people)];
      try {
        const request = await crowd.service.requestRefresh(crowd.actor(person), {
          environment: 'e0',
          databases: [{ database: 'orders', backup: `BKP-${(backup % backups) + 1}` }],
          reason: '',
        });
        ids.push(request.id);
      } catch (error) {
        refused.push(error);
      }
    });
    assert.equal(ids.length, people * backups);
    assert.equal(refused.length, people * 5);
    for (const error of refused)
      assert.ok(isFreshetError(error, 'Conflict') && error.code === 'request-duplicate', String(error));
    assert.equal(await count('running'), 1);
    assert.equal(await count('approved'), ids.length - 1);
    const [running] = (await crowd.store.requests.list({ states: ['running'] }, { limit: 1, offset: 0 }))
      .requests;
    const waiting = (await facts()).filter(({ state }) => state === 'approved');
    for (const { id } of waiting.slice(0, 50))
      assert.equal((await crowd.service.view(id)).behind, running!.id);

    // A handful goes all the way, the others are called off.
    const kept = waiting
      .toReversed()
      .slice(0, 6)
      .map(({ id }) => id);
    await each(waiting.length, async (at) => {
      const { id, requestedBy } = waiting[at]!;
      if (kept.includes(id)) return;
      await crowd.service.cancel({ person: crowd.service.site.people[requestedBy]!, front: 'slack' }, id);
    });
    await closeGate(crowd.pool, false);
    await until('those that were kept are done', async () => (await count('running', 'approved')) === 0, 120);
    assert.equal(await count('succeeded'), kept.length + 1);
    await facts();
    const starts = await Promise.all(
      kept.map(async (id) => (await crowd.store.events.ofRequest(id, ['run-started']))[0]!.id),
    );
    assert.deepEqual(
      starts,
      [...starts].sort((a, b) => a - b),
      'the oldest went first',
    );
  });
});
