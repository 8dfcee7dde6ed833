import { errorNumber, type Session } from './connection.ts';
import type { Piece } from './program.ts';
import { identifier, qualified } from './quote.ts';
import { type Content, tablesIn } from './records.ts';
import { renameTables } from './sql.ts';

// What stands under the names of tables while these are hidden: views can be put up on it, and nobody reads or writes through it.

/** A name that nobody looks for, in the live schema. */
export function hiddenName(ref: string, at: number): string {
  return `freshet ${ref.slice(0, 12)} ${at}`;
}

/** What stood before a table, once the table has its name. */
export function doorName(ref: string, at: number): string {
  return `freshet ${ref.slice(0, 12)} door ${at}`;
}

const doorPattern = /^freshet [0-9a-f]{12} door \d+$/;

/** The comment of a table that is a door: while it stands under a table's name, that is how it is told from one. */
const wallMark = 'freshet door';

/**
 * A door before each table: a view of its name that raises an error for whoever reads or writes through it. Views can be put up on
 * it as on the table, and are whole at the moment at which the tables take their names. Answers which tables have one.
 */
export async function putDoors(session: Session, live: string, to: Content): Promise<Set<string>> {
  const doors = new Set<string>();
  for (const [at, name] of to.tables.entries()) {
    try {
      await session.rows(
        `CREATE SQL SECURITY INVOKER VIEW ${qualified(live, name)} AS SELECT * FROM ${qualified(live, hiddenName(to.ref, at))} WHERE freshet.closed() WITH CASCADED CHECK OPTION`,
      );
      doors.add(name);
    } catch (error) {
      // A sequence, or a table of an engine that has no views: what stands on it is put up last.
      if (errorNumber(error) === undefined) throw error;
    }
  }
  return doors;
}

/**
 * For views that want of a table what no view has, full-text search or an index by its name: instead of the door an empty table of
 * the same kind whose file was thrown away, so that every statement on it fails. It gets the name only then. Answers which tables
 * have one; in MariaDB none that is in partitions.
 */
export async function putWalls(
  session: Session,
  live: string,
  to: Content,
  doors: ReadonlySet<string>,
  views: readonly Piece[],
): Promise<Set<string>> {
  const walls = new Set<string>();
  for (const [at, name] of to.tables.entries()) {
    if (!doors.has(name) || !views.some((view) => namesTable(view, name))) continue;
    const wall = qualified(live, doorName(to.ref, at));
    try {
      await session.rows(`CREATE TABLE ${wall} LIKE ${qualified(live, hiddenName(to.ref, at))}`);
      await session.rows(`ALTER TABLE ${wall} COMMENT = '${wallMark}'`);
      await session.rows(`ALTER TABLE ${wall} DISCARD TABLESPACE`);
    } catch (error) {
      if (errorNumber(error) === undefined) throw error;
      await session.rows(`DROP TABLE IF EXISTS ${wall}`);
      continue;
    }
    await session.rows(`DROP VIEW ${qualified(live, name)}`);
    await session.rows(renameTables([{ from: [live, doorName(to.ref, at)], to: [live, name] }]));
    walls.add(name);
  }
  return walls;
}

/** Whether a view may stand on a table: a column of that name looks the same. */
function namesTable({ text }: Piece, table: string): boolean {
  return text.includes(identifier(table));
}

/**
 * Views that the server would put up on a door without a word, and without what they say: which partitions of a table they read, or
 * which of its past. They need the table, or a wall.
 */
export function wantsTable(view: Piece, doors: ReadonlySet<string>, walls?: ReadonlySet<string>): boolean {
  if (!/\b(?:PARTITION \(|FOR SYSTEM_TIME\b)/i.test(view.text)) return false;
  return [...doors].some((table) => walls?.has(table) !== true && namesTable(view, table));
}

/** Takes down what is left of doors: those out of the way, and tables that stand before others. */
export async function dropDoors(session: Session, live: string): Promise<void> {
  for (const { name, comment } of await tablesIn(session, live)) {
    if (comment === wallMark || doorPattern.test(name))
      await session.rows(`DROP TABLE ${qualified(live, name)}`);
  }
  const views = await session.rows<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.views WHERE table_schema = ? AND table_name LIKE 'freshet %'`,
    [live],
  );
  const left = views.filter(({ name }) => doorPattern.test(name)).map(({ name }) => qualified(live, name));
  if (left.length > 0) await session.rows(`DROP VIEW IF EXISTS ${left.join(', ')}`);
}
