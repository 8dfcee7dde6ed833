import { FreshetError, isFreshetError } from '../src/domain/errors.ts';
import type { Explained } from './causes.ts';
import type { Step } from './plan.ts';

// The ways in which a walk leaves a step other than by its end. Thrown inside of the executor only.

/** The slice is over, or the worker was told to stop: look again later. */
export class SliceOver extends Error {}

/** Somebody wants the run cancelled. */
export class Cancelled extends Error {}

/** The step failed for good; in plain words. */
export class StepFailed extends Error {
  readonly step: Step;
  readonly explained: Explained;
  constructor(step: Step, explained: Explained, cause?: unknown) {
    super(explained.cause, { cause });
    this.step = step;
    this.explained = explained;
  }
}

/** What a call to a host or server threw, as the failure of its step. `Fenced` stays what it is. */
export function failureOf(step: Step, error: unknown): Error {
  if (error instanceof SliceOver || error instanceof Cancelled || error instanceof StepFailed) return error;
  if (isFreshetError(error, 'Fenced')) return error;
  if (error instanceof FreshetError) {
    return new StepFailed(step, { code: error.code, cause: error.message, hint: error.hint }, error);
  }
  return new StepFailed(
    step,
    {
      code: 'step-broke',
      cause: `"${step.title}" hit a fault that nobody foresaw.`,
      hint: 'The log of the bot has it; tell the maintainers.',
    },
    error,
  );
}
