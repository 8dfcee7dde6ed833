import { createHash } from 'node:crypto';
import { canonical } from '../canonical.ts';
import { environmentNamed, placementOf, takerOf } from '../lookup.ts';
import { hooksBound, hooksOf } from '../hook.ts';
import { neutralisingBound } from '../neutralising.ts';
import { placeOf, readPlaceOf, repositoryPlace } from '../place.ts';
import { termsChanged, termsOf } from '../policy/terms.ts';
import { workplaceOf } from '../proving.ts';
import type { EnvironmentSite, Site } from '../site.ts';
import type { BoundSchedule, Schedule } from './schedule.ts';

/** What a schedule comes to by the site of this moment. Throws `NotFound` where its environment or a database is gone. */
export function boundSchedule(
  site: Site,
  whole: Schedule,
): { environment: EnvironmentSite; bound: BoundSchedule; digest: string } {
  const { enabled: _enabled, reason: _reason, ...schedule } = whole;
  const environment = environmentNamed(site, schedule.wish.environment);
  const bound =
    schedule.wish.kind === 'take'
      ? takesBound(site, environment, schedule)
      : refreshesBound(site, environment, schedule);
  return { environment, bound, digest: digestOfSchedule(bound) };
}

/** Nothing is changed where it is read, so nothing but the place counts, and where it goes. */
function takesBound(
  site: Site,
  environment: EnvironmentSite,
  schedule: BoundSchedule['schedule'],
): BoundSchedule {
  const taker = takerOf(site, environment.name);
  const into = `${taker.name} ${repositoryPlace(site, taker)}`;
  const targets = schedule.wish.databases.map((name) => {
    const placement = workplaceOf(site, 'take', environment, name);
    const { database, server, databaseName, target } = placement;
    const options = readPlaceOf(site, placement);
    return { database, server, databaseName, target, scripts: [], into, options };
  });
  return { schedule, targets, terms: termsOf(site, environment, 'take', []) };
}

function refreshesBound(
  site: Site,
  environment: EnvironmentSite,
  schedule: BoundSchedule['schedule'],
): BoundSchedule {
  // Which backups will come nobody knows yet: where raw ones may, it is approved as if they did.
  const rawFrom = environment.accepts.includes('raw')
    ? Object.values(site.repositories).map((repository) => repository.environment)
    : [];
  return {
    schedule,
    targets: schedule.wish.databases.map((name) => {
      const placement = placementOf(environment, name);
      const { database, server, databaseName, target, scripts } = placement;
      const options = placeOf(site, environment, placement);
      return {
        database,
        server,
        databaseName,
        target,
        scripts: scripts.map(({ sha256 }) => sha256),
        ...neutralisingBound(placement),
        options,
      };
    }),
    terms: termsOf(site, environment, 'request', rawFrom),
    ...hooksBound(hooksOf(environment, schedule.wish)),
  };
}

/** SHA-256 in hex over the canonical JSON of it. */
export function digestOfSchedule(bound: BoundSchedule): string {
  return createHash('sha256').update(canonical(bound)).digest('hex');
}

/** What of a schedule is not as it was, in plain words; undefined where all is. */
export function scheduleChanged(then: BoundSchedule, now: BoundSchedule): string | undefined {
  if (canonical(then) === canonical(now)) return undefined;
  const differs = (key: keyof BoundSchedule['schedule']) =>
    canonical(then.schedule[key]) !== canonical(now.schedule[key]);
  const changes = [
    differs('cron') || differs('timeZone') ? 'when it runs' : undefined,
    differs('wish') ? 'what it asks for' : undefined,
    differs('owner') ? 'who stands behind it' : undefined,
    differs('catchUpSeconds') ? 'how late it may still run' : undefined,
    canonical(then.targets) === canonical(now.targets)
      ? undefined
      : 'where its databases live and how they are treated, or the scripts and packs that are run there',
    canonical(then.hooks) === canonical(now.hooks) ? undefined : 'what is called after its swaps',
  ].filter((one) => one !== undefined);
  if (changes.length > 0) return `It has changed since: ${changes.join('; ')}.`;
  return termsChanged(now.schedule.wish.environment, then.terms, now.terms);
}
