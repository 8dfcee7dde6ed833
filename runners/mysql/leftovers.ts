import type { RunId } from '../../src/domain/ids.ts';
import type { Leftover, ServerAccess } from '../engine.ts';
import { dropRecorded, forget } from './abandon.ts';
import { errorNumber, type Session } from './connection.ts';
import { isOurs } from './create.ts';
import { asAdmin } from './records.ts';

type Recorded = { run: string; databaseName: string; name: string; ref: string; closed: number };

const recorded = `SELECT run, database_name AS databaseName, copy_name AS name, ref, closed FROM freshet.copy ORDER BY made_at`;

/** The schemas that runs made and that are there as they were recorded. */
export async function leftovers(access: ServerAccess): Promise<Leftover[]> {
  return asAdmin(access, undefined, async (session) =>
    (await there(session, access)).map((one) => ({
      ...one,
      run: one.run as RunId,
      closed: one.closed === 1,
    })),
  );
}

async function there(session: Session, access: ServerAccess): Promise<Recorded[]> {
  const found: Recorded[] = [];
  for (const one of await session.rows<Recorded>(recorded)) {
    if (await isOurs(session, access, one.name, one.ref)) found.push(one);
  }
  return found;
}

/** Drops one, if it is still there as it was recorded. Nothing when it is gone or another one by now. */
export async function dropLeftover(access: ServerAccess, leftover: Leftover): Promise<void> {
  const { run, databaseName, name, ref } = leftover;
  await asAdmin(access, undefined, async (session) => {
    if (!(await isOurs(session, access, name, ref))) return;
    await dropRecorded(session, access, name, ref);
    await forget(session, run, databaseName, ref);
  });
}

/** What other runs have kept of a database: as soon as a newer one begins on it, its room is wanted. */
export async function dropOthers(
  session: Session,
  access: ServerAccess,
  databaseName: string,
  run: RunId,
): Promise<void> {
  for (const one of await there(session, access)) {
    if (one.databaseName !== databaseName || one.run === run) continue;
    try {
      await dropRecorded(session, access, one.name, one.ref);
      await forget(session, one.run as RunId, databaseName, one.ref);
    } catch (error) {
      // Somebody holds on to it: the new run needs its room, not its absence.
      if (errorNumber(error) === undefined) throw error;
    }
  }
}
