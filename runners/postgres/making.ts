import { setTimeout as sleep } from 'node:timers/promises';
import { unavailable } from '../../src/domain/errors.ts';
import type { RunId } from '../../src/domain/ids.ts';
import { applicationOf, type Session } from './connection.ts';
import { identifier } from './quote.ts';
import { making, terminate } from './sql.ts';

const mostSeconds = 20;
const everyMs = 50;

/**
 * Ends what still makes the run's new database. A server notices only after a statement that who asked for it is gone: until then
 * the database is not to be seen, and would come to be behind the back of who has just looked. `Unavailable` (`database-making`)
 * where it does not end.
 */
export async function endMaking(session: Session, run: RunId, name: string): Promise<void> {
  const until = Date.now() + mostSeconds * 1000;
  for (;;) {
    const at = await session.rows<{ pid: number }>(making, [applicationOf(run), identifier(name)]);
    if (at.length === 0) return;
    if (Date.now() > until) {
      throw unavailable(
        'database-making',
        `"${name}" is still being made by an earlier session, which does not end.`,
        'It is tried again.',
        { database: name },
      );
    }
    for (const { pid } of at) await session.rows(terminate, [pid]);
    await sleep(everyMs);
  }
}
