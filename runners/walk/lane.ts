import { isFreshetError } from '../../src/domain/errors.ts';
import { Cancelled, type Failure, failureOf, FromTheStart, SliceOver, StepFailed } from './ending.ts';
import type { ActContext, StepResult } from '../engine.ts';
import { firstRound, follow, hostStepName, outcomeOf, roundsPerAttempt } from './host-step.ts';
import type { HostReportLines } from '../host-program/step.ts';
import { patiently } from './patience.ts';
import type { ActStep, PlanItem, Step } from '../plan.ts';
import { movementOf, travelOf } from './transfers.ts';
import { sideTrack } from './side-track.ts';
import type { Walk } from './walk.ts';

/** One database of a plan on its way through its steps. */
export type Lane = {
  readonly item: PlanItem;
  /**
   * Performs these of its steps in order, leaving out what is done. Throws `FromTheStart` when a step was lost and steps before
   * these must be done again, too.
   */
  steps(steps: readonly Step[]): Promise<void>;
  /** One act, whether it is done or not; `ready` before it is recorded as done. */
  perform(step: ActStep, ready?: (result: StepResult) => Promise<void>): Promise<StepResult>;
  /** Records an act that failed as done, where its failure changes nothing for the run. */
  passOver(step: ActStep, failure: Failure): Promise<void>;
  result(step: string): StepResult | undefined;
};

export function laneOf(walk: Walk, item: PlanItem): Lane {
  const { plan, options, pace, records } = walk;
  const { checkpoint } = options;
  const own = plan.steps.filter((step) => step.database === item.database);
  const engine = options.engine(item.server);
  const access = options.access(item.server);
  let round = 0;
  let foundRound: Promise<number> | undefined;

  const isDone = (step: Step) => records.get(step.id)?.state === 'done';
  const resultOf = (id: string) => records.get(id)?.result as StepResult | undefined;

  async function steps(wanted: readonly Step[]): Promise<void> {
    const side = sideTrack(walk.signal);
    let at = 0;
    try {
      while (at < wanted.length) {
        const step = wanted[at]!;
        at += 1;
        await side.joinedBefore(step);
        if (isDone(step)) continue;
        if (step.kind === 'exec' && step.beside !== undefined) {
          side.start(step.beside, (signal) => performOrLose(step, signal));
          continue;
        }
        const lost = await performOrLose(step);
        // Back to where the item can be prepared anew from; what lies between is not done any more.
        if (lost === undefined) continue;
        at = wanted.findIndex(({ id }) => id === lost);
        if (at < 0) throw new FromTheStart();
      }
      await side.joined();
    } catch (error) {
      await side.abort();
      throw error;
    }
  }

  async function perform(step: ActStep, ready?: (result: StepResult) => Promise<void>): Promise<StepResult> {
    await begin(step);
    const since = Date.now();
    const result = await act(step);
    await ready?.(result);
    await finish(step, result, since);
    return result;
  }

  /** Performs it; for an exec step that was lost with its half, the step from which the item must be done anew. */
  async function performOrLose(step: Step, signal = walk.signal): Promise<string | undefined> {
    if (step.kind === 'call') throw new Error(`step "${step.id}" is of the set, and of no database`);
    if (step.kind === 'act') {
      await perform(step);
      return undefined;
    }
    const isNew = records.get(step.id)?.state !== 'started';
    await begin(step);
    const since = Date.now();
    // One look for all steps: a second one that answers late must not take the round back.
    round = Math.max(round, await (foundRound ??= roundNow()));
    for (;;) {
      const now = round;
      const ended = await followed(step, now, signal);
      if (ended !== 'lost') {
        await finish(step, { ...outcomeOf(step, ended, engine.causes) }, isNew ? since : undefined);
        return undefined;
      }
      // A step beside it may have been lost by the same reboot, and have said so.
      round = Math.max(round, now + 1);
      if (round >= firstRound(options.attempt) + roundsPerAttempt) throw lostTwice(step);
      if (step.afresh !== undefined) {
        const from = startOf(step.afresh);
        await anew(from, step);
        return from;
      }
    }
  }

  async function followed(step: Extract<Step, { kind: 'exec' }>, now: number, signal: AbortSignal) {
    let askedAt = 0;
    const moved = movement(step);
    try {
      return await follow(step, {
        program: options.program(step.host),
        run: plan.run,
        fence: options.fence,
        round: now,
        signal,
        call: (work) => patiently({ deadline: walk.deadline, signal }, work),
        secondsLeft: () => left(walk),
        running: async (report) => {
          // Asking costs the server a login, and cards are not edited more often.
          if (Date.now() - askedAt < 2500) return;
          askedAt = Date.now();
          pace.at(step, await fractionOf(step, report));
          await tell(step, report.bytes === undefined ? undefined : moved?.(Number(report.bytes)));
        },
      });
    } catch (error) {
      throw failureOf(step, error);
    }
  }

  async function act(step: ActStep): Promise<StepResult> {
    const context = contextOf(step);
    try {
      return await patiently(walk, () => engine.act(step, context));
    } catch (error) {
      throw failureOf(step, error);
    }
  }

  function contextOf(step: Step, report?: HostReportLines): ActContext {
    const results = Object.fromEntries(own.filter(isDone).map(({ id }) => [id, resultOf(id) ?? {}] as const));
    return {
      access,
      program: (host) => options.program(host),
      run: plan.run,
      fence: options.fence,
      item,
      results,
      signal: walk.signal,
      ...(report === undefined ? {} : { report }),
      progress: (fraction, note) => {
        pace.at(step, fraction);
        void tell(step, note).catch(() => undefined);
      },
    };
  }

  /** From the server's own views where the engine has them, else from the bytes that have moved. */
  async function fractionOf(step: Extract<Step, { kind: 'exec' }>, report: HostReportLines): Promise<number> {
    const expected = expectedOf(step);
    if (report.bytes !== undefined && expected !== undefined) return Number(report.bytes) / expected;
    try {
      return (await engine.progressOf?.(step, contextOf(step, report))) ?? 0;
    } catch (error) {
      // The server may be busy or full; that is for the step itself to tell.
      if (isFreshetError(error, 'Fenced')) throw error;
      return 0;
    }
  }

  /** What is told of a backup that comes from another host. */
  function movement(step: Extract<Step, { kind: 'exec' }>): ((bytes: number) => string) | undefined {
    const travel = travelOf(
      own.filter(({ stage }) => stage === step.stage),
      item,
    );
    const expected = expectedOf(step);
    if (travel === undefined || expected === undefined) return undefined;
    return movementOf(expected, travel.from, travel.to);
  }

  async function begin(step: Step): Promise<void> {
    if (walk.signal.aborted) throw new SliceOver();
    if (await checkpoint.cancelled()) throw new Cancelled();
    if (records.get(step.id)?.state === 'started') return;
    await checkpoint.started(step);
    note(step, 'started');
    await tell(step);
  }

  async function finish(step: Step, result: StepResult, since: number | undefined): Promise<void> {
    await checkpoint.done(step, result);
    note(step, 'done', result);
    pace.done(step, since === undefined ? undefined : (Date.now() - since) / 1000);
    await tell(step);
  }

  function note(step: Step, state: 'started' | 'done', result?: StepResult): void {
    const { run } = plan;
    const startedAt = new Date();
    records.set(step.id, { run, step: step.id, attempt: options.attempt, state, startedAt, result });
  }

  /** Progress is told for people: the step goes on without it. */
  async function tell(step: Step, note?: string): Promise<void> {
    const { fraction, secondsLeft } = pace.now();
    try {
      await checkpoint.progress(step, fraction, secondsLeft, note);
    } catch (error) {
      if (isFreshetError(error, 'Fenced')) throw error;
    }
  }

  /** A later attempt may have gone on from a kept copy: what that was made from is not on the host any more. */
  function startOf(afresh: string): string {
    if (options.attempt === 1) return afresh;
    return own.find(({ stage }) => stage === 'fetch' || stage === 'load')?.id ?? afresh;
  }

  /** Takes back what the lost round did, and writes down first that it must be done again. */
  async function anew(from: string, until: Step): Promise<void> {
    const first = own.findIndex(({ id }) => id === from);
    const again = own.slice(first, own.indexOf(until) + 1);
    for (const step of again) {
      if (records.get(step.id)?.state === 'done') await checkpoint.started(step);
      note(step, 'started');
      pace.again(step);
    }
    try {
      await patiently(walk, () => engine.abandon(access, item, plan.run, options.fence));
    } catch (error) {
      throw failureOf(until, error);
    }
  }

  /** Which round the item is in: a worker that takes over finds it by what was lost on the host. */
  async function roundNow(): Promise<number> {
    const first = firstRound(options.attempt);
    for (const step of own) {
      if (step.kind !== 'exec' || !records.has(step.id)) continue;
      const program = options.program(step.host);
      const state = await patiently(walk, () => program.state(plan.run, hostStepName(step, first)));
      if (state.state === 'lost') return first + 1;
    }
    return first;
  }

  return {
    item,
    steps,
    perform,
    passOver: (step, failure) => finish(step, { failure }, undefined),
    result: resultOf,
  };
}

/** How many bytes a step is to receive, as it says itself. */
function expectedOf({ exec }: Extract<Step, { kind: 'exec' }>): number | undefined {
  const said = exec.pipe
    .flatMap(({ args }) => args)
    .map((word) => (typeof word === 'string' ? /^--bytes=(\d+)$/.exec(word) : null))
    .find((match) => match !== null);
  return said === undefined ? undefined : Number(said[1]);
}

/** Seconds until the slice ends. */
export function left(walk: Pick<Walk, 'deadline' | 'signal'>): number {
  const ms = walk.deadline - Date.now();
  if (ms <= 0 || walk.signal.aborted) throw new SliceOver();
  return ms / 1000;
}

function lostTwice(step: Extract<Step, { kind: 'exec' }>): StepFailed {
  return new StepFailed(
    step,
    {
      code: 'step-lost',
      cause: `"${step.title}" was lost twice on host "${step.host}": it was killed, or the host was booted anew.`,
      hint: 'Look why (out of memory?), then retry.',
    },
    false,
  );
}
