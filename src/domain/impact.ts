import { durationText } from './amounts.ts';
import type { BackupId, RequestId } from './ids.ts';
import type { RequestKind } from './request.ts';
import { sideText, uncomparedText, withFewerNames, type Schema, type SchemaDiff } from './schema.ts';

/** What can be seen of a target without touching it; shown before anyone is asked to approve. */
export type Inspection = {
  serverVersion: string;
  /** Whether the live database exists now, its size, and its lasting name (PostgreSQL: oid). */
  live?: { ref: string; bytes: number };
  sessions: readonly OpenSessions[];
  /** Where the server keeps its data; absent where the host's file names no folder for it. */
  freeBytes?: number;
  /** What must be mended first; nobody is asked to approve while there is one. Plain words with the remedy. */
  problems: readonly { code: string; message: string; hint: string }[];
  /** What people should know. */
  warnings: readonly string[];
};

/** Who is connected to a target, by user and application. */
export type OpenSessions = { user: string; application: string; count: number };

export function sessionCount(sessions: readonly OpenSessions[]): number {
  return sessions.reduce((sum, one) => sum + one.count, 0);
}

/** `shop_uat_app (shop), reports and others`: the first three, who have the most. */
export function sessionNames(sessions: readonly OpenSessions[]): string {
  const names = sessions
    .slice(0, 3)
    .map(({ user, application }) => shorten(application === '' ? user : `${user} (${application})`, 60));
  return `${names.join(', ')}${sessions.length > 3 ? ' and others' : ''}`;
}

function shorten(text: string, most: number): string {
  const all = [...text];
  return all.length <= most ? text : `${all.slice(0, most - 1).join('')}…`;
}

/** How much was written to a database since its server counts, by table: `orders`, `audit.log`. */
export type Writes = {
  /** Rows in all. */
  total: number;
  /** Of the tables with most; the others are in `total` alone. */
  byTable: Readonly<Record<string, number>>;
  /** Which counters these are, where the figures do not show by themselves that others began anew: those of another one say nothing. */
  counter?: string;
};

/** What a database of a server is made of, and what was written to it so far. */
export type Survey = { schema: Schema; writes: Writes | Unknown };

/** What was written since a moment. Counters of a server are no ledger: it is said with "about". */
export type Changes = { since: string; rows: number; tables: number; names: readonly string[] };

/** Why something can't be told, in a sentence. */
export type Unknown = { unknown: string };

/**
 * What one database of a request costs others, as it was looked at. Plain values, moments in ISO 8601: it is kept in the log as it was
 * shown. What is absent was not looked at.
 */
export type Impact = {
  database: string;
  /** Of the live database, of its new copy's server, and of the backup. */
  liveBytes?: number;
  freeBytes?: number;
  backupBytes?: number;
  sessions: { count: number; names: string } | Unknown;
  /** What Freshet put there last; absent: nothing. `by`: a person id. */
  last?: { at: string; by: string; request: RequestId; kind: RequestKind; backup?: BackupId };
  /** Absent where nothing was put there by Freshet since which it could be told. */
  changes?: Changes | Unknown;
  schema?: SchemaDiff | Unknown;
  /** How long it will take to the swap; by so many earlier runs, or by the engine's own reckoning where there are none. */
  estimate?: { seconds: number; runs: number };
};

/** What an event holds at most: of many databases with long lists fewer names are told, and the others counted. */
const mostCharacters = 60_000;

export function withinEvent(items: readonly Impact[]): readonly Impact[] {
  let told = items;
  for (const most of [1, 0]) {
    if (JSON.stringify(told).length <= mostCharacters) break;
    told = items.map((item) =>
      item.schema === undefined || 'unknown' in item.schema
        ? item
        : { ...item, schema: withFewerNames(item.schema, most) },
    );
  }
  return told;
}

/** How many tables that were written to are named. */
const toldTables = 5;

/** What was written since `mark` was taken; unknown where the counters began anew in between. */
export function changesSince(mark: Writes, now: Writes, since: Date): Changes | Unknown {
  const names = [...new Set([...Object.keys(mark.byTable), ...Object.keys(now.byTable)])];
  const grown = names
    .map((name) => ({ name, by: (now.byTable[name] ?? 0) - (mark.byTable[name] ?? 0) }))
    .toSorted((a, b) => b.by - a.by);
  const anew = grown.some(({ name, by }) => by < 0 && Object.hasOwn(now.byTable, name));
  if (anew || now.total < mark.total || now.counter !== mark.counter)
    return { unknown: 'the counters of the server began anew since, or a table was made anew' };
  const touched = grown.filter(({ by }) => by > 0);
  return {
    since: since.toISOString(),
    rows: now.total - mark.total,
    tables: touched.length,
    names: touched.slice(0, toldTables).map(({ name }) => name),
  };
}

/** `about 120 rows written in 3 tables since (orders, items, log)`, `nothing written since`, `what was written since is not known: ...`. */
export function changesText(changes: Changes | Unknown): string {
  if ('unknown' in changes) return `what was written since is not known: ${changes.unknown}`;
  const { rows, tables, names } = changes;
  if (rows === 0) return 'nothing written since';
  const more = tables > names.length ? ' and others' : '';
  return `about ${rows} ${rows === 1 ? 'row' : 'rows'} written since in ${tables} ${tables === 1 ? 'table' : 'tables'} (${names.join(', ')}${more})`;
}

/** `about 3 min to the swap, by 4 earlier runs`. */
export function estimateText({ seconds, runs }: NonNullable<Impact['estimate']>): string {
  const by = runs === 0 ? 'by its size alone' : `by ${runs} earlier ${runs === 1 ? 'run' : 'runs'}`;
  return `about ${durationText(Math.max(1, Math.round(seconds)))} to the swap, ${by}`;
}

/** What differs in the schema, a sentence each, what is lost first. `onto` is what is there, `from` what comes. */
export function schemaTexts(schema: SchemaDiff | Unknown, onto: string, from: string): SchemaText[] {
  if ('unknown' in schema) return [{ text: `The schema was not compared: ${schema.unknown}`, lost: false }];
  const goes = sideText(schema, 'goes');
  const changes = sideText(schema, 'changes');
  const comes = sideText(schema, 'comes');
  const uncompared = uncomparedText(schema);
  const told = [
    goes && { text: `Only in ${onto}, and lost: ${goes}`, lost: true },
    changes && { text: `Another type with ${from}: ${changes}`, lost: false },
    comes && { text: `Comes with ${from}: ${comes}`, lost: false },
    uncompared && { text: `Not compared: ${uncompared}`, lost: false },
  ].filter((one) => one !== undefined && one !== '');
  return told.length > 0 ? told : [{ text: `The schema is that of ${from}`, lost: false }];
}

/** `lost`: something is there that does not come back. */
export type SchemaText = { text: string; lost: boolean };

/** One of these sentences behind a colon. */
export function behindColon(text: string): string {
  return `${text.slice(0, 1).toLowerCase()}${text.slice(1)}`;
}

/** What a swap changed in the schema, a sentence each; nothing where it is as it was. */
export function changedTexts(diff: SchemaDiff): string[] {
  const told = [
    ['Gone with the replaced copy', sideText(diff, 'goes')],
    ['Of another type now', sideText(diff, 'changes')],
    ['New with the backup', sideText(diff, 'comes')],
  ] as const;
  return told.flatMap(([what, text]) => (text === undefined ? [] : [`${what}: ${text}`]));
}
