import type { Plan, Step } from '../plan.ts';

/** How far a plan is, from the weights of its steps: a fraction that never goes back, and the seconds left. */
export type Pace = {
  /** The step is done; `seconds` it really took, where that is known. */
  done(step: Step, seconds?: number): void;
  /** The step is not done after all: it is done again. */
  again(step: Step): void;
  /** 0..1 of the step. */
  at(step: Step, fraction: number): void;
  now(): { fraction: number; secondsLeft: number | undefined };
};

/** Databases go side by side, so the time left is that of the slowest; weights are corrected by what steps really took. */
export function paceOf(plan: Plan): Pace {
  const total = plan.steps.reduce((sum, step) => sum + step.weight, 0) || 1;
  const part = new Map<string, number>();
  let highest = 0;
  let expected = 0;
  let taken = 0;
  return {
    done(step, seconds) {
      part.set(step.id, 1);
      if (seconds === undefined) return;
      expected += step.weight;
      taken += seconds;
    },
    again(step) {
      part.delete(step.id);
    },
    at(step, fraction) {
      const now = Math.min(0.99, Math.max(0, fraction));
      if (now > (part.get(step.id) ?? 0)) part.set(step.id, now);
    },
    now() {
      const done = plan.steps.reduce((sum, step) => sum + step.weight * (part.get(step.id) ?? 0), 0);
      highest = Math.max(highest, Math.min(1, done / total));
      const left = new Map<string, number>();
      for (const step of plan.steps) {
        const lane = step.database ?? '';
        left.set(lane, (left.get(lane) ?? 0) + step.weight * (1 - (part.get(step.id) ?? 0)));
      }
      // Before a step of some length has ended, the estimate is worth more than the measure.
      const speed = expected >= 2 ? Math.min(10, Math.max(0.1, taken / expected)) : 1;
      const secondsLeft = Math.ceil(Math.max(0, ...left.values()) * speed);
      return { fraction: highest, secondsLeft };
    },
  };
}
