import { createHash } from 'node:crypto';
import type { Reading, Repository, Sighting } from '../../../runners/repository/repository.ts';
import { assertMayReadRaw, may, takesText } from '../../domain/access.ts';
import { isUsable, type Backup, type BackupFilter } from '../../domain/backup.ts';
import { isFreshetError, notFound } from '../../domain/errors.ts';
import type { BackupId } from '../../domain/ids.ts';
import { databaseNamed } from '../../domain/lookup.ts';
import type { Actor } from '../../domain/person.ts';
import { provingPlacement } from '../../domain/proving.ts';
import type { Page } from '../../store/store.ts';
import type { ServiceDeps } from '../deps.ts';
import { record } from '../effects.ts';
import { refusalOf } from './fit.ts';

/** Backups of a database, newest first. */
export async function listBackups(
  deps: ServiceDeps,
  filter: BackupFilter,
  page: Page,
): Promise<{ backups: Backup[]; total: number }> {
  if (filter.database !== undefined) databaseNamed(deps.site, filter.database);
  return deps.store.backups.list(filter, page);
}

/** Why somebody may not have these backups restored anywhere, by their numbers: raw data that they may not read. */
export function unreadable(
  deps: ServiceDeps,
  actor: Actor,
  backups: readonly Backup[],
): Readonly<Record<BackupId, string>> {
  return Object.fromEntries(
    backups.flatMap((backup) => {
      const refusal = refusalOf(() => assertMayReadRaw(deps.site, backup, actor.person));
      return refusal === undefined ? [] : [[backup.id, takesText(deps.site, 'read-raw', backup.environment)]];
    }),
  );
}

/** Whether somebody may have this backup proven, and it could be. */
export function isProvable({ site }: ServiceDeps, { person }: Actor, backup: Backup): boolean {
  if (!isUsable(backup) || !may(site, 'prove', backup.environment, person)) return false;
  return refusalOf(() => void provingPlacement(site, backup.database)) === undefined;
}

/** One backup, or `NotFound` (code `backup-unknown`). */
export async function showBackup(deps: ServiceDeps, id: BackupId): Promise<Backup> {
  const backup = await deps.store.backups.get(id);
  if (backup !== undefined) return backup;
  throw notFound(
    'backup-unknown',
    `Backup "${id}" is not in the catalogue; expected a number that /backups lists.`,
    `/backups ${Object.keys(deps.site.databases)[0] ?? ''}`.trim(),
    { field: 'backup' },
  );
}

/**
 * Brings the catalogue to what lies in a repository: new and changed files are read to their end, gone ones marked
 * missing, returned ones present again. An unreachable host changes nothing. Answers how many backups were read.
 */
export async function scan(deps: ServiceDeps, repository: Repository, signal?: AbortSignal): Promise<number> {
  // Before the look: what is taken while it lasts may get its name behind it, and is not missed then.
  const known = new Map<string, Backup>();
  for (const backup of await deps.store.backups.ofRepository(repository.site.name))
    known.set(backup.path, backup);
  const sightings = await repository.scan((sighting) => {
    const before = known.get(sighting.path);
    return before !== undefined && isUnchanged(before, sighting);
  });
  const seen = new Set(sightings.map((sighting) => sighting.path));
  const ignored = await ignoredOf(deps, repository);
  let read = 0;
  const batch = batchOf(deps);
  try {
    for (const sighting of sightings) {
      if (signal?.aborted === true) return read;
      const before = known.get(sighting.path);
      if (before !== undefined && isUnchanged(before, sighting)) {
        if (before.state === 'missing') await markReturned(deps, before);
        await keepDeclared(deps, repository, before);
        continue;
      }
      // What is no backup of ours is not read to its end again and again either.
      if (ignored.known(sighting)) continue;
      const { engine } = before ?? {};
      const like = engine === undefined ? sighting : { ...sighting, engine };
      const taken = await takeIn(deps, repository, like, signal);
      if (taken === 'ignored') ignored.add(sighting);
      if (typeof taken === 'string') continue;
      read++;
      await batch.add(taken);
    }
  } finally {
    // Whatever ends the scan: what was read to its end is not read again.
    await batch.put();
  }
  await ignored.keep(seen);
  for (const backup of known.values()) {
    if (seen.has(backup.path) || backup.state === 'missing') continue;
    await deps.store.write(async (tx) => {
      await tx.backups.update(backup.id, { state: 'missing' });
      await record(tx, { type: 'backup-missing', backup: backup.id });
    });
  }
  return read;
}

type Found = Omit<Backup, 'id'>;

/** How many backups are put into the catalogue at once, and how long the first of them waits for others at most. */
const most = { batch: 200, waitMs: 1000 };

/** Backups that were read, put together: small ones come faster than each could have a transaction of its own. */
function batchOf(deps: ServiceDeps) {
  let waiting: Found[] = [];
  let since = 0;

  async function put(): Promise<void> {
    const some = waiting;
    waiting = [];
    if (some.length === 0) return;
    await deps.store.write(async (tx) => {
      for (const backup of await tx.backups.putAll(some)) {
        const why = backup.stateReason ?? '';
        if (backup.state === 'corrupt') await record(tx, { type: 'backup-corrupt', backup: backup.id, why });
        else await record(tx, { type: 'backup-found', backup: backup.id });
      }
    });
  }

  return {
    put,
    async add(found: Found): Promise<void> {
      if (waiting.length === 0) since = performance.now();
      waiting.push(found);
      if (waiting.length >= most.batch || performance.now() - since >= most.waitMs) await put();
    },
  };
}

/** What earlier scans left out, kept as a note, by path with size and time. */
async function ignoredOf(deps: ServiceDeps, repository: Repository) {
  const name = `ignored ${repository.site.name}`;
  const note = await deps.store.note(name);
  const marks = new Map(Object.entries(typeof note === 'object' && note !== null ? note : {}));
  // What is ours may change with the site file: then it is looked at again.
  const { environment, pattern = '', timeZone = '' } = repository.site;
  const rules = [environment, pattern, timeZone, ...databasesOf(deps)].join(' ');
  const rulesMark = createHash('sha256').update(rules).digest('hex').slice(0, 16);
  const mark = (sighting: Sighting) => `${sighting.bytes} ${sighting.modifiedAt.getTime()} ${rulesMark}`;
  let changed = false;
  return {
    known: (sighting: Sighting) => marks.get(sighting.path) === mark(sighting),
    add(sighting: Sighting) {
      marks.set(sighting.path, mark(sighting));
      changed = true;
    },
    async keep(seen: ReadonlySet<string>) {
      for (const path of marks.keys()) {
        if (seen.has(path)) continue;
        marks.delete(path);
        changed = true;
      }
      if (changed) await deps.store.setNote(name, Object.fromEntries(marks));
    },
  };
}

/** With the engine of each: which engines a file is shown to hangs on them. */
function databasesOf({ site }: ServiceDeps): string[] {
  return Object.values(site.databases)
    .map(({ name, engine }) => `${name}:${engine}`)
    .sort();
}

/** What the site says of a repository counts for what was found there before, too. */
async function keepDeclared(deps: ServiceDeps, { site }: Repository, backup: Backup): Promise<void> {
  const { anonymisation, scope, environment } = site;
  const same =
    backup.scope === scope &&
    backup.environment === environment &&
    (backup.anonymisation === anonymisation || backup.anonymisation === 'proven');
  if (same) return;
  const kept = backup.anonymisation === 'proven' ? backup.anonymisation : anonymisation;
  await deps.store.write((tx) => tx.backups.update(backup.id, { scope, environment, anonymisation: kept }));
}

/** Marks what was found in repositories that the site does not name any more. */
export async function markUnconfigured(deps: ServiceDeps): Promise<void> {
  for (const name of await deps.store.backups.repositories()) {
    if (deps.repositories[name] !== undefined) continue;
    for (const backup of await deps.store.backups.ofRepository(name)) {
      if (backup.state === 'missing') continue;
      await deps.store.write(async (tx) => {
        await tx.backups.update(backup.id, { state: 'missing' });
        await record(tx, { type: 'backup-missing', backup: backup.id });
      });
    }
  }
}

/** Size and time tell a change; what was read to its end is not read again for nothing. */
function isUnchanged(backup: Backup, sighting: Sighting): boolean {
  return (
    backup.bytes === sighting.bytes &&
    Math.abs(backup.takenAt.getTime() - sighting.modifiedAt.getTime()) < 1000
  );
}

const hostAway: readonly string[] = ['host-unreachable', 'host-connection-lost', 'host-key-changed'];

async function takeIn(
  deps: ServiceDeps,
  repository: Repository,
  sighting: Sighting,
  signal: AbortSignal | undefined,
): Promise<Found | 'ignored' | 'failed'> {
  const about = { repository: repository.site.name, path: sighting.path };
  let reading: Reading;
  try {
    reading = await repository.read(sighting, signal);
  } catch (error) {
    // One file that can't be read must not hide the others; a host that is away hides them all.
    if (isFreshetError(error) && hostAway.includes(error.code)) throw error;
    deps.log.error(
      { err: error, ...about },
      'a backup could not be read; it is tried again with the next scan',
    );
    return 'failed';
  }
  if (reading.state === 'ignored') {
    deps.log.info({ ...about, why: reading.why }, 'left out of the catalogue');
    return 'ignored';
  }
  const { site } = repository;
  const now = deps.now();
  return {
    database: reading.database,
    environment: site.environment,
    repository: site.name,
    path: sighting.path,
    engine: reading.engine,
    format: reading.format,
    takenAt: sighting.modifiedAt,
    bytes: sighting.bytes,
    anonymisation: site.anonymisation,
    scope: site.scope,
    foundAt: now,
    readAt: now,
    ...(reading.state === 'corrupt'
      ? { dataAtOrigin: 'unknown' as const, state: 'corrupt' as const, stateReason: reading.why }
      : {
          state: 'present' as const,
          dataAtOrigin: reading.dataAtOrigin,
          checksum: reading.checksum,
          ...(reading.engineVersion === undefined ? {} : { engineVersion: reading.engineVersion }),
          ...(reading.dataAt === undefined ? {} : { dataAt: reading.dataAt }),
        }),
  };
}

async function markReturned(deps: ServiceDeps, backup: Backup): Promise<void> {
  await deps.store.write(async (tx) => {
    const state = backup.checksum === undefined ? 'corrupt' : 'present';
    await tx.backups.update(backup.id, { state, ...(state === 'present' ? { stateReason: undefined } : {}) });
    await record(tx, { type: 'backup-returned', backup: backup.id });
  });
}
