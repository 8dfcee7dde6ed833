import { isFreshetError } from '../../domain/errors.ts';
import { approvalStanding, type ApprovalStanding } from '../../domain/policy/stages.ts';
import { listed } from '../../domain/policy/words.ts';
import type { Request } from '../../domain/request.ts';
import { boundSchedule } from '../../domain/schedule/bound.ts';
import type { BoundSchedule, Schedule, StandingApproval } from '../../domain/schedule/schedule.ts';
import type { Site } from '../../domain/site.ts';
import { startText } from '../../domain/start.ts';
import type { ServiceDeps } from '../deps.ts';
import { definitionOf } from './known.ts';

/** How far the standing approval of a schedule is: by the people and rules of this moment, and only what has not ended. */
export function standingOf(
  site: Site,
  { bound, digest }: { bound: BoundSchedule; digest: string },
  approvals: readonly StandingApproval[],
  now: Date,
): ApprovalStanding {
  const { owner, wish } = bound.schedule;
  const subject = { environment: wish.environment, requestedBy: owner, digest, terms: bound.terms };
  return approvalStanding(
    site,
    subject,
    approvals.filter(({ until }) => until > now),
  );
}

/** When the first of the yeses that count ends: with it ends the whole. */
export function endOf(standing: ApprovalStanding, approvals: readonly StandingApproval[]): Date | undefined {
  const counted = new Set(standing.stages.flatMap(({ by }) => by.map(({ id }) => id)));
  const ends = approvals.filter(({ by }) => counted.has(by)).map(({ until }) => until.getTime());
  return ends.length === 0 ? undefined : new Date(Math.min(...ends));
}

/** `the standing approval of schedule "nightly-uat" by Quinn, until 31 Dec 2026, 00:00 (Europe/Berlin)`, as a request keeps it. */
export function standingWords(
  schedule: Pick<Schedule, 'name' | 'timeZone'>,
  standing: ApprovalStanding,
  until: Date,
): string {
  const names = listed(standing.stages.flatMap(({ by }) => by.map(({ name }) => name)));
  return `the standing approval of schedule "${schedule.name}" by ${names}, until ${startText(until, schedule.timeZone)}`;
}

/** Why a request that a schedule's own approval let through may not start now; undefined where it still holds. */
export async function standingObjection(
  deps: ServiceDeps,
  request: Request,
): Promise<{ why: string; ofPeople?: true } | undefined> {
  const { schedule: of } = request;
  if (of === undefined) return { why: 'It was never approved.' };
  const kept = await deps.store.schedules.get(of.name);
  const schedule = definitionOf(deps.site, of.name, kept);
  const name = `schedule "${of.name}"`;
  if (schedule === undefined || kept === undefined)
    return { why: `It was approved with ${name}, which is gone.` };
  try {
    const now = boundSchedule(deps.site, schedule);
    if (now.digest !== of.digest || schedule.owner !== request.requestedBy)
      return {
        why: `It was approved with ${name}, which has changed since, or what it is approved under has.`,
      };
    const standing = standingOf(deps.site, now, kept.approvals, deps.now());
    if (standing.open === undefined) return undefined;
    return {
      ofPeople: true,
      why: `The standing approval of ${name} has ended, or whoever gave it may not approve any more.`,
    };
  } catch (error) {
    if (!isFreshetError(error)) throw error;
    return { why: error.message };
  }
}
