import assert from 'node:assert/strict';
import type { Server } from 'node:http';
import { pino } from 'pino';
import { commandError } from '../../../src/domain/errors.ts';
import { followFigures } from '../../../src/health/figures.ts';
import { create, type Health } from '../../../src/health/index.ts';
import { listen, portOf, shut } from '../../../src/listen.ts';
import { createService, type Service } from '../../../src/service/service.ts';
import { openPaper, type Paper } from '../../house-of-paper.ts';
import { readMetrics, type Metrics } from '../../prometheus.ts';
import { until } from '../../until.ts';

const secret = 'release 12, ring 555-0199 about "the breach"';

describe('metrics over HTTP', function () {
  this.timeout(60_000);
  let paper: Paper;
  let service: Service;
  let health: Health;
  let server: Server;
  /** How many readings of the figures have begun, and the newest one that is over. */
  let begun: number;
  let over: number;

  beforeEach(async () => {
    paper = await openPaper();
    begun = over = 0;
    const log = pino({ level: 'silent' });
    health = create(paper.site, log);
    service = createService({ ...paper.deps, measure: (happening) => health.measure(happening) });
    const vitals = service.vitals({ sends: false });
    health.start({
      parts: [{ probe: vitals.store, everySeconds: 10, needed: true }],
      canarySeconds: () => 0.25,
      async figures() {
        const reading = ++begun;
        const figures = await service.figures();
        over = reading;
        return figures;
      },
      figuresSeconds: 0.2,
    });
    server = await listen([health.own], { address: '127.0.0.1', port: 0, named: 'a test' });
  });
  afterEach(async () => {
    health.end();
    await health.ended();
    shut(server);
    await paper.close();
  });

  async function get(path: string): Promise<{ status: number; type: string; text: string }> {
    const answer = await fetch(`http://127.0.0.1:${portOf(server)}${path}`);
    return {
      status: answer.status,
      type: answer.headers.get('content-type') ?? '',
      text: await answer.text(),
    };
  }

  async function metrics(): Promise<Metrics> {
    const { status, type, text } = await get('/metrics');
    assert.equal(status, 200);
    assert.match(type, /^text\/plain; version=0\.0\.4/);
    return readMetrics(text);
  }

  async function drain(): Promise<void> {
    for (let job = paper.jobs.shift(); job !== undefined; job = paper.jobs.shift()) {
      await service.advance(job, new AbortController().signal);
    }
  }

  /** A refresh that is approved and fails, a retry of it that succeeds, one that is rejected, and one that waits. */
  async function story(): Promise<void> {
    await paper.backup({ dataAt: new Date('2026-11-02T03:04:05Z') });
    const ask = (database: string) =>
      service.requestRefresh(paper.actor('dana'), {
        environment: 'uat',
        databases: [{ database }],
        reason: secret,
      });
    const request = await ask('orders');
    const failure = commandError('command-failed', 'pg_restore ended with exit code 1.', 'Look there.');
    paper.engine.failing.set('load orders', failure);
    await service.decide(paper.actor('quinn', 'jira'), { request: request.id, decision: 'approved' });
    await drain();
    paper.engine.failing.clear();
    await service.retry(paper.actor('otto'), request.id);
    await drain();
    const second = await ask('orders');
    await service.decide(paper.actor('rosa'), {
      request: second.id,
      decision: 'rejected',
      reason: secret,
    });
    await ask('orders');
    await service.reconcile();
  }

  /** All of them: one reading may have begun before the story was over, and have seen half of it. */
  async function readAfterwards(): Promise<void> {
    const next = begun + 1;
    await until('the figures are read', () => over >= next);
  }

  it('are true to what happened, by who did it', async () => {
    await story();
    health.waited(0.4);
    const found = await metrics();
    const uat = { environment: 'uat' };
    const orders = { ...uat, database: 'orders' };
    const steps = (stage: string, outcome: string) =>
      found.value('freshet_step_duration_seconds_count', { ...orders, stage, outcome });
    assert.equal(steps('load', 'failed'), 1);
    assert.equal(steps('load', 'done'), 1);
    assert.equal(steps('swap', 'done'), 1);
    assert.equal(found.value('freshet_step_failures_total', { ...orders, stage: 'load' }), 1);
    assert.equal(found.value('freshet_runs_ended_total', { ...uat, outcome: 'failed' }), 1);
    assert.equal(found.value('freshet_runs_ended_total', { ...uat, outcome: 'succeeded' }), 1);
    assert.equal(found.value('freshet_runs_ended_total', { ...uat, outcome: 'fenced' }), 0);
    assert.equal(found.value('freshet_retries_total', uat), 1);
    assert.equal(found.value('freshet_retries_total', { environment: 'ci' }), 0);
    const latency = (decision: string, front: string) =>
      found.value('freshet_approval_latency_seconds_count', { ...uat, decision, front });
    assert.equal(latency('approved', 'jira'), 1);
    assert.equal(latency('rejected', 'slack'), 1);
    assert.equal(found.value('freshet_reconciler_round_duration_seconds_count'), 1);
    assert.equal(found.value('freshet_reconciler_failed_parts_total'), 0);
    assert.equal(found.value('freshet_queue_wait_seconds_count'), 1);
    assert.equal(found.value('freshet_queue_wait_seconds_sum'), 0.4);
    assert.equal(found.value('freshet_canary_round_trip_seconds'), 0.25);
  });

  it('tell what there is, as the store has it', async () => {
    await story();
    await readAfterwards();
    const found = await metrics();
    const requests = (environment: string, state: string) =>
      found.value('freshet_requests', { environment, state });
    assert.equal(requests('uat', 'succeeded'), 1);
    assert.equal(requests('uat', 'pending'), 1);
    assert.equal(requests('uat', 'fenced'), 0);
    assert.equal(requests('ci', 'pending'), 0);
    const newest = { database: 'orders', anonymisation: 'declared' };
    assert.equal(
      found.value('freshet_backup_newest_timestamp_seconds', newest),
      Date.parse('2026-11-02T03:04:05Z') / 1000,
    );
    // Nobody tells anything here: all of it waits.
    assert.ok(found.value('freshet_outbox_waiting', { front: 'jira' })! >= 5);
    assert.ok(found.value('freshet_outbox_lag_seconds', { front: 'jira' })! > 0);
    const round = found.value('freshet_reconciler_last_round_timestamp_seconds')!;
    assert.ok(Math.abs(Date.now() / 1000 - round) < 60);
    assert.equal(found.value('freshet_runs_active'), 0);
  });

  it('hold no id, no name of a person, no reason, and few labels', async () => {
    await story();
    await readAfterwards();
    const { text } = await get('/metrics');
    for (const person of Object.values(paper.site.people)) {
      for (const word of [person.id, person.name, person.slackUserId!, person.jiraAccountId!]) {
        assert.doesNotMatch(text, new RegExp(`\\b${word}\\b`), `"${word}" is a person`);
      }
    }
    assert.doesNotMatch(text, /REQ-\d|BKP-\d|555-0199|breach|\.dump|paper-1/);
    const own = readMetrics(text).samples.filter((one) => one.name.startsWith('freshet_'));
    const allowed: Record<string, readonly string[]> = {
      environment: ['uat', 'ci', 'dev'],
      database: ['', 'orders', 'billing'],
      part: ['store'],
      front: ['slack', 'slack-alerts', 'jira', 'impact'],
    };
    const free = ['stage', 'state', 'outcome', 'kind', 'decision', 'anonymisation', 'source', 'le'];
    for (const { name, labels } of own) {
      for (const [label, value] of Object.entries(labels)) {
        const values = allowed[label];
        if (values === undefined) assert.ok(free.includes(label), `${name} has the label "${label}"`);
        else assert.ok(values.includes(value), `${name} has ${label}="${value}"`);
      }
    }
  });

  it('follow the conventions of Prometheus', async () => {
    await story();
    const { types } = await metrics();
    for (const [name, type] of types) {
      if (!name.startsWith('freshet_')) continue;
      assert.equal(name.endsWith('_total'), type === 'counter', name);
      if (type === 'histogram') assert.match(name, /_seconds$/);
    }
  });

  it('what can not be read is absent, and the answer comes all the same', async () => {
    await until('the figures are read', async () => (await metrics()).of('freshet_requests').length > 0, 30);
    const figures = () => Promise.reject(new Error('the store is away'));
    const other = create(paper.site, pino({ level: 'silent' }));
    other.start({
      parts: [
        { probe: { name: 'store', run: () => new Promise(() => undefined) }, everySeconds: 10, needed: true },
      ],
      canarySeconds: () => undefined,
      figures,
    });
    const away = await listen([other.own], { address: '127.0.0.1', port: 0, named: 'a test' });
    try {
      const text = await (await fetch(`http://127.0.0.1:${portOf(away)}/metrics`)).text();
      const found = readMetrics(text);
      assert.deepEqual(found.of('freshet_requests'), []);
      assert.deepEqual(found.of('freshet_reconciler_last_round_timestamp_seconds'), []);
      assert.equal(found.value('freshet_ready'), 0);
      assert.equal(found.value('freshet_part_ok', { part: 'store' }), 0);
    } finally {
      other.end();
      shut(away);
    }
  });

  it('are left out when they are a minute old, and come back when they can be read again', async () => {
    let passedMs = 0;
    let away = false;
    let reads = 0;
    // Answered at once: a read that is under way when the store goes away would come back as fresh.
    const figures = await service.figures();
    const read = () => {
      reads += 1;
      return away ? Promise.reject(new Error('the store is away')) : Promise.resolve(figures);
    };
    const stop = new AbortController();
    const numbers = followFigures(read, pino({ level: 'silent' }), {
      everySeconds: 0.2,
      clock: () => performance.now() + passedMs,
    });
    const ended = numbers.follow(stop.signal);
    await until('they are read', () => numbers.latest());
    away = true;
    passedMs = 50_000;
    assert.ok(numbers.latest() !== undefined);
    passedMs = 70_000;
    assert.equal(numbers.latest(), undefined);
    const before = reads;
    await until('it is tried again', () => reads > before, 30);
    assert.equal(numbers.latest(), undefined);
    away = false;
    await until('they are read again', () => numbers.latest(), 30);
    stop.abort();
    await ended;
  });

  it('are not on the port that the internet may reach; health is', async () => {
    const open = await listen([health.open], { address: '127.0.0.1', port: 0, named: 'a test' });
    try {
      const at = (path: string) => fetch(`http://127.0.0.1:${portOf(open)}${path}`);
      assert.equal((await at('/metrics')).status, 404);
      assert.equal((await at('/healthz')).status, 200);
      await until('it is ready', async () => (await at('/readyz')).status === 200, 30);
      health.end();
      assert.equal((await at('/healthz')).status, 503);
      assert.equal((await at('/readyz')).status, 503);
    } finally {
      shut(open);
    }
  });
});
