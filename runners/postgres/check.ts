import { conflict } from '../../src/domain/errors.ts';
import type { ActContext, StepResult } from '../engine.ts';
import type { ActStep } from '../plan.ts';
import { type Looked, look } from './inspect.ts';
import { dropOthers } from './leftovers.ts';
import { inMaintenance, isSetupFault, raise, setupMissing, swapOf } from './records.ts';

/**
 * Proves again, at dispatch, what was proved before anyone was asked; then raises the fence of the target, so that no
 * earlier attempt can change it any more, and drops what other runs have kept of it. Throws Conflict with the code of the first problem.
 */
export async function check(step: ActStep, context: ActContext): Promise<StepResult> {
  const { access, item, run, fence, signal } = context;
  const { backup, fetched, undoes } = step.args as Pick<Looked, 'backup' | 'fetched' | 'undoes'>;
  const seen = await look(
    access,
    {
      databaseName: item.databaseName,
      target: item.target,
      newName: item.newName,
      ...(backup === undefined ? {} : { backup }),
      ...(fetched === undefined ? {} : { fetched }),
      ...(undoes === undefined ? {} : { undoes }),
    },
    signal,
  );
  const closed = seen.problems.some(({ code }) => code === 'live-closed') && (await closedByUs(context));
  const problem = seen.problems.find(({ code }) => !(closed && code === 'live-closed'));
  if (problem !== undefined) {
    throw conflict(problem.code, problem.message, problem.hint, { server: access.site.name });
  }
  try {
    await inMaintenance(access, run, signal, async (session) => {
      await raise(session, item, run, fence);
      if (backup !== undefined) await dropOthers(session, item.databaseName, run);
    });
  } catch (error) {
    throw isSetupFault(error) ? setupMissing(access) : error;
  }
  return {
    ...(seen.live === undefined ? {} : { liveRef: seen.live.ref, liveBytes: seen.live.bytes }),
    ...(undoes?.keptRef === undefined ? {} : { keptRef: undoes.keptRef }),
    warnings: seen.warnings,
  };
}

/** Whether the live database is closed because an earlier attempt of this run was stopped in its swap: this one leads out of it. */
async function closedByUs({ access, item, run, signal }: ActContext): Promise<boolean> {
  const record = await inMaintenance(access, run, signal, (session) =>
    swapOf(session, run, item.databaseName),
  );
  return record?.closed === true && !record.swapped;
}
