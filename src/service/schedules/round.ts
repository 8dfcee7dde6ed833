import { assertMaySchedule } from '../../domain/schedule/access.ts';
import { conflict, forbidden, isFreshetError, unavailable } from '../../domain/errors.ts';
import { openStates } from '../../domain/request.ts';
import { boundSchedule } from '../../domain/schedule/bound.ts';
import type { Schedule, StandingApproval } from '../../domain/schedule/schedule.ts';
import { slotsBetween } from '../../domain/schedule/timing.ts';
import { personOf, theSite } from '../../domain/site.ts';
import type { KeptSchedule } from '../../store/store.ts';
import type { ServiceDeps } from '../deps.ts';
import { record as tell } from '../effects.ts';
import { later } from '../lapse.ts';
import type { Occasion } from '../asking/requests.ts';
import { askFor } from './ask-for.ts';
import { about, allSchedules, isDeclared, type KnownSchedule } from '../standing/known.ts';
import { review } from './review.ts';
import { claimable, olderWhy, pass, passOlder, refuse, tellPassed, withoutPast } from './settle.ts';
import { endOf, standingOf, standingWords } from '../standing/standing.ts';

/** Slots that are older are forgotten, not counted: whatever kept them from running is known by then. */
const oldestSeconds = 7 * 86_400;

/** One round of all schedules: each slot that has come makes one request, or is said to have made none. */
export async function runSchedules(deps: ServiceDeps): Promise<void> {
  const { known, gone } = await allSchedules(deps);
  for (const one of gone) await forget(deps, one);
  for (const one of known) {
    try {
      await tend(deps, one);
    } catch (error) {
      deps.log.warn(
        { err: error, schedule: one.schedule.name },
        'a schedule could not be tended; it is tried again',
      );
    }
  }
}

/** What the site file no longer declares. */
async function forget(deps: ServiceDeps, { record }: KeptSchedule): Promise<void> {
  await deps.store.write(async (tx) => {
    if (!(await tx.schedules.remove(record.name))) return;
    const owner = record.bound?.schedule.owner ?? theSite;
    await tell(tx, { type: 'schedule-removed', ...about({ name: record.name, owner }) });
  });
}

async function tend(deps: ServiceDeps, { schedule, kept: seen }: KnownSchedule): Promise<void> {
  const kept = await review(deps, schedule, seen);
  if (kept === undefined) return;
  const { record } = kept;
  if (record.paused !== undefined) return;
  const now = deps.now();
  const oldest = new Date(now.getTime() - oldestSeconds * 1000);
  const due = slotsBetween(schedule, later(oldest, record.since), now);
  const newest = due.at(-1);
  if (newest === undefined) return;
  if (!schedule.enabled) return pass(deps, schedule, due);
  if (newest.getTime() === record.skips?.getTime())
    return pass(deps, schedule, due, { outcome: 'skipped', why: 'Somebody asked to leave it out.' });
  if (now.getTime() - newest.getTime() > schedule.catchUpSeconds * 1000)
    return pass(deps, schedule, due, { outcome: 'missed', why: 'Freshet could not ask for it in time.' });
  const { requests } = await deps.store.requests.list(
    { schedule: schedule.name, states: openStates },
    { limit: 1, offset: 0 },
  );
  const before = requests[0];
  if (before !== undefined) {
    const why = `${before.id}, which it asked for before, is still ${before.state}.`;
    return pass(deps, schedule, due, { outcome: 'skipped', why });
  }
  await ask(deps, schedule, kept.approvals, due);
}

/** Makes the one request of the newest slot, or writes down why it could not be made. */
async function ask(
  deps: ServiceDeps,
  schedule: Schedule,
  approvals: readonly StandingApproval[],
  due: readonly Date[],
): Promise<void> {
  const newest = due.at(-1)!;
  try {
    const owner = ownerOf(deps, schedule);
    const occasion = occasionOf(deps, schedule, approvals, due);
    await askFor(deps, { person: owner, front: 'rule' }, schedule, occasion);
  } catch (error) {
    if (!isFreshetError(error)) throw error;
    if (error.code === 'schedule-slot-taken') return;
    if (error.kind === 'Forbidden') assertAsked(deps);
    // A host or the catalogue will be back; until it is too late for the slot it is tried again.
    if (error.kind === 'Unavailable') throw error;
    if (['request-duplicate', 'environment-held', 'environment-frozen'].includes(error.code))
      await pass(deps, schedule, due, { outcome: 'skipped', why: error.message });
    else await refuse(deps, schedule, newest, error);
  }
}

/** Throws `Unavailable` (code `role-source-silent`) where a source of roles does not answer: what it would say is not known. */
function assertAsked({ site }: ServiceDeps): void {
  const [silent] = site.unasked ?? [];
  if (silent === undefined) return;
  throw unavailable(
    'role-source-silent',
    `Who holds the role "${silent.role}" can't be told: ${silent.source} could not be asked.`,
    'It is tried again; npx freshet check tells what is wrong with the source.',
  );
}

/** Who stands behind it, as long as they are known and may make schedules. */
function ownerOf(deps: ServiceDeps, schedule: Schedule) {
  const owner = personOf(deps.site, schedule.owner);
  if (owner === undefined) {
    throw forbidden(
      'schedule-owner-unknown',
      `Who stands behind schedule "${schedule.name}" is not in the site file any more ("${schedule.owner}").`,
      `/refresh schedule remove ${schedule.name}, and let somebody else make it anew.`,
    );
  }
  if (!isDeclared(deps.site, schedule.name))
    assertMaySchedule(deps.site, boundSchedule(deps.site, schedule).environment, owner, schedule.wish.kind);
  return owner;
}

function occasionOf(
  deps: ServiceDeps,
  schedule: Schedule,
  approvals: readonly StandingApproval[],
  due: readonly Date[],
): Occasion {
  const newest = due.at(-1)!;
  const bound = boundSchedule(deps.site, schedule);
  const standing = standingOf(deps.site, bound, approvals, deps.now());
  const until = endOf(standing, approvals);
  const stands = bound.environment.protected && standing.open === undefined && until !== undefined;
  if (!stands && approvals.length > 0) assertAsked(deps);
  return {
    schedule: { name: schedule.name, digest: bound.digest },
    ...(stands ? { standing: standingWords(schedule, standing, until) } : {}),
    async claim(tx) {
      const record = await claimable(tx, schedule.name, newest);
      const claimed =
        record !== undefined && (await tx.schedules.settle(schedule.name, { at: newest, outcome: 'asked' }));
      if (!claimed) {
        throw conflict(
          'schedule-slot-taken',
          `The time ${newest.toISOString()} of schedule "${schedule.name}" was dealt with already.`,
          `/refresh schedule ${schedule.name} shows how.`,
        );
      }
      await tx.schedules.update({ ...withoutPast(record, newest), since: newest, failures: 0 });
      await tellPassed(tx, schedule, await passOlder(tx, schedule, record, due), olderWhy);
    },
    made: (tx, id) => tx.schedules.made(schedule.name, newest, id),
  };
}
