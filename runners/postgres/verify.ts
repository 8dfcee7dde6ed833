import { commandError } from '../../src/domain/errors.ts';
import type { Sentinel } from '../../src/domain/site.ts';
import type { ActContext, StepResult } from '../engine.ts';
import type { ActStep } from '../plan.ts';
import { literal, qualified } from '../quote.ts';
import { stateInWords } from '../causes.ts';
import { type Session, sqlState, withSession } from './connection.ts';

/** Constraints that the source never validated stay so: said, not refused. */
const notValidated = `
  SELECT conrelid::regclass::text || ' ' || quote_ident(conname) AS name FROM pg_constraint
  WHERE NOT convalidated AND conrelid <> 0 ORDER BY 1 LIMIT 20`;

const invalidIndexes =
  'SELECT indexrelid::regclass::text AS name FROM pg_index WHERE NOT indisvalid ORDER BY 1 LIMIT 5';

/** Ascending sequences that feed a column, with what to compare. */
const sequences = `
  SELECT format('%I.%I', sn.nspname, s.relname) AS sequence, format('%I.%I', tn.nspname, t.relname) AS "table",
    quote_ident(a.attname) AS "column"
  FROM pg_class s JOIN pg_namespace sn ON sn.oid = s.relnamespace
    JOIN pg_sequence q ON q.seqrelid = s.oid AND q.seqincrement > 0 AND NOT q.seqcycle
    JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.oid AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
    JOIN pg_class t ON t.oid = d.refobjid JOIN pg_namespace tn ON tn.oid = t.relnamespace
    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
  WHERE a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
  ORDER BY 1`;

/**
 * Verifies the new database as the loader and gathers its statistics. Throws Command (`index-invalid`, `sequence-behind`,
 * `rows-missing`, `table-missing`, `sentinel-differs`, `sentinel-failed`) with what was expected and what was found; a
 * sentinel's own answer is never repeated, as it may be data.
 */
export async function verify(step: ActStep, context: ActContext): Promise<StepResult> {
  const { access, item, run, signal } = context;
  const login = { identity: 'loader' as const, database: item.newName, signal, run };
  const { minimumRows = {}, sentinels = [] } = step.args as {
    minimumRows?: Record<string, number>;
    sentinels?: readonly Sentinel[];
  };
  // Statistics take as long as all else together.
  const [checked] = await Promise.all([
    withSession(access, login, async (session) => {
      const open = await session.rows<{ name: string }>(notValidated);
      await refuseInvalid(session);
      await refuseBehind(session);
      await refuseMissing(session, minimumRows);
      for (const sentinel of sentinels) await refuseOther(session, sentinel);
      return open.map(({ name }) => `constraint ${name} was never validated in the source, and is not here`);
    }),
    analyse(context, Number(step.args.jobs ?? 1)),
  ]);
  return { notCarried: checked, sentinels: sentinels.length, counts: Object.keys(minimumRows).length };
}

/** Tables whose statistics are gathered, the longest first. A partitioned one does its partitions, too. */
const analysed = `
  SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'm', 'p') AND NOT c.relispartition AND n.nspname !~ '^pg_'
    AND n.nspname <> 'information_schema' AND pg_has_role(c.relowner, 'USAGE')
  ORDER BY c.relkind = 'p' DESC, pg_relation_size(c.oid) DESC, 1`;

/** Statistics of every table, by as many sessions as a restore has jobs: a single ANALYZE leaves a core idle. */
async function analyse({ access, item, run, signal }: ActContext, jobs: number): Promise<void> {
  const login = { identity: 'loader' as const, database: item.newName, signal, run };
  const names = await withSession(access, login, (session) => session.rows<{ name: string }>(analysed));
  const worker = () =>
    withSession(access, login, async (session) => {
      for (let next = names.shift(); next !== undefined; next = names.shift()) {
        await session.rows(`ANALYZE ${next.name}`);
      }
    });
  await Promise.all(Array.from({ length: Math.max(1, Math.min(jobs, names.length, 8)) }, worker));
}

async function refuseInvalid(session: Session): Promise<void> {
  const [first] = await session.rows<{ name: string }>(invalidIndexes);
  if (first === undefined) return;
  throw commandError(
    'index-invalid',
    `The index ${first.name} of the new database is not valid.`,
    'Restore it again; the source may have the same fault.',
  );
}

async function refuseBehind(session: Session): Promise<void> {
  const found = await session.rows<{ sequence: string; table: string; column: string }>(sequences);
  if (found.length === 0) return;
  // The server quoted these names itself; one round for all of them.
  const text = found.map(
    ({ sequence, table, column }) =>
      `SELECT ${literal(sequence)} AS sequence, ${literal(`${table}.${column}`)} AS "column"
       FROM ${sequence} s, (SELECT max(${column}) AS most FROM ${table}) t WHERE t.most > s.last_value`,
  );
  for (let at = 0; at < text.length; at += 100) {
    const [behind] = await session.rows<{ sequence: string; column: string }>(
      text.slice(at, at + 100).join(' UNION ALL '),
    );
    if (behind === undefined) continue;
    throw commandError(
      'sequence-behind',
      `The sequence ${behind.sequence} is behind the rows of ${behind.column}: the next insert would fail.`,
      'Set it in a configuration script of the environment, or in the source.',
    );
  }
}

async function refuseMissing(session: Session, minimumRows: Record<string, number>): Promise<void> {
  for (const [table, least] of Object.entries(minimumRows)) {
    const name = qualified(...table.split('.'));
    let row: { n: number } | undefined;
    try {
      // A table without a schema is looked for as the application would.
      if (!table.includes('.')) await session.rows('RESET search_path');
      row = await session.row(`SELECT count(*)::float8 AS n FROM (SELECT FROM ${name} LIMIT $1) t`, [least]);
      await session.rows("SET search_path TO ''");
    } catch (error) {
      if (sqlState(error) !== '42P01') throw error;
      throw commandError(
        'table-missing',
        `The backup has no table ${table}.`,
        'Look at `minimumRows`, or at the backup.',
      );
    }
    if ((row?.n ?? 0) >= least) continue;
    throw commandError(
      'rows-missing',
      `The table ${table} has ${row?.n ?? 0} rows in the new database; at least ${least} are expected.`,
      'Look at the backup: it may be of an empty or cut source.',
    );
  }
}

async function refuseOther(session: Session, sentinel: Sentinel): Promise<void> {
  await session.rows('BEGIN READ ONLY');
  try {
    await session.rows('RESET search_path');
    const first = await session.row<Record<string, unknown>>(sentinel.sql);
    const [value] = first === undefined ? [] : Object.values(first);
    if (first !== undefined && asText(value) === sentinel.expect) return;
  } catch (error) {
    const state = sqlState(error);
    if (state === undefined) throw error;
    throw commandError(
      'sentinel-failed',
      `The sentinel "${sentinel.name}" can't be asked: ${stateInWords(state)}.`,
      'Correct its query in the site file.',
    );
  } finally {
    await session.rows("ROLLBACK; SET search_path TO ''").catch(() => undefined);
  }
  throw commandError(
    'sentinel-differs',
    `The sentinel "${sentinel.name}" does not answer "${sentinel.expect}".`,
    'Look at the backup and at the configuration scripts.',
  );
}

/** As psql would show it, for the types that sentinels are made of. */
function asText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'boolean') return value ? 't' : 'f';
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'string') return value;
  return JSON.stringify(value) ?? '';
}
