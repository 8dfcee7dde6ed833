import { unavailable } from '../domain/errors.ts';
import { backendFor, type Producer, type QueueTarget } from './backend.ts';
import { silent, type QueueLog } from './log.ts';
import { queueSchema } from './migrate.ts';
import { causeOf, watchOutage } from './outage.ts';
import { cut, within } from './patience.ts';
import type { Queue, QueueWorker } from './queue.ts';
import { startWorker } from './worker.ts';

export type QueueOptions = {
  log?: QueueLog;
  /** How long a job stays with a worker that shows no sign of life; up to half as much again passes until it is noticed. */
  lockSeconds?: number;
  /** How long `add` and `ping` wait for an answer. */
  timeoutSeconds?: number;
  /** Redis: the prefix of all keys. PostgreSQL: the schema. */
  namespace?: string;
};

/**
 * The queue on BullMQ: on Redis for a `redisUrl` (one installation, one database of it), else in a schema of its own on the
 * PostgreSQL server, about seven connections for a process that adds and works. An outage of either never
 * throws here: it is logged once, `add` refuses meanwhile, and workers come back by themselves.
 */
export async function openQueue(target: QueueTarget, options: QueueOptions = {}): Promise<Queue> {
  const { log = silent, lockSeconds = 15, timeoutSeconds = 5, namespace = queueSchema } = options;
  const backend = backendFor(target, { name: 'runs', namespace });
  const outage = watchOutage(log, 'jobs can not be added');
  const workers = new Set<QueueWorker>();
  let producer: Promise<Producer> | undefined;
  let current: Producer | undefined;

  /** Made anew when it failed to begin: BullMQ keeps a first failure for ever. */
  function ready(): Promise<Producer> {
    if (producer !== undefined) return producer;
    const made = backend.producer();
    made.on('error', (error) => outage.failed(error));
    current = made;
    const attempt = made.waitUntilReady().then(() => made);
    producer = attempt;
    attempt.catch(() => {
      if (producer === attempt) producer = undefined;
      void cut(made);
    });
    return attempt;
  }

  async function ask<T>(work: (producer: Producer) => Promise<T>): Promise<T> {
    try {
      const answer = await within(timeoutSeconds, ready().then(work));
      outage.worked();
      return answer;
    } catch (error) {
      outage.failed(error);
      const failure = unavailable(
        'queue-unavailable',
        `The queue can't be reached: ${causeOf(error)}.`,
        'Nothing is lost: Freshet puts the run back when the queue is there again.',
      );
      failure.cause = error;
      throw failure;
    }
  }

  return {
    async add({ run, fence }, { delaySeconds = 0 } = {}) {
      await ask((producer) =>
        producer.add(
          'advance',
          { run, fence },
          {
            delay: Math.round(delaySeconds * 1000),
            removeOnComplete: true,
            removeOnFail: true,
            // One waits; what is added while it is being handled comes once more afterwards; a delayed one takes the new delay.
            deduplication: { id: `${run}-${fence}`, keepLastIfActive: true, reschedule: true },
          },
        ),
      );
    },

    async canary(id) {
      await ask((producer) =>
        producer.add(
          'canary',
          { canary: id },
          { lifo: true, removeOnComplete: true, removeOnFail: true, deduplication: { id: 'canary' } },
        ),
      );
    },

    async work(handle, options) {
      const worker = await startWorker(backend, { handle, ...options, lockSeconds, log });
      workers.add(worker);
      return worker;
    },

    async ping() {
      await ask((producer) => producer.getWaitingCount());
    },

    async close() {
      await Promise.all([...workers].map((worker) => worker.stop(5)));
      if (current === undefined) return;
      await within(2, current.close()).catch(() => undefined);
      await cut(current);
    },
  };
}
