import { freezeAt } from '../../domain/calendar/freeze.ts';
import { frozenText } from '../../domain/calendar/hindrances.ts';
import type { RequestItem, RequestKind } from '../../domain/request.ts';
import { isReading } from '../../domain/request-kinds.ts';
import type { EnvironmentSite } from '../../domain/site.ts';
import type { ServiceDeps } from '../deps.ts';

/** That a run would come to its swap within a freeze window, though it starts outside of one. */
export type Foreseen = {
  swapAt: Date;
  /** From the start to the swap, by earlier runs. */
  seconds: number;
  /** `uat is frozen until 27 Nov 2026, 17:00 (Europe/Berlin) (mon-fri 09:00-17:00): testing hours` */
  why: string;
};

/** How many earlier runs of a database say how long one takes: the middle one of them counts. */
const earlierRuns = 5;

/**
 * Whether a run that starts then would swap within a freeze window, by how long earlier ones took to come that far. Undefined: no,
 * or no earlier run tells. Of holds nothing can be foreseen: they stand from the moment that they are placed.
 */
export async function foresee(
  deps: ServiceDeps,
  environment: EnvironmentSite,
  what: {
    kind: RequestKind;
    items: readonly Pick<RequestItem, 'server' | 'databaseName'>[];
    startsAt: Date;
  },
): Promise<Foreseen | undefined> {
  const { freezes, timeZone } = environment;
  if (isReading(what.kind)) return undefined;
  // What starts within one waits for its end.
  if (freezes.length === 0 || freezeAt(freezes, what.startsAt, timeZone) !== undefined) return undefined;
  let seconds = 0;
  for (const target of what.items) {
    const earlier = await deps.store.runs.preparations(target, what.kind, earlierRuns);
    const sorted = earlier.toSorted((a, b) => a - b);
    seconds = Math.max(seconds, sorted[Math.floor(sorted.length / 2)] ?? 0);
  }
  const swapAt = new Date(what.startsAt.getTime() + seconds * 1000);
  const freeze = freezeAt(freezes, swapAt, timeZone);
  return freeze && { swapAt, seconds, why: frozenText(environment, freeze) };
}
