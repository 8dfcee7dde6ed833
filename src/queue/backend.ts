import {
  Queue as RedisQueue,
  Worker as RedisWorker,
  createPostgresBackend,
  withBackend,
  type Processor,
} from 'bullmq';
import type { Job } from './queue.ts';

/** Where the queue lives: Redis, or the PostgreSQL server that keeps the state. */
export type QueueTarget = { redisUrl: string } | { connectionString: string };

/** What is used of BullMQ's queues and workers, whatever they rest on. */
export type Producer = Connected & {
  add(name: string, data: Job, options: object): Promise<unknown>;
  getWaitingCount(): Promise<number>;
  close(): Promise<void>;
};
export type Consumer = Connected & { close(): Promise<void> };
type Connected = {
  on(event: 'error', listener: (error: Error) => void): unknown;
  waitUntilReady(): Promise<unknown>;
  disconnect(): Promise<void>;
};

export type Backend = {
  producer(): Producer;
  consumer(handle: Processor<Job>, options: { concurrency: number; lockMs: number }): Consumer;
};

export type Named = { name: string; namespace: string };

export function backendFor(target: QueueTarget, named: Named): Backend {
  return 'redisUrl' in target ? redis(target.redisUrl, named) : postgres(target.connectionString, named);
}

function workerOptions(concurrency: number, lockMs: number) {
  return {
    concurrency,
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
  const reconnect = { retryStrategy: (times: number) => Math.min(times * 200, 2_000), connectTimeout: 5_000 };
  return {
    producer: () =>
      new RedisQueue<Job>(name, {
        prefix: namespace,
        // Whoever adds is told at once that Redis is away; the reconciler adds again.
        connection: {
          url,
          ...reconnect,
          enableOfflineQueue: false,
          maxRetriesPerRequest: 1,
          commandTimeout: 5_000,
        },
      }),
    consumer: (handle, { concurrency, lockMs }) =>
      new RedisWorker<Job>(name, handle, {
        prefix: namespace,
        connection: { url, ...reconnect, maxRetriesPerRequest: null },
        ...workerOptions(concurrency, lockMs),
      }),
  };
}

function postgres(connectionString: string, { name, namespace }: Named): Backend {
  const { Queue, Worker } = withBackend(createPostgresBackend);
  const connection = (max: number) => ({
    connectionString,
    schema: namespace,
    migrate: true,
    max,
    application_name: 'freshet queue',
    keepAlive: true,
    connectionTimeoutMillis: 5_000,
    query_timeout: 20_000,
  });
  return {
    producer: () => new Queue<Job>(name, { connection: connection(2) }),
    // Besides these, a worker holds one connection that listens.
    consumer: (handle, { concurrency, lockMs }) =>
      new Worker<Job>(name, handle, {
        connection: connection(3),
        ...workerOptions(concurrency, lockMs),
      }),
  };
}
