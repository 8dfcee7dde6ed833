import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { isFreshetError } from '../../src/domain/errors.ts';
import { runIdFrom, type RunId } from '../../src/domain/ids.ts';
import type { Job, Queue } from '../../src/queue/queue.ts';

let count = 0;
export function newRun(): RunId {
  count += 1;
  return runIdFrom(new Uint8Array([1, 2, 3, count >> 8, count & 255]));
}

/** Takes jobs and notes them; a handler lasts until `release` says so. */
export async function taking(queue: Queue, concurrency = 4) {
  const got: Job[] = [];
  const held = new Map<RunId, () => void>();
  const holding = new Set<RunId>();
  let busy = 0;
  let mostBusy = 0;
  const worker = await queue.work(
    async (job) => {
      got.push(job);
      busy += 1;
      mostBusy = Math.max(mostBusy, busy);
      if (holding.has(job.run)) await new Promise<void>((resolve) => held.set(job.run, resolve));
      else await sleep(5);
      busy -= 1;
    },
    { concurrency },
  );
  return {
    got,
    worker,
    mostBusy: () => mostBusy,
    hold: (run: RunId) => holding.add(run),
    release(run: RunId) {
      holding.delete(run);
      held.get(run)?.();
    },
    of: (run: RunId) => got.filter((job) => job.run === run),
  };
}

/** Refused after the queue's own patience, and not waited for until the outage is over. */
export async function refusal(asked: Promise<void>): Promise<void> {
  await assert.rejects(
    asked,
    (error) => isFreshetError(error, 'Unavailable') && error.code === 'queue-unavailable',
  );
}

export async function within(ms: number, work: Promise<void>): Promise<void> {
  const begin = Date.now();
  await work;
  assert.ok(Date.now() - begin <= ms, `took ${Date.now() - begin} ms, more than ${ms}`);
}
