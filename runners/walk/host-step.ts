import { type Causes, explainCause } from '../causes.ts';
import { StepFailed } from './ending.ts';
import type { HostProgram } from '../host-program/client.ts';
import type { HostReportLines, HostStepState } from '../host-program/step.ts';
import type { ExecStep } from '../plan.ts';
import type { RunId } from '../../src/domain/ids.ts';

/** Name of a step on its host: each round of an item has names of its own, as a host starts a name once. */
export function hostStepName(step: ExecStep, round: number): string {
  return round === 1 ? step.id : `${step.id}.${round}`;
}

/** The rounds of an attempt: one, and one more for an item that was lost with its host. */
export const roundsPerAttempt = 2;

export function firstRound(attempt: number): number {
  return (attempt - 1) * roundsPerAttempt + 1;
}

type Ended = Extract<HostStepState, { state: 'ended' }>;

export type Following = {
  program: HostProgram;
  run: RunId;
  fence: number;
  round: number;
  signal: AbortSignal;
  /** Repeats a call while its answer is unknown; ends with the slice. */
  call<T>(work: () => Promise<T>): Promise<T>;
  /** Seconds that the slice still has; throws when it has none. */
  secondsLeft(): number;
  /** Between waits, about once a second. */
  running(report: HostReportLines, startedAt: Date): Promise<void>;
};

/**
 * Starts the step on its host unless it was started before, and follows it to its end: `lost` when the host has no
 * end for it and never will.
 */
export async function follow(step: ExecStep, it: Following): Promise<Ended | 'lost'> {
  const name = hostStepName(step, it.round);
  let state = await it.call(() => it.program.state(it.run, name));
  if (state.state === 'absent') {
    state = await it.call(() =>
      it.program.submit({ ...step.exec, run: it.run, step: name, fence: it.fence }),
    );
  }
  while (state.state === 'running') {
    await it.running(state.report, state.startedAt);
    const after: HostStepState = state;
    const timeoutSeconds = Math.min(1.5, it.secondsLeft());
    state = await it.call(() => it.program.wait(it.run, name, { timeoutSeconds, after, signal: it.signal }));
  }
  // Gone between two looks: somebody swept the run. Whoever did so has stopped it, too.
  return state.state === 'ended' ? state : 'lost';
}

/** What the step tells to later ones, with the engine's own `causes`; throws `StepFailed` when it ended badly, or well with another outcome than expected. */
export function outcomeOf(step: ExecStep, ended: Ended, causes: Causes): HostReportLines {
  if (ended.exitCode !== 0) {
    const undone = step.undone?.includes(ended.exitCode) ?? false;
    throw new StepFailed(step, explainCause(ended, step, causes), undone);
  }
  for (const [key, value] of Object.entries(step.expect ?? {})) {
    if (ended.report[key] === value) continue;
    throw new StepFailed(
      step,
      step.otherwise ?? {
        code: 'step-differs',
        cause: `"${step.title}" ended well, but not as expected.`,
        hint: 'Retry.',
      },
      false,
    );
  }
  return ended.report;
}
