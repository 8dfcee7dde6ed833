import { isFreshetError } from '../src/domain/errors.ts';
import { SliceOver } from './ending.ts';
import { firstRound, hostStepName, roundsPerAttempt } from './host-step.ts';
import type { Lane } from './lane.ts';
import { patiently } from './patience.ts';
import type { ExecStep, Plan, PlanItem } from './plan.ts';
import type { Walk } from './walk.ts';

/** Ends what still runs of the run on any host. */
export async function stopItems(walk: Walk): Promise<void> {
  const { plan, options, records } = walk;
  const begun = plan.steps.filter(
    (step): step is ExecStep =>
      step.kind === 'exec' && ['started', 'failed'].includes(records.get(step.id)?.state ?? ''),
  );
  for (const step of begun) {
    const program = options.program(step.host);
    for (let at = 0; at < roundsPerAttempt; at += 1) {
      const name = hostStepName(step, firstRound(options.attempt) + at);
      const state = await patiently(walk, () => program.state(plan.run, name));
      if (state.state === 'running') await patiently(walk, () => program.stop(plan.run, name, options.fence));
    }
  }
}

/**
 * Swaps back what was swapped, last one first, then abandons what every item had prepared. Answers whether a target stands
 * neither here nor there. What can't be reached now is tried until the slice ends, and then in the next one.
 */
export async function takeBack(walk: Walk, swapped: readonly Lane[]): Promise<boolean> {
  const { plan, options } = walk;
  let fenced = false;
  for (const { item } of swapped.toReversed()) {
    const engine = options.engine(item.server);
    const access = options.access(item.server);
    try {
      await patiently(walk, () => engine.putBack(access, item, plan.run, options.fence));
    } catch (error) {
      passThrough(error);
      // It could not be put back: then it stays new, or is between both, which is looked at below.
      continue;
    }
    await options.checkpoint.itemPutBack(item.database);
  }
  for (const item of plan.items) {
    const engine = options.engine(item.server);
    const access = options.access(item.server);
    try {
      await patiently(walk, () => engine.abandon(access, item, plan.run, options.fence));
    } catch (error) {
      passThrough(error);
    }
    try {
      const stands = await patiently(walk, () => engine.standing(access, item, plan.run));
      fenced ||= stands === 'fenced';
    } catch (error) {
      passThrough(error);
      // A server that refuses even to tell: nothing was begun there, or the checks would not have passed.
    }
  }
  return fenced;
}

function passThrough(error: unknown): void {
  if (error instanceof SliceOver || isFreshetError(error, 'Fenced')) throw error;
}

/** Removes what a run left on the hosts of these items and gives their locks back. */
export async function clearHosts(
  walk: Walk,
  items: readonly PlanItem[],
  { keepFolders = false }: { keepFolders?: boolean } = {},
): Promise<void> {
  const { plan, options } = walk;
  for (const source of grantsOf(plan, items)) {
    await patiently(walk, () => options.program(source).revoke(plan.run));
  }
  for (const item of items) {
    const program = options.program(item.host);
    if (!keepFolders) await patiently(walk, () => program.sweep(plan.run, options.fence));
    await patiently(walk, () => program.release(item.target, plan.run, options.fence));
  }
}

/** Hosts that may have let the run read a backup. */
function grantsOf(plan: Plan, items: readonly PlanItem[]): string[] {
  const names = plan.steps
    .filter((step) => step.kind === 'act' && step.name === 'fetch-grant')
    .filter((step) => items.some((item) => item.database === step.database))
    .map((step) => (step.kind === 'act' ? String(step.args.from) : ''));
  return [...new Set(names)];
}

/** Whether a backup was copied into the run's folder on the host: it must not be left there. */
export function fetchesIntoRunFolder(plan: Plan): boolean {
  return grantsOf(plan, plan.items).length > 0;
}
