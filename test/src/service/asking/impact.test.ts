import assert from 'node:assert/strict';
import type { Repository } from '../../../../runners/repository/repository.ts';
import { unavailable } from '../../../../src/domain/errors.ts';
import type { Impact, Survey } from '../../../../src/domain/impact.ts';
import type { Schema } from '../../../../src/domain/schema.ts';
import type { Request } from '../../../../src/domain/request.ts';
import { assess } from '../../../../src/service/asking/assess.ts';
import { openOutlines, stillRead } from '../../../../src/service/backups/outlines.ts';
import type { Outlines } from '../../../../src/service/deps.ts';
import { RetryAfter } from '../../../../src/service/feed.ts';
import { openPaper, type Paper } from '../../../house-of-paper.ts';

describe('what a request costs others', function () {
  const live: Schema = { migration: { 'flyway 9 uat only': '' }, table: { orders: '' } };
  const brought: Schema = { migration: {}, table: { orders: '' } };
  let paper: Paper;
  let survey: Survey;
  /** How often a backup was looked into. */
  let looked: number;
  let outline: () => Promise<Schema | undefined>;

  beforeEach(async () => {
    paper = await openPaper();
    survey = { schema: live, writes: { total: 100, byTable: { orders: 100 } } };
    looked = 0;
    outline = () => Promise.resolve(brought);
    paper.engine.survey = () => Promise.resolve(survey);
    const repository = {
      outline: () => {
        looked += 1;
        return outline();
      },
    } as unknown as Repository;
    paper.deps.repositories = { nightly: repository };
    const act = paper.engine.act.bind(paper.engine);
    paper.engine.act = async (step, context) => {
      const result = await act(step, context);
      return step.name === 'swap' ? { ...result, liveRef: '99', writes: survey.writes } : result;
    };
  });
  afterEach(() => paper.close());

  async function asked(environment = 'uat'): Promise<Request> {
    const backup = await paper.backup();
    const databases = [{ database: 'orders', backup: backup.id }];
    return paper.service.requestRefresh(paper.actor('dana'), { environment, databases, reason: 'x' });
  }

  /** Looks as the process that serves does, at what waits to be looked at. */
  async function look(outlines: Outlines = openOutlines(paper.deps)): Promise<void> {
    for (const effect of await paper.store.outbox.take('impact', 10, 60)) {
      const event = await paper.store.events.get(effect.event);
      try {
        await assess(paper.deps, outlines)(effect, event!);
        await paper.store.outbox.done(effect.id);
      } catch (error) {
        await paper.store.outbox.later(effect.id, new Date(0), '', true);
        throw error;
      }
    }
  }

  async function seen({ id }: Request): Promise<Impact | undefined> {
    return (await paper.service.view(id)).impact?.items[0];
  }

  it('is looked at once it was asked for, and shown; what was approved is not changed by it', async () => {
    const request = await asked();
    assert.equal(await seen(request), undefined);
    await look();
    const impact = await seen(request);
    assert.deepEqual(impact, {
      database: 'orders',
      liveBytes: 5_000_000,
      freeBytes: 50_000_000_000,
      backupBytes: 1000,
      sessions: { count: 3, names: 'shop_uat_app (shop)' },
      schema: {
        differences: [{ kind: 'migration', goes: { count: 1, names: ['flyway 9 uat only'] } }],
        uncompared: ['column', 'view', 'routine', 'trigger', 'event', 'index'],
      },
      estimate: { seconds: 4, runs: 0 },
    });
    const decision = { request: request.id, decision: 'approved' as const, digest: request.digest };
    await paper.service.decide(paper.actor('quinn'), decision);
    await paper.drain();
    assert.equal((await paper.store.requests.get(request.id))?.state, 'succeeded');
  });

  it('tells of the last refresh, of what was written since, and how long it took', async () => {
    const first = await asked('ci');
    await paper.drain();
    assert.equal((await paper.store.requests.get(first.id))?.state, 'succeeded');
    survey = { ...survey, writes: { total: 130, byTable: { orders: 110, log: 20 } } };
    const plan = await paper.service.previewRefresh(paper.actor('quinn'), {
      environment: 'ci',
      databases: [{ database: 'orders' }],
      reason: '',
    });
    const { last, changes, estimate } = plan.items[0]!.impact!;
    assert.deepEqual([last?.by, last?.request, last?.kind], ['dana', first.id, 'refresh']);
    assert.deepEqual('rows' in changes! && [changes.rows, changes.names], [30, ['log', 'orders']]);
    assert.equal(estimate?.runs, 1);
    // What came before the swap, and how large its backup was.
    const run = (await paper.store.runs.ofRequest(first.id))!.id;
    const steps = (await paper.store.runs.steps(run)).filter(({ step }) =>
      ['orders.check', 'orders.load', 'orders.verify'].includes(step),
    );
    const took = steps.reduce((sum, one) => sum + one.endedAt!.getTime() - one.startedAt.getTime(), 0) / 1000;
    const place = { server: 'test-pg', databaseName: 'orders_ci' };
    const [measured, ...others] = await paper.store.runs.preparedBySize(place, 'refresh', 5);
    assert.ok(
      steps.length === 3 && Math.abs(measured!.seconds - took) < 0.001,
      `${measured?.seconds}, ${took}`,
    );
    assert.deepEqual([measured?.bytes, measured?.format, others], [1000, 'pg-custom', []]);
    // Somebody has put another database under the name.
    const inspect = paper.engine.inspect.bind(paper.engine);
    paper.engine.inspect = async (...given) => ({
      ...(await inspect(...given)),
      live: { ref: '7', bytes: 1 },
    });
    const again = await paper.service.previewRefresh(paper.actor('quinn'), {
      environment: 'ci',
      databases: [{ database: 'orders' }],
      reason: '',
    });
    assert.ok('unknown' in again.items[0]!.impact!.changes!);
  });

  it('tells how long it will take by earlier backups of the same format, for as many bytes', async () => {
    const format = 'pg-custom';
    const runs = [
      { seconds: 10, bytes: 500, format },
      { seconds: 30, bytes: 500, format },
      { seconds: 40, bytes: 1000, format },
      { seconds: 9999, bytes: 500, format: 'pg-plain' },
      { seconds: 9999 },
    ];
    Object.assign(paper.store.runs, { preparedBySize: () => Promise.resolve(runs) });
    const request = await asked();
    await look();
    assert.deepEqual((await seen(request))?.estimate, { seconds: 40, runs: 3 });
    Object.assign(paper.store.runs, { preparedBySize: () => Promise.resolve(runs.slice(3)) });
    const other = await asked('dev');
    assert.equal((await seen(other))?.estimate?.runs, 0, 'by the engine’s own reckoning');
  });

  it('is written down for what nobody is asked about, before anything of it is done, and looked at no more', async () => {
    const request = await asked('ci');
    const types = await paper.typesOf(request.id);
    assert.deepEqual(types.slice(0, 4), [
      'request-created',
      'request-approved',
      'impact-seen',
      'run-started',
    ]);
    const impact = await seen(request);
    assert.deepEqual(impact?.sessions, { count: 3, names: 'shop_uat_app (shop)' });
    assert.ok(impact?.schema !== undefined && 'differences' in impact.schema);
    const asksAgain = looked;
    await look();
    assert.equal((await paper.store.events.ofRequest(request.id, ['impact-seen'])).length, 1);
    assert.equal(looked, asksAgain);
    await paper.drain();
    await paper.service.requestUndo(paper.actor('dana'), { request: request.id }, 'oops');
    const [undo] = (await paper.store.requests.list({ environment: 'ci' }, { limit: 1, offset: 0 })).requests;
    const undone = await seen(undo!);
    assert.deepEqual([undone?.last?.request, undone?.schema], [request.id, undefined]);
  });

  it('keeps a request that nobody is asked about no longer than some seconds', async () => {
    paper.engine.survey = () => new Promise(() => undefined);
    const request = await asked('ci');
    assert.deepEqual((await seen(request))?.schema, { unknown: 'the look at it took too long' });
  });

  it('of a backup that was still being looked into then, it is told later, while it waits', async () => {
    outline = () => new Promise(() => undefined);
    const backup = await paper.backup();
    const databases = [{ database: 'orders', backup: backup.id }];
    const startAt = new Date(paper.deps.now().getTime() + 3_600_000);
    const wish = { environment: 'ci', databases, reason: 'x', startAt };
    const request = await paper.service.requestRefresh(paper.actor('dana'), wish);
    assert.deepEqual((await seen(request))?.schema, stillRead);
    await look({ of: () => Promise.resolve(brought) });
    assert.ok('differences' in (await seen(request))!.schema!);
  });

  it('says what is not known, and why; a backup that is still being looked into is told later', async () => {
    const request = await asked();
    let answer: Schema | typeof stillRead = stillRead;
    const outlines: Outlines = { of: () => Promise.resolve(answer) };
    await assert.rejects(look(outlines), RetryAfter);
    assert.deepEqual((await seen(request))?.schema, stillRead);
    await assert.rejects(look(outlines), RetryAfter);
    const events = await paper.store.events.ofRequest(request.id, ['impact-seen']);
    assert.equal(events.length, 1, 'the same is not told twice');
    answer = brought;
    paper.engine.inspect = () =>
      Promise.reject(unavailable('host-unreachable', 'Host "test-db" is away.', ''));
    await look(outlines);
    const impact = await seen(request);
    assert.deepEqual(impact?.sessions, { unknown: 'Host "test-db" is away' });
    assert.equal(impact?.schema, undefined, 'what is there was not looked at');
  });

  it('is left alone once somebody decided', async () => {
    const request = await asked();
    await paper.service.decide(paper.actor('quinn'), { request: request.id, decision: 'rejected' });
    await look();
    assert.equal(await seen(request), undefined);
    assert.equal(looked, 0);
  });

  it('looks into a backup once, however many ask, and keeps what it has found', async () => {
    const backup = { ...(await paper.backup()), checksum: 'c'.repeat(64) };
    let tell: (schema: Schema) => void = () => undefined;
    outline = () => new Promise((resolve) => (tell = resolve));
    const outlines = openOutlines(paper.deps);
    assert.deepEqual(await outlines.of(backup, 0), stillRead);
    const waiting = [outlines.of(backup, 10_000), outlines.of(backup, 10_000)];
    tell(brought);
    assert.deepEqual(await Promise.all(waiting), [brought, brought]);
    assert.deepEqual(await openOutlines(paper.deps).of(backup, 10_000), brought);
    assert.equal(looked, 1);
    outline = () => Promise.reject(unavailable('outline-failed', 'It is cut off.', ''));
    const other = { ...backup, checksum: 'd'.repeat(64) };
    assert.deepEqual(await outlines.of(other, 10_000), { unknown: 'It is cut off' });
  });
});
