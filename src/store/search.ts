import { sql, type RawBuilder, type Selectable } from 'kysely';
import type { BackupReads } from './store.ts';
import type { BackupRow, Db } from './tables.ts';
import { text } from './values.ts';

type Row = Selectable<BackupRow>;
type What = Parameters<BackupReads['search']>[0];
type Condition = RawBuilder<unknown>;

/** How many are looked through: the newest of each kind of data, and those whose file's name begins with a word. */
const most = { newest: 5000, named: 1000 };

/**
 * Found by walks over an index that end, never by reading all of a database's backups: letters in the middle of a name are
 * looked for in the newest, and what is older is found by its day, month or year or by the beginning of its file's name.
 */
export async function searchRows(db: Db, what: What, limit: number): Promise<Row[]> {
  const newest = await walked(db, what, sql`true`, limit);
  if (newest.length >= limit || what.words.length === 0) return newest;
  const days = what.words.flatMap((word) => rangeOf(word) ?? []);
  const [longest = ''] = [...what.words].sort((a, b) => b.length - a.length);
  const older = await Promise.all([
    ...days.map(({ since, before }) =>
      walked(db, what, sql`moment >= ${since} and moment < ${before}`, limit),
    ),
    named(db, what, longest, limit),
  ]);
  const found = new Map([...newest, ...older.flat()].map((row) => [row.number, row]));
  return [...found.values()].sort(newerFirst).slice(0, limit);
}

function newerFirst(a: Row, b: Row): number {
  return b.moment.getTime() - a.moment.getTime() || b.number - a.number;
}

/** Along the index by moment, one walk for each kind that is accepted. */
async function walked(
  db: Db,
  { database, words, accepts, notOf }: What,
  when: Condition,
  limit: number,
): Promise<Row[]> {
  const kinds = accepts?.map((kind) => sql`anonymisation = ${kind} and ${usable}`) ?? [sql`true`];
  if (kinds.length === 0) return [];
  const walks = kinds.map(
    (kind) => sql`(
      select * from (
        select * from freshet.backups where database = ${database} and ${kind} and ${when}
        order by moment desc, number desc limit ${most.newest}
      ) as walk where ${holds(words)} and ${elsewhere(notOf)} order by moment desc, number desc limit ${limit}
    )`,
  );
  const { rows } = await sql<Row>`select * from (${sql.join(walks, sql` union all `)}) as found
    order by moment desc, number desc limit ${limit}`.execute(db);
  return rows;
}

/** Along the index by the file's name; jobs put the moment there, so that the last names are mostly the newest. */
async function named(
  db: Db,
  { database, words, accepts, notOf }: What,
  beginning: string,
  limit: number,
): Promise<Row[]> {
  const may = accepts === undefined ? sql`true` : sql`anonymisation = any(${accepts}) and ${usable}`;
  const { rows } = await sql<Row>`
    select * from (
      select * from freshet.backups
      where database = ${database} and ${fileName} like ${`${literally(beginning.toLowerCase())}%`} and ${may}
      order by ${fileName} using ~>~ limit ${most.named}
    ) as walk where ${holds(words)} and ${elsewhere(notOf)} order by moment desc, number desc limit ${limit}`.execute(
    db,
  );
  return rows;
}

function elsewhere(environment: string | undefined): Condition {
  return environment === undefined ? sql`true` : sql`environment <> ${environment}`;
}

const usable = sql`state = 'present' and checksum is not null`;
/** As the index backups_named has it. */
const fileName = sql`lower(substring(path from '[^/]*$'))`;

/** All that people know a backup by, as they may type it. */
const searched = sql`concat_ws(' ', 'BKP-' || number, repository, path, environment, format,
  case anonymisation when 'raw' then 'raw' else 'anonymised anonymized ' || anonymisation end,
  case scope when 'subset' then 'subset cut down' else 'full' end,
  to_char(moment at time zone 'UTC', 'YYYY-MM-DD HH24:MI DD Mon YYYY HH24:MI "UTC"'))`;

function holds(words: readonly string[]): Condition {
  const each = words.map((word) => sql`${searched} ilike ${`%${literally(word)}%`}`);
  return each.length === 0 ? sql`true` : sql`${sql.join(each, sql` and `)}`;
}

/** A word of a pattern that stands for nothing but itself. */
function literally(word: string): string {
  return text(word).replaceAll(/[\\%_]/g, String.raw`\$&`);
}

/** The year, month or day in UTC that a word names: `2026`, `2026-11`, `2026-11-22`. */
function rangeOf(word: string): { since: Date; before: Date } | undefined {
  const match = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/.exec(word);
  if (match === null) return undefined;
  const [year, month, day] = [match[1], match[2], match[3]].map((part) =>
    part === undefined ? undefined : Number(part),
  );
  const since = new Date(Date.UTC(year!, (month ?? 1) - 1, day ?? 1));
  const before =
    day !== undefined
      ? Date.UTC(year!, month! - 1, day + 1)
      : month !== undefined
        ? Date.UTC(year!, month, 1)
        : Date.UTC(year! + 1, 0, 1);
  return { since, before: new Date(before) };
}
