import { sql, type Insertable, type Selectable } from 'kysely';
import type { BackupRow, Db } from './tables.ts';
import { json } from './values.ts';

type Row = Insertable<BackupRow>;

/** What a further sighting of the same path overwrites: all but the number and when it was found first. */
const overwritten = [
  ['database', 'text'],
  ['environment', 'text'],
  ['engine', 'text'],
  ['format', 'text'],
  ['engine_version', 'text'],
  ['data_at', 'timestamptz'],
  ['data_at_origin', 'text'],
  ['taken_at', 'timestamptz'],
  ['bytes', 'bigint'],
  ['checksum', 'text'],
  ['anonymisation', 'text'],
  ['scope', 'text'],
  ['derived_from', 'bigint'],
  ['state', 'text'],
  ['state_reason', 'text'],
  ['read_at', 'timestamptz'],
  ['verified_at', 'timestamptz'],
  ['verified_by', 'bigint'],
  ['unproven_at', 'timestamptz'],
  ['unproven_why', 'text'],
  ['taken_by', 'bigint'],
] as const;
/** What is known from a run and not from the file: a look at the same file takes nothing of it away. */
const fromRuns = new Set([
  'data_at',
  'data_at_origin',
  'verified_at',
  'verified_by',
  'unproven_at',
  'unproven_why',
  'taken_by',
]);
const whole = [
  ['repository', 'text'],
  ['path', 'text'],
  ['found_at', 'timestamptz'],
  ...overwritten,
] as const;
const names = (columns: readonly (readonly [string, string])[], of = '') =>
  sql.raw(columns.map(([name]) => `${of}${name}`).join(', '));

/** What overwrites a row that is known already by one that is given. */
function overwriting(known: string, given: string) {
  const isTheSame = `${known}.taken_by is not null and ${given}.taken_by is null and ${known}.checksum = ${given}.checksum`;
  const columns = overwritten.map(([name]) =>
    fromRuns.has(name)
      ? `case when ${isTheSame} then ${known}.${name} else ${given}.${name} end`
      : `${given}.${name}`,
  );
  return sql.raw(columns.join(', '));
}

/**
 * Puts many rows by repository and path, in three statements: what changed is updated, what is new inserted, and all of them are
 * read. First the update: an insert that meets its conflict would use up a number, with each scan one for each backup.
 */
export async function putRows(db: Db, rows: readonly Row[]): Promise<Selectable<BackupRow>[]> {
  // Of two of the same path the last counts, at the place of the first.
  const distinct = [
    ...new Map(rows.map((row) => [JSON.stringify([row.repository, row.path]), row])).values(),
  ];
  const columns = sql.raw(whole.map(([name, type]) => `${name} ${type}`).join(', '));
  const given = sql`rows from (jsonb_to_recordset(${json(distinct.map(snaked))}::jsonb) as (${columns}))
    with ordinality as given(${names(whole)}, position)`;
  await sql`
    update freshet.backups as known set (${names(overwritten)}) = row(${overwriting('known', 'given')})
    from ${given}
    where known.repository = given.repository and known.path = given.path
      and row(${names(overwritten, 'known.')}) is distinct from row(${overwriting('known', 'given')})`.execute(
    db,
  );
  await sql`
    insert into freshet.backups as known (${names(whole)})
    select ${names(whole)} from ${given}
    where not exists (
      select from freshet.backups as there where there.repository = given.repository and there.path = given.path
    )
    order by given.position
    on conflict (repository, path) do update set (${names(overwritten)}) = row(${overwriting('known', 'excluded')})`.execute(
    db,
  );
  const { rows: put } = await sql<Selectable<BackupRow>>`
    select known.* from unnest(${distinct.map(({ repository }) => repository)}::text[],
      ${distinct.map(({ path }) => path)}::text[]) with ordinality as given(repository, path, position)
    join freshet.backups as known on known.repository = given.repository and known.path = given.path
    order by given.position`.execute(db);
  return put;
}

function snaked(row: Row): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  );
}
