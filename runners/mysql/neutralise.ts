import type { ActContext } from '../engine.ts';
import type { InCopy } from '../neutralising/neutralise.ts';
import type { PackDialect } from '../neutralising/packs.ts';
import { askedMost } from '../neutralising/proof.ts';
import { errorInWords } from './causes.ts';
import { errorNumber, type Session, withSession } from './connection.ts';
import { identifier, literal, qualified } from './quote.ts';
import { markName } from './sql.ts';

export const dialect: PackDialect = {
  table: (name) => qualified(...name.split('.')),
  identifier,
  literal,
  // Of an empty list the server takes no other writing.
  list: (texts) =>
    texts.length === 0 ? `(SELECT '' FROM DUAL WHERE FALSE)` : `(${texts.map(literal).join(', ')})`,
};

/** A session of the loader in the new database, where it may do all, and nothing anywhere else. */
export function inCopy<T>(context: ActContext, work: (copy: InCopy) => Promise<T>): Promise<T> {
  const { access, item, signal } = context;
  const schema = item.newName;
  return withSession(access, { identity: 'loader', database: schema, signal }, async (session) => {
    // A pack writes a statement over all columns of a table; what is cut off would be looked through by nobody.
    await session.rows('SET SESSION group_concat_max_len = 16777216');
    return work(copyOf(session, schema));
  });
}

const full = [1021, 1114];
const tooLong = [1969, 3024];

function copyOf(session: Session, schema: string): InCopy {
  return {
    rows: (sql) => session.rows(sql),
    changed: (sql) => session.changed(sql),
    transaction: (work) => session.transaction(work),
    async readOnly(work) {
      await session.rows('START TRANSACTION READ ONLY');
      try {
        return await work();
      } finally {
        await session.rows('ROLLBACK').catch(() => undefined);
      }
    },
    async within(milliseconds) {
      const seconds = milliseconds / 1000;
      await session.rows(
        `SET SESSION /*M!100101 max_statement_time = ${seconds} *//*!80000 max_execution_time = ${milliseconds} */`,
      );
    },
    async columnsOf({ named }) {
      const columns = await session.rows<{ name: string }>(
        'SELECT column_name AS name FROM information_schema.columns WHERE table_schema = ? AND table_name = ?',
        [schema, named.table],
      );
      return columns.length === 0 ? undefined : columns.map(({ name }) => name);
    },
    async tables() {
      const all = await session.rows<{ name: string }>(
        'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = ? AND table_name <> ?',
        [schema, markName],
      );
      return all.map(({ name }) => name);
    },
    async asked(query) {
      const count = `SELECT CAST(COUNT(*) AS SIGNED) AS n FROM (SELECT 1 FROM (${query}\n) asked LIMIT ${askedMost}) counted`;
      const rows = (await session.row<{ n: number }>(count))?.n ?? 0;
      return { rows, yes: rows === 0 || (await allTrue(session, query)) };
    },
    refusal(error) {
      const number = errorNumber(error);
      // A full disk is told as everywhere else.
      if (number === undefined || full.includes(number)) return undefined;
      return tooLong.includes(number) ? 'too-long' : { words: errorInWords(number) };
    },
  };
}

/** Whether a query answers nothing but true, in its one column; with more of them it says no. */
async function allTrue(session: Session, query: string): Promise<boolean> {
  try {
    const answer = await session.row<{ yes: number }>(
      `WITH held (one) AS (${query}\n) SELECT MIN(CAST(one AS CHAR) <=> '1') AS yes FROM held`,
    );
    return answer?.yes === 1;
  } catch (error) {
    if (!columnsDiffer.includes(errorNumber(error) ?? 0)) throw error;
    return false;
  }
}

/** `WITH column list and SELECT field list have different column counts`. */
const columnsDiffer = [1353, 4002];
