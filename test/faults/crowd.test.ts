import assert from 'node:assert/strict';
import type { RequestId } from '../../src/domain/ids.ts';
import type { Request } from '../../src/domain/request.ts';
import { isFreshetError } from '../../src/domain/errors.ts';
import { freshDatabase } from '../postgres.ts';
import { startRedis, type PrivateRedis } from '../redis.ts';
import { each, startCrowd, type Crowd } from '../rig/crowd.ts';
import { closeGate, witnessed } from '../rig/crowd-host.ts';
import { assertFacts } from '../rig/request-facts.ts';
import { until } from '../until.ts';
import { needs } from '../skip.ts';
import { span } from './durations.ts';

const leaseSeconds = 3;

describe('a crowd of requests', function () {
  this.timeout(900_000);
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
    for (const part of [many / 4, many / 2]) {
      await crowd.done(part);
      await crowd.killAtWork();
    }
    await asking;
    await crowd.done(many);
    const requests = await facts();
    assert.equal(requests.length, many);
    await assertDoneOnce(requests, 2);
  });

  /**
   * By the host's own witness: each step once; an act again only where it was not written down that it was done, under a larger
   * fence. Whoever is killed has a run in their hands, so runs went on at least as often as one was `killed`.
   */
  async function assertDoneOnce(requests: readonly Request[], killed: number): Promise<void> {
    const all = await witnessed(crowd.pool);
    const order = ['orders.check', 'orders.load', 'orders.swap'];
    let resumed = 0;
    for (const request of requests) {
      const run = (await crowd.store.runs.ofRequest(request.id))!;
      const starts = await crowd.store.events.ofRequest(request.id, ['run-started', 'run-resumed']);
      assert.equal(starts.filter(({ type }) => type === 'run-started').length, 1, request.id);
      resumed += starts.length - 1;
      const own = all.filter((one) => one.run === run.id);
      const told = `${request.id}: ${JSON.stringify(own)}`;
      assert.deepEqual([...new Set(own.map(({ step }) => step))], order, told);
      assert.equal(own.filter(({ step }) => step === 'orders.load').length, 1, told);
      // Both victims may have held the same run, and a store that is too busy to keep that an act was done makes the same worker
      // do it again: so an act may be there any number of times, but only the last one, and under a larger fence each time.
      for (const [at, { step, fence }] of own.slice(1).entries()) {
        const before = own[at]!;
        const again = step === before.step;
        assert.ok(again ? fence > before.fence : fence >= before.fence, told);
        assert.equal(order.indexOf(step), order.indexOf(before.step) + (again ? 0 : 1), told);
      }
      const swaps = await crowd.store.swaps.ofRun(run.id);
      assert.equal(swaps.length, 1);
    }
    assert.ok(resumed >= killed, 'runs of the killed ones went on elsewhere');
  }

  const [people, backups] = [span(6, 40), 20];
  it(`${people * (backups + 5)} for one target: one runs, the rest wait their turn or are told that they asked already`, async () => {
    await start({ environments: 1, people, workers: 2 });
    await crowd.backups(backups);
    await closeGate(crowd.pool, true);
    const refused: unknown[] = [];
    const ids: RequestId[] = [];
    const ask = async (at: number) => {
      const [person, backup] = [at % people, Math.floor(at / people)];
      try {
        const request = await crowd.service.requestRefresh(crowd.actor(person), {
          environment: 'e0',
          databases: [{ database: 'orders', backup: `BKP-${backup + 1}` }],
          reason: '',
        });
        ids.push(request.id);
      } catch (error) {
        refused.push(error);
      }
    };
    await each(people * backups, ask);
    // The same once more, of what waits by now: two in the same moment would both be made.
    await each(people * 5, ask);
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
    await until('those that were kept are done', async () => (await count('running', 'approved')) === 0, 600);
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
