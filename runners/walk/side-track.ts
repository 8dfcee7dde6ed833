import type { Step } from '../plan.ts';

/** Steps of a lane that run beside its others, each until the step that waits for it. */
export type SideTrack = {
  start(until: string, perform: (signal: AbortSignal) => Promise<unknown>): void;
  /** Waits for what must have ended before this step; throws what it threw. */
  joinedBefore(step: Step): Promise<void>;
  /** Waits for all; throws the first failure. */
  joined(): Promise<void>;
  /** Ends the waits, not what runs on hosts, and comes back when none of them goes on. */
  abort(): Promise<void>;
};

/** `outer` ends the waits as well: the worker's own signal, or the failure of another lane. */
export function sideTrack(outer: AbortSignal): SideTrack {
  const stop = new AbortController();
  const signal = AbortSignal.any([outer, stop.signal]);
  const running: { until: string; work: Promise<unknown> }[] = [];
  async function join(which: (until: string) => boolean): Promise<void> {
    for (const { until, work } of running) if (which(until)) await work;
  }
  return {
    start(until, perform) {
      const work = perform(signal);
      // Looked at when it is waited for; until then its failure is nobody's.
      work.catch(() => undefined);
      running.push({ until, work });
    },
    joinedBefore: (step) => join((until) => until === step.id),
    joined: () => join(() => true),
    async abort() {
      stop.abort();
      await Promise.allSettled(running.map(({ work }) => work));
    },
  };
}
