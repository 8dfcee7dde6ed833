import type { RunId } from '../domain/ids.ts';

/** All that a job carries: which run to advance, and the fence under which it was put there. */
export type Job = { run: RunId; fence: number };

/** What a worker does with what it takes. */
export type WorkOptions = {
  /** Jobs at once. */
  concurrency: number;
  /** Takes a canary. Without it they are taken and forgotten. */
  canary?: (id: string) => Promise<void>;
};

/**
 * Says "look at this run now". It owns nothing: a lost job is put back by the reconciler, a doubled one finds
 * nothing to do, because the store's lease decides who works. One contract suite holds every implementation.
 */
export interface Queue {
  /** Enqueues; the same run and fence twice while it waits is one job. `Unavailable` (`queue-unavailable`) when it can't. */
  add(job: Job, options?: { delaySeconds?: number }): Promise<void>;

  /**
   * Enqueues a job of no run, before all that waits: a worker that takes it shows that jobs go round. One at a time: while one
   * waits, whoever put it there, nothing is added. `Unavailable` (`queue-unavailable`) when it can't.
   */
  canary(id: string): Promise<void>;

  /**
   * Hands jobs to `handle`, at most `concurrency` at once, until `stop`; with the seconds for which each was due and had nobody (by
   * the clocks of both sides; never below 0). A handler that throws is logged and its job dropped: the reconciler brings the run
   * back. Jobs of a worker that died are handed out again.
   */
  work(
    handle: (job: Job, waitedSeconds: number) => Promise<void>,
    options: WorkOptions,
  ): Promise<QueueWorker>;

  /** A trivial round trip: the server of the queue answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface QueueWorker {
  /** Takes no further jobs and resolves when those under way have ended, or after `seconds`. */
  stop(seconds: number): Promise<void>;
}
