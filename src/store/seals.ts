import { sql, type Selectable } from 'kysely';
import type { SealedEvent } from '../domain/seal.ts';
import { horizon } from './events.ts';
import type { Receipt, Received, Seals } from './store.ts';
import type { Db, EventRow, ReceiptRow, ReceivedRow } from './tables.ts';
import { backupId, requestId, withoutNulls } from './values.ts';

export function openSeals(db: Db): Seals {
  return {
    async latest() {
      return db.selectFrom('freshet.seals').selectAll().orderBy('number', 'desc').limit(1).executeTakeFirst();
    },

    async after(number, limit) {
      return db
        .selectFrom('freshet.seals')
        .selectAll()
        .where('number', '>', number)
        .orderBy('number')
        .limit(limit)
        .execute();
    },

    async add(seal) {
      const added = await db
        .insertInto('freshet.seals')
        .values(seal)
        .onConflict((conflicting) => conflicting.doNothing())
        .returning('number')
        .executeTakeFirst();
      return added !== undefined;
    },

    async mark() {
      // In this order: who takes a number has a transaction, and it is below the bound that is read afterwards.
      const given = await sql<{ through: number }>`select freshet.numbered_through() as through`.execute(db);
      const open = await sql<{ below: string }>`
        select pg_snapshot_xmax(pg_current_snapshot()) as below`.execute(db);
      return { through: given.rows[0]!.through, below: open.rows[0]!.below };
    },

    async isFinal({ below }) {
      return BigInt(await horizon(db)) >= BigInt(below);
    },

    async events({ after, through }, limit) {
      const rows = await db
        .selectFrom('freshet.events')
        .select(['number', 'at', 'request', 'run', 'actor', 'front', 'data'])
        .where('number', '>', after)
        .where('number', '<=', through)
        .orderBy('number')
        .limit(limit)
        .execute();
      return rows.map(sealedFrom);
    },

    async sealedBefore(moment) {
      const { rows } = await sql<{ events: number }>`
        select coalesce(sum(count), 0)::bigint as events from freshet.seals
        where number > coalesce((select max(seal) from freshet.prunes), 0) and at < ${moment}`.execute(db);
      return rows[0]!.events;
    },

    async pruned() {
      return db
        .selectFrom('freshet.prunes')
        .select(['seal', 'through', 'at'])
        .orderBy('number', 'desc')
        .limit(1)
        .executeTakeFirst();
    },

    async prunesOf(seal) {
      return db
        .selectFrom('freshet.prunes')
        .select(['number', 'seal', 'through', 'events', 'at', 'keepSeconds'])
        .select(sql<boolean>`at > clock_timestamp()`.as('ahead'))
        .where('seal', '=', seal)
        .orderBy('number')
        .limit(2)
        .execute();
    },

    async told() {
      const rows = await db
        .selectFrom('freshet.events')
        .select(['at', 'data'])
        .where('type', '=', sql.lit('head-announced'))
        .orderBy('number')
        .execute();
      return rows.flatMap(({ at, data }) => (data.type === 'head-announced' ? [{ ...data, at }] : []));
    },

    async receipts({ after, through }) {
      const live = await db
        .selectFrom('freshet.receipts')
        .selectAll()
        .where('event', '>', after)
        .where('event', '<=', through)
        .execute();
      const back = await db
        .selectFrom('freshet.putBacks')
        .innerJoin('freshet.receipts', 'freshet.receipts.number', 'freshet.putBacks.receipt')
        .select(['freshet.putBacks.event', 'freshet.receipts.run', 'freshet.receipts.database'])
        .where('freshet.putBacks.event', '>', after)
        .where('freshet.putBacks.event', '<=', through)
        .execute();
      return { live: live.map(receiptFrom), back };
    },

    async received({ person, backup, environment, since, before }, limit) {
      const rows = await db
        .selectFrom('freshet.received')
        .selectAll()
        .$if(person !== undefined, (query) => query.where('requestedBy', '=', person!))
        .$if(backup !== undefined, (query) => query.where('backup', '=', backup!))
        .$if(environment !== undefined, (query) => query.where('environment', '=', environment!))
        .$if(since !== undefined, (query) => query.where('at', '>=', since!))
        .$if(before !== undefined, (query) => query.where('number', '<', before!))
        .orderBy('number', 'desc')
        .limit(limit)
        .execute();
      return rows.map(receivedFrom);
    },
  };
}

type Sealed = Pick<Selectable<EventRow>, 'number' | 'at' | 'request' | 'run' | 'actor' | 'front' | 'data'>;

export function sealedFrom({ number, request, ...row }: Sealed): SealedEvent {
  return {
    ...withoutNulls(row),
    id: number,
    ...(request === null ? {} : { request: requestId(request) }),
  };
}

function receiptFrom(row: ReceiptRow): Receipt {
  const {
    number: _number,
    kind: _kind,
    requestedBy: _requestedBy,
    front: _front,
    approvals: _approvals,
    event,
    request,
    backup,
    ...rest
  } = withoutNulls(row);
  return {
    ...rest,
    event: event!,
    request: requestId(request),
    ...(backup === undefined ? {} : { backup: backupId(backup) }),
  };
}

function receivedFrom(row: ReceivedRow): Received {
  const { backup, request, approvals, ...rest } = withoutNulls(row);
  return {
    ...rest,
    request: requestId(request),
    ...(backup === undefined ? {} : { backup: backupId(backup) }),
    approvals: approvals.map(withoutNulls),
  };
}
