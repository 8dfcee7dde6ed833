import { performance } from 'node:perf_hooks';
import { conflict } from '../../src/domain/errors.ts';
import type { ActContext, StepResult } from '../engine.ts';
import type { ActStep } from '../plan.ts';
import { newDatabaseGone } from '../refusals.ts';
import { endingMs, endSessions } from './exchange.ts';
import { madeBy } from './kept.ts';
import { inMaintenance } from './records.ts';
import { allowConnections } from './sql.ts';

/**
 * Closes the new database to everybody, superusers too, until its swap: what was verified and proven in it can't change any more, however
 * long other databases of the set take. Throws Conflict `copy-in-use` when a session in it can't be ended. Repeatable.
 */
export async function shut(_step: ActStep, { access, item, run, signal }: ActContext): Promise<StepResult> {
  await inMaintenance(access, run, signal, async (session) => {
    const made = await madeBy(session, run, item);
    if (made === undefined) throw newDatabaseGone(item);
    if (made.open) await session.rows(allowConnections(made.name, false));
    const left = await endSessions(session, made.oid, 0, performance.now() + endingMs);
    if (left.length === 0) return;
    const who = [...new Set(left.map((one) => one.user ?? one.type))].join(', ');
    throw conflict(
      'copy-in-use',
      `Sessions of ${who} in "${item.newName}" can't be ended by "${access.site.admin.user}": what was proven in it might not hold any more.`,
      'End them, then retry.',
      { server: access.site.name, database: item.newName },
    );
  });
  return { shut: true };
}
