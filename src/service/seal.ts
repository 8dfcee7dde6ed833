import { sealOver } from '../domain/seal.ts';
import type { ServiceDeps } from './deps.ts';
import { announceHead } from './announce-head.ts';
import { lead } from './lead.ts';
import { pause } from './side-by-side.ts';

/** Events in one seal at most. */
const batch = 1000;
const everySeconds = 60;
/** How long a round waits for transactions that are open; what it did not seal is the next one's. */
const patienceSeconds = 20;

/** Until `signal`: seals what has become final, and tells of the head once a day; in one process among all. */
export async function sealForEver(deps: ServiceDeps, signal: AbortSignal): Promise<void> {
  const round = async () => {
    await seal(deps, signal);
    await announceHead(deps);
  };
  await lead(deps, { name: 'seals', everySeconds, leaseSeconds: everySeconds }, round, signal);
}

/**
 * Seals every event that there is now, once none before it can appear any more; returns how many. Reads only: whoever writes events is
 * not held up. Two that do it at once make one chain, as a seal has one successor.
 */
export async function seal(deps: ServiceDeps, signal?: AbortSignal): Promise<number> {
  const { seals } = deps.store;
  const mark = await seals.mark();
  for (let waited = 0; !(await seals.isFinal(mark)); waited += 0.1) {
    if (waited >= patienceSeconds || signal?.aborted === true) return 0;
    await pause(0.1, signal ?? new AbortController().signal);
  }
  let sealed = 0;
  for (;;) {
    if (signal?.aborted === true) break;
    const last = await seals.latest();
    const after = last?.through ?? 0;
    const events = await seals.events({ after, through: mark.through }, batch);
    if (events.length === 0) break;
    const through = events.length < batch ? mark.through : events.at(-1)!.id;
    if (await seals.add(sealOver(last, { events, through, at: deps.now() }))) sealed += events.length;
  }
  return sealed;
}
