import { z } from 'zod';
import type { Finding } from '../../domain/probe.ts';
import type { ServiceDeps } from '../deps.ts';

/** Where a worker writes down which canary it took last: one row, whoever sent it. */
const note = 'canary';
const answerSchema = z.object({ id: z.string() });

/** How long one look waits for an answer: a worker with a free hand takes a canary at once. */
const lookSeconds = 3;

/** What a worker does with a canary. */
export async function answerCanary(deps: ServiceDeps, id: string): Promise<void> {
  await deps.store.setNote(note, { id });
}

export type Canary = {
  /**
   * Sends a job round, and says whether workers take jobs: one was taken since the call, or lately. A busy worker has no hand free
   * until its slices end; only when none came for as long as a slice and a lease last, nobody is there.
   * Throws when queue or store can't be reached.
   */
  look(): Promise<Finding>;
  /** Of the last canary that came back, from here to the worker's answer in the store. */
  roundTripSeconds(): number | undefined;
};

/** Judged by what changes in the store, and by this process's own clock: those of workers may be off. */
export function canaryOf(deps: ServiceDeps, now: () => number = () => performance.now()): Canary {
  const { pace } = deps;
  const patienceSeconds = pace.sliceSeconds + pace.leaseSeconds;
  const begunAt = now();
  let answeredAt: number | undefined;
  let roundTrip: number | undefined;

  async function answered(): Promise<string | undefined> {
    return answerSchema.safeParse(await deps.store.note(note)).data?.id;
  }

  async function comesRound(): Promise<boolean> {
    const before = await answered();
    const sentAt = now();
    await deps.queue.canary(Buffer.from(deps.random(8)).toString('hex'));
    for (let restMs = 20; ; restMs = Math.min(restMs * 2, 500)) {
      await new Promise((resolve) => setTimeout(resolve, restMs));
      if ((await answered()) !== before) {
        answeredAt = now();
        roundTrip = (answeredAt - sentAt) / 1000;
        return true;
      }
      if (now() - sentAt > lookSeconds * 1000) return false;
    }
  }

  return {
    roundTripSeconds: () => roundTrip,
    async look() {
      if (await comesRound()) return { ok: true, says: 'a worker takes jobs' };
      const silentSeconds = (now() - (answeredAt ?? begunAt)) / 1000;
      if (answeredAt === undefined) return { ok: false, says: 'no worker has taken a job yet' };
      const says = `no worker has taken a job for ${Math.round(silentSeconds)} s`;
      return silentSeconds > patienceSeconds
        ? { ok: false, says: `${says}; none is running, or none reaches the queue` }
        : { ok: true, says: `${says}; all may be busy` };
    },
  };
}
