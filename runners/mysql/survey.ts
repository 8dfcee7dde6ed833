import type { Survey, Unknown, Writes } from '../../src/domain/impact.ts';
import type { SchemaKind } from '../../src/domain/schema.ts';
import type { ServerAccess } from '../engine.ts';
import { type Found, migrationName, migrationTools, nothingFound, schemaOf } from '../outline.ts';
import { errorNumber, type Session, withSession } from './connection.ts';
import { type Kind, type Program, recordedProgram } from './program.ts';
import { identifier, qualified } from './quote.ts';
import { markOf } from './records.ts';
import { markName } from './sql.ts';
import {
  columns,
  counting,
  countingOfMysql,
  events,
  indexes,
  instrumentsCount,
  routines,
  tables,
  triggers,
  writesByInstruments,
  writesByUserstat,
} from './sql-survey.ts';

/** How many tables have their count of writes kept by name. */
const countedTables = 500;
/** A look must not hold up what it is there for. */
const bounded =
  'SET SESSION TRANSACTION READ ONLY; SET SESSION /*M!100101 max_statement_time = 20 *//*!80000 max_execution_time = 20000 */';

/**
 * What a database is made of and what was written to it since the server counts. Reads only, as the admin identity: of rows none but
 * those in which tools write their migrations down, and of those what names one. Of a copy whose views, triggers, routines and events
 * are taken down already, those that are written down count.
 */
export async function survey(
  access: ServerAccess,
  databaseName: string,
  signal?: AbortSignal,
): Promise<Survey> {
  const login = { identity: 'admin' as const, database: databaseName };
  return withSession(access, { ...login, ...(signal === undefined ? {} : { signal }) }, async (session) => {
    for (const one of bounded.split('; ')) await session.rows(one);
    const found = nothingFound();
    const unknown = new Set<SchemaKind>();
    await readNames(session, databaseName, found);
    const mark = await markOf(session, databaseName);
    if (mark !== undefined) addProgram(found, await recordedProgram(session, mark));
    if (!(await readMigrations(session, databaseName, found))) unknown.add('migration');
    return { schema: schemaOf(found, unknown), writes: await writesIn(session, databaseName) };
  });
}

async function readNames(session: Session, schema: string, found: Found): Promise<void> {
  const ask = <T extends object>(query: string) => session.rows<T>(query, [schema]);
  type Name = { name: string };
  for (const { kind, name } of await ask<Name & { kind: 'table' | 'view' }>(tables))
    if (name !== markName) found[kind][plain(name)] = '';
  for (const { tab, name, type } of await ask<Name & { tab: string; type: string }>(columns))
    if (tab !== markName) found.column[plain(`${tab}.${name}`)] = typeName(type);
  for (const { name } of await ask<Name>(routines)) found.routine[plain(name)] = '';
  for (const { name } of await ask<Name>(triggers)) found.trigger[plain(name)] = '';
  for (const { name } of await ask<Name>(events)) found.event[plain(name)] = '';
  for (const { tab, name } of await ask<Name & { tab: string }>(indexes))
    found.index[plain(`${tab}.${name}`)] = '';
}

function addProgram(found: Found, program: Program): void {
  const places: Partial<Record<Kind, SchemaKind>> = { VIEW: 'view', TRIGGER: 'trigger', EVENT: 'event' };
  for (const { kind, name } of program) {
    const place = places[kind] ?? 'routine';
    found[place][plain(place === 'routine' ? `${kind.toLowerCase()} ${name}` : name)] = '';
  }
}

/** As the filter of the host writes a name. */
function plain(name: string): string {
  // oxlint-disable-next-line no-control-regex -- that is what it takes out
  return name.replaceAll(/[\u0000-\u001f\u007f]/g, '?');
}

/** `enum('a','b')`, `decimal(10,2) unsigned`: byte for byte as the filter of the host writes it. */
function typeName(type: string): string {
  const bytes = Buffer.from(type).toString('latin1');
  const [whole = ''] =
    /^[A-Za-z][A-Za-z0-9_]*(?:\((?:'(?:[^']|'')*'|[^')])*\))?(?: unsigned)?(?: zerofill)?/.exec(bytes) ?? [];
  return whole.replaceAll(/[^A-Za-z0-9_ .,()'-]/g, '?').slice(0, 200);
}

/** False where one of them may not be read. */
async function readMigrations(session: Session, schema: string, found: Found): Promise<boolean> {
  const names = migrationTools.map(({ table }) => table);
  const there = await session.rows<{ tab: string; name: string }>(
    `SELECT c.table_name AS tab, c.column_name AS name FROM information_schema.columns c JOIN information_schema.tables t
       ON t.table_schema = c.table_schema AND t.table_name = c.table_name
     WHERE c.table_schema = ? AND t.table_type <> 'VIEW' AND LOWER(c.table_name) IN (?) ORDER BY 1, 2`,
    [schema, names],
  );
  for (const table of new Set(there.map(({ tab }) => tab))) {
    const tool = migrationTools.find((one) => one.table === table.toLowerCase());
    const has = there.filter(({ tab }) => tab === table).map(({ name }) => name.toLowerCase());
    const wanted = tool?.columns.filter((column) => has.includes(column)) ?? [];
    if (tool === undefined || !wanted.includes(tool.columns[0] ?? '')) continue;
    if (tool.known !== undefined && !has.includes(tool.known)) continue;
    const cells = wanted.map((column, at) => `CAST(${identifier(column)} AS CHAR) AS c${at}`).join(', ');
    try {
      const rows = await session.rows<Record<string, string | null>>(
        `SELECT ${cells} FROM ${qualified(schema, table)} LIMIT 3001`,
      );
      for (const row of rows) found.migration[migrationName(tool.tool, Object.values(row))] = '';
    } catch (error) {
      if (errorNumber(error) !== 1142) throw error;
      return false;
    }
  }
  return true;
}

/** What was written by the server's own counters. They go by the names of tables, and end with the server. */
export async function writesIn(session: Session, schema: string): Promise<Writes | Unknown> {
  try {
    const version = await session.row<{ version: string }>('SELECT VERSION() AS version');
    const isMariadb = /mariadb/i.test(version?.version ?? '');
    const server = await session.row<{ userstat: string | null; instruments: number; since: number }>(
      isMariadb ? counting : countingOfMysql,
    );
    const by =
      server?.userstat === 'ON'
        ? { name: 'userstat', query: writesByUserstat }
        : server?.instruments === 1 && (await session.row(instrumentsCount)) !== undefined
          ? { name: 'performance_schema', query: writesByInstruments }
          : undefined;
    if (by === undefined || server === undefined) {
      return {
        unknown: `the server does not count it: ${isMariadb ? 'userstat' : 'performance_schema'} is off`,
      };
    }
    const counted = (await session.rows<{ name: string; n: number }>(by.query, [schema])).filter(
      ({ name }) => name !== markName,
    );
    return {
      total: counted.reduce((sum, { n }) => sum + n, 0),
      byTable: Object.fromEntries(counted.slice(0, countedTables).map(({ name, n }) => [name, n] as const)),
      counter: `${by.name} since ${server.since}`,
    };
  } catch (error) {
    if (errorNumber(error) !== 1142) throw error;
    return { unknown: 'the admin identity may not read what the server counts' };
  }
}
