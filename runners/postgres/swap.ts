import { conflict } from '../../src/domain/errors.ts';
import type { RunId } from '../../src/domain/ids.ts';
import { stateInWords } from './causes.ts';
import { compared } from '../compare.ts';
import { type ActContext, notCarriedBy, type ServerAccess, type SwapResult } from '../engine.ts';
import type { ActStep, PlanItem } from '../plan.ts';
import { liveMissing, nameTaken, newDatabaseGone } from '../refusals.ts';
import { type Session, sqlState } from './connection.ts';
import { drain, exchange } from './exchange.ts';
import { byOid, copyOf, holdFence, inMaintenance, named, raise, type SwapRecord, swapOf } from './records.ts';
import { applySettings, type DatabaseSettings, ownerOfDatabase, settingsOf } from './sql-settings.ts';
import { recordClosed, recordPutBack, recordReopened, recordSwap, recordSwapped } from './sql.ts';

/**
 * Puts the new database under the live name and keeps the replaced one as `<name>__old_<run>`; of an undo, the kept copy.
 * The only step that disturbs a running environment. All that is slow is done before the database is closed; then one
 * transaction holds the fence, both renames, owner, connection limit, rights and settings, and the record.
 * Throws Conflict `sessions-remain` when a session can't be ended; the target is as it was.
 */
export async function swap(step: ActStep, context: ActContext): Promise<SwapResult> {
  const { access, item, run, fence, signal } = context;
  await access.program.confirm(item.target, run, fence);
  const drainSeconds = Number(step.args.drainSeconds ?? 0);
  // The signal ends the draining; what has begun to close is carried through, which takes a moment.
  return inMaintenance(access, run, undefined, async (session) => {
    const before = await swapOf(session, run, item.databaseName);
    if (before !== undefined && before.swapped && !before.putBack)
      return { ...resultOf(before), ...compared(context) };
    await raise(session, item, run, fence);
    const record = before?.closed === true && !before.putBack ? before : await prepare(session, context);
    await assertShut(session, context, record);
    const restored = await copyOf(session, run, item.databaseName);
    const carried = restored === undefined ? nothing : await settingsFor(session, item, record);
    if (record.liveOid !== null && !record.closed) {
      await drain(session, record.liveOid, drainSeconds, signal, (fraction) => context.progress(fraction));
    }
    signal.throwIfAborted();
    const earlier = notCarriedBy(['create', 'keep-rows', 'verify', 'carry'], context);
    const notCarried = [...earlier, ...carried.notCarried];
    const outageSeconds = await exchange(session, access, {
      item,
      fence,
      incoming: { oid: record.newOid },
      ...(record.liveOid === null ? {} : { outgoing: { oid: record.liveOid, name: record.oldName } }),
      statements: carried.statements,
      closed: async () => void (await session.rows(recordClosed, [run, item.databaseName])),
      reopened: async () => void (await session.rows(recordReopened, [run, item.databaseName])),
      done: async () =>
        void (await session.rows(recordSwapped, [run, item.databaseName, JSON.stringify(notCarried)])),
    });
    return {
      liveRef: record.newOid,
      keptRef: record.liveOid ?? '',
      notCarried,
      ...compared(context),
      // After a crash in the middle the server's clock knows how long it really was closed.
      outageSeconds: record.closed ? await recordedOutage(session, run, item) : outageSeconds,
    };
  });
}

/** What was proven in the new database holds because nobody could get in since: whoever opens it takes that away. */
async function assertShut(
  session: Session,
  { results, item }: ActContext,
  { newOid }: SwapRecord,
): Promise<void> {
  if (results[`${item.database}.shut`]?.shut !== true) return;
  if ((await byOid(session, newOid))?.open !== true) return;
  throw conflict(
    'copy-opened',
    `"${item.newName}" was closed for its swap, and somebody has opened it since: what was proven in it might not hold any more.`,
    'Retry: it is made, and proven, anew.',
    { database: item.databaseName },
  );
}

/** Writes down what goes where, by oids, before anything is closed. */
async function prepare(session: Session, context: ActContext): Promise<SwapRecord> {
  const { item, run, fence } = context;
  return session.transaction(async () => {
    await holdFence(session, item, fence);
    const live = await named(session, item.databaseName);
    // Whose the new one becomes, and who may use it, is known from the live one alone.
    if (live === undefined) throw liveMissing(item);
    if ((await named(session, item.oldName)) !== undefined) throw nameTaken(item, item.oldName);
    const comes = await incoming(session, context);
    const values = [run, item.databaseName, comes.oid, comes.name, live.oid, item.oldName];
    await session.rows(recordSwap, values);
    const record = await swapOf(session, run, item.databaseName);
    if (record === undefined) throw new Error('the record of the swap is not there');
    return record;
  });
}

/** The database that is to go live: what this run made, or the kept copy that an undo named by its oid. */
async function incoming(session: Session, { item, run, results }: ActContext) {
  const copy = await copyOf(session, run, item.databaseName);
  const ref = copy?.oid ?? results[`${item.database}.check`]?.keptRef;
  const found = typeof ref === 'string' && ref !== '' ? await byOid(session, ref) : undefined;
  if (found?.name === item.newName) return found;
  throw newDatabaseGone(item);
}

const nothing = { statements: [] as string[], notCarried: [] as string[] };

/**
 * Statements that make the new database like the live one. They are tried first and rolled back, each by itself: what the
 * server refuses is left out and said, and never found out with the database closed.
 */
async function settingsFor(session: Session, item: PlanItem, record: SwapRecord) {
  const present = await session.row<DatabaseSettings>(settingsOf, [record.newOid]);
  if (present === undefined) return nothing;
  const live =
    record.liveOid === null ? undefined : await session.row<DatabaseSettings>(settingsOf, [record.liveOid]);
  if (live === undefined) throw liveMissing(item);
  const all = applySettings(item.newName, live, present);
  const statements: string[] = [];
  const refused = new Map<string, string>();
  await session.rows('BEGIN');
  try {
    for (const { text, about } of all) {
      await session.rows('SAVEPOINT rehearsal');
      try {
        await session.rows(text);
        statements.push(text);
      } catch (error) {
        const state = sqlState(error);
        if (state === undefined || about === ownerOfDatabase) throw ownerRefused(error, item, live, state);
        await session.rows('ROLLBACK TO rehearsal');
        refused.set(about, stateInWords(state));
      }
    }
  } finally {
    await session.rows('ROLLBACK').catch(() => undefined);
  }
  return { statements, notCarried: [...refused].map(([about, why]) => `${about}: ${why}`) };
}

function ownerRefused(error: unknown, item: PlanItem, live: DatabaseSettings, state?: string): unknown {
  if (state === undefined) return error;
  return conflict(
    'owner-refused',
    `Database "${item.newName}" can't be given to "${live.owner}": ${stateInWords(state)}.`,
    'Make the admin identity a member of that role.',
    { database: item.databaseName },
  );
}

function resultOf(record: SwapRecord): SwapResult {
  return {
    liveRef: record.newOid,
    keptRef: record.liveOid ?? '',
    notCarried: record.notCarried,
    outageSeconds: record.outageSeconds ?? 0,
  };
}

async function recordedOutage(session: Session, run: RunId, item: PlanItem): Promise<number> {
  return (await swapOf(session, run, item.databaseName))?.outageSeconds ?? 0;
}

/**
 * Takes a swap of this run back: what had been live is live again under its name, what had gone live has the name it
 * came with, closed. Repeatable; without a swap to take back it does nothing.
 */
export async function putBack(
  access: ServerAccess,
  item: PlanItem,
  run: RunId,
  fence: number,
): Promise<void> {
  await inMaintenance(access, run, undefined, async (session) => {
    const record = await swapOf(session, run, item.databaseName);
    if (record === undefined || !record.swapped || record.putBack) return;
    await raise(session, item, run, fence);
    await exchange(session, access, {
      item,
      fence,
      outgoing: { oid: record.newOid, name: record.newName },
      ...(record.liveOid === null ? {} : { incoming: { oid: record.liveOid } }),
      statements: [],
      closed: async () => undefined,
      reopened: async () => undefined,
      done: async () => void (await session.rows(recordPutBack, [run, item.databaseName])),
    });
  });
}

/** How the target stands, by the oids that were recorded. Without a record nothing was begun. */
export async function standing(
  access: ServerAccess,
  item: PlanItem,
  run: RunId,
): Promise<'old' | 'new' | 'fenced'> {
  return inMaintenance(access, run, undefined, async (session) => {
    const record = await swapOf(session, run, item.databaseName);
    if (record === undefined) return 'old';
    const live = await named(session, item.databaseName);
    if (record.swapped && !record.putBack) {
      return live?.oid === record.newOid && live.open ? 'new' : 'fenced';
    }
    if (record.liveOid === null) return live === undefined ? 'old' : 'fenced';
    return live?.oid === record.liveOid && live.open ? 'old' : 'fenced';
  });
}
