import { assertMayDecide, assertMayDecideNow } from '../../domain/deciding.ts';
import { conflict } from '../../domain/errors.ts';
import { cut } from '../../domain/lookup.ts';
import type { Actor } from '../../domain/person.ts';
import { standingText } from '../../domain/policy/words.ts';
import { boundSchedule } from '../../domain/schedule/bound.ts';
import { untilFrom } from '../../domain/schedule/until.ts';
import type { ServiceDeps } from '../deps.ts';
import { record as tell } from '../effects.ts';
import { attemptsRecorded } from '../refusals.ts';
import { about, scheduleGone, scheduleNamed } from '../standing/known.ts';
import { review } from './review.ts';
import { standingOf } from '../standing/standing.ts';

export type StandingYes = {
  name: string;
  /** As people say it; empty: as long as is usual. */
  until: string;
  /** What the decider saw; absent where it was typed (then the newest is meant). */
  digest?: string;
};

/**
 * A yes to all runs of a schedule until a day, by somebody who may approve each of them; never by the owner. It counts for exactly what
 * the schedule is now. Where a request takes several yeses, so does this.
 */
export async function approveSchedule(deps: ServiceDeps, actor: Actor, yes: StandingYes): Promise<void> {
  const what = `approving the runs of schedule "${cut(yes.name)}"`;
  await attemptsRecorded(deps, actor, what, () => approve(deps, actor, yes));
}

async function approve(
  deps: ServiceDeps,
  { person, front }: Actor,
  { name, until: text, digest: seen }: StandingYes,
): Promise<void> {
  const { site } = deps;
  const { schedule, kept } = await scheduleNamed(deps, name);
  const now = deps.now();
  const bound = boundSchedule(site, schedule);
  const { environment, digest } = bound;
  if (!environment.protected) {
    throw conflict(
      'schedule-open',
      `Schedule "${name}" is for "${environment.name}", which needs no approval.`,
      `/refresh schedule ${name} shows its next times.`,
      { field: 'name' },
    );
  }
  const decided = {
    id: `schedule "${name}"`,
    environment: environment.name,
    requestedBy: schedule.owner,
    terms: bound.bound.terms,
  };
  assertMayDecide(site, decided, environment, person);
  if (seen !== undefined && seen !== digest) {
    throw conflict(
      'approval-outdated',
      `Schedule "${name}" has changed since you saw it; a decision counts only for exactly what was shown.`,
      `/refresh schedule ${name} shows it as it is now.`,
      { field: 'name' },
    );
  }
  const mostSeconds = environment.standingApprovalSeconds;
  const until = untilFrom(text, { now, timeZone: schedule.timeZone, mostSeconds });
  await review(deps, schedule, kept);
  await deps.store.write(async (tx) => {
    const locked = await tx.schedules.lock(name);
    if (locked === undefined) throw scheduleGone(name);
    const standing = standingOf(site, bound, locked.approvals, now);
    const { stage } = assertMayDecideNow(site, decided, standing, person, 'approved');
    const yes = { by: person.id, front, digest, stage: stage.name, at: now, until } as const;
    await tx.schedules.approve(name, { decision: 'approved', ...yes });
    const reached = standingOf(site, bound, (await tx.schedules.lock(name))!.approvals, now);
    const needs = reached.open === undefined ? {} : { needs: standingText(reached) };
    await tell(tx, {
      type: 'schedule-approved',
      digest,
      until: until.toISOString(),
      ...needs,
      ...about(schedule, { person, front }),
    });
  });
}
