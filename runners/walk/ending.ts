import { FreshetError, isFreshetError } from '../../src/domain/errors.ts';
import type { Explained } from '../causes.ts';
import type { Step } from '../plan.ts';

// The ways in which a walk leaves a step other than by its end. Thrown inside of the executor only.

/** The slice is over, or the worker was told to stop: look again later. */
export class SliceOver extends Error {}

/** Somebody wants the run cancelled. */
export class Cancelled extends Error {}

/** What was lost can only be made anew from a stage that lies before the steps at hand. */
export class FromTheStart extends Error {}

/** Why a step failed, and whether it has provably left what stood before it as it was; kept as the step's result. */
export type Failure = Explained & { undone: boolean };

/** The step failed for good; in plain words. */
export class StepFailed extends Error {
  readonly step: Step;
  readonly failure: Failure;
  constructor(step: Step, { code, cause, hint }: Explained, undone: boolean, origin?: unknown) {
    super(cause, { cause: origin });
    this.step = step;
    this.failure = { code, cause, hint, undone };
  }
}

/** Faults of an act that lie in the copy itself: going on from it would meet them again. */
const ofTheCopy = ['index-invalid', 'copy-opened', 'copy-in-use'];

/** What a call to a host or server threw, as the failure of its step. `Fenced` stays what it is. */
export function failureOf(step: Step, error: unknown): Error {
  if (error instanceof SliceOver || error instanceof Cancelled || error instanceof StepFailed) return error;
  if (isFreshetError(error, 'Fenced')) return error;
  if (error instanceof FreshetError) {
    // Acts may be called again after a crash in their middle; what a tool on a host did is not known without its end.
    const undone = step.kind === 'act' && !ofTheCopy.includes(error.code);
    return new StepFailed(step, { code: error.code, cause: error.message, hint: error.hint }, undone, error);
  }
  return new StepFailed(
    step,
    {
      code: 'step-broke',
      cause: `"${step.title}" hit a fault that nobody foresaw.`,
      hint: 'The log of the bot has it; tell the maintainers.',
    },
    step.kind === 'act',
    error,
  );
}
