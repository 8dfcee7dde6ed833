import {
  LockManager,
  Queue as RedisQueue,
  Worker as RedisWorker,
  createPostgresBackend,
  withBackend,
  type Processor,
} from 'bullmq';
import { Redis, type RedisOptions } from 'ioredis';
import type { Job } from './queue.ts';

/** What the queue holds: jobs, and canaries. */
export type Carried = Job | { canary: string };

/** Where the queue lives: Redis, or the PostgreSQL server that keeps the state. `migrated`: its tables are made by another role. */
export type QueueTarget = { redisUrl: string } | { connectionString: string; migrated?: boolean };

/** What is used of BullMQ's queues and workers, whatever they rest on. */
export type Producer = Connected & {
  add(name: string, data: Carried, options: object): Promise<unknown>;
  getWaitingCount(): Promise<number>;
  close(): Promise<void>;
};
export type Consumer = Connected & {
  /** Takes jobs; to be called once, when it is ready. */
  run(): Promise<void>;
  pause(withoutWaiting: true): Promise<void>;
  resume(): Promise<void>;
  close(): Promise<void>;
};
type Connected = {
  on(event: 'error', listener: (error: Error) => void): unknown;
  waitUntilReady(): Promise<unknown>;
  /** Closes the connections, whatever is under way on them. */
  cut: () => Promise<void>;
};

export type Backend = {
  producer(): Producer;
  consumer(handle: Processor<Carried>, options: { concurrency: number; lockMs: number }): Consumer;
};

export type Named = { name: string; namespace: string };

export function backendFor(target: QueueTarget, named: Named): Backend {
  return 'redisUrl' in target ? redis(target.redisUrl, named) : postgres(target, named);
}

function workerOptions(concurrency: number, lockMs: number) {
  return {
    concurrency,
    // Before it is ready it would ask in an endless loop that lets nothing else run (6.7, on PostgreSQL).
    autorun: false,
    runRetryDelay: 2_000,
    lockDuration: lockMs,
    stalledInterval: Math.ceil(lockMs / 2),
    // A job that stalled is no sign of a bad job: workers are killed, machines sleep. The store bounds attempts.
    maxStalledCount: 1_000_000,
    removeOnComplete: { count: 0 },
    removeOnFail: { count: 0 },
  };
}

/** Nothing is expected to outlive Redis: no persistence, no settings of the server. */
function redis(url: string, { name, namespace }: Named): Backend {
  return {
    producer() {
      // Whoever adds is told at once that Redis is away; the reconciler adds again.
      const { connection, cut } = connect(url, {
        enableOfflineQueue: false,
        maxRetriesPerRequest: 1,
        commandTimeout: 5_000,
      });
      return Object.assign(new RedisQueue<Carried>(name, { prefix: namespace, connection }), { cut });
    },
    consumer(handle, { concurrency, lockMs }) {
      const { connection, cut } = connect(url, { maxRetriesPerRequest: null });
      const options = { prefix: namespace, connection, ...workerOptions(concurrency, lockMs) };
      const worker = new RedisWorker<Carried>(name, handle, options);
      return Object.assign(worker, { cut: () => forget(worker, cut) });
    },
  };
}

/**
 * A connection of ours and all that BullMQ duplicates from it: while Redis is away, BullMQ's own closing waits for it to come
 * back, and the connections would keep the process alive.
 */
function connect(url: string, options: RedisOptions): { connection: Redis; cut: () => Promise<void> } {
  const connection = new Redis(url, {
    retryStrategy: (times) => Math.min(times * 200, 2_000),
    connectTimeout: 5_000,
    ...options,
  });
  const all = [connection];
  const duplicate = connection.duplicate.bind(connection);
  connection.duplicate = (override) => {
    const copy = duplicate(override);
    copy.on('error', () => undefined);
    all.push(copy);
    return copy;
  };
  connection.on('error', () => undefined);
  return {
    connection,
    cut: async () => {
      for (const one of all) one.disconnect();
    },
  };
}

/** A worker whose closing waits for a dead server would renew its locks, and live, for ever. */
async function forget(worker: object, cut: () => Promise<void>): Promise<void> {
  const locks: unknown = Reflect.get(worker, 'lockManager');
  if (locks instanceof LockManager) await locks.close();
  await cut();
}

function postgres(
  { connectionString, migrated = false }: { connectionString: string; migrated?: boolean },
  { name, namespace }: Named,
): Backend {
  const { Queue, Worker } = withBackend(createPostgresBackend);
  const connection = (max: number) => ({
    connectionString,
    schema: namespace,
    migrate: !migrated,
    max,
    application_name: 'freshet queue',
    keepAlive: true,
    connectionTimeoutMillis: 5_000,
    query_timeout: 20_000,
  });
  return {
    producer() {
      const queue = new Queue<Carried>(name, { connection: connection(2) });
      return Object.assign(queue, { cut: () => queue.disconnect() });
    },
    // Besides these, a worker holds one connection that listens.
    consumer(handle, { concurrency, lockMs }) {
      const options = { connection: connection(3), ...workerOptions(concurrency, lockMs) };
      const worker = new Worker<Carried>(name, handle, options);
      return Object.assign(worker, { cut: () => forget(worker, () => worker.disconnect()) });
    },
  };
}
