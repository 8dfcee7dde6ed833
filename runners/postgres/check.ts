import type { KeptRows } from '../../src/domain/kept-rows.ts';
import type { ActContext, StepResult } from '../engine.ts';
import { checked, lookedBy } from '../look.ts';
import type { ActStep } from '../plan.ts';
import { problemMet } from '../refusals.ts';
import { look } from './inspect.ts';
import { assertKeepable } from './keep-rows.ts';
import { dropOthers } from './leftovers.ts';
import { inMaintenance, isSetupFault, raise, setupMissing, swapOf } from './records.ts';

/**
 * Proves again, at dispatch, what was proved before anyone was asked; then raises the fence of the target, so that no
 * earlier attempt can change it any more, and drops what other runs have kept of it. Throws Conflict with the code of the first problem.
 */
export async function check(step: ActStep, context: ActContext): Promise<StepResult> {
  const { access, item, run, fence, signal } = context;
  const looked = lookedBy(step, item);
  const seen = await look(access, looked, signal);
  const closed = seen.problems.some(({ code }) => code === 'live-closed') && (await closedByUs(context));
  const problem = seen.problems.find(({ code }) => !(closed && code === 'live-closed'));
  if (problem !== undefined) throw problemMet(access.site, problem);
  const { keep } = step.args as { keep?: readonly KeptRows[] };
  if (keep !== undefined) await assertKeepable(access, item.databaseName, keep, signal);
  try {
    await inMaintenance(access, run, signal, async (session) => {
      await raise(session, item, run, fence);
      if (looked.backup !== undefined) await dropOthers(session, item.databaseName, run);
    });
  } catch (error) {
    throw isSetupFault(error) ? setupMissing(access) : error;
  }
  return checked(seen, looked);
}

/** Whether the live database is closed because an earlier attempt of this run was stopped in its swap: this one leads out of it. */
async function closedByUs({ access, item, run, signal }: ActContext): Promise<boolean> {
  const record = await inMaintenance(access, run, signal, (session) =>
    swapOf(session, run, item.databaseName),
  );
  return record?.closed === true && !record.swapped;
}
