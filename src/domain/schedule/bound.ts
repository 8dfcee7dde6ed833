import { createHash } from 'node:crypto';
import { canonical } from '../canonical.ts';
import { environmentNamed, placementOf } from '../lookup.ts';
import { placeOf } from '../place.ts';
import { termsChanged, termsOf } from '../policy/terms.ts';
import type { EnvironmentSite, Site } from '../site.ts';
import type { BoundSchedule, Schedule } from './schedule.ts';

/** What a schedule comes to by the site of this moment. Throws `NotFound` where its environment or a database is gone. */
export function boundSchedule(
  site: Site,
  whole: Schedule,
): { environment: EnvironmentSite; bound: BoundSchedule; digest: string } {
  const { enabled: _enabled, reason: _reason, ...schedule } = whole;
  const environment = environmentNamed(site, schedule.wish.environment);
  // Which backups will come nobody knows yet: where raw ones may, it is approved as if they did.
  const rawFrom = environment.accepts.includes('raw')
    ? Object.values(site.repositories).map((repository) => repository.environment)
    : [];
  const bound = {
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
        options,
      };
    }),
    terms: termsOf(site, environment, 'request', rawFrom),
  };
  const digest = digestOfSchedule(bound);
  return { environment, bound, digest };
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
      : 'where its databases live and how they are treated, or the scripts that are run there',
  ].filter((one) => one !== undefined);
  if (changes.length > 0) return `It has changed since: ${changes.join('; ')}.`;
  return termsChanged(now.schedule.wish.environment, then.terms, now.terms);
}
