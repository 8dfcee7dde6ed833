import { sealOver } from '../../domain/seal.ts';
import type { Mark } from '../../store/store.ts';
import type { ServiceDeps } from '../deps.ts';
import { announceHead } from './announce-head.ts';
import { lead } from '../lead.ts';
import { pause } from '../side-by-side.ts';

/** Events in one seal at most. */
const batch = 1000;
const everySeconds = 60;
/** How long a round waits for transactions that are open; what it did not seal is the next one's. */
const patienceSeconds = 20;

/** How many marks wait at most for transactions that stay open. */
const mostMarks = 100;

/** Until `signal`: seals what has become final, and tells of the head once a day; in one process among all. */
export async function sealForEver(deps: ServiceDeps, signal: AbortSignal): Promise<void> {
  const waiting: Mark[] = [];
  const round = async () => {
    await seal(deps, signal, waiting);
    await announceHead(deps);
  };
  await lead(deps, { name: 'seals', everySeconds, leaseSeconds: everySeconds }, round, signal);
}

/**
 * Seals every event that there is now, once none before it can appear any more; returns how many. Where a transaction stays open for
 * longer, what was there before it began is sealed: `waiting` keeps the marks of earlier rounds, so that transactions that overlap
 * can't put it off for ever. Reads only: whoever writes events is not held up. Two that do it at once make one chain, as a seal has
 * one successor.
 */
export async function seal(
  deps: ServiceDeps,
  signal?: AbortSignal,
  waiting: Mark[] = [],
  patience = patienceSeconds,
): Promise<number> {
  if (waiting.length < mostMarks) waiting.push(await deps.store.seals.mark());
  for (let waited = 0; ; waited += 0.1) {
    const final = await finalOf(deps, waiting);
    if (final === waiting.length || waited >= patience || signal?.aborted === true) {
      const done = waiting.splice(0, final).at(-1);
      return done === undefined ? 0 : sealThrough(deps, done.through, signal);
    }
    await pause(0.1, signal ?? new AbortController().signal);
  }
}

/** How many of the marks are final; each one is before the next. */
async function finalOf({ store }: ServiceDeps, marks: readonly Mark[]): Promise<number> {
  let final = 0;
  for (const mark of marks) {
    if (!(await store.seals.isFinal(mark))) break;
    final += 1;
  }
  return final;
}

async function sealThrough(deps: ServiceDeps, through: number, signal?: AbortSignal): Promise<number> {
  const { seals } = deps.store;
  let sealed = 0;
  for (;;) {
    if (signal?.aborted === true) break;
    const last = await seals.latest();
    const after = last?.through ?? 0;
    const events = await seals.events({ after, through }, batch);
    if (events.length === 0) break;
    const end = events.length < batch ? through : events.at(-1)!.id;
    if (await seals.add(sealOver(last, { events, through: end, at: deps.now() }))) sealed += events.length;
  }
  return sealed;
}
