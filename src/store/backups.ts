import { sql, type Insertable, type Selectable } from 'kysely';
import type { Backup, BackupFilter } from '../domain/backup.ts';
import { idNumber, type BackupId } from '../domain/ids.ts';
import { openStates } from '../domain/request.ts';
import { alignedReads } from './aligned.ts';
import { putRows } from './backup-batches.ts';
import { outlineReads, outlineWrites } from './outlines.ts';
import { totalOf } from './requests.ts';
import { searchRows } from './search.ts';
import type { BackupReads, StoreTransaction } from './store.ts';
import type { BackupRow, Db } from './tables.ts';
import { backupId, requestId, text, withoutNulls } from './values.ts';

export function backupReads(db: Db): BackupReads {
  async function several(ids: readonly BackupId[]): Promise<Backup[]> {
    const rows = await db
      .selectFrom('freshet.backups')
      .selectAll()
      .where('number', '=', sql<never>`any(${ids.map(idNumber)})`)
      .execute();
    return rows.map(backupFrom);
  }

  return {
    async get(id) {
      const row = await db
        .selectFrom('freshet.backups')
        .selectAll()
        .where('number', '=', idNumber(id))
        .executeTakeFirst();
      return row === undefined ? undefined : backupFrom(row);
    },

    several,

    async list(filter, page) {
      const rows = await matching(db, filter)
        .selectAll()
        .orderBy('moment', 'desc')
        .orderBy('number', 'desc')
        .limit(page.limit)
        .offset(page.offset)
        .execute();
      const total = await totalOf(page, rows.length, () =>
        matching(db, filter)
          .select((one) => one.fn.countAll<number>().as('total'))
          .executeTakeFirstOrThrow(),
      );
      return { backups: rows.map(backupFrom), total };
    },

    async newest(database, accepts) {
      const { rows } = await sql<Selectable<BackupRow>>`
        select found.* from unnest(${accepts}::text[]) as kind cross join lateral (
          select * from freshet.backups
          where database = ${database} and anonymisation = kind and state = 'present' and checksum is not null
            and unproven_at is null
          order by moment desc, number desc limit 1
        ) as found
        order by moment desc, number desc limit 1`.execute(db);
      const [row] = rows;
      return row === undefined ? undefined : backupFrom(row);
    },

    ...alignedReads(db, several),
    ...outlineReads(db),

    async search(what, limit) {
      return (await searchRows(db, what, limit)).map(backupFrom);
    },

    needed: (ids, now) => neededOf(db, ids, now),

    async repositories() {
      const rows = await db.selectFrom('freshet.backups').select('repository').distinct().execute();
      return rows.map(({ repository }) => repository);
    },

    async ofRepository(repository) {
      const rows = await matching(db, { repository }).selectAll().orderBy('path').execute();
      return rows.map(backupFrom);
    },
  };
}

async function neededOf(db: Db, ids: readonly BackupId[], now: Date): Promise<BackupId[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom('freshet.requestItems as items')
    .innerJoin('freshet.requests as requests', 'requests.number', 'items.request')
    .select('items.backup')
    .distinct()
    .where('items.backup', '=', sql<never>`any(${ids.map(idNumber)})`)
    .where((or) =>
      or.or([
        or('requests.state', 'in', openStates),
        or.and([or('requests.state', '=', 'failed'), or('requests.expiresAt', '>', now)]),
      ]),
    )
    .execute();
  return rows.flatMap(({ backup }) => (backup === null ? [] : [backupId(backup)]));
}

function matching(db: Db, filter: BackupFilter) {
  const { database, environment, repository, since, state, anonymised, scope, usable } = filter;
  return db
    .selectFrom('freshet.backups')
    .$if(database !== undefined, (query) => query.where('database', '=', database!))
    .$if(environment !== undefined, (query) => query.where('environment', '=', environment!))
    .$if(repository !== undefined, (query) => query.where('repository', '=', repository!))
    .$if(since !== undefined, (query) => query.where('moment', '>=', since!))
    .$if(state !== undefined, (query) => query.where('state', '=', state!))
    .$if(anonymised !== undefined, (query) => query.where('anonymisation', anonymised ? '<>' : '=', 'raw'))
    .$if(scope !== undefined, (query) => query.where('scope', '=', scope!))
    .$if(usable === true, (query) => query.where('state', '=', 'present').where('checksum', 'is not', null))
    .$if(usable === false, (query) =>
      query.where((or) => or.or([or('state', '<>', 'present'), or('checksum', 'is', null)])),
    );
}

function backupFrom(row: Selectable<BackupRow>): Backup {
  const { number, moment: _moment, derivedFrom, takenBy, verifiedBy, ...rest } = withoutNulls(row);
  return {
    ...rest,
    id: backupId(number),
    ...(derivedFrom === undefined ? {} : { derivedFrom: backupId(derivedFrom) }),
    ...(takenBy === undefined ? {} : { takenBy: requestId(takenBy) }),
    ...(verifiedBy === undefined ? {} : { verifiedBy: requestId(verifiedBy) }),
  };
}

/** All columns but the number: what is absent is null. */
function rowOf(backup: Omit<Backup, 'id'>): Insertable<BackupRow> {
  return {
    database: backup.database,
    environment: backup.environment,
    repository: backup.repository,
    path: backup.path,
    engine: backup.engine,
    format: backup.format,
    engineVersion: backup.engineVersion ?? null,
    dataAt: backup.dataAt ?? null,
    dataAtOrigin: backup.dataAtOrigin,
    takenAt: backup.takenAt,
    bytes: backup.bytes,
    checksum: backup.checksum ?? null,
    anonymisation: backup.anonymisation,
    scope: backup.scope,
    derivedFrom: backup.derivedFrom === undefined ? null : idNumber(backup.derivedFrom),
    state: backup.state,
    stateReason: backup.stateReason === undefined ? null : text(backup.stateReason),
    foundAt: backup.foundAt,
    readAt: backup.readAt ?? null,
    verifiedAt: backup.verifiedAt ?? null,
    verifiedBy: backup.verifiedBy === undefined ? null : idNumber(backup.verifiedBy),
    unprovenAt: backup.unprovenAt ?? null,
    unprovenWhy: backup.unprovenWhy === undefined ? null : text(backup.unprovenWhy),
    takenBy: backup.takenBy === undefined ? null : idNumber(backup.takenBy),
  };
}

export function backupWrites(db: Db): StoreTransaction['backups'] {
  return {
    async put(backup) {
      const [row] = await putRows(db, [rowOf(backup)]);
      return backupFrom(row!);
    },

    async putAll(backups) {
      return (await putRows(db, backups.map(rowOf))).map(backupFrom);
    },

    ...outlineWrites(db),

    async giveUp(id, why, now) {
      const row = await db
        .selectFrom('freshet.backups')
        .select('state')
        .where('number', '=', idNumber(id))
        // Also against who is about to refer to it: a request that is being made is waited for.
        .forUpdate()
        .executeTakeFirst();
      if (row?.state !== 'present' || (await neededOf(db, [id], now)).length > 0) return false;
      await db
        .updateTable('freshet.backups')
        .set({ state: 'missing', stateReason: text(why) })
        .where('number', '=', idNumber(id))
        .execute();
      return true;
    },

    async judge({ id, checksum }, { verifiedAt, verifiedBy, unprovenAt, unprovenWhy }) {
      await db
        .updateTable('freshet.backups')
        .set({
          verifiedAt: verifiedAt ?? null,
          verifiedBy: verifiedBy === undefined ? null : idNumber(verifiedBy),
          unprovenAt: unprovenAt ?? null,
          unprovenWhy: unprovenWhy === undefined ? null : text(unprovenWhy),
        })
        .where('number', '=', idNumber(id))
        .where('checksum', '=', checksum)
        .execute();
    },

    // A key that is there and undefined takes the value away; one that is not there leaves it.
    async update(id, change) {
      const row = await db
        .selectFrom('freshet.backups')
        .selectAll()
        .where('number', '=', idNumber(id))
        .forNoKeyUpdate()
        .executeTakeFirst();
      if (row === undefined) throw new Error(`There is no backup ${id}`);
      await db
        .updateTable('freshet.backups')
        .set(rowOf({ ...backupFrom(row), ...change }))
        .where('number', '=', row.number)
        .execute();
    },
  };
}
