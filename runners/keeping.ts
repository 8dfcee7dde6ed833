import { commandError, isFreshetError } from '../src/domain/errors.ts';
import type { Inspection } from '../src/domain/impact.ts';
import { keptText, type KeptRows } from '../src/domain/kept-rows.ts';
import type { ItemContext } from './engine.ts';

// What keeping rows of a target is for each engine: which columns go along, in which order tables do, and what people are told.

/** More is no keeping of some rows any more. */
export const mostRows = 1_000_000;

/** A column of a table as one database has it. */
export type KeptColumn = {
  name: string;
  /** Computed by the server: it can't be written. */
  generated: boolean;
  /** It must have a value, and gets none by itself. */
  required: boolean;
};

/** What goes along of a kept table, and by which columns it is told which row is which; none where it can't be told. */
type Fitting<C, K> = { columns: readonly C[]; key: readonly K[] };

/**
 * The columns that both tables have, in the order of the backup's, and its primary key. Throws Command: `keep-column-missing` where a row of
 * the target can't be a row of the backup's, `keep-key-missing` where some rows are wanted of a table without a key.
 */
export function fitting<C extends KeptColumn, K extends { name: string }>(
  what: KeptRows,
  live: { columns: readonly KeptColumn[] },
  fresh: { columns: readonly C[]; key: readonly K[] },
): Fitting<C, K> {
  const has = new Set(live.columns.filter(({ generated }) => !generated).map(({ name }) => name));
  const columns = fresh.columns.filter(({ name, generated }) => !generated && has.has(name));
  const missing = fresh.columns.find(({ name, required }) => required && !has.has(name));
  if (missing !== undefined || columns.length === 0) {
    throw commandError(
      'keep-column-missing',
      missing === undefined
        ? `Rows of "${what.table}" can't be kept: the tables of the backup and of the live database have no column in common.`
        : `Rows of "${what.table}" can't be kept: with the backup its column "${missing.name}" must have a value, and the live table has no such column.`,
      'Run the migration of the backup on the target first, or take the table from `keep`.',
    );
  }
  const key = fresh.key.every(({ name }) => has.has(name)) ? fresh.key : [];
  if (what.where !== undefined && key.length === 0) {
    throw commandError(
      'keep-key-missing',
      `Rows of "${what.table}" can't be kept by a condition: without a primary key it can't be told which row is which.`,
      'Keep the whole table, or give it a primary key.',
    );
  }
  return { columns, key };
}

/** Tables before those that refer to them; in a circle as they stand. `edges`: which refers to which, by position from 0. */
export function parentsFirst<T>(tables: readonly T[], edges: readonly { from: number; to: number }[]): T[] {
  const left = new Set(tables.keys());
  const order: T[] = [];
  while (left.size > 0) {
    const waits = (at: number) => edges.some(({ from, to }) => from === at && left.has(to));
    const next = [...left].find((at) => !waits(at)) ?? [...left][0]!;
    left.delete(next);
    order.push(tables[next]!);
  }
  return order;
}

/** What was kept, for people. */
export function keptTexts(kept: readonly { what: KeptRows }[], counts: readonly number[]): string[] {
  return kept.map(({ what }, at) => `${keptText(what)}: ${counts[at]} ${counts[at] === 1 ? 'row' : 'rows'}`);
}

/** Columns that only the live table has: their values have no place. */
export function leftOut(
  kept: readonly {
    what: KeptRows;
    live: { columns: readonly KeptColumn[] };
    columns: readonly KeptColumn[];
  }[],
): string[] {
  return kept.flatMap(({ what, live, columns }) =>
    live.columns
      .filter(({ name, generated }) => !generated && !columns.some((column) => column.name === name))
      .map(
        ({ name }) => `column "${name}" of the kept rows of ${what.table}: the backup has none of that name`,
      ),
  );
}

export function keptTableMissing(table: string, where: 'live database' | 'backup'): Error {
  return commandError(
    'keep-table-missing',
    `Rows of "${table}" are to be kept, and the ${where} has no such table.`,
    'Correct `keep` in the site file.',
  );
}

/** `why` of the server, in words; `remedy` of the engine. */
export function keptRefused({ table }: KeptRows, why: string, remedy: string): Error {
  return commandError(
    'keep-refused',
    `What is to be kept of "${table}" can't be read in the live database: ${why}.`,
    remedy,
  );
}

/** What the new database refuses, with the table and, where the server names one, the constraint; never with a value. */
export function keptMisfit(table: string | undefined, why: string, constraint: string | undefined): Error {
  return commandError(
    'keep-misfit',
    `The kept rows of ${table === undefined ? 'kept tables' : `"${table}"`} do not fit the backup: ${why}${constraint === undefined ? '' : `, "${constraint}"`}.`,
    'Keep what they belong to as well, or narrow `where` in the site file.',
  );
}

/** Rows of `follower` would go, or lose what they refer to, with those that the kept ones take the place of. */
export function keptFollowed({ table }: KeptRows, follower: string, constraint: string): Error {
  return keptMisfit(
    table,
    `rows of "${follower}" belong to others of the backup, and would go or change with these`,
    constraint,
  );
}

export function keptTooMuch({ table }: KeptRows): Error {
  return commandError(
    'keep-too-much',
    `More than ${mostRows} rows of "${table}" are to be kept; at most that many may be.`,
    'Narrow `where` in the site file.',
  );
}

/** What was seen of a target, and whether what a refresh is to keep of it is there and can be read, as `prove` finds. */
export async function withKeepable(
  { placement, source }: ItemContext,
  seen: Inspection,
  prove: (databaseName: string, keep: readonly KeptRows[]) => Promise<void>,
): Promise<Inspection> {
  if (placement.keep === undefined || source === undefined || seen.problems.length > 0) return seen;
  try {
    await prove(placement.databaseName, placement.keep);
    return seen;
  } catch (error) {
    if (!isFreshetError(error, 'Command')) throw error;
    const { code, message, hint } = error;
    return { ...seen, problems: [{ code, message, hint }] };
  }
}
