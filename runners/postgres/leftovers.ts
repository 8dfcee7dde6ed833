import type { RunId } from '../../src/domain/ids.ts';
import type { Leftover, ServerAccess } from '../engine.ts';
import { type Session, sqlState } from './connection.ts';
import { close } from './kept.ts';
import { byOid, inMaintenance } from './records.ts';
import { copiesThere, dropDatabase, forgetGone, recordGone, rename, type CopyThere } from './sql.ts';

/** The databases that runs made and that are there as they were recorded: by oid and by name. */
export async function leftovers(access: ServerAccess): Promise<Leftover[]> {
  return inMaintenance(access, 'look' as RunId, undefined, async (session) => {
    const found = await session.rows<CopyThere>(copiesThere);
    return found.map(({ run, databaseName, name, oid, open }) => ({
      run: run as RunId,
      databaseName,
      name,
      ref: oid,
      closed: !open,
    }));
  });
}

/** Drops one, if it is still there as it was recorded. Nothing when it is gone or another one by now. */
export async function dropLeftover(access: ServerAccess, leftover: Leftover): Promise<void> {
  await inMaintenance(access, leftover.run, undefined, (session) => dropCopy(session, leftover));
}

/** What other runs have kept of a database: as soon as a newer one begins on it, its room is wanted. */
export async function dropOthers(session: Session, databaseName: string, run: RunId): Promise<void> {
  for (const found of await session.rows<CopyThere>(copiesThere)) {
    if (found.databaseName !== databaseName || found.run === run) continue;
    try {
      await dropCopy(session, { ...found, run: found.run as RunId, ref: found.oid });
    } catch (error) {
      // Somebody holds on to it: the new run needs its room, not its absence.
      if (sqlState(error) === undefined) throw error;
    }
  }
}

/**
 * DROP DATABASE goes by the name, and a new attempt of its run could make another of that name meanwhile. So what is dropped gets
 * a name of its own first, in the transaction that looks at its oid.
 */
async function dropCopy(
  session: Session,
  { run, databaseName, name, ref }: Pick<Leftover, 'run' | 'databaseName' | 'name' | 'ref'>,
): Promise<void> {
  const there = await byOid(session, ref);
  if (there === undefined || there.name !== name) return;
  await close(session, there);
  const gone = `freshet_gone_${run}_${ref}`;
  const renamed = await session.transaction(async () => {
    if ((await byOid(session, ref))?.name !== name) return false;
    const [mine] = await session.rows(recordGone, [run, databaseName, ref, gone]);
    if (mine === undefined) return false;
    if (name !== gone) await session.rows(rename(name, gone));
    return true;
  });
  if (!renamed) return;
  await session.rows(dropDatabase(gone));
  await session.rows(forgetGone, [run, databaseName, gone]);
}
