import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import type { Plan } from '../../runners/plan.ts';
import type { RequestId } from '../../src/domain/ids.ts';
import { freePort } from '../../src/sandbox/hosts/process.ts';
import { administer } from '../postgres.ts';
import { readMetrics, type Metrics } from '../prometheus.ts';
import type { SiteText } from '../rig/site.ts';
import { checkInvariants } from '../rig/invariants.ts';
import { startMs, type Rig } from '../rig/rig.ts';
import type { Suite } from '../rig/suites.ts';
import { leaksIn, secretsOf } from '../rig/secrets.ts';
import { backupIn, contentAfter, contentOf } from '../rig/targets.ts';
import { until } from '../until.ts';
import { some } from './durations.ts';

type Line = { part: string; ok: boolean; says: string; since: string; needed: boolean };
type Readiness = { status: number; ready: boolean; parts: Line[]; text: string };

/** What `health` needs of the site file. */
export async function siteWithMetrics(site: SiteText): Promise<void> {
  site.http.metrics = { port: await freePort() };
}

/** In the end it stops `rig.serve`: no suite comes after it. */
export const health: Suite = (rigOf) => {
  describe('health, when parts go away and come back', function () {
    // Generous: a machine may be busy, and what is waited for ends the waiting.
    this.timeout(900_000);
    let rig: Rig;
    let old: string;
    let wanted: string;
    let main: string;
    let own: string;
    let worker: string;

    before(async function () {
      this.timeout(startMs);
      rig = rigOf();
      await rig.workers(0);
      const { http } = parse(await readFile(rig.siteFile, 'utf8')) as SiteText;
      main = `http://127.0.0.1:${http.port}`;
      own = `http://127.0.0.1:${http.metrics?.port}`;
      worker = `http://127.0.0.1:${await freePort()}`;
      old = await contentOf(rig, 'orders_dev');
      wanted = await contentAfter(rig, await backupIn(rig, 'anonymised', '.dump'), 'dev');
      startWorker();
      const answers = () =>
        fetch(`${worker}/healthz`).then(
          ({ ok }) => ok,
          () => false,
        );
      await until('the worker answers', answers, 180);
    });
    afterEach(async () => {
      rig.sandbox.slack.faults.reset();
      rig.sandbox.jira.faults.reset();
      await checkInvariants(rig, { targets: { orders_dev: [old, wanted] } });
    });

    const startWorker = () => rig.start(['worker', '--metrics-port', new URL(worker).port]);

    /** Nothing is asked of anybody for it: each time it would last as long as what is away. A machine that stood still does so once. */
    async function readiness(of = own): Promise<Readiness> {
      for (let times = 1; ; times += 1) {
        const found = await fetch(`${of}/readyz`, { signal: AbortSignal.timeout(5_000) })
          .then(async (answer) => ({ status: answer.status, text: await answer.text() }))
          .catch((error: unknown) => {
            if (times === 3) throw error;
          });
        if (found !== undefined)
          return { ...found, ...(JSON.parse(found.text) as Omit<Readiness, 'status' | 'text'>) };
      }
    }

    async function metrics(of: string): Promise<Metrics> {
      return readMetrics(await (await fetch(`${of}/metrics`)).text());
    }

    /** Waits for the part to be so, and for what follows from it. */
    async function seen(part: string, ok: boolean, of = own): Promise<Line> {
      let last: Readiness | undefined;
      const found = await until(
        `${part} is ${ok ? 'well' : 'not well'}`,
        async () => {
          last = await readiness(of);
          return last.parts.find((line) => line.part === part && line.ok === ok);
        },
        180,
        () => last?.text ?? '',
      );
      return found;
    }

    const ready = (wish: boolean, of = own) =>
      until(
        wish ? 'it is ready' : 'it is not ready',
        async () => {
          const found = await readiness(of);
          return found.ready === wish && found.status === (wish ? 200 : 503);
        },
        180,
        async () => (await readiness(of)).text,
      );

    async function endsWell(request: RequestId): Promise<void> {
      const ended = await rig.until(request, ['succeeded', 'failed', 'fenced', 'cancelled'], 400);
      assert.equal(ended.state, 'succeeded', JSON.stringify(await rig.store.events.ofRequest(request)));
    }

    it('all is well: ready on both ports, hosts by name on the own one only', async () => {
      for (const of of [own, main, worker]) await ready(true, of);
      const parts = async (of: string) => (await readiness(of)).parts.map(({ part }) => part);
      assert.deepEqual(await parts(own), ['store', 'queue', 'host prod-db', 'host test-db', 'slack', 'jira']);
      assert.deepEqual(await parts(main), ['store', 'queue', 'slack', 'jira', 'hosts']);
      assert.deepEqual(await parts(worker), ['store', 'queue', 'host prod-db', 'host test-db']);
      assert.equal((await fetch(`${main}/metrics`)).status, 404);
      assert.equal((await fetch(`${own}/healthz`)).status, 200);
      // Those of the suite before have ended, and this one may have had no turn yet.
      const takesJobs = async () => (await seen('queue', true)).says === 'a worker takes jobs';
      await until('a worker takes jobs', takesJobs, 180);
    });

    it('what a run did is counted by the worker that did it, and what there is by the bot', async () => {
      for (const host of ['host prod-db', 'host test-db']) await seen(host, true);
      const request = await rig.ask('dev');
      await endsWell(request);
      assert.equal(await contentOf(rig, 'orders_dev'), wanted);
      const dev = { environment: 'dev' };
      // It counts when the store has it, and the store had told us by then.
      const done = await until('the worker has counted it', async () => {
        const found = await metrics(worker);
        return found.value('freshet_runs_ended_total', { ...dev, outcome: 'succeeded' }) === 1 && found;
      });
      const load = { ...dev, database: 'orders', stage: 'load', outcome: 'done' };
      const plan = (await rig.store.runs.ofRequest(request))?.plan as Plan;
      const loading = new Set(plan.steps.filter(({ stage }) => stage === 'load').map(({ id }) => id));
      const told = (await rig.store.events.ofRequest(request, ['step-done'])).flatMap((event) =>
        event.type === 'step-done' && loading.has(event.step) ? [event.seconds] : [],
      );
      assert.equal(done.value('freshet_step_duration_seconds_count', load), told.length);
      const sum = told.reduce((a, b) => a + b, 0);
      assert.ok(sum > 0);
      assert.ok(Math.abs(done.value('freshet_step_duration_seconds_sum', load)! - sum) < 0.001);
      assert.ok(done.value('freshet_queue_wait_seconds_count')! >= 1);
      const { total } = await rig.store.requests.list(
        { environment: 'dev', states: ['succeeded'] },
        { limit: 1, offset: 0 },
      );
      const there = await until('the bot has counted it', async () => {
        const found = await metrics(own);
        return found.value('freshet_requests', { ...dev, state: 'succeeded' }) === total ? found : undefined;
      });
      assert.equal(there.value('freshet_runs_ended_total', { ...dev, outcome: 'succeeded' }), 0);
      assert.ok(there.value('freshet_canary_round_trip_seconds')! > 0);
      assert.ok(there.value('freshet_reconciler_round_duration_seconds_count')! > 0);
      await until('all is told', async () => {
        const found = await metrics(own);
        return ['slack', 'slack-alerts', 'jira'].every(
          (front) => found.value('freshet_outbox_waiting', { front }) === 0,
        );
      });
    });

    const absences: Record<string, () => Promise<void>> = {
      'a host that is away is told, and the bot stays ready': async () => {
        rig.wire.freeze();
        const away = await seen('host test-db', false);
        assert.equal(away.needed, false);
        assert.match((await seen('hosts', false, main)).says, /^[12] of 2 not well/);
        await ready(true);
        await ready(true, main);
        rig.wire.thaw();
        await seen('host test-db', true);
      },

      'Jira that is away is told, and the bot stays ready': async () => {
        rig.sandbox.jira.faults.api({ kind: 'error', path: '/myself', times: Infinity });
        assert.equal((await seen('jira', false)).needed, false);
        await ready(true);
        rig.sandbox.jira.faults.reset();
        await seen('jira', true);
      },

      'without Slack it is not ready': async () => {
        rig.sandbox.slack.faults.onCall('apps.connections.open', { kind: 'lost-before' });
        rig.sandbox.slack.cutSockets();
        assert.equal((await seen('slack', false)).says, 'not connected');
        await ready(false);
        rig.sandbox.slack.faults.reset();
        await seen('slack', true);
        await ready(true);
      },

      'without Redis it is not ready, nor is the worker': async () => {
        await rig.redis?.kill();
        await seen('queue', false);
        await ready(false);
        await ready(false, worker);
        await rig.redis?.start();
        await ready(true);
        await ready(true, worker);
      },

      'without a worker it says in plain words that nobody takes jobs, also after Redis was wiped':
        async () => {
          await rig.bots.at(-1)!.kill();
          await rig.redis?.wipe();
          // On the way there it may have been asked while the queue was just being wiped.
          const says = /^no worker has taken a job for \d+ s; none is running, or none reaches the queue$/;
          await until('it says so', async () => says.test((await seen('queue', false)).says), 180);
          await ready(false);
          assert.equal((await metrics(own)).value('freshet_part_ok', { part: 'queue' }), 0);
          startWorker();
          await ready(true);
        },

      'without the store it is not ready, and answers all the same': async () => {
        const maintenance = new URL(rig.storeUrl);
        const database = maintenance.pathname.slice(1);
        maintenance.pathname = '/template1';
        await administer(maintenance.href, `alter database "${database}" allow_connections false`);
        await administer(
          maintenance.href,
          `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database}'`,
        );
        try {
          await seen('store', false);
          await ready(false);
          const { text } = await readiness();
          assert.doesNotMatch(text, /127\.0\.0\.1|ECONN|not currently accepting/);
          assert.equal((await metrics(own)).value('freshet_ready'), 0);
        } finally {
          await administer(maintenance.href, `alter database "${database}" allow_connections true`);
        }
        await ready(true);
        await ready(true, worker);
      },
    };
    for (const [what, test] of some(Object.entries(absences), 3)) it(what, test);

    it('tells no secret, no id and no person on any port', async () => {
      const secrets = await secretsOf(rig.sandbox, rig.storeUrl);
      for (const of of [own, main, worker]) {
        for (const path of ['/healthz', '/readyz', '/metrics']) {
          const text = await (await fetch(of + path)).text();
          assert.deepEqual(leaksIn(`${of}${path}`, text, secrets), []);
          assert.doesNotMatch(text, /REQ-\d|BKP-\d|dana|quinn|otto|U0[A-Z0-9]{4}/i, `${of}${path}`);
        }
      }
    });

    it('a process that was told to stop says so until it ends', async () => {
      const stopping = rig.serve.stop(20);
      await until('it is gone', async () => {
        const answer = await fetch(`${own}/readyz`).catch(() => undefined);
        return answer === undefined || answer.status === 503;
      });
      await stopping;
    });
  });
};
