/** What schemas are compared by, in the order in which a difference matters to people. */
export const schemaKinds = [
  'migration',
  'table',
  'column',
  'view',
  'routine',
  'trigger',
  'event',
  'index',
] as const;
export type SchemaKind = (typeof schemaKinds)[number];

/** At most so many of a kind are looked at; where there are more, the kind is not compared. `freshet-host` has the same figures. */
export const schemaLimits: Readonly<Record<SchemaKind, number>> = {
  migration: 3000,
  table: 1000,
  column: 4000,
  view: 500,
  routine: 1000,
  trigger: 1000,
  event: 500,
  index: 2000,
};

/**
 * What a database is made of, by names alone: of each kind what there is, with its type for a column. A kind that is absent is not
 * known, or there is too much of it. Migrations are those that a tool has written down, `flyway 7 uat only`.
 */
export type Schema = Readonly<Partial<Record<SchemaKind, Readonly<Record<string, string>>>>>;

/** Some names, the first in their order, and how many there are. */
export type Named = { count: number; names: readonly string[] };

/** What differs in one kind: what goes with the one, what comes with the other, what is there in both and not the same. */
export type Difference = { kind: SchemaKind; goes?: Named; comes?: Named; changes?: Named };

/** What differs between what is there and what comes. Plain values: it is kept as it was shown. */
export type SchemaDiff = {
  differences: readonly Difference[];
  /** What could not be compared. */
  uncompared: readonly SchemaKind[];
};

/** How many names of a kind are told; the others are counted. */
const told = 12;
const longestName = 130;

/** What goes when `incoming` takes the place of `present`, and what comes. Columns of a table that itself goes or comes are not told. */
export function compareSchemas(present: Schema, incoming: Schema): SchemaDiff {
  const differences: Difference[] = [];
  const uncompared: SchemaKind[] = [];
  for (const kind of schemaKinds) {
    const [old, fresh] = [present[kind], incoming[kind]];
    if (old === undefined || fresh === undefined) {
      uncompared.push(kind);
      continue;
    }
    const lonely = (name: string) => kind === 'column' && isOfOneSide(name, present, incoming);
    const names = [...new Set([...Object.keys(old), ...Object.keys(fresh)])].sort();
    const goes = names.filter((name) => !Object.hasOwn(fresh, name) && !lonely(name));
    const comes = names.filter((name) => !Object.hasOwn(old, name) && !lonely(name));
    const changes = names
      .filter((name) => Object.hasOwn(old, name) && Object.hasOwn(fresh, name) && old[name] !== fresh[name])
      .map((name) => `${name}: ${old[name]}, then ${fresh[name]}`);
    if (goes.length + comes.length + changes.length === 0) continue;
    differences.push({ kind, ...some('goes', goes), ...some('comes', comes), ...some('changes', changes) });
  }
  return { differences, uncompared };
}

/** Whether its table, `TABLE.COLUMN`, is there in one of both alone. */
function isOfOneSide(column: string, present: Schema, incoming: Schema): boolean {
  const [old, fresh] = [present.table, incoming.table];
  if (old === undefined || fresh === undefined) return false;
  const dots = [...column.matchAll(/\./g)].map(({ index }) => column.slice(0, index));
  return !dots.some((table) => Object.hasOwn(old, table) && Object.hasOwn(fresh, table));
}

/** The same, with at most so many names of each kind. */
export function withFewerNames(diff: SchemaDiff, most: number): SchemaDiff {
  const fewer = (named: Named | undefined) => named && { ...named, names: named.names.slice(0, most) };
  const differences = diff.differences.map(({ kind, goes, comes, changes }) => ({
    kind,
    ...(goes === undefined ? {} : { goes: fewer(goes)! }),
    ...(comes === undefined ? {} : { comes: fewer(comes)! }),
    ...(changes === undefined ? {} : { changes: fewer(changes)! }),
  }));
  return { ...diff, differences };
}

function some(side: 'goes' | 'comes' | 'changes', names: readonly string[]): Partial<Difference> {
  if (names.length === 0) return {};
  return { [side]: { count: names.length, names: names.slice(0, told).map(shown) } };
}

/** Names come from dumps and servers: no control or bidirectional character of theirs gets to people. */
function shown(name: string): string {
  const clean = name.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '?');
  const all = [...clean];
  return all.length <= longestName ? clean : `${all.slice(0, longestName - 1).join('')}…`;
}

/** `2 migrations (flyway 7 uat only, flyway 8), 1 table (qa_cases)` of one side; undefined where there is nothing. */
export function sideText(
  { differences }: SchemaDiff,
  side: 'goes' | 'comes' | 'changes',
): string | undefined {
  const parts = differences.flatMap(({ kind, [side]: named }) => {
    if (named === undefined) return [];
    const { count, names } = named;
    const counted = `${count} ${count === 1 ? kind : plurals[kind]}`;
    if (names.length === 0) return [counted];
    const more = count > names.length ? ` and ${count - names.length} more` : '';
    return [`${counted} (${names.join(', ')}${more})`];
  });
  return parts.length === 0 ? undefined : parts.join('; ');
}

/** `columns and indexes`; undefined where everything was compared. */
export function uncomparedText({ uncompared }: SchemaDiff): string | undefined {
  const names = uncompared.map((kind) => plurals[kind]);
  if (names.length === 0) return undefined;
  return names.length === 1 ? names[0] : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

const plurals: Readonly<Record<SchemaKind, string>> = {
  migration: 'migrations',
  table: 'tables',
  column: 'columns',
  view: 'views',
  routine: 'routines',
  trigger: 'triggers',
  event: 'events',
  index: 'indexes',
};
