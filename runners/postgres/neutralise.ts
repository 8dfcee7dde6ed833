import type { ActContext } from '../engine.ts';
import type { InCopy } from '../neutralising/neutralise.ts';
import type { PackDialect } from '../neutralising/packs.ts';
import { askedMost } from '../neutralising/proof.ts';
import { stateInWords } from './causes.ts';
import { type Session, sqlState, withSession } from './connection.ts';
import { identifier, literal, qualified, textArray } from './quote.ts';

export const dialect: PackDialect = {
  table: (name) => qualified(...name.split('.')),
  identifier,
  literal,
  list: textArray,
};

/** A session of the loader in the new database that sees names as the application does, and is refused rows rather than not shown them. */
export function inCopy<T>(context: ActContext, work: (copy: InCopy) => Promise<T>): Promise<T> {
  const { access, item, run, signal } = context;
  const login = { identity: 'loader' as const, database: item.newName, signal, run };
  return withSession(access, login, async (session) => {
    await session.rows('RESET search_path; SET row_security TO off');
    return work(copyOf(session));
  });
}

const tables = `
  SELECT n.nspname || '.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`;

function copyOf(session: Session): InCopy {
  return {
    rows: (sql) => session.rows(sql),
    changed: (sql) => session.changed(sql),
    transaction: (work) => session.transaction(work),
    async readOnly(work) {
      await session.rows('BEGIN READ ONLY');
      try {
        return await work();
      } finally {
        await session.rows('ROLLBACK').catch(() => undefined);
      }
    },
    within: async (milliseconds) =>
      void (await session.rows(`SET LOCAL statement_timeout TO ${milliseconds}`)),
    async columnsOf({ values }) {
      const found = await session.row<{ oid: string | null }>('SELECT to_regclass($1)::oid::text AS oid', [
        values['table'],
      ]);
      if (typeof found?.oid !== 'string') return undefined;
      const columns = await session.rows<{ name: string }>(
        'SELECT attname AS name FROM pg_attribute WHERE attrelid = $1::oid AND attnum > 0 AND NOT attisdropped',
        [found.oid],
      );
      return columns.map(({ name }) => name);
    },
    tables: async () => (await session.rows<{ name: string }>(tables)).map(({ name }) => name),
    async asked(query) {
      const answer = await session.row<{ rows: number; yes: boolean }>(
        `SELECT count(*)::int AS rows, coalesce(bool_and((SELECT bool_and(value = 'true') FROM jsonb_each(to_jsonb(held)))), true) AS yes
         FROM (SELECT * FROM (${query}\n) asked LIMIT ${askedMost}) held`,
      );
      return answer ?? { rows: 0, yes: false };
    },
    refusal(error) {
      const state = sqlState(error);
      // A full disk is told as everywhere else.
      if (state === undefined || state === '53100') return undefined;
      return state === '57014' ? 'too-long' : { words: stateInWords(state) };
    },
  };
}
