import { createHash, randomUUID } from 'node:crypto';
import { conflict, unavailable } from '../../src/domain/errors.ts';
import type { RunId } from '../../src/domain/ids.ts';
import type { ServerAccess } from '../engine.ts';
import type { PlanItem } from '../plan.ts';
import { integer } from '../quote.ts';
import { fencePassed } from '../refusals.ts';
import { errorNumber, type Session, withSession } from './connection.ts';
import { fenceOf, markName, raiseFence, schemaByName, tablesOf } from './sql.ts';

export type Schema = { name: string; charset: string; collation: string };
export type Table = { name: string; type: string; engine: string | null; comment: string; bytes: number };

/** What goes into or out of a live database: its lasting name, the schema where it is when it is not live, its tables. */
export type Content = { ref: string; schema: string; tables: readonly string[] };

/** How the live name stands: `hidden` are tables that nobody finds under their names. */
export type LiveIs = 'old' | 'old-hidden' | 'new-hidden' | 'new';

export type SwapRecord = {
  incoming: Content;
  outgoing: Content;
  liveIs: LiveIs;
  /** It has begun to close, and no way back has come to its end since. */
  closed: boolean;
  swapped: boolean;
  putBack: boolean;
  outageSeconds: number | null;
  notCarried: string[];
};

/** A session of the admin identity. */
export function asAdmin<T>(
  access: ServerAccess,
  signal: AbortSignal | undefined,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  return withSession(access, { identity: 'admin', ...(signal === undefined ? {} : { signal }) }, work);
}

export function newRef(): string {
  return randomUUID().replaceAll('-', '');
}

export async function schemaNamed(session: Session, name: string): Promise<Schema | undefined> {
  return session.row<Schema>(schemaByName, [name]);
}

/** Tables of a schema but our mark. */
export async function tablesIn(session: Session, schema: string): Promise<Table[]> {
  return (await session.rows<Table>(tablesOf, [schema])).filter(({ name }) => name !== markName);
}

/** Whose copy a schema is, by the mark inside; undefined for any other schema. */
export async function markOf(session: Session, schema: string): Promise<string | undefined> {
  const mark = (await session.rows<Table>(tablesOf, [schema])).find(({ name }) => name === markName);
  return mark?.comment;
}

/** What this run recorded as made by it. */
export async function copyOf(
  session: Session,
  run: RunId,
  database: string,
): Promise<{ ref: string; name: string; closed: boolean } | undefined> {
  const row = await session.row<{ ref: string; name: string; closed: number }>(
    'SELECT ref, copy_name AS name, closed FROM freshet.copy WHERE run = ? AND database_name = ?',
    [run, database],
  );
  return row === undefined ? undefined : { ...row, closed: row.closed === 1 };
}

/** The lasting name of what is live, where a swap of ours brought it. */
export async function liveRefOf(session: Session, database: string): Promise<string | undefined> {
  const row = await session.row<{ ref: string }>('SELECT ref FROM freshet.live WHERE database_name = ?', [
    database,
  ]);
  return row?.ref;
}

export async function swapOf(
  session: Session,
  run: RunId,
  database: string,
): Promise<SwapRecord | undefined> {
  const row = await session.row<Record<string, string | number | null>>(
    `SELECT incoming, outgoing, live_is, closed_at IS NOT NULL AS closed, swapped_at IS NOT NULL AS swapped, put_back_at IS NOT NULL AS put_back,
       TIMESTAMPDIFF(MICROSECOND, closed_at, swapped_at) / 1000000 AS outage, not_carried
     FROM freshet.swap WHERE run = ? AND database_name = ?`,
    [run, database],
  );
  if (row === undefined) return undefined;
  return {
    incoming: JSON.parse(String(row.incoming)) as Content,
    outgoing: JSON.parse(String(row.outgoing)) as Content,
    liveIs: row.live_is as LiveIs,
    closed: row.closed === 1,
    swapped: row.swapped === 1,
    putBack: row.put_back === 1,
    outageSeconds: row.outage === null ? null : Number(row.outage),
    notCarried: JSON.parse(String(row.not_carried)) as string[],
  };
}

/** Raises the fence of the live database to ours. `Fenced` when it has seen a larger one. */
export async function raise(session: Session, item: PlanItem, run: RunId, fence: number): Promise<void> {
  await alone(session, item, async () => {
    await session.rows(raiseFence, [item.databaseName, fence, run]);
    await holdFence(session, item, fence);
  });
}

/** `Fenced` when somebody with a larger number has taken the database over. */
export async function holdFence(session: Session, item: PlanItem, fence: number): Promise<void> {
  const row = await session.row<{ fence: number | string }>(fenceOf, [item.databaseName]);
  if (row === undefined || Number(row.fence) <= fence) return;
  throw fencePassed(item, fence);
}

/**
 * `work` while no other session of ours changes the live database. Definitions commit by themselves, so the fence can't be held in
 * their transaction: whoever raises it waits here instead, until the one before has ended or its session has.
 */
export async function alone<T>(session: Session, item: PlanItem, work: () => Promise<T>): Promise<T> {
  const name = `freshet.${createHash('sha256').update(item.databaseName).digest('hex').slice(0, 40)}`;
  await endStrangers(session, name);
  const row = await session.row<{ got: number | null }>('SELECT GET_LOCK(?, 40) AS got', [name]);
  if (row?.got !== 1) {
    throw unavailable(
      'database-busy',
      `Another session of Freshet is changing "${item.databaseName}" and does not end.`,
      'It is tried again.',
      { server: item.server, database: item.databaseName },
    );
  }
  try {
    return await work();
  } finally {
    await session.rows('SELECT RELEASE_LOCK(?)', [name]).catch(() => undefined);
  }
}

/** Whoever may log in can take a lock by any name, and so can what is in a backup: nobody but us is waited for. */
async function endStrangers(session: Session, name: string): Promise<void> {
  const holder = await session.row<{ id: number }>(
    `SELECT id AS id FROM information_schema.processlist
     WHERE id = IS_USED_LOCK(?) AND CONCAT(user, '@') <> LEFT(CURRENT_USER(), CHAR_LENGTH(user) + 1)`,
    [name],
  );
  if (holder === undefined) return;
  try {
    await session.rows(`KILL CONNECTION ${integer(holder.id)}`);
  } catch (error) {
    // Gone by itself, or somebody's whom we may not end: then it is waited for.
    if (![1094, 1095, 1227].includes(errorNumber(error) ?? 0)) throw error;
  }
}

/** The records are missing: set-up was never run. */
export function setupMissing(access: ServerAccess): Error {
  return conflict(
    'setup-missing',
    `Server "${access.site.name}" is not prepared: schema "freshet" is missing or not ours.`,
    '`npx freshet host install` prints the SQL that an administrator runs once.',
    { server: access.site.name },
  );
}

export function isSetupFault(error: unknown): boolean {
  return [1044, 1049, 1142, 1146].includes(errorNumber(error) ?? 0);
}
