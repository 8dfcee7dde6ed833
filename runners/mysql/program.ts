import { ownMode, type Session } from './connection.ts';
import { account, type Account, identifier, literal, qualified } from './quote.ts';

// Views, triggers, routines and events. None of them can change its schema, so they are written down with all that they depend on,
// taken down, and put up again in the other one.

const kinds = ['PACKAGE', 'PACKAGE BODY', 'FUNCTION', 'PROCEDURE', 'TRIGGER', 'VIEW', 'EVENT'] as const;
export type Kind = (typeof kinds)[number];

export type Piece = {
  kind: Kind;
  name: string;
  /** As the server shows it, with `DEFINER`; of a trigger only its body. */
  text: string;
  definer: string;
  sqlMode: string;
  collation: string;
  /** Of a trigger. */
  on?: { table: string; timing: string; event: string };
  /** Of an event. */
  enabled?: boolean;
  timeZone?: string;
  /** Of a routine: who may do what with it. They go with it when it is taken down. */
  grants?: { to: Account; rights: string }[];
};

export type Program = readonly Piece[];

type Row = Record<string, string | null>;

/** All pieces of a schema, in the order in which they can be put up. Changes nothing. */
export async function programOf(session: Session, schema: string): Promise<Program> {
  await session.rows(`USE ${identifier(schema)}`);
  const pieces: Piece[] = [];
  const routines = await session.rows<{ kind: Kind; name: string }>(
    `SELECT routine_type AS kind, routine_name AS name FROM information_schema.routines
     WHERE routine_schema = ? ORDER BY 1, 2`,
    [schema],
  );
  const grants = await session.rows<{
    kind: string;
    name: string;
    user: string;
    host: string;
    rights: string;
  }>(
    `SELECT routine_type AS kind, routine_name AS name, user AS user, host AS host, proc_priv AS rights
     FROM mysql.procs_priv WHERE db = ? ORDER BY 1, 2, 3, 4`,
    [schema],
  );
  for (const { kind, name } of routines) {
    const row = await shown(session, kind, name);
    pieces.push({
      ...common(kind, name, row),
      grants: grants
        .filter((one) => one.kind === kind && one.name.toLowerCase() === name.toLowerCase())
        .map(({ user, host, rights }) => ({ to: { user, host }, rights })),
    });
  }
  pieces.push(...(await triggersOf(session, schema)));
  const views = await session.rows<{ name: string; definer: string }>(
    'SELECT table_name AS name, definer AS definer FROM information_schema.views WHERE table_schema = ? ORDER BY 1',
    [schema],
  );
  for (const { name, definer } of views) {
    pieces.push({ ...common('VIEW', name, await shown(session, 'VIEW', name)), definer });
  }
  const events = await session.rows<Row>(
    'SELECT event_name AS name, definer AS definer, status AS status FROM information_schema.events WHERE event_schema = ? ORDER BY 1',
    [schema],
  );
  for (const { name, definer, status } of events) {
    const row = await shown(session, 'EVENT', name ?? '');
    pieces.push({
      ...common('EVENT', name ?? '', row),
      definer: definer ?? '',
      enabled: status === 'ENABLED',
      timeZone: row.time_zone ?? 'SYSTEM',
    });
  }
  return pieces.sort((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind));
}

/** Those of all tables of a schema, in the order in which they can be put up. */
export async function triggersOf(session: Session, schema: string): Promise<Program> {
  const triggers = await session.rows<Row>(
    `SELECT trigger_name AS name, event_object_table AS tab, action_timing AS timing, event_manipulation AS event,
       action_statement AS text, definer AS definer, sql_mode AS sql_mode, collation_connection AS collation
     FROM information_schema.triggers WHERE trigger_schema = ?
     ORDER BY event_object_table, action_timing, event_manipulation, action_order`,
    [schema],
  );
  return triggers.map((row) => ({
    kind: 'TRIGGER',
    name: row.name ?? '',
    text: row.text ?? '',
    definer: row.definer ?? '',
    sqlMode: row.sql_mode ?? '',
    collation: row.collation ?? '',
    on: { table: row.tab ?? '', timing: row.timing ?? '', event: row.event ?? '' },
  }));
}

async function shown(session: Session, kind: Kind, name: string): Promise<Row> {
  return (await session.row<Row>(`SHOW CREATE ${kind} ${identifier(name)}`)) ?? {};
}

function common(kind: Kind, name: string, row: Row): Piece {
  // `Create Procedure`, `Create View`, ...: the server names the column by the kind.
  const text = Object.entries(row).find(([key]) => key.toLowerCase() === `create ${kind.toLowerCase()}`)?.[1];
  const [, , ...definer] = head.exec(text ?? '') ?? [];
  return {
    kind,
    name,
    text: text ?? '',
    definer: definer
      .filter((part) => part !== undefined)
      .map(unquoted)
      .join('@'),
    sqlMode: row.sql_mode ?? ownMode,
    collation: row.collation_connection ?? 'utf8mb4_general_ci',
  };
}

// The server quotes as the one who wrote a routine had it (ANSI_QUOTES). What else stands in the text may look like anything: names and
// bodies are of whoever made the backup, so only its head is read.
const quoted = '(?:`(?:[^`]|``)*`|"(?:[^"]|"")*")';
const head = new RegExp(`^(CREATE (?:ALGORITHM=\\w+ )?DEFINER=)(${quoted})(?:@(${quoted}))?`);
const runsWhen = new RegExp(
  `^(CREATE DEFINER=${quoted}(?:@${quoted})? EVENT ${quoted} ON SCHEDULE [^]*?ON COMPLETION (?:NOT )?PRESERVE) (?:ENABLE|DISABLE(?: ON \\w+)?)`,
);

function unquoted(name: string): string {
  const mark = name.slice(0, 1);
  return name.slice(1, -1).replaceAll(mark + mark, mark);
}

/** `user@host` as the server tells a definer; a role has no host. */
function definerText(definer: string): string {
  const at = definer.lastIndexOf('@');
  return at < 0
    ? identifier(definer)
    : `${identifier(definer.slice(0, at))}@${identifier(definer.slice(at + 1))}`;
}

/** The same with the names of another schema in it, where the server had written its name into the text. */
export function movedTo(program: Program, from: string, to: string): Program {
  return program.map((piece) => ({
    ...piece,
    text: piece.text.replaceAll(`${identifier(from)}.`, () => `${identifier(to)}.`),
  }));
}

/** Takes down all that is there, whoever's. What is no table of the schema is in the way of none afterwards. */
export async function takeDown(session: Session, schema: string): Promise<void> {
  const there = await session.rows<{ kind: string; name: string }>(
    `SELECT 'EVENT' AS kind, event_name AS name FROM information_schema.events WHERE event_schema = ?
     UNION ALL SELECT 'TRIGGER', trigger_name FROM information_schema.triggers WHERE trigger_schema = ?
     UNION ALL SELECT 'VIEW', table_name FROM information_schema.views WHERE table_schema = ?
     UNION ALL SELECT routine_type, routine_name FROM information_schema.routines WHERE routine_schema = ?`,
    [schema, schema, schema, schema],
  );
  // A package goes with its body.
  for (const { kind, name } of there) {
    await session.rows(`DROP ${kind} IF EXISTS ${qualified(schema, name)}`);
  }
}

/** Statement that puts a piece up; triggers on the table that `tableNow` says. Events come disabled, whatever they were. */
function creation(piece: Piece, tableNow: (table: string) => string): string {
  if (piece.kind === 'TRIGGER') {
    const { table = '', timing = '', event = '' } = piece.on ?? {};
    // The server keeps the words: a name of the schema would stand in every dump of it.
    return `CREATE DEFINER=${definerText(piece.definer)} TRIGGER ${identifier(piece.name)} ${timing} ${event} ON ${identifier(tableNow(table))} FOR EACH ROW ${piece.text}`;
  }
  const text = piece.text.replace(head, (_, before: string) => `${before}${definerText(piece.definer)}`);
  return piece.kind === 'EVENT' ? text.replace(runsWhen, '$1 DISABLE') : text;
}

/** Puts pieces up, each as whoever wrote it had the session. */
export type Hand = {
  put(piece: Piece, tableNow?: (table: string) => string): Promise<void>;
  /** Lets an event run that is there. */
  enable(event: Piece): Promise<void>;
  /** Gives the session back as ours. */
  rest(): Promise<void>;
};

/** While nothing is reachable each statement counts: only what differs from one piece to the next is said again. */
export async function handOn(session: Session, schema: string): Promise<Hand> {
  await session.rows(`USE ${identifier(schema)}`);
  let said = '';
  async function sayFor(piece: Piece): Promise<void> {
    const zone = literal(piece.timeZone ?? '+00:00');
    const says = `SET SESSION sql_mode = ${literal(piece.sqlMode)}, collation_connection = ${literal(piece.collation)}, time_zone = ${zone}`;
    if (says !== said) await session.rows(says);
    said = says;
  }
  return {
    async put(piece, tableNow = (table) => table) {
      await sayFor(piece);
      await session.rows(creation(piece, tableNow));
      for (const { to, rights } of piece.grants ?? []) {
        const list = rights.split(',').filter((right) => right !== '' && !/^grant$/i.test(right));
        const may = /\bgrant\b/i.test(rights) ? ' WITH GRANT OPTION' : '';
        if (list.length === 0) continue;
        await session.rows(
          `GRANT ${list.join(', ')} ON ${piece.kind} ${qualified(schema, piece.name)} TO ${account(to)}${may}`,
        );
      }
    },
    async enable(event) {
      // Whatever is altered of an event, it takes the collation of the session along.
      await sayFor(event);
      await session.rows(`ALTER EVENT ${qualified(schema, event.name)} ENABLE`);
    },
    async rest() {
      if (said === '') return;
      await session.rows('SET NAMES utf8mb4');
      await session.rows(`SET SESSION sql_mode = '${ownMode}', time_zone = '+00:00'`);
      said = '';
    },
  };
}

/** The program that was written down for a content; none where nothing was. */
export async function recordedProgram(session: Session, ref: string): Promise<Program> {
  const row = await session.row<{ pieces: string }>('SELECT pieces FROM freshet.program WHERE ref = ?', [
    ref,
  ]);
  return row === undefined ? [] : (JSON.parse(row.pieces) as Program);
}

export async function forgetProgram(session: Session, ref: string): Promise<void> {
  await session.rows('DELETE FROM freshet.program WHERE ref = ?', [ref]);
}

export async function recordProgram(session: Session, ref: string, program: Program): Promise<void> {
  await session.rows('REPLACE INTO freshet.program (ref, pieces) VALUES (?, ?)', [
    ref,
    JSON.stringify(program),
  ]);
}
