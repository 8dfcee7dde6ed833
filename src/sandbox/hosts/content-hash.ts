import { createHash } from 'node:crypto';
import type { ClientBase } from 'pg';
import { SCHEMA_PARTS, TABLES, USER_SCHEMAS } from './content-queries.ts';

/** What a database holds, as digests: equal exactly when rows, definitions and sequences are equal. */
export type ContentHash = {
  /** Of everything below. */
  hash: string;
  /** By part: `table shop.orders` (rows and their number), `columns`, `constraints`, `sequences` ... */
  parts: Readonly<Record<string, string>>;
};

export type ContentOptions = { grants?: boolean; sequences?: boolean };

/**
 * Digests a whole database: every user table's rows (in any physical order), materialised views, large objects, and the
 * definitions in the catalogue. OIDs, owners and physical order don't count; `grants: true` adds owners, grants and
 * default privileges, which a restore under another owner changes; `sequences: false` leaves out where they stand, as a
 * server that was killed takes them up to 32 numbers ahead when it recovers (PostgreSQL logs them in advance). Reads in one snapshot with fixed settings, so that
 * it doesn't depend on the session. The session must be able to read everything and have no transaction open.
 */
export async function contentHash(client: ClientBase, options: ContentOptions = {}): Promise<ContentHash> {
  const parts: Record<string, string> = {};
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  try {
    // How values become text; and names come with their schemas.
    await client.query(`SET LOCAL search_path = pg_catalog; SET LOCAL timezone = 'UTC';
      SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL intervalstyle = 'iso_8601'; SET LOCAL extra_float_digits = 3;
      SET LOCAL bytea_output = 'hex'; SET LOCAL xmlbinary = 'base64'; SET LOCAL lc_monetary = 'C';
      SET LOCAL statement_timeout = 0; SET LOCAL row_security = off`);
    const tables = await client.query<{ name: string }>(TABLES);
    for (const { name } of tables.rows) {
      // Digests of buckets: the rows of a large table need not be sorted or joined as one text.
      const { rows } = await client.query<{ n: string; digest: string | null }>(`
        SELECT sum(n)::text AS n, md5(string_agg(digest, '' ORDER BY bucket)) AS digest FROM (
          SELECT left(row_digest, 2) AS bucket, count(*) AS n, md5(string_agg(row_digest, '' ORDER BY row_digest)) AS digest
          FROM (SELECT md5(t::text) AS row_digest FROM ${name} t) r GROUP BY 1) b`);
      parts[`table ${name}`] = `${rows[0]?.n ?? 0} ${rows[0]?.digest ?? ''}`;
    }
    for (const [part, sql] of Object.entries(SCHEMA_PARTS)) {
      if (part === 'grants' && options.grants !== true) continue;
      const { rows } = await client.query<{ line: string }>(
        `WITH schemas AS (${USER_SCHEMAS}) SELECT line FROM (${sql}) x (line) WHERE line IS NOT NULL`,
      );
      parts[part] = digest(rows.map(({ line }) => line).sort());
    }
    const { rows: sequences } = await client.query<{ name: string }>(`
      WITH schemas AS (${USER_SCHEMAS})
      SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c
      JOIN schemas n ON n.oid = c.relnamespace WHERE c.relkind = 'S' ORDER BY 1`);
    const values: string[] = [];
    for (const { name } of options.sequences === false ? [] : sequences) {
      const { rows } = await client.query<{ value: string }>(
        `SELECT format('%s %s', last_value, is_called) AS value FROM ${name}`,
      );
      values.push(`${name} ${rows[0]?.value}`);
    }
    parts.sequences = digest(values);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
  return contentOf(parts);
}

/** The digest of all parts, beside them. */
export function contentOf(parts: Readonly<Record<string, string>>): ContentHash {
  const all = Object.entries(parts).map(([part, value]) => `${part} ${value}`);
  return { hash: digest(all.sort()), parts };
}

/** The parts in which two databases differ; none when they are equal. For the message of a failing test. */
export function contentDifferences(a: ContentHash, b: ContentHash): string[] {
  const names = new Set([...Object.keys(a.parts), ...Object.keys(b.parts)]);
  return [...names].filter((name) => a.parts[name] !== b.parts[name]).sort();
}

/** Of lines in their order. */
export function digest(lines: readonly string[]): string {
  const hash = createHash('sha256');
  // Lengths keep "ab","c" and "a","bc" apart.
  for (const line of lines) hash.update(`${line.length}:${line}`);
  return hash.digest('hex');
}
