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
import { newDatabaseGone } from '../refusals.ts';
import { errorInWords } from './causes.ts';
import { errorNumber, type Session } from './connection.ts';
import { forgetProgram, handOn, recordedProgram, recordProgram, triggersOf } from './program.ts';
import { identifier, qualified } from './quote.ts';
import { asAdmin, copyOf, markOf } from './records.ts';
import {
  changeKept,
  columnsOf,
  countKept,
  dropTrigger,
  followed,
  followingKeys,
  keyOf,
  putKept,
  removeOthers,
  stagingName,
  type TableShape,
  tableNamed,
  takeKept,
} from './sql-keep.ts';
import { brokenKey, type Key, keysOf } from './verify.ts';

/** `shape`: what goes along of it. */
type Kept = { what: KeptRows; live: TableShape; shape: TableShape; columns: TableShape['columns'] };

/** Nothing of the live database is locked, whatever is read of it: the application goes on. */
const unlocking = 'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED';

/**
 * Puts rows of the live database into the new one: whole tables, or rows by a condition, which take the place of those with the same key. They
 * stay on the server: the admin identity, which alone has rights in both, copies them into temporary tables beside their own, and from there
 * in one transaction. Triggers of the kept tables are down meanwhile, and written down.
 * Throws Command (`keep-table-missing`, `keep-column-missing`, `keep-key-missing`, `keep-refused`, `keep-misfit`, `keep-too-much`); no error
 * repeats a value. Repeatable.
 */
export async function keepRows(step: ActStep, context: ActContext): Promise<StepResult> {
  const { access, item, run, signal } = context;
  const wanted = step.args.keep as readonly KeptRows[];
  const schema = item.newName;
  return asAdmin(access, signal, async (session) => {
    const copy = await copyOf(session, run, item.databaseName);
    if (copy === undefined || (await markOf(session, schema)) !== copy.ref) throw newDatabaseGone(item);
    const kept: Kept[] = [];
    for (const what of wanted) {
      const live = await shapeOf(session, item.databaseName, what, 'live database');
      const fresh = await shapeOf(session, schema, what, 'backup');
      const shape = fitting(what, live, fresh);
      kept.push({ what, live, shape, columns: shape.columns });
    }
    await session.rows(unlocking);
    await session.rows(`USE ${identifier(item.databaseName)}`);
    const counts: number[] = [];
    for (const [at, { what, shape }] of kept.entries()) {
      counts.push(await readable(session, item.databaseName, what));
      const from = qualified(item.databaseName, what.table);
      await guarded(what.table, () =>
        session.rows(takeKept(stagingName(schema, at), from, shape, what.where)),
      );
      context.progress((0.8 * (at + 1)) / kept.length);
    }
    await session.rows(`USE ${identifier(schema)}`);
    await withoutTriggers(session, schema, copy.ref, wanted, () => merge(session, schema, kept));
    return { keeps: keptTexts(kept, counts), notCarried: leftOut(kept) };
  });
}

/** Proves before anything is loaded that what is to be kept is there and can be read. Changes nothing. */
export async function assertKeepable(
  access: ServerAccess,
  databaseName: string,
  wanted: readonly KeptRows[],
  signal?: AbortSignal,
): Promise<void> {
  await asAdmin(access, signal, async (session) => {
    await session.rows(`USE ${identifier(databaseName)}`);
    for (const what of wanted) {
      await shapeOf(session, databaseName, what, 'live database');
      await readable(session, databaseName, what);
    }
  });
}

/** How many rows there are to be kept. Asked where nothing can be written: what a condition calls must not either. */
async function readable(session: Session, schema: string, what: KeptRows): Promise<number> {
  await session.rows('START TRANSACTION READ ONLY');
  try {
    const count = countKept(qualified(schema, what.table), what.where, mostRows + 1);
    const n = (await session.row<{ n: number }>(count))?.n ?? 0;
    if (n > mostRows) throw keptTooMuch(what);
    return n;
  } catch (error) {
    const number = errorNumber(error);
    if (number === undefined) throw error;
    throw keptRefused(what, errorInWords(number), 'Correct `where` in the site file.');
  } finally {
    await session.rows('ROLLBACK').catch(() => undefined);
  }
}

/**
 * From beside into their own tables: children go before their parents and come after them. What comes is looked at as a whole, as the server
 * would do so row by row, and tables may refer to themselves and to each other.
 */
async function merge(session: Session, schema: string, kept: readonly Kept[]): Promise<void> {
  const byKey = await keysOf(session, schema);
  const keys = [...byKey.values()].flat();
  const following = await session.rows<{ name: string; tab: string }>(followingKeys, [schema]);
  const at = (table: string) => kept.findIndex(({ what }) => what.table === table);
  const edges = keys.flatMap(({ tab, parent }) =>
    tab === parent || at(tab) < 0 || at(parent) < 0 ? [] : [{ from: at(tab), to: at(parent) }],
  );
  const order = parentsFirst(kept, edges);
  const isWhole = (table: string) =>
    kept.some(({ what }) => what.table === table && what.where === undefined);
  const each = (work: (one: Kept, table: string, staging: string) => readonly string[]) => async () => {
    for (const one of order) {
      const table = qualified(schema, one.what.table);
      for (const statement of work(one, table, stagingName(schema, kept.indexOf(one))))
        await guarded(one.what.table, () => session.rows(statement));
    }
  };
  const puts = each(({ shape }, table, staging) =>
    shape.key.length === 0
      ? [putKept(staging, table, shape)]
      : [changeKept(staging, table, shape), putKept(staging, table, shape)],
  );
  await session.transaction(async () => {
    for (const { what, shape } of order.toReversed()) {
      if (what.where !== undefined) continue;
      const staging = stagingName(schema, at(what.table));
      const table = qualified(schema, what.table);
      for (const columns of byKey.values()) {
        const [{ name, tab, parent }] = columns as [Key];
        // As triggers do not answer to rows that go, no foreign key may: with a few flags all that refers to others would be gone.
        if (parent !== what.table || tab === parent || isWhole(tab)) continue;
        if (!following.some((one) => one.name === name && one.tab === tab)) continue;
        const would = followed(staging, table, shape.key, { table: qualified(schema, tab), refers: columns });
        if ((await session.row(would)) !== undefined) throw keptFollowed(what, tab, name);
      }
      const others = removeOthers(staging, table, shape.key);
      await guarded(what.table, () => session.rows(others));
    }
    await session.rows('SET SESSION foreign_key_checks = 0');
    try {
      await puts();
    } finally {
      await session.rows('SET SESSION foreign_key_checks = 1');
    }
    const tables = kept.map(({ what }) => what.table);
    const broken = await brokenKey(session, schema, tables);
    if (broken !== undefined) throw keptMisfit(broken.tab, 'a foreign key has no partner', broken.name);
  });
}

/** Triggers would answer to rows that are no news. They can't be turned off, so they are taken down; who dies in between finds them written down. */
async function withoutTriggers(
  session: Session,
  schema: string,
  ref: string,
  wanted: readonly KeptRows[],
  work: () => Promise<void>,
): Promise<void> {
  const there = await triggersOf(session, schema);
  const names = wanted.map(({ table }) => table);
  const mine = there.filter(({ on }) => names.includes(on?.table ?? ''));
  // Those of whoever died before us, in the order in which they fire.
  const left = (await recordedProgram(session, ref)).filter(({ kind }) => kind === 'TRIGGER');
  const all = left.length > 0 ? left : mine;
  if (all.length === 0) return work();
  await recordProgram(session, ref, all);
  for (const { name } of mine) await session.rows(dropTrigger(schema, name));
  try {
    await work();
  } finally {
    const hand = await handOn(session, schema);
    for (const one of all) await hand.put(one);
    await hand.rest();
    await forgetProgram(session, ref);
  }
}

async function shapeOf(
  session: Session,
  schema: string,
  { table }: KeptRows,
  where: 'live database' | 'backup',
): Promise<TableShape> {
  if ((await session.row(tableNamed, [schema, table])) === undefined) throw keptTableMissing(table, where);
  const columns = await session.rows<{ name: string; is_generated: number; is_required: number }>(columnsOf, [
    schema,
    table,
  ]);
  const key = await session.rows<{ name: string; part: number | null }>(keyOf, [schema, table]);
  return {
    columns: columns.map((one) => ({
      name: one.name,
      generated: one.is_generated === 1,
      required: one.is_required === 1,
    })),
    key: key.some(({ part }) => part !== null) ? [] : key.map(({ name }) => ({ name })),
  };
}

/** A lock, a full disk and the like say nothing of the rows. */
const othersFault = [1021, 1114, 1205, 1213, 1969, 3024];

/** What the new database refuses, with the table and, where it names one, the index or constraint; never with a value. */
async function guarded<T>(table: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const number = errorNumber(error);
    if (number === undefined || othersFault.includes(number)) throw error;
    const message = error instanceof Error ? error.message : '';
    // `Duplicate entry '...' for key 'name'`, of MySQL 'table.name'; `... fails (schema.table, CONSTRAINT name FOREIGN KEY ...`.
    const constraint =
      number === 1062
        ? / for key '([^']+)'$/.exec(message)?.[1]?.replace(`${table}.`, '')
        : number === 1451 || number === 1452
          ? / CONSTRAINT `([^`]+)` FOREIGN KEY /.exec(message)?.[1]
          : undefined;
    throw keptMisfit(table, errorInWords(number), constraint);
  }
}
