import type { ActContext, ServerAccess, StepResult } from '../engine.ts';
import type { ActStep } from '../plan.ts';
import { liveMissing, newDatabaseGone } from '../refusals.ts';
import { errorNumber, type Session } from './connection.ts';
import { loaders, open, shut } from './create.ts';
import {
  movedTo,
  type Piece,
  type Program,
  programOf,
  recordedProgram,
  recordProgram,
  takeDown,
} from './program.ts';
import { asAdmin, copyOf, markOf, schemaNamed } from './records.ts';
import { ownHost } from './setup.ts';

/**
 * Takes the views, triggers, routines and events of the new schema down and writes them down, each with the definer that it will have:
 * that of the live database's object of the same name, or else one that may do enough in this schema and nothing on the whole server, where there
 * is one. Definers of a backup are accounts of its source, and one of the same name here may be mightier: they are never taken over. From here on the
 * loader is out. Repeatable.
 */
export async function carry(_step: ActStep, context: ActContext): Promise<StepResult> {
  const { access, item, run, signal } = context;
  return asAdmin(access, signal, async (session) => {
    const copy = await copyOf(session, run, item.databaseName);
    if (copy === undefined || (await markOf(session, item.newName)) !== copy.ref) {
      throw newDatabaseGone(item);
    }
    if ((await schemaNamed(session, item.databaseName)) === undefined) throw liveMissing(item);
    const live = await programOf(session, item.databaseName);
    // Before the loader, who is the definer of all there, is out: MySQL shows nobody a view that searches full text in what its definer may not read.
    const found = movedTo(await programOfNew(session, access, item.newName), item.newName, item.databaseName);
    await shut(session, access, item.newName);
    // Taken down before: what was written down then is all there is.
    const program = found.length > 0 ? found : await recordedProgram(session, copy.ref);
    const bounded = await boundedAccounts(session);
    const application = await applicationOf(session, item.databaseName);
    const definer =
      commonest(live.filter((piece) => bounded.has(piece.definer))) ??
      (application?.enough === 1 ? application.definer : (commonest(live) ?? application?.definer));
    const fallback = definer ?? (await loaderOf(session, access));
    const carried = withDefiners(program, live, fallback);
    await recordProgram(session, copy.ref, carried);
    await takeDown(session, item.newName);
    const left = live.filter((one) => !program.some((two) => two.kind === one.kind && two.name === one.name));
    const notCarried = left.map(
      ({ kind, name }) => `${kind.toLowerCase()} "${name}" of the old database: it stays with the old copy`,
    );
    const hasNew = carried.some((piece) => namesakeOf(piece, live) === undefined);
    if (definer !== undefined && !bounded.has(definer) && hasNew) {
      notCarried.push(
        `views and routines that are new: no account has all rights on "${item.databaseName}" alone, so they run as "${definer}", as what was there does`,
      );
    }
    if (definer === undefined && carried.some((piece) => piece.definer === fallback)) {
      notCarried.push(
        `views and routines: no account has rights on "${item.databaseName}" alone, so they run as "${fallback}", which has none`,
      );
    }
    return { notCarried };
  });
}

/** An attempt that died right behind the shutting is the only one that finds views, and the loader out: then it is let in for the reading. */
async function programOfNew(session: Session, access: ServerAccess, schema: string): Promise<Program> {
  try {
    return await programOf(session, schema);
  } catch (error) {
    if (errorNumber(error) !== 1210) throw error;
    await open(session, access, schema);
    return programOf(session, schema);
  }
}

/** Each object as its namesake of the live database is; grants of routines, too, which go with what is dropped. */
function withDefiners(program: Program, live: Program, fallback: string): Program {
  return program.map((piece) => {
    const like = namesakeOf(piece, live);
    const { grants: _own, ...rest } = piece;
    return {
      ...rest,
      definer: like?.definer ?? fallback,
      ...(like?.grants === undefined ? {} : { grants: like.grants }),
    };
  });
}

function namesakeOf({ kind, name }: Piece, live: Program): Piece | undefined {
  return live.find((one) => one.kind === kind && one.name.toLowerCase() === name.toLowerCase());
}

function commonest(program: Program): string | undefined {
  const counts = new Map<string, number>();
  for (const { definer } of program) counts.set(definer, (counts.get(definer) ?? 0) + 1);
  return [...counts].sort(([a, n], [b, m]) => m - n || a.localeCompare(b))[0]?.[0];
}

/** The accounts that there are, but those with a right on the whole server. */
async function boundedAccounts(session: Session): Promise<ReadonlySet<string>> {
  const rows = await session.rows<{ definer: string }>(
    `SELECT CONCAT(u.user, '@', u.host) AS definer FROM mysql.user u
     WHERE NOT EXISTS (SELECT 1 FROM information_schema.user_privileges p
       WHERE p.grantee = CONCAT('''', u.user, '''@''', u.host, '''') AND p.privilege_type <> 'USAGE')`,
  );
  return new Set(rows.map(({ definer }) => definer));
}

async function loaderOf(session: Session, access: ServerAccess): Promise<string> {
  const [{ user, host } = { user: access.site.loader.user, host: ownHost }] = await loaders(session, access);
  return `${user}@${host}`;
}

/** The account that an application most likely has: rights on this schema, and none on all of them. `enough`: for whatever a trigger does. */
async function applicationOf(
  session: Session,
  schema: string,
): Promise<{ definer: string; enough: number } | undefined> {
  const escaped = schema.replaceAll(/[\\_%]/g, '\\$&');
  return session.row(
    `SELECT CONCAT(d.user, '@', d.host) AS definer,
       'N' NOT IN (d.select_priv, d.insert_priv, d.update_priv, d.delete_priv, d.execute_priv) AS enough
     FROM mysql.db d JOIN mysql.user u ON u.user = d.user AND u.host = d.host
     WHERE d.db IN (?, ?) AND d.user <> '' AND u.select_priv = 'N' AND u.super_priv = 'N' AND d.grant_priv = 'N'
     ORDER BY d.execute_priv DESC, d.insert_priv DESC, 1 LIMIT 1`,
    [schema, escaped],
  );
}
