import type { RunId } from '../domain/ids.ts';

/** All that a job carries: which run to advance, and the fence under which it was put there. */
export type Job = { run: RunId; fence: number };

/**
 * Says "look at this run now". It owns nothing: a lost job is put back by the reconciler, a doubled one finds
 * nothing to do, because the store's lease decides who works. One contract suite holds every implementation.
 */
export interface Queue {
  /** Enqueues; the same run and fence twice while it waits is one job. `Unavailable` (`queue-unavailable`) when it can't. */
  add(job: Job, options?: { delaySeconds?: number }): Promise<void>;

  /**
   * Hands jobs to `handle`, at most `concurrency` at once, until `stop`. A handler that throws is logged and its job dropped: the
   * reconciler brings the run back. Jobs of a worker that died are handed out again.
   */
  work(handle: (job: Job) => Promise<void>, options: { concurrency: number }): Promise<QueueWorker>;

  /** A trivial round trip, for health and `check`. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface QueueWorker {
  /** Takes no further jobs and resolves when those under way have ended, or after `seconds`. */
  stop(seconds: number): Promise<void>;
}
