import { approversFor } from '../../domain/access.ts';
import { hindrancesOf, type Passed } from '../../domain/calendar/hindrances.ts';
import { inputError } from '../../domain/errors.ts';
import type { Actor } from '../../domain/person.ts';
import type { Request } from '../../domain/request.ts';
import { personOf, type EnvironmentSite } from '../../domain/site.ts';
import type { StoreTransaction } from '../../store/store.ts';
import type { ServiceDeps } from '../deps.ts';
import { by, record } from '../effects.ts';
import { later } from '../lapse.ts';

/** Refuses to break the glass without a word. */
export function assertGlassReason(reason: string): void {
  if (reason.trim() !== '') return;
  throw inputError(
    'break-glass-reason',
    'Whoever breaks the glass says why; no reason was given.',
    '--break-glass --reason "..."',
    { field: 'reason' },
  );
}

/**
 * What of the calendar a broken glass passes: what stood when it was broken, as was written down then. Nobody broke it against what was placed
 * later, while it waits for its moment or its turn.
 */
export async function passedBy(
  { id }: Pick<Request, 'id'>,
  { events }: { events: Pick<StoreTransaction['events'], 'ofRequest'> },
): Promise<Passed> {
  const [broken] = await events.ofRequest(id, ['glass-broken']);
  if (broken?.type !== 'glass-broken') return { holds: new Set() };
  const { holds, frozenUntil } = broken;
  return {
    holds: new Set(holds),
    ...(frozenUntil === undefined ? {} : { frozenUntil: new Date(frozenUntil) }),
  };
}

/** Says it to everybody whom it passes over: the operators, each who could have approved, and each holder. */
export async function tellGlass(
  deps: ServiceDeps,
  tx: StoreTransaction,
  environment: EnvironmentSite,
  request: Request,
  actor: Actor,
): Promise<void> {
  const { requestedBy, terms } = request;
  const now = deps.now();
  const holds = await tx.holds.standing(now, environment.name);
  const at = later(now, request.startAt);
  // Whoever has it hold is passed over as well, except by themselves.
  const others = holds.filter((hold) => hold.by !== requestedBy);
  const met = hindrancesOf(deps.site, environment, { requestedBy, at }, others);
  const freeze = met.find(({ kind }) => kind === 'freeze');
  const told = new Set([
    ...approversFor(deps.site, environment, requestedBy, terms.stages).map(({ id }) => id),
    ...others.map((hold) => hold.by),
  ]);
  await record(
    tx,
    {
      type: 'glass-broken',
      reason: request.reason,
      passed: met.slice(0, 10).map(({ why }) => why),
      holds: holds.map(({ id }) => id),
      ...(freeze === undefined ? {} : { frozenUntil: freeze.until.toISOString() }),
      ...by(request, actor),
    },
    [...told].filter((id) => personOf(deps.site, id) !== undefined),
  );
}
