import { canonical } from '../../domain/canonical.ts';
import { isFreshetError } from '../../domain/errors.ts';
import { boundSchedule, digestOfSchedule, scheduleChanged } from '../../domain/schedule/bound.ts';
import type { BoundSchedule, Schedule, ScheduleRecord } from '../../domain/schedule/schedule.ts';
import { personOf, type Site } from '../../domain/site.ts';
import type { KeptSchedule } from '../../store/store.ts';
import type { ServiceDeps } from '../deps.ts';
import { record as tell } from '../effects.ts';
import { about, lockSchedule } from '../standing/known.ts';
import { standingOf } from '../standing/standing.ts';

/** How long before its end a standing approval is reminded of. */
const remindSeconds = 3 * 86_400;

/** What there is to be done about a schedule so that what is kept of it is as things stand now. */
type Review = {
  record: ScheduleRecord;
  /** Yeses that count no more: of one person, or all. */
  ended: readonly { by?: string; why: string }[];
  /** It ends soon, and nobody was told. */
  ending?: Date;
};

/**
 * Brings what is kept of a schedule to the site of this moment, and ends approvals that are over, whose givers may not give them any
 * more, or that were given to something else. Costs nothing where all is as it was. Undefined: it was removed meanwhile.
 */
export async function review(
  deps: ServiceDeps,
  seen: Schedule,
  before: KeptSchedule | undefined,
): Promise<KeptSchedule | undefined> {
  if (before !== undefined && reviewed(deps.site, seen, before, deps.now()) === undefined) return before;
  return deps.store.write(async (tx) => {
    const now = deps.now();
    const locked = await lockSchedule(tx, deps.site, seen.name, now);
    if (locked === undefined) return undefined;
    const { schedule, kept } = locked;
    const found = reviewed(deps.site, schedule, kept, now);
    if (found === undefined) return kept;
    await tx.schedules.update(found.record);
    for (const { by, why } of found.ended) {
      await tx.schedules.voidApprovals(schedule.name, now, by);
      await tell(tx, { type: 'schedule-approval-ended', why, ...about(schedule) });
    }
    if (found.ending !== undefined) {
      await tx.schedules.reminded(schedule.name, now);
      const until = found.ending.toISOString();
      await tell(tx, { type: 'schedule-approval-ending', until, ...about(schedule) });
    }
    return (await tx.schedules.lock(schedule.name))!;
  });
}

function reviewed(
  site: Site,
  schedule: Schedule,
  { record, approvals }: KeptSchedule,
  now: Date,
): Review | undefined {
  const at = boundNow(site, schedule);
  const { bound: then } = record;
  if (canonical(then ?? null) !== canonical(at.bound ?? null)) {
    const { bound: _, ...rest } = record;
    const why = at.fault ?? (then === undefined ? undefined : scheduleChanged(then, at.bound!));
    return {
      record: {
        ...rest,
        ...(at.bound === undefined ? {} : { bound: at.bound }),
        // Slots of what it was, or of nothing, are none of what it is.
        since: then !== undefined && at.bound !== undefined && sameTimes(then, at.bound) ? record.since : now,
      },
      ended: approvals.length === 0 ? [] : [{ why: why ?? 'It has changed since.' }],
    };
  }
  if (at.bound === undefined || approvals.length === 0) return undefined;
  const standing = standingOf(site, { bound: at.bound, digest: digestOfSchedule(at.bound) }, approvals, now);
  const counted = new Set(standing.stages.flatMap(({ by }) => by.map(({ id }) => id)));
  const ended = approvals.flatMap(({ by, until }) => {
    if (until <= now) return [{ by, why: 'Its time is over.' }];
    const name = personOf(site, by)?.name ?? by;
    // Roles that come from elsewhere, and can't be asked for now: that ends nothing for good.
    if ((site.unasked ?? []).length > 0) return [];
    return counted.has(by) ? [] : [{ by, why: `${name} may not approve it any more.` }];
  });
  const ending = approvals
    .filter(({ until, remindedAt, at: given }) => {
      const left = until.getTime() - now.getTime();
      // One for a few days is as new as its reminder would be.
      const long = until.getTime() - given.getTime() > 2 * remindSeconds * 1000;
      return remindedAt === undefined && long && left > 0 && left <= remindSeconds * 1000;
    })
    .map(({ until }) => until)
    .toSorted((a, b) => a.getTime() - b.getTime())[0];
  if (ended.length === 0 && ending === undefined) return undefined;
  return { record, ended, ...(ending === undefined ? {} : { ending }) };
}

function boundNow(site: Site, schedule: Schedule): { bound?: BoundSchedule; fault?: string } {
  try {
    return { bound: boundSchedule(site, schedule).bound };
  } catch (error) {
    if (isFreshetError(error)) return { fault: error.message };
    throw error;
  }
}

function sameTimes({ schedule: one }: BoundSchedule, { schedule: other }: BoundSchedule): boolean {
  return one.cron === other.cron && one.timeZone === other.timeZone;
}
