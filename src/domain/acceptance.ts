import { isUsable, type Backup } from './backup.ts';
import { conflict, forbidden, inputError, oneOf } from './errors.ts';
import type { EnvironmentSite, HostSite } from './site.ts';

/** Refuses a backup that may not go into this environment, or can't be restored. Promise 4 rests on it. */
export function assertAcceptable(
  environment: EnvironmentSite,
  host: HostSite,
  database: string,
  backup: Backup,
): asserts backup is Backup & { checksum: string } {
  assertRestorable(database, backup);
  const isOwn = backup.takenBy !== undefined && backup.environment === environment.name;
  assertKindAccepted(environment, host, backup, isOwn);
}

/** Refuses a backup that can't be restored, wherever it is to go. */
export function assertRestorable(
  database: string,
  backup: Backup,
): asserts backup is Backup & { checksum: string } {
  const other = `/backups ${database} lists what there is.`;
  if (backup.database !== database) {
    throw inputError(
      'backup-other-database',
      `Backup ${backup.id} is of "${backup.database}"; asked for was "${database}".`,
      other,
      { field: 'backup' },
    );
  }
  if (backup.state === 'corrupt') {
    throw conflict(
      'backup-corrupt',
      `Backup ${backup.id} is corrupt (${backup.stateReason ?? 'it could not be read to its end'}); only whole backups are restored.`,
      other,
      { field: 'backup' },
    );
  }
  if (backup.state === 'missing') {
    throw conflict(
      'backup-missing',
      `Backup ${backup.id} is gone from repository "${backup.repository}"; only present backups are restored.`,
      other,
      { field: 'backup' },
    );
  }
  if (!isUsable(backup)) {
    throw conflict(
      'backup-unread',
      `Backup ${backup.id} has not been read to its end yet; only backups that were are restored.`,
      'Try again in some minutes.',
      { field: 'backup' },
    );
  }
}

/** Refuses a kind of data that the environment or its host does not take; `isOwn`: Freshet knows that it was there before. */
export function assertKindAccepted(
  environment: EnvironmentSite,
  host: HostSite,
  backup: Pick<Backup, 'id' | 'database' | 'anonymisation'>,
  isOwn: boolean,
): void {
  if (!environment.accepts.includes(backup.anonymisation) && !(isOwn && environment.acceptsOwn === true)) {
    throw forbidden(
      'backup-not-anonymised',
      `Backup ${backup.id} is ${backup.anonymisation}; "${environment.name}" accepts ${plainOr(environment.accepts)}.`,
      isOwn
        ? `It was taken of "${environment.name}": \`acceptsOwn: true\` there in the site file lets it come back.`
        : `/backups ${backup.database} --anonymised`,
      { field: 'backup' },
    );
  }
  assertHostHolds(host, backup, `of "${environment.name}"`);
}

/** Refuses raw data for a host that is not marked for it; `what` says which host that is. */
export function assertHostHolds(
  host: HostSite,
  backup: Pick<Backup, 'id' | 'database' | 'anonymisation'>,
  what: string,
): void {
  if (backup.anonymisation !== 'raw' || host.holdsRawData) return;
  throw forbidden(
    'host-no-raw-data',
    `Backup ${backup.id} is raw; host "${host.name}" ${what} is not marked as allowed to hold raw data.`,
    `/backups ${backup.database} --anonymised`,
    { field: 'backup' },
  );
}

/** The kinds of data that both the environment and its host take. */
export function acceptedKinds(environment: EnvironmentSite, host: HostSite): string[] {
  return environment.accepts.filter((kind) => kind !== 'raw' || host.holdsRawData);
}

function plainOr(words: readonly string[]): string {
  return oneOf(words).replaceAll('"', '');
}
