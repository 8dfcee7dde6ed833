import { sql, type Selectable } from 'kysely';
import { conflict } from '../domain/errors.ts';
import { idNumber, type RequestId } from '../domain/ids.ts';
import {
  openStates,
  stateAfter,
  transitionNames,
  type Request,
  type RequestItem,
  type RequestState,
} from '../domain/request.ts';
import type { Page, RequestReads, StoreTransaction } from './store.ts';
import type { Db, ItemRow, RequestRow } from './tables.ts';
import { backupId, json, requestId, text, withoutNulls } from './values.ts';

export function requestReads(db: Db): RequestReads {
  return {
    async get(id) {
      const row = await db
        .selectFrom('freshet.requests')
        .selectAll()
        .where('number', '=', idNumber(id))
        .executeTakeFirst();
      return row === undefined ? undefined : (await withItems(db, [row]))[0];
    },

    async list(filter, page) {
      const rows = await matching(db, filter)
        .selectAll()
        .orderBy('number', 'desc')
        .limit(page.limit)
        .offset(page.offset)
        .execute();
      const total = await totalOf(page, rows.length, () =>
        matching(db, filter)
          .select((one) => one.fn.countAll<number>().as('total'))
          .executeTakeFirstOrThrow(),
      );
      return { requests: await withItems(db, rows), total };
    },

    async due(now, { on, after, limit }) {
      const rows = await matching(db, { states: ['approved'], ...(on === undefined ? {} : { on }) })
        .selectAll()
        .where((or) => or.or([or('startAt', 'is', null), or('startAt', '<=', now)]))
        .where('expiresAt', '>', now)
        .where('number', '>', after === undefined ? 0 : idNumber(after))
        .orderBy('number')
        .limit(limit)
        .execute();
      return withItems(db, rows);
    },

    async ahead(now, { after, limit }) {
      const rows = await matching(db, { states: ['approved'] })
        .selectAll()
        .where('startAt', '>', now)
        .where('number', '>', after === undefined ? 0 : idNumber(after))
        .orderBy('number')
        .limit(limit)
        .execute();
      return withItems(db, rows);
    },
  };
}

type Filter = Parameters<RequestReads['list']>[0];

function matching(db: Db, filter: Filter) {
  const { environment, states, requestedBy, inPerson, kind, digest, schedule, on } = filter;
  const { expiringBefore, startingBefore, hookFailedSince } = filter;
  return db
    .selectFrom('freshet.requests')
    .$if(environment !== undefined, (query) => query.where('environment', '=', environment!))
    .$if(states !== undefined, (query) => query.where('state', '=', sql<RequestState>`any(${states})`))
    .$if(requestedBy !== undefined, (query) => query.where('requestedBy', '=', requestedBy!))
    .$if(inPerson === true, (query) => query.where('front', '<>', 'rule'))
    .$if(kind !== undefined, (query) => query.where('kind', '=', kind!))
    .$if(digest !== undefined, (query) => query.where('digest', '=', digest!))
    .$if(schedule !== undefined, (query) => query.where('schedule', '=', schedule!))
    .$if(expiringBefore !== undefined, (query) =>
      query.where('expiresAt', '<', expiringBefore!).where('state', 'in', ['pending', 'approved']),
    )
    .$if(startingBefore !== undefined, (query) =>
      query.where('startAt', '<', startingBefore!).where('state', '=', 'approved'),
    )
    .$if(hookFailedSince !== undefined, (query) =>
      query.where('number', 'in', (one) =>
        one
          .selectFrom('freshet.events')
          .select((event) => event.ref('request').$notNull().as('request'))
          .where('type', '=', 'hook-failed')
          .where('at', '>=', hookFailedSince!),
      ),
    )
    .$if(on !== undefined, (query) =>
      query.where('number', 'in', (one) =>
        one
          .selectFrom('freshet.requestItems')
          .select('request')
          .where('server', '=', on!.server)
          .where('databaseName', '=', on!.databaseName),
      ),
    );
}

/** Spares the count where the page itself tells: most lists are short. */
export async function totalOf(
  page: Page,
  got: number,
  count: () => Promise<{ total: number }>,
): Promise<number> {
  if (got < page.limit && (got > 0 || page.offset === 0)) return page.offset + got;
  return (await count()).total;
}

async function withItems(db: Db, rows: readonly Selectable<RequestRow>[]): Promise<Request[]> {
  if (rows.length === 0) return [];
  const numbers = rows.map((row) => row.number);
  const items = await db
    .selectFrom('freshet.requestItems')
    .selectAll()
    .where('request', 'in', numbers)
    .orderBy('position')
    .execute();
  const byRequest = new Map<number, RequestItem[]>(numbers.map((number) => [number, []]));
  for (const item of items) byRequest.get(item.request)!.push(itemFrom(item));
  return rows.map((row) => {
    const {
      number,
      undoes,
      startAt,
      startWithin,
      breakGlass,
      alignment,
      schedule,
      scheduleDigest,
      ticket,
      ...rest
    } = row;
    return {
      ...rest,
      id: requestId(number),
      items: byRequest.get(number)!,
      ...(undoes === null ? {} : { undoes: requestId(undoes) }),
      ...(startAt === null ? {} : { startAt }),
      ...(startWithin === null ? {} : { startWithin }),
      ...(breakGlass ? { breakGlass } : {}),
      ...(alignment === null ? {} : { alignment }),
      ...(schedule === null ? {} : { schedule: { name: schedule, digest: scheduleDigest! } }),
      ...(ticket === null ? {} : { ticket }),
    };
  });
}

function itemFrom(row: ItemRow): RequestItem {
  const { request: _request, position: _position, backup, backupChecksum, ...rest } = withoutNulls(row);
  if (backup === undefined) return rest;
  return { ...rest, backup: { id: backupId(backup), checksum: backupChecksum! } };
}

function itemRows(request: number, items: readonly RequestItem[]): ItemRow[] {
  return items.map(({ backup, undoes, repository, ...item }, position) => ({
    ...item,
    request,
    position,
    backup: backup === undefined ? null : idNumber(backup.id),
    backupChecksum: backup?.checksum ?? null,
    undoes: undoes ?? null,
    repository: repository ?? null,
  }));
}

/** Locks the row first, so that the transaction gets its number after those it waited for: events stay in causal order. */
async function lockRow(db: Db, id: RequestId): Promise<Selectable<RequestRow> | undefined> {
  return db
    .selectFrom('freshet.requests')
    .selectAll()
    .where('number', '=', idNumber(id))
    .forNoKeyUpdate()
    .executeTakeFirst();
}

export function requestWrites(db: Db): StoreTransaction['requests'] {
  return {
    async alike(environment, digest) {
      await sql`select pg_advisory_xact_lock(hashtext(${`request ${digest}`}))`.execute(db);
      const row = await matching(db, { environment, digest, states: openStates })
        .select(['number', 'state'])
        .orderBy('number', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row === undefined ? undefined : { id: requestId(row.number), state: row.state };
    },

    async create({ items, undoes, reason, ...request }) {
      if (items.length === 0) throw new Error('A request needs at least one item');
      const row = await db
        .insertInto('freshet.requests')
        .values({
          kind: request.kind,
          environment: request.environment,
          reason: text(reason),
          requestedBy: request.requestedBy,
          front: request.front,
          state: request.state,
          digest: request.digest,
          needsApproval: request.needsApproval,
          terms: json(request.terms)!,
          createdAt: request.createdAt,
          expiresAt: request.expiresAt,
          undoes: undoes === undefined ? null : idNumber(undoes),
          startAt: request.startAt ?? null,
          startWithin: request.startWithin ?? null,
          breakGlass: request.breakGlass ?? false,
          alignment: json(request.alignment),
          schedule: request.schedule?.name ?? null,
          scheduleDigest: request.schedule?.digest ?? null,
          ticket: request.ticket ?? null,
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      await db.insertInto('freshet.requestItems').values(itemRows(row.number, items)).execute();
      return (await withItems(db, [row]))[0]!;
    },

    async lock(id) {
      const row = await lockRow(db, id);
      return row === undefined ? undefined : (await withItems(db, [row]))[0];
    },

    async move(id, from, to) {
      if (!isTransition(from, to)) throw new Error(`No transition leads from ${from} to ${to}`);
      if ((await lockRow(db, id))?.state !== from) return false;
      const { numUpdatedRows } = await db
        .updateTable('freshet.requests')
        .set({ state: to })
        .where('number', '=', idNumber(id))
        .where('state', '=', from)
        .executeTakeFirst();
      return numUpdatedRows === 1n;
    },

    async lapses(id, expiresAt) {
      await db
        .updateTable('freshet.requests')
        .set({ expiresAt })
        .where('number', '=', idNumber(id))
        .execute();
    },

    async item(id, database, state, from) {
      const { numUpdatedRows } = await db
        .updateTable('freshet.requestItems')
        .set({ state })
        .where('request', '=', idNumber(id))
        .where('database', '=', database)
        .$if(from !== undefined, (update) => update.where('state', '=', from!))
        .executeTakeFirst();
      if (numUpdatedRows === 1n) return true;
      if (from === undefined) throw new Error(`${id} has no item "${database}"`);
      return false;
    },

    async rebind(id, { digest, terms, items, alignment }, expiresAt) {
      const row = await lockRow(db, id);
      if (row?.state !== 'pending') {
        throw conflict(
          'request-state',
          `${id} is ${row?.state ?? 'unknown'}; only a request that is pending can be bound anew.`,
          `/refresh status ${id} shows how it stands.`,
          { request: id, state: row?.state ?? 'unknown' },
        );
      }
      await db
        .updateTable('freshet.requests')
        .set({ digest, terms: json(terms)!, expiresAt, alignment: json(alignment) })
        .where('number', '=', row.number)
        .execute();
      await db.deleteFrom('freshet.requestItems').where('request', '=', row.number).execute();
      await db.insertInto('freshet.requestItems').values(itemRows(row.number, items)).execute();
    },
  };
}

function isTransition(from: RequestState, to: RequestState): boolean {
  return transitionNames.some((name) => stateAfter(from, name) === to);
}
