import { hookFailureIn, type HookFailure } from '../../src/domain/hook.ts';
import { isFreshetError } from '../../src/domain/errors.ts';
import { failureOf, SliceOver, StepFailed } from './ending.ts';
import { firstRound, follow, hostStepName, outcomeOf } from './host-step.ts';
import { left } from './lane.ts';
import { patiently } from './patience.ts';
import type { CallStep, ExecStep } from '../plan.ts';
import type { Walk } from './walk.ts';

// Behind the swaps nothing is taken back: what fails here is told to people, who have the button that undoes.

type HookStep = CallStep | (ExecStep & { hook: string });

/**
 * Does the hooks that are not done yet, in order, and answers the one that failed: none is done after it. A worker that takes over asks the host
 * how a command stands, and calls again what was called, with the same key. Throws only what ends a slice.
 */
export async function performHooks(walk: Walk): Promise<HookFailure | undefined> {
  const { plan, options, records } = walk;
  const steps = plan.steps.filter((step): step is HookStep => step.stage === 'after');
  for (const [at, step] of steps.entries()) {
    const known = records.get(step.id);
    const left = steps.slice(at + 1).map(({ hook }) => hook);
    if (known?.state === 'done') {
      const failed = hookFailureIn(known.result);
      if (failed !== undefined) return { ...failed, left };
      continue;
    }
    // What was approved is not what the site says any more: nothing further is done.
    if (options.forbidden !== undefined) {
      const { cause } = options.forbidden;
      return { hook: step.hook, code: 'hook-left', cause: `It was not called: ${cause}`, hint: byHand, left };
    }
    const failed = await perform(walk, step);
    const result = failed === undefined ? {} : { hookFailed: failed };
    await options.checkpoint.done(step, result);
    walk.pace.done(step);
    if (failed !== undefined) return { ...failed, left };
  }
  return undefined;
}

const byHand = 'Retry calls it again. Or do by hand what it does, or undo the refresh.';

type Failed = Omit<HookFailure, 'left'>;

async function perform(walk: Walk, step: HookStep): Promise<Failed | undefined> {
  const { options, records, pace } = walk;
  if (walk.signal.aborted) throw new SliceOver();
  const known = records.get(step.id);
  if (known?.state !== 'started') await options.checkpoint.started(step);
  try {
    const { fraction, secondsLeft } = pace.now();
    await options.checkpoint.progress(step, fraction, secondsLeft);
    if (step.kind === 'exec') await command(walk, step);
    else await called(walk, step);
    return undefined;
  } catch (error) {
    if (walk.signal.aborted && !isFreshetError(error, 'Fenced')) throw new SliceOver();
    const failed =
      error instanceof SliceOver ? neverAnswered(step, known?.startedAt) : failureOf(step, error);
    if (!(failed instanceof StepFailed)) throw failed ?? error;
    const { code, cause, hint } = failed.failure;
    return { hook: step.hook, code, cause, hint: hint === byHand ? hint : `${hint} ${byHand}` };
  }
}

/** How long a host may be out of reach beyond the time that its command has. */
const outOfReachSeconds = 300;

/** A host that is away for good must not keep a run, and its targets, for ever. */
function neverAnswered(step: HookStep, startedAt: Date | undefined): StepFailed | undefined {
  const most = ((step.timeoutSeconds ?? 0) + outOfReachSeconds) * 1000;
  if (step.kind !== 'exec' || startedAt === undefined || Date.now() - startedAt.getTime() < most)
    return undefined;
  const cause = `The hook "${step.hook}" is not known to have ended: host "${step.host}" could not be asked.`;
  return new StepFailed(step, { code: 'hook-failed', cause, hint: byHand }, false);
}

async function called({ options, signal }: Walk, step: CallStep): Promise<void> {
  if (options.call === undefined) throw new Error('nobody is there who calls hooks');
  const answer = await options.call(step, signal);
  if (answer.ok) return;
  const tries = answer.attempts === 1 ? 'The call' : `The last of ${answer.attempts} calls`;
  const cause = `${tries} for the hook "${step.hook}" failed: ${new URL(step.url).host} ${answer.why}.`;
  throw new StepFailed(step, { code: 'hook-failed', cause, hint: byHand }, false);
}

/** A host starts it once, whoever asks; what takes longer than it may is ended there. */
async function command(walk: Walk, step: ExecStep & { hook: string }): Promise<void> {
  const { plan, options, records } = walk;
  const program = options.program(step.host);
  // Of the attempt that started it: a later one asks how it stands, and starts no second one.
  const known = records.get(step.id);
  const round = firstRound(known?.attempt ?? options.attempt);
  // By our own clock: a host's may be anywhere.
  const since = known?.startedAt ?? new Date();
  let tooLong = false;
  const ended = await follow(step, {
    program,
    run: plan.run,
    fence: options.fence,
    round,
    signal: walk.signal,
    call: (work) => patiently(walk, work),
    secondsLeft: () => left(walk),
    running: async () => {
      if (tooLong || step.timeoutSeconds === undefined) return;
      if (Date.now() - since.getTime() < step.timeoutSeconds * 1000) return;
      tooLong = true;
      await patiently(walk, () => program.stop(plan.run, hostStepName(step, round), options.fence));
    },
  });
  if (tooLong) {
    const cause = `The hook "${step.hook}" took longer than ${step.timeoutSeconds} seconds on host "${step.host}", and was ended.`;
    throw new StepFailed(step, { code: 'hook-failed', cause, hint: byHand }, false);
  }
  if (ended === 'lost') {
    const cause = `The hook "${step.hook}" was lost on host "${step.host}": it was killed, or the host was booted anew.`;
    throw new StepFailed(step, { code: 'hook-failed', cause, hint: byHand }, false);
  }
  // No engine's tool: only what hosts say of any step.
  outcomeOf(step, ended, {});
}
