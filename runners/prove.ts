import type { RunId } from '../src/domain/ids.ts';
import type { ActContext, ItemContext, ServerAccess, StepResult } from './engine.ts';
import type { ActStep, PlanItem, Step } from './plan.ts';
import { actStep, tidyStep } from './steps.ts';

/** Steps of a refresh that are about the database that is live: of a proof there is none. */
const ofTheLive: readonly string[] = ['carry', 'compare', 'swap', 'tidy'];

const drop = 'drop-proof';

/**
 * The recipe `prove`, the same for every engine: all that `refresh` does before its swap but what looks at the live database, so that what is
 * proven is what will be done. Then the new database is dropped: only what is gone again counts as proven.
 */
export function proveSteps(item: ItemContext, names: PlanItem, refresh: readonly Step[]): Step[] {
  const id = (name: string) => `${item.placement.database}.${name}`;
  const leftOut = ofTheLive.map(id);
  return [
    ...refresh
      .filter((step) => !leftOut.includes(step.id))
      .map((step) => (step.id === id('check') ? { ...step, title: checkTitle(item) } : step)),
    actStep(item, 'publish', drop, `Drop "${names.newName}"`, 0.3),
    tidyStep(item),
  ];
}

function checkTitle({ placement }: ItemContext): string {
  return `Check the rights and the space to prove it on "${placement.server}"`;
}

/** Performs the act of `proveSteps` that is no refresh's; undefined for any other act. `abandon`: that of the engine, which drops what its run made. */
export async function proveAct(
  step: ActStep,
  { access, item, run, fence }: ActContext,
  abandon: (access: ServerAccess, item: PlanItem, run: RunId, fence: number) => Promise<void>,
): Promise<StepResult | undefined> {
  if (step.name !== drop) return undefined;
  await abandon(access, item, run, fence);
  return {};
}
