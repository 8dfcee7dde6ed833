import { commandError } from '../../src/domain/errors.ts';
import type { ActContext, StepResult } from '../engine.ts';
import { type ExpectedAsker, refuseUnexpected } from '../expected.ts';
import type { ActStep } from '../plan.ts';
import { errorInWords } from './causes.ts';
import { errorNumber, type Session, withSession } from './connection.ts';
import { identifier, qualified } from './quote.ts';
import { tablesIn } from './records.ts';

/**
 * Verifies the new database as the loader and gathers its statistics. Throws Command (`key-broken`, `number-behind`), and what
 * `refuseUnexpected` throws, with what was expected and what was found.
 */
export async function verify(step: ActStep, context: ActContext): Promise<StepResult> {
  const { access, item, signal } = context;
  const schema = item.newName;
  return withSession(access, { identity: 'loader', database: schema, signal }, async (session) => {
    await refuseBroken(session, schema);
    await refuseBehind(session, schema);
    const asked = await refuseUnexpected(step, askerIn(session));
    const tables = (await tablesIn(session, schema)).filter(({ type }) => type === 'BASE TABLE');
    if (tables.length > 0)
      await session.rows(`ANALYZE TABLE ${tables.map(({ name }) => qualified(schema, name)).join(', ')}`);
    return { notCarried: [], ...asked };
  });
}

export type Key = {
  name: string;
  tab: string;
  col: string;
  parentSchema: string;
  parent: string;
  parentCol: string;
};

/** Dumps are loaded without looking at foreign keys, so a row without its partner would be found by nobody. */
async function refuseBroken(session: Session, schema: string): Promise<void> {
  const broken = await brokenKey(session, schema);
  if (broken === undefined) return;
  throw commandError(
    'key-broken',
    `The foreign key "${broken.name}" of table "${broken.tab}" has rows without a partner in the new database.`,
    'Look at the backup, or at the configuration scripts.',
  );
}

/** A foreign key that does not hold: of those that lead from or to one of `tables`, or of all. */
export async function brokenKey(
  session: Session,
  schema: string,
  tables?: readonly string[],
): Promise<{ name: string; tab: string } | undefined> {
  for (const key of (await keysOf(session, schema)).values()) {
    const [first] = key;
    if (first === undefined) continue;
    if (tables !== undefined && !tables.includes(first.tab) && !tables.includes(first.parent)) continue;
    const all = (text: (one: Key) => string, by: string) => key.map(text).join(by);
    const broken = await session.row(
      `SELECT 1 FROM ${qualified(schema, first.tab)} c LEFT JOIN ${qualified(first.parentSchema, first.parent)} p
         ON ${all(({ col, parentCol }) => `p.${identifier(parentCol)} = c.${identifier(col)}`, ' AND ')}
       WHERE ${all(({ col }) => `c.${identifier(col)} IS NOT NULL`, ' AND ')} AND p.${identifier(first.parentCol)} IS NULL LIMIT 1`,
    );
    if (broken !== undefined) return { name: first.name, tab: first.tab };
  }
  return undefined;
}

/** The columns of each foreign key of a schema. */
export async function keysOf(session: Session, schema: string): Promise<Map<string, Key[]>> {
  const columns = await session.rows<Key>(
    `SELECT constraint_name AS name, table_name AS tab, column_name AS col, referenced_table_schema AS parentSchema,
       referenced_table_name AS parent, referenced_column_name AS parentCol
     FROM information_schema.key_column_usage WHERE constraint_schema = ? AND referenced_table_name IS NOT NULL
     ORDER BY table_name, constraint_name, ordinal_position`,
    [schema],
  );
  return grouped(columns);
}

function grouped(columns: readonly Key[]): Map<string, Key[]> {
  const keys = new Map<string, Key[]>();
  for (const one of columns) {
    const id = `${one.tab}\0${one.name}`;
    keys.set(id, [...(keys.get(id) ?? []), one]);
  }
  return keys;
}

/** The next number of a table that counts must be beyond its largest. InnoDB sees to it; other engines and a bad dump may not. */
async function refuseBehind(session: Session, schema: string): Promise<void> {
  const found = await session.rows<{ tab: string; col: string; next: number }>(
    `SELECT c.table_name AS tab, c.column_name AS col, CAST(t.auto_increment AS DOUBLE) AS next
     FROM information_schema.columns c JOIN information_schema.tables t
       ON t.table_schema = c.table_schema AND t.table_name = c.table_name
     WHERE c.table_schema = ? AND c.extra LIKE '%auto_increment%' AND t.auto_increment IS NOT NULL`,
    [schema],
  );
  for (const { tab, col, next } of found) {
    const most = await session.row<{ most: number | null }>(
      `SELECT CAST(MAX(${identifier(col)}) AS DOUBLE) AS most FROM ${qualified(schema, tab)}`,
    );
    if ((most?.most ?? 0) < next) continue;
    throw commandError(
      'number-behind',
      `The next number of "${tab}"."${col}" is not beyond its rows: the next insert would fail.`,
      'Set it in a configuration script of the environment, or in the source.',
    );
  }
}

function askerIn(session: Session): ExpectedAsker {
  return {
    async count(table, least) {
      try {
        const count = `SELECT COUNT(*) AS n FROM (SELECT 1 FROM ${identifier(table)} LIMIT ?) t`;
        return (await session.row<{ n: number }>(count, [least]))?.n ?? 0;
      } catch (error) {
        if (errorNumber(error) !== 1146) throw error;
        return undefined;
      }
    },
    async first(query) {
      await session.rows('START TRANSACTION READ ONLY');
      try {
        return await session.row<Record<string, unknown>>(query);
      } finally {
        await session.rows('ROLLBACK').catch(() => undefined);
      }
    },
    words(error) {
      const number = errorNumber(error);
      return number === undefined ? undefined : errorInWords(number);
    },
  };
}
