import { conflict, nearest, notFound } from '../../domain/errors.ts';
import { cut, meant } from '../../domain/lookup.ts';
import type { Actor } from '../../domain/person.ts';
import type { Schedule } from '../../domain/schedule/schedule.ts';
import type { Site } from '../../domain/site.ts';
import { scheduleWords } from '../../domain/words.ts';
import type { KeptSchedule, StoreTransaction } from '../../store/store.ts';
import type { ServiceDeps } from '../deps.ts';

/** A schedule as it is defined now, and what is kept of it; nothing is until it was looked at once. */
export type KnownSchedule = { schedule: Schedule; declared: boolean; kept?: KeptSchedule };

/** What a schedule is: the site file goes before what people made. */
export function definitionOf(site: Site, name: string, kept: KeptSchedule | undefined): Schedule | undefined {
  return isDeclared(site, name) ? site.schedules[name] : kept?.record.schedule;
}

/** Whether the site file declares it. */
export function isDeclared(site: Site, name: string): boolean {
  return Object.hasOwn(site.schedules, name);
}

/** All schedules by name, and the names of those that were kept of a site file that does not declare them any more. */
export async function allSchedules(
  deps: ServiceDeps,
): Promise<{ known: KnownSchedule[]; gone: KeptSchedule[] }> {
  const kept = new Map((await deps.store.schedules.all()).map((one) => [one.record.name, one]));
  const names = [...new Set([...Object.keys(deps.site.schedules), ...kept.keys()])].sort();
  const known: KnownSchedule[] = [];
  const gone: KeptSchedule[] = [];
  for (const name of names) {
    const one = kept.get(name);
    const schedule = definitionOf(deps.site, name, one);
    if (schedule === undefined) gone.push(one!);
    else
      known.push({
        schedule,
        declared: isDeclared(deps.site, name),
        ...(one === undefined ? {} : { kept: one }),
      });
  }
  return { known, gone };
}

/** The schedule of that name, or `NotFound` (code `schedule-unknown`) with the nearest name. */
export async function scheduleNamed(deps: ServiceDeps, name: string): Promise<KnownSchedule> {
  const { known } = await allSchedules(deps);
  const found = known.find(({ schedule }) => schedule.name === name);
  if (found !== undefined) return found;
  const names = known.map(({ schedule }) => schedule.name);
  throw notFound(
    'schedule-unknown',
    `There is no schedule "${cut(name)}"; /refresh schedule lists those there are.`,
    nearest(name, names) === undefined && nearest(name, scheduleWords) !== undefined
      ? meant(name, scheduleWords)
      : meant(name, names),
    { field: 'name' },
  );
}

/**
 * A schedule as it is defined now and what is kept of it, with its row locked. Of one that the site file declares it is begun where nothing is
 * kept: from `now` on its slots count. Undefined: somebody has removed it since it was seen.
 */
export async function lockSchedule(
  tx: StoreTransaction,
  site: Site,
  name: string,
  now: Date,
): Promise<{ schedule: Schedule; kept: KeptSchedule } | undefined> {
  let kept = await tx.schedules.lock(name);
  if (kept === undefined && isDeclared(site, name)) {
    await tx.schedules.add({ name, since: now });
    kept = await tx.schedules.lock(name);
  }
  const schedule = definitionOf(site, name, kept);
  return schedule === undefined || kept === undefined ? undefined : { schedule, kept };
}

/** Refuses what came too late. */
export function scheduleGone(name: string) {
  return conflict(
    'schedule-gone',
    `Schedule "${name}" was removed meanwhile.`,
    '/refresh schedule lists those there are.',
    { field: 'name' },
  );
}

/** The part of an event that says which schedule it is of, whose that is, and who did it. */
export function about(schedule: Pick<Schedule, 'name' | 'owner'>, actor?: Actor) {
  return {
    schedule: schedule.name,
    owner: schedule.owner,
    ...(actor === undefined ? {} : { actor: actor.person.id, front: actor.front }),
  };
}
