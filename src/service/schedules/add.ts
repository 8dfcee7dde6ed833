import { assertMayAsk } from '../../domain/access.ts';
import { assertMaySchedule } from '../../domain/schedule/access.ts';
import { conflict, inputError } from '../../domain/errors.ts';
import { cut, environmentNamed } from '../../domain/lookup.ts';
import type { Actor } from '../../domain/person.ts';
import { workplaceOf } from '../../domain/proving.ts';
import { boundSchedule } from '../../domain/schedule/bound.ts';
import {
  usualCatchUpSeconds,
  whatOf,
  type Schedule,
  type ScheduledWish,
} from '../../domain/schedule/schedule.ts';
import { cronFault, plainCron } from '../../domain/schedule/timing.ts';
import { isScheduleWord } from '../../domain/words.ts';
import { isZoneName } from '../../domain/zone.ts';
import type { ServiceDeps } from '../deps.ts';
import { record as tell } from '../effects.ts';
import { assertReason } from '../reason.ts';
import { about, isDeclared } from '../standing/known.ts';

/** A schedule as somebody words it. */
export type NewSchedule = {
  name: string;
  cron: string;
  /** By default that of the environment. */
  timeZone?: string;
  /** By default a refresh. */
  kind?: ScheduledWish['kind'];
  environment: string;
  databases: readonly string[];
  reason: string;
};

/** How many people may make: each is looked at again and again. */
const mostSchedules = 200;

/** Makes a schedule that the actor stands behind. */
export async function addSchedule(deps: ServiceDeps, actor: Actor, wanted: NewSchedule): Promise<void> {
  const { site } = deps;
  const environment = environmentNamed(site, wanted.environment);
  const { kind = 'refresh' } = wanted;
  assertMayAsk(site, environment, actor.person, { kind });
  assertMaySchedule(site, environment, actor.person, kind);
  assertReason(wanted.reason);
  assertName(deps, wanted.name);
  const timeZone = wanted.timeZone ?? environment.timeZone;
  if (!isZoneName(timeZone)) {
    throw inputError(
      'zone-unknown',
      `"${cut(timeZone)}" is no time zone; expected a name such as "Europe/Berlin" or "UTC".`,
      `Leave it out for that of "${environment.name}": ${environment.timeZone}.`,
      { field: 'zone' },
    );
  }
  const cron = plainCron(wanted.cron);
  const fault = cronFault(cron);
  if (fault !== undefined) {
    throw inputError(
      'cron-invalid',
      `"${cut(cron)}" is no time to run at: ${fault}; expected a cron expression such as "0 3 * * mon-fri".`,
      'The fields are minute, hour, day of the month, month and weekday, in quotes.',
      { field: 'cron' },
    );
  }
  const databases = [...new Set(wanted.databases)];
  for (const database of databases) workplaceOf(site, kind, environment, database);
  const schedule: Schedule = {
    name: wanted.name,
    cron,
    timeZone,
    wish: { kind, environment: environment.name, databases },
    reason: wanted.reason,
    owner: actor.person.id,
    catchUpSeconds: usualCatchUpSeconds,
    enabled: true,
  };
  const { bound, digest } = boundSchedule(site, schedule);
  if ((await deps.store.schedules.all()).length >= mostSchedules) {
    throw conflict(
      'schedules-too-many',
      `There are ${mostSchedules} schedules already; no more are kept.`,
      '/refresh schedule remove NAME, or declare it in the site file.',
    );
  }
  await deps.store.write(async (tx) => {
    if (!(await tx.schedules.add({ name: schedule.name, schedule, since: deps.now(), bound })))
      throw taken(schedule.name);
    await tell(tx, {
      type: 'schedule-added',
      ...about(schedule, actor),
      what: whatOf(schedule),
      cron,
      timeZone,
      needsApproval: environment.protected,
      digest,
    });
  });
}

function assertName(deps: ServiceDeps, name: string): void {
  if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(name) || name.length > 40 || isScheduleWord(name)) {
    throw inputError(
      'schedule-name',
      `"${cut(name)}" is no name for a schedule; expected lower-case letters, digits and single hyphens, at most 40, and no word of the command.`,
      'Such as --name nightly-ci',
      { field: 'name' },
    );
  }
  if (isDeclared(deps.site, name)) throw taken(name);
}

function taken(name: string) {
  return conflict(
    'schedule-name-taken',
    `There is a schedule "${name}" already; each has a name of its own.`,
    `/refresh schedule remove ${name}, or another name.`,
    { field: 'name' },
  );
}
