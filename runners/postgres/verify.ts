import { commandError } from '../../src/domain/errors.ts';
import type { ActContext, ServerAccess, StepResult } from '../engine.ts';
import { type ExpectedAsker, refuseUnexpected } from '../expected.ts';
import type { ActStep } from '../plan.ts';
import { literal, qualified } from './quote.ts';
import { stateInWords } from './causes.ts';
import { type Session, sqlState, withSession } from './connection.ts';
import { loaderFacts, type ServerFacts } from './facts.ts';
import { loaderProblems } from './rights.ts';

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
 * Verifies the new database as the loader and gathers its statistics. Throws Command (`index-invalid`, `sequence-behind`), what
 * `refuseUnexpected` throws, with what was expected and what was found, and what `check` has against the loader.
 */
export async function verify(step: ActStep, context: ActContext): Promise<StepResult> {
  const { access, item, run, signal } = context;
  const login = { identity: 'loader' as const, database: item.newName, signal, run };
  // Statistics take as long as all else together.
  const [checked] = await Promise.all([
    withSession(access, login, async (session) => {
      const open = await session.rows<{ name: string }>(notValidated);
      await refuseChangedLoader(session, access.site);
      await refuseInvalid(session);
      await refuseBehind(session);
      const asked = await refuseUnexpected(step, askerIn(session));
      const notCarried = open.map(
        ({ name }) => `constraint ${name} was never validated in the source, and is not here`,
      );
      return { notCarried, ...asked };
    }),
    analyse(context, Number(step.args.jobs ?? 1)),
  ]);
  return checked;
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

/** A backup runs as the loader, and may have changed what that is: nothing goes live that came with it. */
async function refuseChangedLoader(session: Session, site: ServerAccess['site']): Promise<void> {
  const loader = await session.row<NonNullable<ServerFacts['loader']>>(loaderFacts, [
    site.loader.user,
    site.admin.user,
  ]);
  const [problem] = loaderProblems(loader, site);
  if (problem !== undefined) throw commandError(problem.code, problem.message, problem.hint);
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

function askerIn(session: Session): ExpectedAsker {
  return {
    async count(table, least) {
      const name = qualified(...table.split('.'));
      try {
        // A table without a schema is looked for as the application would.
        if (!table.includes('.')) await session.rows('RESET search_path');
        const count = `SELECT count(*)::float8 AS n FROM (SELECT FROM ${name} LIMIT $1) t`;
        const row = await session.row<{ n: number }>(count, [least]);
        await session.rows("SET search_path TO ''");
        return row?.n ?? 0;
      } catch (error) {
        if (sqlState(error) !== '42P01') throw error;
        return undefined;
      }
    },
    async first(query) {
      await session.rows('BEGIN READ ONLY');
      try {
        await session.rows('RESET search_path');
        return await session.row<Record<string, unknown>>(query);
      } finally {
        await session.rows("ROLLBACK; SET search_path TO ''").catch(() => undefined);
      }
    },
    words(error) {
      const state = sqlState(error);
      return state === undefined ? undefined : stateInWords(state);
    },
  };
}
