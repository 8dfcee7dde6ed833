import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { conflict } from '../../src/domain/errors.ts';
import type { PlanItem } from '../plan.ts';
import { errorNumber, type Session } from './connection.ts';
import { doorName, dropDoors, hiddenName, putDoors, putWalls, wantsTable } from './doors.ts';
import {
  type Hand,
  handOn,
  type Piece,
  type Program,
  programOf,
  recordProgram,
  takeDown,
} from './program.ts';
import { integer } from '../quote.ts';
import { qualified } from './quote.ts';
import { type Content, holdFence, type LiveIs, markOf, tablesIn } from './records.ts';
import { dropSchema, type Move, renameTables, sessions } from './sql.ts';

/**
 * What is live changes places with what is in a schema of its own: both ways of a swap go through here, and both ways out of its
 * middle. Each statement either has happened as a whole or has not, and how far it came is read off the tables themselves, so that
 * whoever calls again goes on from there.
 */
export type Exchange = {
  item: PlanItem;
  fence: number;
  /** `to` goes live, `from` is live. In the middle of the other way round, it goes back. */
  to: Content;
  from: Content;
  /** What was written down last. */
  liveIs: LiveIs;
  /** Which of both is the old one. */
  direction: 'forth' | 'back';
  program: Program;
  /** Names of events that run once they are live; asked when what was live is written down. */
  enables(): Promise<readonly string[]>;
  /** Written before and after the statements. */
  reached(liveIs: LiveIs): Promise<void>;
  /** Written when nothing of `from` is reachable any more; tables that it has by then. */
  closing(from: Content): Promise<void>;
  /** Written when it is live. */
  done(notCarried: readonly string[]): Promise<void>;
};

const endingMs = 8000;

/** How the live name stands, by the tables that are there; what was written down decides only where there are none. */
export async function look(
  session: Session,
  live: string,
  incoming: Content,
  outgoing: Content,
  recorded: LiveIs,
): Promise<LiveIs> {
  const here = new Set((await tablesIn(session, live)).map(({ name }) => name));
  const away = async (content: Content) => {
    const names = new Set((await tablesIn(session, content.schema)).map(({ name }) => name));
    return content.tables.some((name) => names.has(name));
  };
  const hidden = (content: Content) => content.tables.some((_, at) => here.has(hiddenName(content.ref, at)));
  if (hidden(incoming)) return 'new-hidden';
  if (hidden(outgoing)) return 'old-hidden';
  const outgoingAway = outgoing.tables.length > 0 ? await away(outgoing) : undefined;
  const incomingAway = incoming.tables.length > 0 ? await away(incoming) : undefined;
  if (incomingAway === false) {
    // Neither where it was nor hidden: live, unless the old one is, and somebody has thrown the other away.
    if (outgoingAway === undefined) return recorded === 'new' || recorded === 'new-hidden' ? 'new' : 'old';
    return outgoingAway ? 'new' : 'old';
  }
  if (incomingAway === true) return outgoingAway === undefined ? early(recorded) : 'old';
  if (outgoingAway === false) return 'old';
  if (outgoingAway === true) return recorded === 'new' ? 'new' : 'new-hidden';
  return recorded;
}

/** Of two that differ in nothing that is there. */
function early(recorded: LiveIs): LiveIs {
  return recorded === 'old' ? 'old' : 'old-hidden';
}

const reversed: Readonly<Record<LiveIs, LiveIs>> = {
  old: 'new',
  'old-hidden': 'new-hidden',
  'new-hidden': 'old-hidden',
  new: 'old',
};

/** Seconds for which nothing was reachable. Throws Conflict (`sessions-remain`, `live-changed`) with what was live reachable again. */
export async function exchange(session: Session, it: Exchange): Promise<number> {
  const live = it.item.databaseName;
  const turned = (liveIs: LiveIs) => (it.direction === 'forth' ? liveIs : reversed[liveIs]);
  const [incoming, outgoing] = it.direction === 'forth' ? [it.to, it.from] : [it.from, it.to];
  const stands = turned(await look(session, live, incoming, outgoing, it.liveIs));
  const reached = (liveIs: LiveIs) => it.reached(turned(liveIs));
  let { from } = it;
  let closedAt = performance.now();
  let notCarried: string[] = [];
  if (stands === 'old') {
    // The way back waits rather than leave what is live shut.
    if (it.direction === 'forth') await refuseHeld(session, it.item, it.to);
    // Of a swap that broke off when all had its name.
    await dropDoors(session, live);
    from = { ...from, tables: (await tablesIn(session, live)).map(({ name }) => name) };
    await recordProgram(session, from.ref, await programOf(session, live));
    await it.closing(from);
    await holdFence(session, it.item, it.fence);
    closedAt = performance.now();
    await hide(session, it.item, from);
    await reached('old-hidden');
  }
  if (stands === 'old' || stands === 'old-hidden') {
    await takeDown(session, live);
    await dropDoors(session, live);
    await holdFence(session, it.item, it.fence);
    await move(session, [
      ...from.tables.map((name, at) => between([live, hiddenName(from.ref, at)], [from.schema, name])),
      ...it.to.tables.map((name, at) => between([it.to.schema, name], [live, hiddenName(it.to.ref, at)])),
    ]);
    await reached('new-hidden');
  }
  let late = it.program.filter(({ kind }) => kind === 'VIEW');
  if (stands !== 'new') {
    // What an attempt before had put up of it is put up again: all or nothing.
    if (stands === 'new-hidden') {
      await takeDown(session, live);
      await dropDoors(session, live);
    }
    const views = late;
    const doors = views.length > 0 ? await putDoors(session, live, it.to) : new Set<string>();
    const where = new Map(it.to.tables.map((name, at) => [name, hiddenName(it.to.ref, at)]));
    const hand = await handOn(session, live);
    for (const piece of it.program) {
      if (piece.kind !== 'VIEW') await hand.put(piece, (table) => where.get(table) ?? table);
    }
    late = await putUpBehind(session, hand, { live, to: it.to, doors, views });
    await hand.rest();
    await holdFence(session, it.item, it.fence);
    await move(
      session,
      it.to.tables.flatMap((name, at) => [
        ...(doors.has(name) ? [between([live, name], [live, doorName(it.to.ref, at)])] : []),
        between([live, hiddenName(it.to.ref, at)], [live, name]),
      ]),
    );
    await reached('new');
  } else {
    late = await missingViews(session, live, it.program);
  }
  const outage = (performance.now() - closedAt) / 1000;
  notCarried = await finish(session, it, late);
  await it.done(notCarried);
  return outage;
}

/** What must wait until the tables have their names: views that neither a door nor a wall will do for, and events that run. */
async function finish(session: Session, it: Exchange, late: readonly Piece[]): Promise<string[]> {
  const live = it.item.databaseName;
  await dropDoors(session, live);
  const hand = await handOn(session, live);
  const { left, why } = await putUpViews(hand, late);
  await hand.rest();
  const events = it.program.filter(({ kind }) => kind === 'EVENT');
  const wanted = events.length === 0 ? [] : await it.enables();
  for (const event of events.filter(({ name }) => wanted.includes(name))) await hand.enable(event);
  await hand.rest();
  if (it.to.schema !== live && (await markOf(session, it.to.schema)) !== undefined) {
    // Only what is empty but for our mark.
    if ((await tablesIn(session, it.to.schema)).length === 0) await session.rows(dropSchema(it.to.schema));
  }
  return left.map(({ name }, at) => `view "${name}": the server refused it (error ${why[at] ?? ''})`);
}

/** Views of a program that are still to be put up. */
export async function missingViews(session: Session, live: string, program: Program): Promise<Piece[]> {
  const views = program.filter(({ kind }) => kind === 'VIEW');
  if (views.length === 0) return [];
  const there = await session.rows<{ name: string }>(
    'SELECT table_name AS name FROM information_schema.views WHERE table_schema = ?',
    [live],
  );
  return views.filter(({ name }) => !there.some((one) => one.name === name));
}

/** Puts up the views that can stand on doors, or on walls where doors will not do. Answers those that need the tables. */
async function putUpBehind(
  session: Session,
  hand: Hand,
  { live, to, doors, views }: { live: string; to: Content; doors: Set<string>; views: readonly Piece[] },
): Promise<Piece[]> {
  const wanting = views.filter((view) => wantsTable(view, doors));
  const { left } = await putUpViews(hand, without(views, wanting));
  const late = [...left, ...wanting];
  if (late.length === 0) return late;
  const walls = await putWalls(session, live, to, doors, late);
  if (walls.size === 0) return late;
  const still = late.filter((view) => wantsTable(view, doors, walls));
  return [...(await putUpViews(hand, without(late, still))).left, ...still];
}

function without(views: readonly Piece[], others: readonly Piece[]): Piece[] {
  return views.filter((view) => !others.includes(view));
}

/** A view can stand on others, whose names say nothing of it: again as long as one more can be put up. */
async function putUpViews(
  hand: Hand,
  views: readonly Piece[],
): Promise<{ left: Piece[]; why: (number | undefined)[] }> {
  let left = [...views];
  for (;;) {
    const refused: Piece[] = [];
    const why: (number | undefined)[] = [];
    for (const view of left) {
      try {
        await hand.put(view);
      } catch (error) {
        const number = errorNumber(error);
        if (number === undefined) throw error;
        refused.push(view);
        why.push(number);
      }
    }
    if (refused.length === 0 || refused.length === left.length) return { left: refused, why };
    left = refused;
  }
}

function between(from: readonly [string, string], to: readonly [string, string]): Move {
  return { from, to };
}

async function move(session: Session, moves: readonly Move[]): Promise<void> {
  if (moves.length > 0) await session.rows(renameTables(moves));
}

/**
 * What is to go live must be nobody's: a rename would wait for whoever reads it (a dump of all databases), or for a transaction that a backup
 * has left prepared, with everything shut. Throws Conflict (`copy-in-use`).
 */
async function refuseHeld(session: Session, item: PlanItem, to: Content): Promise<void> {
  const tables = (await tablesIn(session, to.schema)).filter(({ type }) => type === 'BASE TABLE');
  if (tables.length === 0) return;
  await session.rows('SET SESSION lock_wait_timeout = 1');
  try {
    // Engine by engine: a MySQL with GTIDs locks none that know transactions together with others.
    for (const engine of new Set(tables.map((table) => table.engine))) {
      const locks = tables.filter((table) => table.engine === engine);
      const all = locks.map(({ name }) => `${qualified(to.schema, name)} WRITE`).join(', ');
      await session.rows(`LOCK TABLES ${all}`);
      await session.rows('UNLOCK TABLES');
    }
  } catch (error) {
    if (errorNumber(error) !== 1205) throw error;
    throw conflict(
      'copy-in-use',
      `Somebody holds on to what was to go live as "${item.databaseName}"; the database is as it was.`,
      `End who reads "${to.schema}" (a job over all databases?), or see XA RECOVER for a transaction that a backup has left; then retry.`,
      { server: item.server, database: item.databaseName },
    );
  } finally {
    await session.rows('SET SESSION lock_wait_timeout = 5').catch(() => undefined);
  }
}

/** The only statement that waits for others: whoever is in a transaction on one of the tables is ended. */
async function hide(session: Session, item: PlanItem, from: Content): Promise<void> {
  const live = item.databaseName;
  const until = performance.now() + endingMs;
  const moves = from.tables.map((name, at) => between([live, name], [live, hiddenName(from.ref, at)]));
  await session.rows('SET SESSION lock_wait_timeout = 1');
  try {
    for (let tries = 0; ; tries += 1) {
      await endSessions(session, live, tries > 0);
      try {
        await move(session, moves);
        break;
      } catch (error) {
        const number = errorNumber(error);
        if (number !== 1205 && number !== 1213) throw error;
        if (performance.now() > until) throw remain(item);
      }
    }
  } finally {
    await session.rows('SET SESSION lock_wait_timeout = 5').catch(() => undefined);
  }
  const strangers = (await tablesIn(session, live)).filter(
    ({ name }) => !from.tables.some((_, at) => hiddenName(from.ref, at) === name),
  );
  if (strangers.length === 0) return;
  await move(
    session,
    moves.map(({ from: name, to }) => ({ from: to, to: name })),
  );
  throw conflict(
    'live-changed',
    `The table "${strangers[0]?.name ?? ''}" was made in "${live}" in the moment of the swap; the database is as it was.`,
    'Retry.',
    { server: item.server, database: live },
  );
}

/** Ends sessions in a transaction on the schema; with `all`, the others on it, too. */
async function endSessions(session: Session, schema: string, all: boolean): Promise<void> {
  for (const one of await session.rows<{ id: number; began: string | null }>(sessions, [schema])) {
    if (!all && one.began === null) continue;
    try {
      await session.rows(`KILL CONNECTION ${integer(one.id)}`);
    } catch (error) {
      // 1094: gone by itself. 1095, 1227: somebody's whom we may not end; the rename tells whether it matters.
      if (![1094, 1095, 1227].includes(errorNumber(error) ?? 0)) throw error;
    }
  }
}

/** Waits, with the database open, until none of the transactions that run now is left, at most `seconds`. */
export async function drain(
  session: Session,
  schema: string,
  seconds: number,
  signal: AbortSignal,
  progress: (fraction: number) => void,
): Promise<void> {
  const until = performance.now() + seconds * 1000;
  const running = async () =>
    (await session.rows<{ id: number; began: string | null }>(sessions, [schema]))
      .filter(({ began }) => began !== null)
      .map(({ id, began }) => `${id} ${began}`);
  const first = new Set(await running());
  while (first.size > 0 && performance.now() < until) {
    signal.throwIfAborted();
    await sleep(100);
    const now = await running();
    for (const one of first) if (!now.includes(one)) first.delete(one);
    progress(1 - Math.max(0, until - performance.now()) / (seconds * 1000));
  }
}

function remain(item: PlanItem): Error {
  return conflict(
    'sessions-remain',
    `Sessions that use tables of "${item.databaseName}" can't be ended; the database is as it was.`,
    'End them, then retry. The process list of the server shows them.',
    { server: item.server, database: item.databaseName },
  );
}
