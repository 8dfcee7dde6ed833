import type { KeptRows } from '../../src/domain/kept-rows.ts';
import type { ActContext, ServerAccess, StepResult } from '../engine.ts';
import {
  fitting,
  keptFollowed,
  keptMisfit,
  keptRefused,
  keptTableMissing,
  keptTexts,
  keptTooMuch,
  leftOut,
  mostRows,
  parentsFirst,
} from '../keeping.ts';
import type { ActStep } from '../plan.ts';
import { stateInWords } from './causes.ts';
import { type Session, sqlState, withSession } from './connection.ts';
import { identifier, qualified } from './quote.ts';
import {
  columnsOf,
  disableTrigger,
  enableTrigger,
  fetchKept,
  fillStaging,
  firingTriggers,
  followed,
  type Follower,
  followersOf,
  type KeyColumn,
  keyOf,
  makeStaging,
  moveUp,
  putKept,
  readKept,
  references,
  removeOthers,
  sequencesOf,
  tableNamed,
  type TableShape,
} from './sql-keep.ts';

/** How many rows are on their way at once, and how many characters of them are wanted at most. */
const batch = { rows: 500, characters: 4_000_000 };
/** The one session waits for the other, a batch at a time. */
const patient = "SET LOCAL idle_in_transaction_session_timeout TO '5min'";

type Kept = { what: KeptRows; live: TableShape; fresh: TableShape; columns: TableShape['columns'] };

/**
 * Puts rows of the live database into the new one: whole tables, or rows by a condition, which take the place of those with the same key. The
 * live one is only read, under the rights of the table's owner and in one snapshot; the new one gets everything in one transaction, as the loader.
 * Throws Command (`keep-table-missing`, `keep-column-missing`, `keep-key-missing`, `keep-refused`, `keep-misfit`, `keep-too-much`); no error
 * repeats a value.
 */
export async function keepRows(step: ActStep, context: ActContext): Promise<StepResult> {
  const { access, item, run, signal } = context;
  const wanted = step.args.keep as readonly KeptRows[];
  const login = { signal, run };
  return withSession(access, { ...login, identity: 'admin', database: item.databaseName }, (live) =>
    withSession(access, { ...login, identity: 'loader', database: item.newName }, async (fresh) => {
      const kept: Kept[] = [];
      for (const what of wanted) kept.push(await shapesOf(live, fresh, what));
      return fresh.transaction(async () => {
        await fresh.rows(`SET CONSTRAINTS ALL DEFERRED; ${patient}`);
        const counts = await live.transaction(async () => {
          await live.rows(
            `SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL row_security TO off; ${patient}`,
          );
          return copyAll(live, fresh, kept, context);
        });
        await merge(fresh, kept);
        return { keeps: keptTexts(kept, counts), notCarried: leftOut(kept) };
      });
    }),
  );
}

/** Proves before anything is loaded that what is to be kept is there and can be read. Changes nothing. */
export async function assertKeepable(
  access: ServerAccess,
  databaseName: string,
  wanted: readonly KeptRows[],
  signal?: AbortSignal,
): Promise<void> {
  const login = { identity: 'admin' as const, database: databaseName };
  await withSession(access, { ...login, ...(signal === undefined ? {} : { signal }) }, (live) =>
    live.transaction(async () => {
      await live.rows('SET TRANSACTION READ ONLY; SET LOCAL row_security TO off');
      for (const what of wanted) {
        const shape = await shapeOf(live, what, 'live database');
        const columns = shape.columns.filter(({ generated }) => !generated).map(({ name }) => name);
        await read(live, what, shape, columns);
        await live.rows('CLOSE kept; RESET ROLE');
      }
    }),
  );
}

/** Everything that is kept, into tables beside its own. Answers how many rows each has. */
async function copyAll(
  live: Session,
  fresh: Session,
  kept: readonly Kept[],
  context: ActContext,
): Promise<number[]> {
  const counts: number[] = [];
  for (const [at, one] of kept.entries()) {
    await guarded(one, async () => {
      await fresh.rows(
        makeStaging(
          staging(at),
          tableOf(one),
          one.columns.map(({ name }) => name),
        ),
      );
      counts.push(await copy(live, fresh, one, at, context.signal));
    });
    context.progress((0.8 * (at + 1)) / kept.length);
  }
  return counts;
}

/** From beside into their own tables: children go before their parents and come after them, and no trigger of people's own fires. */
async function merge(fresh: Session, kept: readonly Kept[]): Promise<void> {
  const quieted: string[] = [];
  for (const one of kept) {
    const { schema, name } = one.fresh;
    type Trigger = { name: string; always: boolean };
    for (const trigger of await fresh.rows<Trigger>(firingTriggers, [schema, name])) {
      await fresh.rows(disableTrigger(tableOf(one), trigger.name));
      quieted.push(enableTrigger(tableOf(one), trigger));
    }
  }
  const order = parentsFirst(kept, await edgesOf(fresh, kept));
  for (const one of order.toReversed()) {
    if (one.what.where !== undefined) continue;
    await refuseFollowers(fresh, kept, one);
    const others = removeOthers(staging(kept.indexOf(one)), tableOf(one), one.fresh.key);
    await guarded(one, () => fresh.rows(others));
  }
  for (const one of order) {
    const put = putKept(staging(kept.indexOf(one)), tableOf(one), one.columns, one.fresh.key);
    await guarded(one, () => fresh.rows(put));
    const { schema, name } = one.fresh;
    type Sequence = { schema: string; name: string; column: string };
    for (const sequence of await fresh.rows<Sequence>(sequencesOf, [schema, name]))
      await fresh.rows(moveUp(tableOf(one), sequence));
  }
  // Constraints that were deferred speak here, and not with the commit.
  await guarded(undefined, () => fresh.rows('SET CONSTRAINTS ALL IMMEDIATE'));
  for (const text of quieted) await fresh.rows(text);
}

/** As triggers do not answer to rows that go, no foreign key may: with a few flags all that refers to others would be gone. */
async function refuseFollowers(fresh: Session, kept: readonly Kept[], one: Kept): Promise<void> {
  const isWhole = (table: Follower) =>
    kept.some(
      (other) =>
        other.what.where === undefined &&
        other.fresh.schema === table.schema &&
        other.fresh.name === table.name,
    );
  for (const table of await fresh.rows<Follower>(followersOf, [one.fresh.schema, one.fresh.name])) {
    if (isWhole(table)) continue;
    const would = followed(staging(kept.indexOf(one)), tableOf(one), one.fresh.key, table);
    if ((await fresh.row(would)) !== undefined) throw keptFollowed(one.what, table.name, table.constraint);
  }
}

/** The rows, some at a time, from the one to the other. Answers how many. */
async function copy(
  live: Session,
  fresh: Session,
  one: Kept,
  at: number,
  signal: AbortSignal,
): Promise<number> {
  const names = one.columns.map(({ name }) => name);
  await read(live, one.what, one.live, names);
  const fill = fillStaging(staging(at), one.columns);
  let count = 0;
  for (let rows = batch.rows; ;) {
    signal.throwIfAborted();
    const fetched = await live.rows<{ cells: (string | null)[] }>(fetchKept(rows));
    if (fetched.length === 0) break;
    count += fetched.length;
    if (count > mostRows) throw keptTooMuch(one.what);
    const text = JSON.stringify(fetched.map(({ cells }) => cells));
    await fresh.rows(fill, [text]);
    // Wide rows come one by one in the end.
    if (text.length > batch.characters) rows = Math.max(1, Math.floor(rows / 4));
  }
  await live.rows('CLOSE kept; RESET ROLE');
  return count;
}

/** Opens the cursor as the owner of the table: what a condition calls runs with no more rights than that. */
async function read(
  live: Session,
  what: KeptRows,
  shape: TableShape,
  columns: readonly string[],
): Promise<void> {
  try {
    await live.rows(`SET LOCAL ROLE ${identifier(shape.owner)}`);
    await live.rows(readKept(qualified(shape.schema, shape.name), columns, what.where));
  } catch (error) {
    const state = sqlState(error);
    if (state === undefined) throw error;
    throw keptRefused(
      what,
      stateInWords(state),
      'Correct `where` in the site file, or make the admin identity a member of the owner of the table.',
    );
  }
}

async function shapesOf(live: Session, fresh: Session, what: KeptRows): Promise<Kept> {
  const there = await shapeOf(live, what, 'live database');
  const shape = await shapeOf(
    fresh,
    { ...what, table: qualified(there.schema, there.name) },
    'backup',
    what.table,
  );
  const { columns, key } = fitting(what, there, shape);
  return { what, live: there, fresh: { ...shape, key }, columns };
}

async function shapeOf(
  session: Session,
  what: KeptRows,
  where: 'live database' | 'backup',
  called = what.table,
): Promise<TableShape> {
  const missing = keptTableMissing(called, where);
  // A table without a schema is looked for as the application would.
  await session.rows('RESET search_path');
  type Found = { schema: string; name: string; owner: string };
  const found = await session.row<Found>(tableNamed, [what.table]).catch((error: unknown) => {
    // It is no name at all.
    throw sqlState(error)?.startsWith('42') === true ? missing : error;
  });
  await session.rows("SET search_path TO ''");
  if (found === undefined) throw missing;
  const { schema, name } = found;
  const columns = await session.rows<TableShape['columns'][number]>(columnsOf, [schema, name]);
  const key = await session.rows<KeyColumn>(keyOf, [schema, name]);
  return { ...found, columns, key };
}

/** Which of the tables refers to which other, by their positions. */
async function edgesOf(fresh: Session, kept: readonly Kept[]): Promise<{ from: number; to: number }[]> {
  const edges = await fresh.rows<{ from: number; to: number }>(references, [
    kept.map((one) => one.fresh.schema),
    kept.map((one) => one.fresh.name),
  ]);
  return edges.map(({ from, to }) => ({ from: from - 1, to: to - 1 }));
}

function tableOf({ fresh }: Kept): string {
  return qualified(fresh.schema, fresh.name);
}

function staging(at: number): string {
  return `freshet_kept_${at}`;
}

/** What the new database refuses, with the table and, where it names one, the constraint; never with a value. */
async function guarded<T>(one: Kept | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const state = sqlState(error) ?? '';
    if (!/^(?:22|23|42|428|0A)/.test(state)) throw error;
    const constraint = (error as { constraint?: string }).constraint;
    throw keptMisfit(one?.what.table, stateInWords(state), constraint);
  }
}
