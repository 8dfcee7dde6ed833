import type { Survey, Writes } from '../../src/domain/impact.ts';
import type { SchemaKind } from '../../src/domain/schema.ts';
import type { ServerAccess } from '../engine.ts';
import {
  type Found,
  migrationName,
  migrationTools,
  nothingFound,
  qualifiedName,
  schemaOf,
} from '../outline.ts';
import { type Session, sqlState, withSession } from './connection.ts';
import { identifier, qualified } from './quote.ts';
import { columns, indexes, migrationTables, routines, tables, triggers, writes } from './sql-survey.ts';

/** How many tables have their count of writes kept by name. */
const countedTables = 500;
/** A look must not hold up what it is there for. */
const seconds = 20;

/**
 * What a database is made of and what was written to it since the server counts. Reads only, as the admin identity: of rows none but
 * those in which tools write their migrations down, and of those what names one.
 */
export async function survey(
  access: ServerAccess,
  databaseName: string,
  signal?: AbortSignal,
): Promise<Survey> {
  const login = { identity: 'admin' as const, database: databaseName };
  return withSession(access, { ...login, ...(signal === undefined ? {} : { signal }) }, async (session) => {
    // What is read may be crafted. A policy is refused and not run under our name; and once a transaction that is read-only has begun to
    // read, nothing that is called in it can make it another.
    await session.rows(`SET statement_timeout TO '${seconds}s'; SET row_security TO off; BEGIN READ ONLY`);
    try {
      return await surveyIn(session);
    } finally {
      await session.rows('ROLLBACK').catch(() => undefined);
    }
  });
}

async function surveyIn(session: Session): Promise<Survey> {
  const found = nothingFound();
  const unknown = new Set<SchemaKind>();
  const listed = await session.rows<{ kind: 'table' | 'view'; name: string }>(tables);
  for (const { kind, name } of listed) found[kind][home(name)] = '';
  for (const { table, name, type } of await session.rows<{ table: string; name: string; type: string }>(
    columns,
  ))
    found.column[`${home(table)}.${name}`] = type;
  for (const { name } of await session.rows<{ name: string }>(routines)) found.routine[home(name)] = '';
  for (const { name } of await session.rows<{ name: string }>(triggers)) found.trigger[home(name)] = '';
  for (const { name } of await session.rows<{ name: string }>(indexes)) found.index[home(name)] = '';
  const written = await writesIn(session);
  // Last: where it is refused, nothing more can be asked.
  if (!(await readMigrations(session, found))) unknown.add('migration');
  return { schema: schemaOf(found, unknown), writes: written };
}

function home(name: string): string {
  return qualifiedName(name, 'public');
}

type MigrationTable = { schema: string; table: string; columns: string[] };

/** False where one of them may not be read. */
async function readMigrations(session: Session, found: Found): Promise<boolean> {
  const names = migrationTools.map(({ table }) => table);
  for (const { schema, table, columns: there } of await session.rows<MigrationTable>(migrationTables, [
    names,
  ])) {
    const tool = migrationTools.find((one) => one.table === table);
    const wanted = tool?.columns.filter((column) => there.includes(column)) ?? [];
    if (tool === undefined || !wanted.includes(tool.columns[0] ?? '')) continue;
    if (tool.known !== undefined && !there.includes(tool.known)) continue;
    const cells = wanted.map((column) => `${identifier(column)}::text`).join(', ');
    try {
      const rows = await session.rows<{ cells: (string | null)[] }>(
        `SELECT ARRAY[${cells}] AS cells FROM ONLY ${qualified(schema, table)} LIMIT 3001`,
      );
      for (const row of rows) found.migration[migrationName(tool.tool, row.cells)] = '';
    } catch (error) {
      if (sqlState(error) !== '42501') throw error;
      return false;
    }
  }
  return true;
}

async function writesIn(session: Session): Promise<Writes> {
  const counted = await session.rows<{ name: string; rows: number }>(writes);
  return {
    total: counted.reduce((sum, { rows }) => sum + rows, 0),
    byTable: Object.fromEntries(
      counted.slice(0, countedTables).map(({ name, rows }) => [home(name), rows] as const),
    ),
  };
}
