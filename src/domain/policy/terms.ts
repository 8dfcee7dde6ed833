import type { Anonymisation } from '../backup.ts';
import type { EnvironmentSite, Site } from '../site.ts';
import { decisionsOn, type Decisions } from './rules.ts';
import { stagesOf, type Stage } from './stages.ts';

/** What an approval is given under, as far as the site file says it: part of what is approved. */
export type Terms = {
  protected: boolean;
  accepts: readonly Anonymisation[];
  /** The stages that the request needs, in order. */
  stages: readonly Stage[];
  /** Who may ask for it. */
  ask: Decisions;
  /** Who may approve. */
  approve: Decisions;
  /** By the environments that raw backups of the request were taken of: who may read these. */
  readRaw: Readonly<Record<string, Decisions>>;
};

/** The terms of this moment. `rawFrom`: the environments that raw backups of the request were taken of. */
export function termsOf(
  site: Site,
  environment: EnvironmentSite,
  kind: 'request' | 'undo',
  rawFrom: readonly string[],
): Terms {
  return {
    protected: environment.protected,
    accepts: [...environment.accepts].sort(),
    stages: stagesOf(environment, rawFrom.length > 0).map(({ name, roles, quorum, when }) => ({
      name,
      roles: roles === 'everybody' ? roles : [...roles].sort(),
      quorum,
      ...(when === undefined ? {} : { when }),
    })),
    ask: decisionsOn(site, kind, environment.name),
    approve: decisionsOn(site, 'approve', environment.name),
    readRaw: Object.fromEntries(
      [...new Set(rawFrom)].sort().map((name) => [name, decisionsOn(site, 'read-raw', name)]),
    ),
  };
}
