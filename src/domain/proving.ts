import { durationText } from './amounts.ts';
import { isUsable, newestFirst, type Backup } from './backup.ts';
import { conflict } from './errors.ts';
import { placementOf } from './lookup.ts';
import { factsOf, type RequestKind } from './request-kinds.ts';
import type { EnvironmentSite, Placement, Site } from './site.ts';

/** Where a backup of a database is restored to be proven, or `Conflict` (code `proves-nowhere`). */
export function provingPlacement(site: Site, database: string): Placement {
  const { engine, proof } = site.databases[database] ?? {};
  const server = Object.values(site.servers).find((one) => one.engine === engine && one.proves !== undefined);
  if (server?.proves === undefined) {
    throw conflict(
      'proves-nowhere',
      `No server proves backups of "${database}".`,
      `Set \`proves\` of a "${engine ?? ''}" server in the site file.`,
      { field: 'backup' },
    );
  }
  const { databaseName, target, jobs } = server.proves;
  return {
    database,
    server: server.name,
    databaseName,
    target,
    scripts: [],
    minimumRows: proof?.minimumRows ?? {},
    sentinels: proof?.sentinels ?? [],
    jobs,
  };
}

/** Where a request of this kind works on a database. */
export function workplaceOf(
  site: Site,
  kind: RequestKind,
  environment: EnvironmentSite,
  database: string,
): Placement {
  const { works } = factsOf(kind);
  if (works === 'proof') return provingPlacement(site, database);
  if (works === 'target' || environment.reads === undefined) return placementOf(environment, database);
  return placementOf({ ...environment, databases: environment.reads }, database);
}

/** Failures that are the backup's own fault, of tools and of what is verified. Any other may be that of the proving host. */
const ofTheBackup: readonly string[] = [
  'archive-corrupt',
  'archive-swells',
  'archive-truncated',
  'archive-unknown',
  'backup-changed',
  'command-failed',
  'constraint-violated',
  'digest-differs',
  'encoding-invalid',
  'index-invalid',
  'key-broken',
  'number-behind',
  'odd-file',
  'restrict-malformed',
  'restricted-command',
  'rows-missing',
  'sentinel-differs',
  'sentinel-failed',
  'sequence-behind',
  'source-differs',
  'table-missing',
];

/** Whether a proof that failed so, in a step of this stage, speaks against the backup. */
export function speaksAgainst(stage: string, code: string): boolean {
  return ['fetch', 'load', 'verify'].includes(stage) && ofTheBackup.includes(code);
}

/**
 * The backup that is proven next, of those of one database in one repository: the newest that can be restored. Undefined where one was
 * tried within the last `everySeconds`, or none is there. `askedAt`: when a proof was asked for last, whatever came of it.
 */
export function dueForProof(
  backups: readonly Backup[],
  { everySeconds, now, askedAt }: { everySeconds: number; now: Date; askedAt?: Date },
): Backup | undefined {
  const tried = [askedAt, ...backups.flatMap(({ verifiedAt, unprovenAt }) => [verifiedAt, unprovenAt])];
  const last = Math.max(...tried.map((at) => at?.getTime() ?? -Infinity));
  if (now.getTime() - last < everySeconds * 1000) return undefined;
  return backups.filter(isUsable).toSorted(newestFirst)[0];
}

/** `proven 2 h ago`, `could not be restored 3 d ago`; undefined where nobody has tried. */
export function proofText(
  { verifiedAt, unprovenAt }: Pick<Backup, 'verifiedAt' | 'unprovenAt'>,
  now: Date,
): string | undefined {
  const ago = (at: Date) => `${durationText(Math.max(60, (now.getTime() - at.getTime()) / 1000))} ago`;
  if (unprovenAt !== undefined) return `proof failed ${ago(unprovenAt)}`;
  return verifiedAt === undefined ? undefined : `proven ${ago(verifiedAt)}`;
}
