import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { channels, dana } from '../src/sandbox/cast.ts';
import { usualPace } from '../src/service/deps.ts';
import { startEmbedded } from '../src/store/embedded.ts';
import { migrate } from '../src/store/migrate.ts';
import { startRedis } from '../test/redis.ts';
import { startCrowd, type Crowd, type CrowdWords } from '../test/rig/crowd.ts';
import { closeGate } from '../test/rig/crowd-host.ts';
import { startRig } from '../test/rig/rig.ts';
import { until } from '../test/until.ts';
import { type Bench, type Figure, figure, percentile, seconds } from './harness.ts';

/**
 * How much it bears and how fast it is back. Acknowledgements: a `serve` process as people run it, over Socket Mode of the stand-in, which takes
 * the time from sending to acknowledgement; every delivery is stored first. The state machine: worker processes over
 * the real store and a real Redis; the hosts are simulated and take no time, so it is what Freshet itself adds to a refresh. Recovery: with the
 * leases and paces of an installation that says none (30 s, 15 s), until the last of the runs concerned has gone on.
 */
export const bench: Bench = {
  title: 'Commands, requests and recovery under load',
  async run(args, say) {
    const { values } = parseArgs({
      args,
      options: {
        commands: { type: 'string', default: '1500' },
        requests: { type: 'string', default: '500' },
        rounds: { type: 'string', default: '3' },
      },
    });
    const rounds = Number(values.rounds);
    return [
      ...(await acknowledgements(Number(values.commands), say)),
      ...(await withCrowd(Number(values.requests), { leaseSeconds: 30, reconcileSeconds: 1 }, (crowd) =>
        throughput(crowd, Number(values.requests), say),
      )),
      ...(await withCrowd(50 * rounds, usualPace, (crowd, wipe) => recovery(crowd, wipe, rounds, say))),
    ];
  },
};

const perSecond = 50;
/** Slack's own limit. */
const ackMs = 3000;
const workers = 4;
/** Runs that were under way or waiting in the queue when Redis was wiped. */
const wiped = 20;

async function acknowledgements(count: number, say: (line: string) => void): Promise<Figure[]> {
  say('starting a sandbox and a bot');
  const rig = await startRig();
  try {
    await rig.sandbox.slack.command(dana.slack, channels.refreshes, 'dev orders', { command: '/refresh' });
    const first = async () => (await rig.store.requests.list({}, { limit: 1, offset: 0 })).requests[0]?.id;
    const id = await until('a first request', first, 120);
    say(`${count} commands, ${perSecond} a second`);
    const took: number[] = [];
    let failed = 0;
    const startedAt = performance.now();
    const under: Promise<void>[] = [];
    for (let at = 0; at < count; at += 1) {
      // By the clock and not by the last answer: people don't wait for one another.
      await sleep(Math.max(0, startedAt + (at * 1000) / perSecond - performance.now()));
      const words = at % 2 === 0 ? `status ${id}` : 'plan ci orders';
      under.push(
        rig.sandbox.slack
          .command(dana.slack, channels.refreshes, words, { command: '/refresh' })
          .then(({ tookMs }) => {
            if (tookMs === undefined) failed += 1;
            // What came too late or never must not make the others look better.
            took.push(tookMs ?? ackMs + 1);
          }),
      );
    }
    await Promise.all(under);
    const rate = count / ((performance.now() - startedAt) / 1000);
    return [
      figure(`acknowledged at ${perSecond} commands/s, p50`, percentile(took, 0.5), 'ms'),
      figure(`acknowledged at ${perSecond} commands/s, p99`, percentile(took, 0.99), 'ms', { atMost: ackMs }),
      figure('not acknowledged within 3 s', failed, '', { atMost: 0 }),
      figure('commands that were really sent', rate, '/s'),
    ];
  } finally {
    await rig.stop();
  }
}

async function withCrowd(
  environments: number,
  pace: Pick<CrowdWords, 'leaseSeconds' | 'reconcileSeconds'>,
  measure: (crowd: Crowd, wipe: () => Promise<void>) => Promise<Figure[]>,
): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  const redis = await startRedis();
  try {
    const store = await startEmbedded({ folder });
    try {
      const { connectionString } = store;
      await migrate(connectionString);
      const { leaseSeconds, reconcileSeconds } = pace;
      const words = { connectionString, redisUrl: redis.url, environments, people: 1, stepMs: 0 };
      const crowd = await startCrowd({ ...words, leaseSeconds, reconcileSeconds }, 0);
      try {
        await crowd.backups(1);
        return await measure(crowd, () => redis.wipe());
      } finally {
        await crowd.stop();
      }
    } finally {
      await store.stop();
    }
  } finally {
    await redis.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function throughput(crowd: Crowd, count: number, say: (line: string) => void): Promise<Figure[]> {
  say(`${count} requests for as many targets, ${workers} workers`);
  for (let at = 0; at < workers; at += 1) crowd.startWorker();
  await crowd.ask(0, 1);
  await crowd.done(1);
  const took = await seconds(async () => {
    await crowd.ask(1, count - 1);
    await crowd.done(count);
  });
  return [figure('requests through the whole state machine, hosts simulated', (count - 1) / took, '/s')];
}

async function recovery(
  crowd: Crowd,
  wipe: () => Promise<void>,
  rounds: number,
  say: (line: string) => void,
): Promise<Figure[]> {
  const { store, pool } = crowd;
  const afterKill: number[] = [];
  const afterWipe: number[] = [];
  let asked = 0;
  for (let round = 0; round < rounds; round += 1) {
    const victim = crowd.startWorker();
    await closeGate(pool, true);
    await crowd.ask(asked, 4);
    asked += 4;
    const held = () => store.runs.active().then((runs) => runs.filter((run) => run.worker === victim.name));
    await until('the worker has runs', async () => (await held()).length > 0, 60);
    const runs = await held();
    const other = crowd.startWorker();
    await other.ready;
    victim.kill('SIGKILL');
    await victim.ended;
    afterKill.push(
      await seconds(async () => {
        const gone = async () =>
          (await store.runs.active()).filter(({ id }) => runs.some((run) => run.id === id));
        await until(
          'another one has them',
          async () => (await gone()).every((run) => run.worker === other.name),
          120,
        );
      }),
    );
    await closeGate(pool, false);
    await crowd.done(asked);
    say(`round ${round + 1} of ${rounds}: ${afterKill.at(-1)!.toFixed(1)} s after a kill`);
    other.kill('SIGKILL');
    await other.ended;

    // Nobody works: what is asked now waits in Redis, and nowhere else.
    await crowd.ask(asked, wiped);
    asked += wiped;
    await wipe();
    const next = crowd.startWorker();
    afterWipe.push(await seconds(() => crowd.done(asked)));
    say(`round ${round + 1} of ${rounds}: ${afterWipe.at(-1)!.toFixed(1)} s after a wipe`);
    next.kill('SIGKILL');
    await next.ended;
  }
  return [
    figure(
      'after kill -9 of a worker, until another one has its runs, longest',
      Math.max(...afterKill),
      's',
      { atMost: 60 },
    ),
    figure(
      `after a wipe of Redis, until the ${wiped} runs that waited in it are done, longest`,
      Math.max(...afterWipe),
      's',
      { atMost: 60 },
    ),
  ];
}
