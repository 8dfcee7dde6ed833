import { setTimeout as sleep } from 'node:timers/promises';
import type { RunId } from '../domain/ids.ts';
import type { Backend, Carried, Consumer } from './backend.ts';
import type { QueueLog } from './log.ts';
import { causeOf, watchOutage } from './outage.ts';
import { cut, within } from './patience.ts';
import type { Job, QueueWorker, WorkOptions } from './queue.ts';

const readySeconds = 2;
const idleSeconds = 2;
const againMs = 1_000;

export type WorkerOptions = WorkOptions & {
  handle: (job: Job, waitedSeconds: number) => Promise<void>;
  lockSeconds: number;
  log: QueueLog;
};

/** Of what BullMQ hands out: what it carries, when it was added and for how long it was to wait (both in milliseconds). */
type Taken = { data: Carried; timestamp: number; opts: { delay?: number } };

/** Takes jobs until it is stopped; where the queue can't be reached yet, as soon as it can. */
export async function startWorker(
  backend: Backend,
  { handle, canary, concurrency, lockSeconds, log }: WorkerOptions,
): Promise<QueueWorker> {
  const trouble = watchOutage(log, 'jobs can not be taken');
  const underway = new Map<RunId, Promise<void>>();
  const stopping = new AbortController();
  let consumer: Consumer | undefined;
  let resting = false;

  async function process(taken: Taken): Promise<void> {
    trouble.worked();
    const { data } = taken;
    if ('canary' in data) {
      await canary?.(data.canary).catch((error: unknown) => {
        log.warn({ error: causeOf(error) }, 'A canary was taken and could not be answered');
      });
      return;
    }
    const { run, fence } = data;
    const waitedSeconds = Math.max(0, Date.now() - taken.timestamp - (taken.opts.delay ?? 0)) / 1000;
    // Two jobs of one run differ in their fence; side by side under one worker's lease they would work against each other.
    const before = underway.get(run) ?? Promise.resolve();
    const mine = before
      .then(() => handle({ run, fence }, waitedSeconds))
      .catch((error: unknown) => {
        log.warn({ run, fence, error: causeOf(error) }, 'The handler of a job failed; the job is dropped');
      });
    underway.set(run, mine);
    await mine;
    if (underway.get(run) === mine) underway.delete(run);
  }

  /** Until one was ready: BullMQ keeps a first failure for ever. From then on it comes back by itself. */
  async function begin(): Promise<void> {
    while (!stopping.signal.aborted) {
      const made = backend.consumer(process, { concurrency, lockMs: lockSeconds * 1000 });
      const failed = (error: unknown) => {
        if (stopping.signal.aborted) return;
        trouble.failed(error);
        rest(made).catch(() => undefined);
      };
      made.on('error', failed);
      consumer = made;
      try {
        await made.waitUntilReady();
        made.run().catch(failed);
        return;
      } catch (error) {
        trouble.failed(error);
        await cut(made);
      }
      await sleep(againMs, undefined, { signal: stopping.signal });
    }
  }

  /** BullMQ asks again at once after most errors: thousands of times a second, for as long as an outage lasts. */
  async function rest(tired: Consumer): Promise<void> {
    if (resting) return;
    resting = true;
    try {
      await tired.pause(true);
      await sleep(againMs, undefined, { signal: stopping.signal });
      await tired.resume();
    } finally {
      resting = false;
    }
  }

  let stopped: Promise<void> | undefined;
  async function stop(seconds: number): Promise<void> {
    stopping.abort();
    if (consumer === undefined) return;
    const patience = underway.size > 0 ? seconds : Math.min(seconds, idleSeconds);
    await within(patience, consumer.close()).catch(() => undefined);
    await cut(consumer);
  }

  await within(readySeconds, begin()).catch(() => undefined);
  return { stop: (seconds) => (stopped ??= stop(seconds)) };
}
