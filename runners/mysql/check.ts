import type { KeptRows } from '../../src/domain/kept-rows.ts';
import type { ActContext, StepResult } from '../engine.ts';
import { checked, lookedBy } from '../look.ts';
import type { ActStep } from '../plan.ts';
import { problemMet } from '../refusals.ts';
import { look } from './inspect.ts';
import { assertKeepable } from './keep-rows.ts';
import { dropOthers } from './leftovers.ts';
import { asAdmin, isSetupFault, raise, setupMissing } from './records.ts';
import { openLive } from './kept.ts';

/**
 * Proves again, at dispatch, what was proved before anyone was asked; then raises the fence of the target, so that no earlier attempt
 * can change it any more, leads a swap of this run that broke off back, and drops what other runs have kept of the database.
 * Throws Conflict with the code of the first problem.
 */
export async function check(step: ActStep, context: ActContext): Promise<StepResult> {
  const { access, item, run, fence, signal } = context;
  try {
    await asAdmin(access, signal, async (session) => {
      await raise(session, item, run, fence);
      await openLive(session, item, run, fence);
    });
  } catch (error) {
    throw isSetupFault(error) ? setupMissing(access) : error;
  }
  const looked = lookedBy(step, item);
  const seen = await look(access, looked, signal);
  const [problem] = seen.problems;
  if (problem !== undefined) throw problemMet(access.site, problem);
  const { keep } = step.args as { keep?: readonly KeptRows[] };
  if (keep !== undefined) await assertKeepable(access, item.databaseName, keep, signal);
  if (looked.backup !== undefined) {
    await asAdmin(access, signal, (session) => dropOthers(session, access, item.databaseName, run));
  }
  return checked(seen, looked);
}
