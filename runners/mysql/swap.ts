import type { RunId } from '../../src/domain/ids.ts';
import { compared } from '../compare.ts';
import { type ActContext, notCarriedBy, type ServerAccess, type StepResult } from '../engine.ts';
import type { ActStep, PlanItem } from '../plan.ts';
import { liveMissing, nameTaken, newDatabaseGone } from '../refusals.ts';
import { errorNumber, type Session } from './connection.ts';
import { drain, exchange, look, missingViews } from './exchange.ts';
import { type Program, recordedProgram } from './program.ts';
import {
  alone,
  asAdmin,
  type Content,
  copyOf,
  holdFence,
  liveRefOf,
  type LiveIs,
  markOf,
  newRef,
  raise,
  schemaNamed,
  type SwapRecord,
  swapOf,
  tablesIn,
} from './records.ts';
import { makeCopy, makeMark } from './sql.ts';
import { writesIn } from './survey.ts';

/** Whether events of the backup run in the new database: never, or where the one that is live now has them running. */
type EventsOption = 'disabled' | 'as-live';

/**
 * Puts the new database under the live name and keeps the replaced one in `<name>__old_<run>`; of an undo, the kept copy.
 * The only step that disturbs a running environment. While it is under way the tables have names that nobody looks for, or doors
 * before them; each statement is written down, so that the next attempt, or whoever takes the run back, leads out of it.
 * Throws Conflict (`sessions-remain`, `live-changed`, `new-database-gone`); the target is as it was.
 */
export async function swap(step: ActStep, context: ActContext): Promise<StepResult> {
  const { access, item, run, fence, signal } = context;
  await access.program.confirm(item.target, run, fence);
  const drainSeconds = Number(step.args.drainSeconds ?? 0);
  const events: EventsOption = step.args.events === 'as-live' ? 'as-live' : 'disabled';
  // A kept copy comes back as it was, with what ran in it.
  const undoes = context.results[`${item.database}.check`]?.keptRef !== undefined;
  return asAdmin(access, undefined, async (session) => {
    const before = await swapOf(session, run, item.databaseName);
    if (before !== undefined && before.swapped && !before.putBack)
      return { ...resultOf(before), ...(await told(session, context)) };
    await raise(session, item, run, fence);
    const stands = before === undefined || before.putBack ? 'old' : await liveIsOf(session, item, before);
    // What a way back that broke off had still to put up is part of what goes now.
    if (stands === 'old' && before?.closed === true) await goBack(session, run, item, fence);
    const record = before !== undefined && stands !== 'old' ? before : await prepare(session, context);
    if (stands === 'old') {
      await drain(session, item.databaseName, drainSeconds, signal, (fraction) => context.progress(fraction));
    }
    // What has begun to close is carried through, which takes a moment.
    signal.throwIfAborted();
    const earlier = notCarriedBy(['create', 'keep-rows', 'verify', 'carry'], context);
    const outageSeconds = await alone(session, item, async () => {
      const program = await recordedProgram(session, record.incoming.ref);
      try {
        return await exchange(session, {
          item,
          fence,
          ...journal(session, run, item, record, earlier),
          to: record.incoming,
          from: record.outgoing,
          direction: 'forth',
          program,
          enables: async () =>
            undoes
              ? running(program)
              : events === 'as-live'
                ? running(await recordedProgram(session, record.outgoing.ref))
                : [],
        });
      } catch (error) {
        // Without a connection nothing can be done: the journal says how far it came, and whoever calls again goes on.
        if (isRefusal(error)) await goBack(session, run, item, fence);
        throw error;
      }
    });
    const after = await swapOf(session, run, item.databaseName);
    return {
      ...resultOf(after ?? record),
      ...(await told(session, context)),
      // After a crash in the middle the server's clock knows how long it really was closed.
      outageSeconds: stands === 'old' ? outageSeconds : (after?.outageSeconds ?? outageSeconds),
    };
  });
}

/** It is swapped: from here on counts what is written to the live name. Only now, as the counters go by names. */
async function told(session: Session, context: ActContext): Promise<StepResult> {
  const { writes: _before, ...rest } = compared(context);
  const counted = await writesIn(session, context.item.databaseName).catch(() => undefined);
  return { ...rest, ...(counted === undefined || 'unknown' in counted ? {} : { writes: counted }) };
}

function isRefusal(error: unknown): boolean {
  if (errorNumber(error) !== undefined) return true;
  return error instanceof Error && 'kind' in error && error.kind === 'Conflict';
}

/** Where the exchange writes down how far it came. */
function journal(
  session: Session,
  run: RunId,
  item: PlanItem,
  record: SwapRecord,
  earlier: readonly string[],
) {
  const mine = [run, item.databaseName];
  return {
    liveIs: record.liveIs,
    async reached(liveIs: LiveIs) {
      await session.rows('UPDATE freshet.swap SET live_is = ? WHERE run = ? AND database_name = ?', [
        liveIs,
        ...mine,
      ]);
    },
    async closing(from: Content) {
      await session.rows(
        'UPDATE freshet.swap SET outgoing = ?, closed_at = COALESCE(closed_at, NOW(3)) WHERE run = ? AND database_name = ?',
        [JSON.stringify(from), ...mine],
      );
    },
    async done(notCarried: readonly string[]) {
      await session.transaction(async () => {
        await session.rows(
          `UPDATE freshet.swap SET live_is = 'new', swapped_at = COALESCE(swapped_at, NOW(3)), not_carried = ?
           WHERE run = ? AND database_name = ?`,
          [JSON.stringify([...earlier, ...notCarried]), ...mine],
        );
        await session.rows('REPLACE INTO freshet.live (database_name, ref) VALUES (?, ?)', [
          item.databaseName,
          record.incoming.ref,
        ]);
      });
    },
  };
}

/** Writes down what goes where before anything is closed, and makes the schema for what goes. */
async function prepare(session: Session, context: ActContext): Promise<SwapRecord> {
  const { item, run, fence } = context;
  const live = await schemaNamed(session, item.databaseName);
  if (live === undefined) throw liveMissing(item);
  const incoming = await incomingOf(session, context);
  const outgoing: Content = {
    ref: (await liveRefOf(session, item.databaseName)) ?? newRef(),
    schema: item.oldName,
    tables: (await tablesIn(session, item.databaseName)).map(({ name }) => name),
  };
  const there = await schemaNamed(session, item.oldName);
  if (there !== undefined && (await markOf(session, item.oldName)) !== outgoing.ref) {
    const left = await tablesIn(session, item.oldName);
    if (left.length > 0) throw nameTaken(item, item.oldName);
  }
  await holdFence(session, item, fence);
  await session.rows(makeCopy(item.oldName, live));
  await session.rows(makeMark(item.oldName, outgoing.ref));
  await session.rows(
    `REPLACE INTO freshet.swap (run, database_name, incoming, outgoing, not_carried) VALUES (?, ?, ?, ?, '[]')`,
    [run, item.databaseName, JSON.stringify(incoming), JSON.stringify(outgoing)],
  );
  const record = await swapOf(session, run, item.databaseName);
  if (record === undefined) throw new Error('the record of the swap is not there');
  return record;
}

/** What is to go live: what this run made, or the kept copy that an undo named by its lasting name. */
async function incomingOf(session: Session, { item, run, results }: ActContext): Promise<Content> {
  const copy = await copyOf(session, run, item.databaseName);
  const ref = copy?.ref ?? results[`${item.database}.check`]?.keptRef;
  if (typeof ref === 'string' && ref !== '' && (await markOf(session, item.newName)) === ref) {
    return {
      ref,
      schema: item.newName,
      tables: (await tablesIn(session, item.newName)).map(({ name }) => name),
    };
  }
  throw newDatabaseGone(item);
}

/** Events of a program that run. */
function running(program: Program): string[] {
  return program.filter((piece) => piece.enabled === true).map(({ name }) => name);
}

function resultOf(record: SwapRecord): StepResult {
  return {
    liveRef: record.incoming.ref,
    keptRef: record.outgoing.ref,
    notCarried: record.notCarried,
    outageSeconds: record.outageSeconds ?? 0,
  };
}

export async function liveIsOf(session: Session, item: PlanItem, record: SwapRecord): Promise<LiveIs> {
  return look(session, item.databaseName, record.incoming, record.outgoing, record.liveIs);
}

/** Leads out of a swap that was begun, back to what was live before it. Does nothing where that is live. */
export async function goBack(session: Session, run: RunId, item: PlanItem, fence: number): Promise<void> {
  await alone(session, item, async () => {
    const record = await swapOf(session, run, item.databaseName);
    if (record === undefined || record.putBack) return;
    const mine = [run, item.databaseName];
    const { incoming, outgoing } = record;
    const live = await schemaNamed(session, item.databaseName);
    // What goes back needs a schema again: it was dropped when it had become empty. Whoever reads in one that is there would have us wait.
    if (live !== undefined && (await markOf(session, incoming.schema)) !== incoming.ref) {
      await session.rows(makeCopy(incoming.schema, live));
      await session.rows(makeMark(incoming.schema, incoming.ref));
    }
    const program = await recordedProgram(session, outgoing.ref);
    await exchange(session, {
      item,
      fence,
      ...journal(session, run, item, record, []),
      to: outgoing,
      from: incoming,
      direction: 'back',
      program,
      enables: async () => running(program),
      async closing(from) {
        await session.rows('UPDATE freshet.swap SET incoming = ? WHERE run = ? AND database_name = ?', [
          JSON.stringify(from),
          ...mine,
        ]);
      },
      async done() {
        await session.transaction(async () => {
          await session.rows(
            `UPDATE freshet.swap SET live_is = 'old', closed_at = NULL,
               put_back_at = IF(swapped_at IS NULL, put_back_at, NOW(3)) WHERE run = ? AND database_name = ?`,
            mine,
          );
          await session.rows('REPLACE INTO freshet.live (database_name, ref) VALUES (?, ?)', [
            item.databaseName,
            outgoing.ref,
          ]);
        });
      },
    });
  });
}

/**
 * Takes a swap of this run back: what had been live is live again, with its views, triggers, routines and events; what had gone
 * live is in its own schema again. Repeatable; without a swap to take back it does nothing.
 */
export async function putBack(
  access: ServerAccess,
  item: PlanItem,
  run: RunId,
  fence: number,
): Promise<void> {
  await asAdmin(access, undefined, async (session) => {
    const record = await swapOf(session, run, item.databaseName);
    if (record === undefined || record.putBack) return;
    await raise(session, item, run, fence);
    if (!record.swapped && !record.closed && (await liveIsOf(session, item, record)) === 'old') return;
    await goBack(session, run, item, fence);
  });
}

/**
 * How the target stands, by the tables and views that are there. Without a record nothing was begun. One that lacks a view still is
 * between both, as it has not come to its end: whoever leads out of it puts that up.
 */
export async function standing(
  access: ServerAccess,
  item: PlanItem,
  run: RunId,
): Promise<'old' | 'new' | 'fenced'> {
  return asAdmin(access, undefined, async (session) => {
    const record = await swapOf(session, run, item.databaseName);
    if (record === undefined) return 'old';
    const stands = await liveIsOf(session, item, record);
    if (stands !== 'old' && stands !== 'new') return 'fenced';
    const isThere = record.swapped && !record.putBack;
    const ended = stands === 'new' ? isThere : !isThere && !record.closed;
    if (ended) return stands;
    const { ref } = stands === 'new' ? record.incoming : record.outgoing;
    const left = await missingViews(session, item.databaseName, await recordedProgram(session, ref));
    return left.length === 0 ? stands : 'fenced';
  });
}
