import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { conflict } from '../../src/domain/errors.ts';
import type { ServerAccess } from '../engine.ts';
import type { PlanItem } from '../plan.ts';
import { newDatabaseGone } from '../refusals.ts';
import { type Session, sqlState } from './connection.ts';
import { byOid, holdFence, reopen } from './records.ts';
import { allowConnections, preparedTransactions, rename, sessions, terminate } from './sql.ts';

/** A database changes places with another: both ways of a swap go through here. */
export type Exchange = {
  item: PlanItem;
  fence: number;
  /** What goes live, by oid; absent: nothing does (a first swap is taken back). */
  incoming?: { oid: string };
  /** What was live, by oid, and its name afterwards; absent: there was nothing live. */
  outgoing?: { oid: string; name: string };
  /** Statements on both, in the transaction of the renames. `incoming` has its old name still. */
  statements: readonly string[];
  /** Written in the transaction that closes, and in that of the renames. */
  closed(session: Session): Promise<void>;
  done(session: Session): Promise<void>;
  /** Written when the live database was opened again because it could not be done. */
  reopened(session: Session): Promise<void>;
};

type Found = {
  pid: number;
  user: string | null;
  application: string;
  type: string;
  began: string | null;
  superuser: boolean;
};

/** How long after closing the last transactions may take, and how long ended sessions may take to be gone. */
const graceMs = 200;
export const endingMs = 8000;

/**
 * Waits, with the database open, until none of the transactions that run now is left, at most `seconds`. Newer ones are
 * not waited for: a busy database never has a moment without one.
 */
export async function drain(
  session: Session,
  oid: string,
  seconds: number,
  signal: AbortSignal,
  progress: (fraction: number) => void,
): Promise<void> {
  const until = performance.now() + seconds * 1000;
  const running = async () =>
    (await session.rows<Found>(sessions, [oid])).filter(
      (one) => one.began !== null && one.type === 'client backend',
    );
  const first = new Set((await running()).map(({ pid, began }) => `${pid} ${began}`));
  while (first.size > 0 && performance.now() < until) {
    signal.throwIfAborted();
    await sleep(100);
    const now = new Set((await running()).map(({ pid, began }) => `${pid} ${began}`));
    for (const one of first) if (!now.has(one)) first.delete(one);
    progress(1 - Math.max(0, until - performance.now()) / (seconds * 1000));
  }
}

/**
 * Closes what is live, ends its sessions, renames. Answers the seconds for which nobody could connect. Throws Conflict
 * (`sessions-remain`, `prepared-transactions`) with what was live open again; any other refusal of the server opens it
 * again, too. When the connection is lost in the middle, the record says so and calling again goes on.
 */
export async function exchange(session: Session, access: ServerAccess, it: Exchange): Promise<number> {
  const { incoming, outgoing } = it;
  await refusePrepared(session, it);
  if (incoming !== undefined) await endSessions(session, incoming.oid, 0, performance.now() + endingMs);
  const closedAt = performance.now();
  if (outgoing !== undefined) {
    await session.transaction(async () => {
      await holdFence(session, it.item, it.fence);
      const live = await byOid(session, outgoing.oid);
      await it.closed(session);
      if (live?.open === true) await session.rows(allowConnections(live.name, false));
    });
  }
  try {
    await renameBoth(session, access, it, closedAt);
  } catch (error) {
    // Without a connection nothing can be opened: the record says closed, and whoever calls again goes on from there.
    if (outgoing !== undefined && sqlStateOrOurs(error)) {
      await reopen(session, outgoing.oid);
      await it.reopened(session);
    }
    throw error;
  }
  return (performance.now() - closedAt) / 1000;
}

function sqlStateOrOurs(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined) return !/^(?:08|57P0|25P03)/.test(state);
  return error instanceof Error && 'kind' in error && error.kind === 'Conflict';
}

async function renameBoth(
  session: Session,
  access: ServerAccess,
  it: Exchange,
  closedAt: number,
): Promise<void> {
  const { incoming, outgoing, item } = it;
  const until = closedAt + endingMs;
  for (;;) {
    const left = outgoing === undefined ? [] : await endSessions(session, outgoing.oid, graceMs, until);
    if (left.length > 0) throw remain(access, item, left);
    try {
      await session.transaction(async () => {
        await holdFence(session, item, it.fence);
        const comes = incoming === undefined ? undefined : await byOid(session, incoming.oid);
        // Dropped by somebody since it was recorded: what is live must not go without it.
        if (incoming !== undefined && comes === undefined) throw newDatabaseGone(it.item);
        const goes = outgoing === undefined ? undefined : await byOid(session, outgoing.oid);
        for (const text of it.statements) await session.rows(text);
        if (goes !== undefined && outgoing !== undefined && goes.name !== outgoing.name) {
          await session.rows(rename(goes.name, outgoing.name));
        }
        if (comes !== undefined && comes.name !== item.databaseName) {
          await session.rows(rename(comes.name, item.databaseName));
        }
        if (comes?.open === false) await session.rows(allowConnections(item.databaseName, true));
        await it.done(session);
      });
      return;
    } catch (error) {
      // Somebody was just being let in when the door was closed: end it and try again.
      if (sqlState(error) !== '55006') throw error;
      // Prepared when it had been looked for already: no session is there that could be ended.
      await refusePrepared(session, it);
      if (performance.now() > until) throw remain(access, item, []);
    }
  }
}

/**
 * Ends the sessions on a database: idle ones at once, those in a transaction after `grace` ms. Waits until they are gone,
 * at most until `deadline`; answers what is left.
 */
export async function endSessions(
  session: Session,
  oid: string,
  grace: number,
  deadline: number,
): Promise<Found[]> {
  const spareUntil = performance.now() + grace;
  const asked = new Map<number, number>();
  for (;;) {
    const left = await session.rows<Found>(sessions, [oid]);
    if (left.length === 0) return [];
    const now = performance.now();
    if (now > deadline) return left;
    const mine = left.filter((one) => now >= spareUntil || one.began === null);
    for (const one of mine) {
      // Asked again after a while: a session in the middle of starting up can miss the first time.
      if (now - (asked.get(one.pid) ?? -1000) < 500) continue;
      asked.set(one.pid, now);
      try {
        await session.rows(terminate, [one.pid]);
      } catch (error) {
        // 42501: a superuser's. It may still leave by itself until the deadline, which for these is short.
        if (sqlState(error) !== '42501') throw error;
        if (now - spareUntil > 1000) return left;
      }
    }
    await sleep(4);
  }
}

/** In either of both: a backup can leave one, too, and each rename would fail with what was live closed. */
async function refusePrepared(session: Session, { outgoing, incoming }: Exchange): Promise<void> {
  for (const one of [outgoing, incoming]) {
    const there = one === undefined ? undefined : await byOid(session, one.oid);
    const prepared = await session.row<{ n: number }>(preparedTransactions, [there?.name ?? '']);
    if (there === undefined || (prepared?.n ?? 0) === 0) continue;
    throw conflict(
      'prepared-transactions',
      `Database "${there.name}" has ${prepared?.n} prepared transaction(s); nobody can swap it as long as they stand.`,
      'Commit or roll them back (pg_prepared_xacts), then retry.',
      { database: there.name },
    );
  }
}

function remain(access: ServerAccess, item: PlanItem, left: readonly Found[]): Error {
  const who = [...new Set(left.map((one) => one.user ?? one.type))].join(', ') || 'somebody';
  return conflict(
    'sessions-remain',
    `Sessions of ${who} on "${item.databaseName}" can't be ended by "${access.site.admin.user}"; the database is open again and as it was.`,
    'End them (only a superuser can end those of superusers), then retry.',
    { server: access.site.name, database: item.databaseName },
  );
}
