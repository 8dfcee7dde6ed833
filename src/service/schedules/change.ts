import { assertMayTendSchedule } from '../../domain/schedule/access.ts';
import { conflict } from '../../domain/errors.ts';
import type { NewEvent } from '../../domain/event.ts';
import type { Actor } from '../../domain/person.ts';
import type { Request } from '../../domain/request.ts';
import { boundSchedule } from '../../domain/schedule/bound.ts';
import type { Schedule, ScheduleRecord } from '../../domain/schedule/schedule.ts';
import { slotsAfter } from '../../domain/schedule/timing.ts';
import type { ServiceDeps } from '../deps.ts';
import { record as tell } from '../effects.ts';
import { askFor } from './ask-for.ts';
import { about, lockSchedule, scheduleGone, scheduleNamed } from '../standing/known.ts';

/** Removes a schedule of a person; what it asked for stays. */
export async function removeSchedule(deps: ServiceDeps, actor: Actor, name: string): Promise<void> {
  const { schedule, declared } = await scheduleNamed(deps, name);
  assertMayTendSchedule(deps.site, schedule, actor.person);
  if (declared) {
    throw conflict(
      'schedule-declared',
      `Schedule "${name}" is declared in the site file; it can only be removed there.`,
      `/refresh schedule pause ${name} keeps it from running.`,
      { field: 'name' },
    );
  }
  await deps.store.write(async (tx) => {
    // As it is now: one of the same name may have taken its place, and be somebody else's.
    const locked = await lockSchedule(tx, deps.site, name, deps.now());
    if (locked === undefined) throw scheduleGone(name);
    assertMayTendSchedule(deps.site, locked.schedule, actor.person);
    await tx.schedules.remove(name);
    await tell(tx, { type: 'schedule-removed', ...about(locked.schedule, actor) });
  });
}

/** No slot counts until somebody resumes it. */
export async function pauseSchedule(deps: ServiceDeps, actor: Actor, name: string): Promise<void> {
  await change(deps, actor, name, (record, schedule) => {
    if (record.paused !== undefined)
      throw stands(name, 'is paused already', `/refresh schedule resume ${name}`);
    const paused = { at: deps.now(), by: actor.person.id };
    return [
      { ...record, paused },
      { type: 'schedule-paused', ...about(schedule, actor) },
    ];
  });
}

/** From now on its slots count again; those that passed meanwhile are not caught up with. */
export async function resumeSchedule(deps: ServiceDeps, actor: Actor, name: string): Promise<void> {
  await change(deps, actor, name, ({ paused, ...record }, schedule) => {
    if (paused === undefined)
      throw stands(name, 'is not paused', `/refresh schedule ${name} shows its next times.`);
    const resumed = { ...record, since: deps.now(), failures: 0 };
    return [resumed, { type: 'schedule-resumed', ...about(schedule, actor) }];
  });
}

/** Leaves out the next slot, and only that one. */
export async function skipSchedule(deps: ServiceDeps, actor: Actor, name: string): Promise<void> {
  await change(deps, actor, name, (record, schedule) => {
    const [skips] =
      record.paused === undefined && schedule.enabled ? slotsAfter(schedule, deps.now(), 1) : [];
    if (skips === undefined)
      throw stands(name, 'has no next time', `/refresh schedule ${name} shows how it stands.`);
    const slot = skips.toISOString();
    return [
      { ...record, skips },
      { type: 'schedule-skips', slot, ...about(schedule, actor) },
    ];
  });
}

function stands(name: string, how: string, hint: string) {
  return conflict('schedule-state', `Schedule "${name}" ${how}; nothing was changed.`, hint, {
    field: 'name',
  });
}

async function change(
  deps: ServiceDeps,
  actor: Actor,
  name: string,
  work: (record: ScheduleRecord, schedule: Schedule) => [ScheduleRecord, NewEvent],
): Promise<void> {
  await scheduleNamed(deps, name);
  await deps.store.write(async (tx) => {
    const locked = await lockSchedule(tx, deps.site, name, deps.now());
    if (locked === undefined) throw scheduleGone(name);
    const { schedule, kept } = locked;
    assertMayTendSchedule(deps.site, schedule, actor.person);
    const [next, event] = work(kept.record, schedule);
    await tx.schedules.update(next);
    await tell(tx, event);
  });
}

/**
 * Asks now for what a schedule asks for. It is a request of whoever says so, as any other: the standing approval is for the times of the
 * schedule, and this is none of them.
 */
export async function runSchedule(deps: ServiceDeps, actor: Actor, name: string): Promise<Request> {
  const { schedule } = await scheduleNamed(deps, name);
  assertMayTendSchedule(deps.site, schedule, actor.person);
  const { digest } = boundSchedule(deps.site, schedule);
  return askFor(deps, actor, schedule, { schedule: { name, digest } });
}
