import type { ServiceDeps } from './deps.ts';
import { pause } from './side-by-side.ts';

/** What one process among all does: under which name, how often, and for how long a silent one keeps the others out. */
export type Leading = { name: string; everySeconds: number; leaseSeconds: number };

const shortestRest = 0.05;

/**
 * Until `signal`: does `round` every so many seconds, counted from its beginning, in one process at a time, by a lease in the
 * store. The lease is kept for as long as a round takes, and given up at the end, so that the next process begins at once. A
 * process that was frozen may go on with a round beside the next one's: a round must bear that.
 */
export async function lead(
  deps: ServiceDeps,
  { name, everySeconds, leaseSeconds }: Leading,
  round: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const hold = () => deps.store.lease(name, deps.worker, leaseSeconds);
  let leads = false;
  while (!signal.aborted) {
    const next = Date.now() + everySeconds * 1000;
    try {
      leads = await hold();
      if (leads) await keeping(hold, leaseSeconds, round);
    } catch (error) {
      deps.log.warn({ err: error, upkeep: name }, 'a round of upkeep failed; it comes again');
    }
    await pause(Math.max(shortestRest, (next - Date.now()) / 1000), signal);
  }
  // Where the store is away, the lease ends by itself.
  if (leads) await deps.store.lease(name, deps.worker, 0).catch(() => undefined);
}

async function keeping(
  hold: () => Promise<boolean>,
  leaseSeconds: number,
  round: () => Promise<void>,
): Promise<void> {
  let renewing: Promise<unknown> = Promise.resolve();
  const renewal = setInterval(
    () => {
      renewing = hold().catch(() => undefined);
    },
    (leaseSeconds * 1000) / 3,
  );
  // A round that waits for a host for ever must not keep a process that ends.
  renewal.unref();
  try {
    await round();
  } finally {
    clearInterval(renewal);
    // One that is under way would take the lease again after it was given up.
    await renewing;
  }
}
