import { assertMayDecide } from '../../domain/deciding.ts';
import { conflict } from '../../domain/errors.ts';
import { cut } from '../../domain/lookup.ts';
import type { Actor } from '../../domain/person.ts';
import { boundSchedule } from '../../domain/schedule/bound.ts';
import type { ServiceDeps } from '../deps.ts';
import { record as tell } from '../effects.ts';
import { assertReason } from '../reason.ts';
import { attemptsRecorded } from '../refusals.ts';
import { about, scheduleNamed } from '../standing/known.ts';

/** Takes back what was said to all runs of a schedule, by anybody who may approve them: each asks again. */
export async function rejectSchedule(
  deps: ServiceDeps,
  actor: Actor,
  name: string,
  reason: string,
): Promise<void> {
  const what = `taking back the approval of schedule "${cut(name)}"`;
  await attemptsRecorded(deps, actor, what, () => reject(deps, actor, name, reason));
}

async function reject(deps: ServiceDeps, actor: Actor, name: string, reason: string): Promise<void> {
  assertReason(reason);
  const { schedule } = await scheduleNamed(deps, name);
  const { environment, bound } = boundSchedule(deps.site, schedule);
  const decided = {
    id: `schedule "${name}"`,
    environment: environment.name,
    requestedBy: schedule.owner,
    terms: bound.terms,
  };
  assertMayDecide(deps.site, decided, environment, actor.person);
  await deps.store.write(async (tx) => {
    const locked = await tx.schedules.lock(name);
    if (locked === undefined || locked.approvals.length === 0) {
      throw conflict(
        'schedule-state',
        `Schedule "${name}" has no standing approval; nothing was changed.`,
        `/refresh schedule ${name} shows how it stands.`,
        { field: 'name' },
      );
    }
    await tx.schedules.voidApprovals(name, deps.now());
    const why = `${actor.person.name} took it back${reason === '' ? '.' : `: ${reason}`}`;
    await tell(tx, { type: 'schedule-approval-ended', why, ...about(schedule, actor) });
  });
}
