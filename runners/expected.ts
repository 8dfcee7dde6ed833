import type { Sentinel } from '../src/domain/site.ts';
import type { ActStep } from './plan.ts';
import { rowsMissing, sentinelDiffers, sentinelFailed, tableMissing } from './refusals.ts';

/** A session in the new database, as far as it is asked for what the site file expects there. */
export type ExpectedAsker = {
  /** How many rows a table has, counted up to `least`; undefined where there is no such table. */
  count(table: string, least: number): Promise<number | undefined>;
  /** The first row of a query, asked where nothing can be written; undefined where it answers none. */
  first(query: string): Promise<Record<string, unknown> | undefined>;
  /** What the server refused, in words; undefined for an error that is none of the server's. */
  words(error: unknown): string | undefined;
};

/**
 * Refuses a new database that does not hold what the site file expects of it: Command (`rows-missing`, `table-missing`,
 * `sentinel-differs`, `sentinel-failed`). A sentinel's own answer is never repeated, as it may be data. Answers how much was asked.
 */
export async function refuseUnexpected(
  { args }: ActStep,
  asker: ExpectedAsker,
): Promise<{ sentinels: number; counts: number }> {
  const { minimumRows = {}, sentinels = [] } = args as {
    minimumRows?: Record<string, number>;
    sentinels?: readonly Sentinel[];
  };
  for (const [table, least] of Object.entries(minimumRows)) {
    const rows = await asker.count(table, least);
    if (rows === undefined) throw tableMissing(table);
    if (rows < least) throw rowsMissing(table, rows, least);
  }
  for (const sentinel of sentinels) await refuseOther(sentinel, asker);
  return { sentinels: sentinels.length, counts: Object.keys(minimumRows).length };
}

async function refuseOther(sentinel: Sentinel, asker: ExpectedAsker): Promise<void> {
  let row: Record<string, unknown> | undefined;
  try {
    row = await asker.first(sentinel.sql);
  } catch (error) {
    const why = asker.words(error);
    if (why === undefined) throw error;
    throw sentinelFailed(sentinel.name, why);
  }
  if (row === undefined || asText(Object.values(row)[0]) !== sentinel.expect) throw sentinelDiffers(sentinel);
}

/** As the vendor's client would show it, for the types that sentinels are made of; what a driver gives as true or false is PostgreSQL's. */
function asText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'boolean') return value ? 't' : 'f';
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'string') return value;
  return JSON.stringify(value) ?? '';
}
