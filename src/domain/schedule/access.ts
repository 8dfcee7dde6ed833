import { assertTarget, may, takesText, whomToAsk } from '../access.ts';
import { forbidden } from '../errors.ts';
import type { Person } from '../person.ts';
import { factsOf } from '../request-kinds.ts';
import type { EnvironmentSite, Site } from '../site.ts';
import type { Schedule, ScheduledWish } from './schedule.ts';

/** Refuses production as a target, and people who may not make schedules for this environment. */
export function assertMaySchedule(
  site: Site,
  environment: EnvironmentSite,
  person: Person,
  kind: ScheduledWish['kind'],
): void {
  if (factsOf(kind).works === 'target') assertTarget(environment);
  if (may(site, 'schedule', environment.name, person)) return;
  throw forbidden(
    'schedule-not-allowed',
    `${person.name} may not make schedules for "${environment.name}"; ${takesText(site, 'schedule', environment.name)}.`,
    whomToAsk(site, 'schedule', environment.name),
    { field: 'environment' },
  );
}

/** Refuses everybody but the owner of a schedule and whoever may make some for its environment. */
export function assertMayTendSchedule(
  site: Site,
  { name, owner, wish: { environment } }: Schedule,
  person: Person,
): void {
  if (person.id === owner || may(site, 'schedule', environment, person)) return;
  throw forbidden(
    'schedule-not-allowed',
    `${person.name} may not change schedule "${name}"; the owner may, or ${takesText(site, 'schedule', environment)}.`,
    'Ask one of them.',
    { field: 'name' },
  );
}
