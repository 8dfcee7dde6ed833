import { sql, type Insertable, type Selectable } from 'kysely';
import type { Backup, BackupFilter } from '../domain/backup.ts';
import { idNumber } from '../domain/ids.ts';
import { totalOf } from './requests.ts';
import type { BackupReads, StoreTransaction } from './store.ts';
import type { BackupRow, Db } from './tables.ts';
import { backupId, text, withoutNulls } from './values.ts';

export function backupReads(db: Db): BackupReads {
  return {
    async get(id) {
      const row = await db
        .selectFrom('freshet.backups')
        .selectAll()
        .where('number', '=', idNumber(id))
        .executeTakeFirst();
      return row === undefined ? undefined : backupFrom(row);
    },

    async several(ids) {
      const rows = await db
        .selectFrom('freshet.backups')
        .selectAll()
        .where('number', '=', sql<never>`any(${ids.map(idNumber)})`)
        .execute();
      return rows.map(backupFrom);
    },

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
      const row = await matching(db, { database, usable: true })
        .selectAll()
        .where('anonymisation', '=', sql<never>`any(${accepts})`)
        .orderBy('moment', 'desc')
        .orderBy('number', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row === undefined ? undefined : backupFrom(row);
    },

    async search({ database, words, accepts }, limit) {
      let query = matching(db, { database, ...(accepts === undefined ? {} : { usable: true }) }).selectAll();
      if (accepts !== undefined) query = query.where('anonymisation', '=', sql<never>`any(${accepts})`);
      for (const word of words)
        query = query.where(sql<boolean>`${searched} ilike ${`%${literally(word)}%`}`);
      const rows = await query.orderBy('moment', 'desc').orderBy('number', 'desc').limit(limit).execute();
      return rows.map(backupFrom);
    },

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

/** All that people know a backup by, as they may type it. */
const searched = sql`concat_ws(' ', 'BKP-' || number, repository, path, environment, format,
  case anonymisation when 'raw' then 'raw' else 'anonymised anonymized ' || anonymisation end,
  case scope when 'subset' then 'subset cut down' else 'full' end,
  to_char(moment at time zone 'UTC', 'YYYY-MM-DD HH24:MI DD Mon YYYY HH24:MI "UTC"'))`;

/** A word of a pattern that stands for nothing but itself. */
function literally(word: string): string {
  return text(word).replaceAll(/[\\%_]/g, String.raw`\$&`);
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
  const { number, moment: _moment, derivedFrom, ...rest } = withoutNulls(row);
  return {
    ...rest,
    id: backupId(number),
    ...(derivedFrom === undefined ? {} : { derivedFrom: backupId(derivedFrom) }),
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
  };
}

export function backupWrites(db: Db): StoreTransaction['backups'] {
  return {
    async put(backup) {
      const row = rowOf(backup);
      const { foundAt: _foundAt, ...overwritten } = row;
      // First the update: an insert that meets its conflict would use up a number, with each scan one for each backup.
      const updated = await db
        .updateTable('freshet.backups')
        .set(overwritten)
        .where('repository', '=', backup.repository)
        .where('path', '=', backup.path)
        .returningAll()
        .executeTakeFirst();
      if (updated !== undefined) return backupFrom(updated);
      const inserted = await db
        .insertInto('freshet.backups')
        .values(row)
        .onConflict((conflicting) => conflicting.columns(['repository', 'path']).doUpdateSet(overwritten))
        .returningAll()
        .executeTakeFirstOrThrow();
      return backupFrom(inserted);
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
