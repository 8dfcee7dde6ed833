import { isFreshetError } from '../../domain/errors.ts';
import type { ApprovalStanding } from '../../domain/policy/stages.ts';
import { boundSchedule } from '../../domain/schedule/bound.ts';
import type { Schedule, ScheduleRecord, Slot } from '../../domain/schedule/schedule.ts';
import { slotsAfter } from '../../domain/schedule/timing.ts';
import type { ServiceDeps } from '../deps.ts';
import { allSchedules, scheduleNamed, type KnownSchedule } from '../standing/known.ts';
import { endOf, standingOf } from '../standing/standing.ts';

/** Everything that is shown of a schedule. */
export type ScheduleView = {
  schedule: Schedule;
  /** The site file declares it: there it is changed and removed. */
  declared: boolean;
  paused?: NonNullable<ScheduleRecord['paused']>;
  /** The next times, without the one that is left out; none while it is paused or rests. */
  next: readonly Date[];
  skips?: Date;
  last?: Slot;
  /** Its environment is protected: how far its standing approval is, until when it lasts, and what it is given to. */
  approval?: { standing: ApprovalStanding; until?: Date; digest: string };
  /** Why it can't run by the site of this moment. */
  fault?: string;
};

const shownTimes = 3;

/** All schedules, by name. */
export async function listSchedules(deps: ServiceDeps): Promise<ScheduleView[]> {
  const { known } = await allSchedules(deps);
  return known.map((one) => viewOf(deps, one));
}

export async function showSchedule(deps: ServiceDeps, name: string): Promise<ScheduleView> {
  return viewOf(deps, await scheduleNamed(deps, name));
}

function viewOf(deps: ServiceDeps, { schedule, declared, kept }: KnownSchedule): ScheduleView {
  const now = deps.now();
  const { paused, skips } = kept?.record ?? {};
  const rests = paused !== undefined || !schedule.enabled;
  const ahead = rests ? [] : slotsAfter(schedule, now, shownTimes + 1);
  const left = skips !== undefined && skips > now ? skips : undefined;
  return {
    schedule,
    declared,
    ...(paused === undefined ? {} : { paused }),
    next: ahead.filter((slot) => slot.getTime() !== left?.getTime()).slice(0, shownTimes),
    ...(left === undefined || rests ? {} : { skips: left }),
    ...(kept?.last === undefined ? {} : { last: kept.last }),
    ...approvalOf(deps, schedule, kept?.approvals ?? [], now),
  };
}

function approvalOf(
  deps: ServiceDeps,
  schedule: Schedule,
  approvals: NonNullable<KnownSchedule['kept']>['approvals'],
  now: Date,
): Pick<ScheduleView, 'approval' | 'fault'> {
  try {
    const bound = boundSchedule(deps.site, schedule);
    if (!bound.environment.protected) return {};
    const standing = standingOf(deps.site, bound, approvals, now);
    const until = endOf(standing, approvals);
    return { approval: { standing, digest: bound.digest, ...(until === undefined ? {} : { until }) } };
  } catch (error) {
    if (!isFreshetError(error)) throw error;
    return { fault: error.message };
  }
}
