import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { pino } from 'pino';
import { Pool } from 'pg';
import type { ServerAccess } from '../../runners/engine.ts';
import type { Actor } from '../../src/domain/person.ts';
import type { Site } from '../../src/domain/site.ts';
import { openQueue } from '../../src/queue/bullmq.ts';
import type { Queue } from '../../src/queue/queue.ts';
import { usualPace, type ServiceDeps } from '../../src/service/deps.ts';
import { createService, type Service } from '../../src/service/service.ts';
import { openStore } from '../../src/store/database.ts';
import type { Store } from '../../src/store/store.ts';
import { root } from '../../src/sandbox/setup.mjs';
import { paperSite } from '../paper-site.ts';
import { crowdEngine, crowdProgram, prepareWitness } from './crowd-host.ts';
import { until } from '../until.ts';

/** As many ask at once as a busy morning has. */
const lanes = 12;

/** What all processes of a crowd must agree on. */
export type CrowdWords = {
  connectionString: string;
  redisUrl: string;
  /** Environments `e0` and on, each with a target of its own. */
  environments: number;
  /** People `p0` and on, who may ask for all of them. */
  people: number;
  leaseSeconds: number;
  reconcileSeconds: number;
  /** How long a load takes on the simulated host. */
  stepMs: number;
};

/** One process of Freshet over the real store and the real queue; only the hosts are simulated. */
export type CrowdMember = {
  name: string;
  store: Store;
  queue: Queue;
  service: Service;
  pool: Pool;
  close(): Promise<void>;
};

export async function joinCrowd(words: CrowdWords, name: string): Promise<CrowdMember> {
  const { connectionString, redisUrl, leaseSeconds, reconcileSeconds, stepMs } = words;
  const store = await openStore({ connectionString });
  // Never longer than an installation has it.
  const queue = await openQueue({ redisUrl }, { lockSeconds: Math.min(15, leaseSeconds) });
  const pool = new Pool({ connectionString, max: 6 });
  pool.on('error', () => undefined);
  const site = crowdSite(words);
  const [engine, program] = [crowdEngine(pool, name), crowdProgram(pool, name, stepMs)];
  const deps: ServiceDeps = {
    site,
    store,
    queue,
    engine: () => engine,
    access: (server) => ({ site: site.servers[server]! }) as unknown as ServerAccess,
    program: () => program,
    repositories: {},
    pace: { ...usualPace, leaseSeconds, reconcileSeconds },
    worker: name,
    now: () => new Date(),
    random: (bytes) => randomBytes(bytes),
    log: pino({ level: 'silent' }),
  };
  return {
    name,
    store,
    queue,
    pool,
    service: createService(deps),
    async close() {
      await queue.close();
      await store.close();
      await pool.end();
    },
  };
}

function crowdSite({ environments, people }: CrowdWords): Site {
  const site = paperSite();
  const { ci } = site.environments;
  const named = <T>(count: number, letter: string, make: (name: string) => T) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`${letter}${at}`, make(`${letter}${at}`)]));
  return {
    ...site,
    people: named(people, 'p', (id) => ({
      ...site.people['dana']!,
      id,
      slackUserId: `U${id}`,
      jiraAccountId: id,
    })),
    environments: named(environments, 'e', (name) => ({
      ...ci!,
      name,
      databases: {
        orders: { ...ci!.databases['orders']!, databaseName: `orders_${name}`, target: `${name}-orders` },
      },
    })),
  };
}

/** A worker process of ours, that can be killed. */
export type CrowdWorker = {
  name: string;
  pid: number;
  kill(signal: NodeJS.Signals): void;
  ended: Promise<unknown>;
  /** Resolves when it takes jobs. */
  ready: Promise<void>;
};

export type Crowd = CrowdMember & {
  workers: CrowdWorker[];
  startWorker(): CrowdWorker;
  actor(at: number): Actor;
  /** Puts backups of orders into the catalogue, that all environments accept. */
  backups(count: number): Promise<void>;
  /** Asks for one refresh of each of `count` environments from `e<first>` on, as many at once as a busy morning has. */
  ask(first: number, count: number): Promise<void>;
  /** Resolves when so many requests have succeeded in all. */
  done(count: number, seconds?: number): Promise<void>;
  /** kill -9 to a worker with a run in its hands, whichever has one: it never finishes it. */
  killAtWork(): Promise<void>;
  stop(): Promise<void>;
};

/** Does `work` for each number below `count`, several at once. */
export async function each(count: number, work: (at: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

/** The first member, which asks and keeps the upkeep, and worker processes. */
export async function startCrowd(words: CrowdWords, workers: number): Promise<Crowd> {
  const member = await joinCrowd(words, 'crowd-front');
  await prepareWitness(member.pool);
  const upkeep = new AbortController();
  const upkept = member.service.reconcileForEver(upkeep.signal);
  const crowd: Crowd = {
    ...member,
    workers: [],
    startWorker() {
      const worker = spawnWorker(words);
      crowd.workers.push(worker);
      return worker;
    },
    actor: (at) => ({ person: member.service.site.people[`p${at}`]!, front: 'slack' }),
    async backups(count) {
      const at = new Date();
      await member.store.write(async (tx) => {
        for (let n = 0; n < count; n += 1) {
          await tx.backups.put({
            database: 'orders',
            environment: 'production',
            repository: 'nightly',
            path: `orders-${n}.dump`,
            engine: 'postgres',
            format: 'pg-custom',
            engineVersion: '15.18',
            dataAt: new Date(at.getTime() - n * 1000),
            dataAtOrigin: 'name-pattern',
            takenAt: at,
            bytes: 1000,
            checksum: n.toString(16).padStart(64, '0'),
            anonymisation: 'declared',
            scope: 'full',
            state: 'present',
            foundAt: at,
            readAt: at,
          });
        }
      });
    },
    ask: (first, count) =>
      each(count, async (at) => {
        await member.service.requestRefresh(crowd.actor(0), {
          environment: `e${first + at}`,
          databases: [{ database: 'orders' }],
          reason: '',
        });
      }),
    async done(count, seconds = 600) {
      const states = ['succeeded'] as const;
      const succeeded = async () =>
        (await member.store.requests.list({ states }, { limit: 1, offset: 0 })).total;
      await until(
        `${count} requests have succeeded`,
        async () => (await succeeded()) >= count,
        seconds,
        async () => String(await succeeded()),
      );
    },
    async killAtWork() {
      const client = await member.pool.connect();
      try {
        await until(
          'a worker has a run',
          async () => {
            await client.query('begin');
            try {
              // Locked, it stays whose it is, whatever that one was just about to tell the store of it.
              const { rows } = await client.query<{ worker: string }>(
                `select worker from freshet.runs where active and worker = any($1)
                 limit 1 for no key update skip locked`,
                [crowd.workers.map(({ name }) => name)],
              );
              const at = crowd.workers.findIndex(({ name }) => name === rows[0]?.worker);
              if (at < 0) return false;
              const [victim] = crowd.workers.splice(at, 1);
              victim!.kill('SIGKILL');
              await victim!.ended;
              return true;
            } finally {
              await client.query('commit');
            }
          },
          120,
          undefined,
          5,
        );
      } finally {
        client.release();
      }
    },
    async stop() {
      for (const worker of crowd.workers) worker.kill('SIGKILL');
      await Promise.all(crowd.workers.map(({ ended }) => ended));
      upkeep.abort();
      await upkept;
      await member.close();
    },
  };
  for (let at = 0; at < workers; at += 1) crowd.startWorker();
  return crowd;
}

function spawnWorker(words: CrowdWords): CrowdWorker {
  const name = `crowd-${randomBytes(4).toString('hex')}`;
  const argv = ['--import=tsx', join(root, 'test/rig/crowd-worker.ts'), name, JSON.stringify(words)];
  const child = spawn(process.execPath, argv, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const ready = new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  return { name, pid: child.pid ?? 0, kill: (signal) => void child.kill(signal), ended, ready };
}
