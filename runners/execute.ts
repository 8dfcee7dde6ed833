import { setMaxListeners } from 'node:events';
import type { HookFailure } from '../src/domain/hook.ts';
import { type FreshetError, isFreshetError } from '../src/domain/errors.ts';
import { Cancelled, failureOf, FromTheStart, SliceOver, StepFailed } from './walk/ending.ts';
import { swapResult } from './engine.ts';
import { performHooks } from './walk/hooks.ts';
import { type Lane, laneOf } from './walk/lane.ts';
import { paceOf } from './walk/pace.ts';
import { patiently } from './walk/patience.ts';
import { barrierStage, type Plan, stages, type Step } from './plan.ts';
import { goesOnFrom, isSound, recall, recollect, stepsOf } from './walk/recall.ts';
import { clearHosts, leavesCopies, stopEarlier, stopItems, takeBack } from './walk/takeback.ts';
import { inTurn } from './walk/transfers.ts';
import { turns } from './walk/turns.ts';
import type { ExecuteOptions, Kept, Outcome, Walk } from './walk/walk.ts';

export type { TakenResult } from './take.ts';
export type { Checkpoint, ExecuteOptions, Outcome } from './walk/walk.ts';

/** At most so many databases load at once on a host: more only share its disks. */
const loadsPerHost = 2;

/**
 * Walks a plan from where its checkpoint says it stands. Databases go side by side to the barrier; nothing is swapped
 * before all are verified; a swap that fails puts back those before it. Never throws for what happens on hosts and
 * servers: that is the outcome. What the checkpoint throws passes through, `Fenced` among it, and then nothing more was touched.
 */
export async function execute(plan: Plan, options: ExecuteOptions): Promise<Outcome> {
  const stop = new AbortController();
  const walk: Walk = {
    plan,
    options,
    signal: AbortSignal.any([options.signal, stop.signal]),
    deadline: Date.now() + options.sliceSeconds * 1000,
    pace: paceOf(plan),
    records: new Map(),
  };
  // Each database of the set listens to them.
  setMaxListeners(0, walk.signal, options.signal);
  const watch = watchOver(options, stop);
  const lanes = plan.items.map((item) => laneOf(walk, item));
  try {
    const refused = await takeTargets(walk);
    await stopEarlier(walk);
    const failed = await (options.forbidden === undefined
      ? recall(walk)
      : recollect(walk, options.forbidden));
    try {
      if (failed !== undefined) throw failed;
      // A run that goes on may have begun much already: it is taken back like after any other failure.
      if (refused !== undefined && openActs(walk, lanes, barrierStage).length > 0) throw refused;
      watch.takeCancel();
      await prepareAll(walk, lanes, stop);
      await swapAll(walk, lanes);
      await publishAll(walk, lanes);
    } catch (error) {
      return await ended(walk, lanes, watch.reason() ?? error);
    }
    const hook = await performHooks(walk);
    await tidyAll(walk, lanes, hook);
    return { end: 'succeeded', ...(hook === undefined ? {} : { hook }) };
  } catch (error) {
    const noticed = watch.reason();
    // A cancel was followed as far as this slice came: what is left of taking back is the next one's.
    const reason = noticed instanceof Cancelled ? error : (noticed ?? error);
    if (reason instanceof SliceOver) return { end: 'waiting' };
    // Refused in the middle of its work: how the targets stand is not known, so they stay with the run.
    if (isFreshetError(error, 'Config')) return unseen(plan, error);
    if (reason instanceof StepFailed) return failedWith(reason, false, []);
    throw reason;
  } finally {
    watch.end();
  }
}

/** Looks for a wish to cancel and for the loss of the lease while steps run, and ends them. */
function watchOver(options: ExecuteOptions, stop: AbortController) {
  let reason: unknown;
  let looking = false;
  let takesCancel = false;
  const timer = setInterval(
    () => {
      if (looking || stop.signal.aborted) return;
      looking = true;
      options.checkpoint
        .cancelled()
        .then((wanted) => {
          if (wanted && takesCancel) {
            reason = new Cancelled();
            stop.abort();
          }
        })
        .catch((error: unknown) => {
          // Other faults of the store are for the walk itself to meet.
          if (!isFreshetError(error, 'Fenced')) return;
          reason = error;
          stop.abort();
        })
        .finally(() => {
          looking = false;
        });
    },
    (options.watchSeconds ?? 2) * 1000,
  );
  timer.unref();
  return {
    reason: () => reason,
    /** From now on a wish to cancel ends what is under way. Before there is no step that it could end; the first one meets it. */
    takeCancel: () => {
      takesCancel = true;
    },
    end: () => clearInterval(timer),
  };
}

/**
 * The lock and the fence of each target on its host, before anything else: an earlier attempt can do no more. Answers the
 * failure where a host refuses them.
 */
async function takeTargets(walk: Walk): Promise<StepFailed | undefined> {
  const { plan, options } = walk;
  for (const item of plan.items) {
    try {
      await patiently(walk, () => options.program(item.host).claim(item.target, plan.run, options.fence));
    } catch (error) {
      if (isFreshetError(error, 'Config') && (await options.checkpoint.steps()).length > 0) throw error;
      const first = plan.steps.find((step) => step.database === item.database);
      const failure = first === undefined ? error : failureOf(first, error);
      if (failure instanceof StepFailed) return failure;
      throw failure;
    }
  }
  return undefined;
}

function stagesOf(plan: Plan, database: string, which: (stage: Step['stage']) => boolean): Step[] {
  return stepsOf(plan, database).filter((step) => which(step.stage));
}

function before(stage: Step['stage']): boolean {
  return stages.indexOf(stage) < stages.indexOf(barrierStage);
}

/** All items to the barrier, side by side. The first failure ends the others' waits. */
async function prepareAll(walk: Walk, lanes: readonly Lane[], stop: AbortController): Promise<void> {
  const { plan, options } = walk;
  // A run has one key and one grant at a time, so databases are fetched in turn: those first that have begun.
  const fetching = turns(1);
  const loading = new Map<string, ReturnType<typeof turns>>();
  const begun = (lane: Lane) =>
    stagesOf(plan, lane.item.database, (stage) => stage === 'fetch').some(({ id }) => walk.records.has(id));
  const order = [...lanes].sort((a, b) => Number(begun(b)) - Number(begun(a)));
  const results = await Promise.allSettled(
    order.map(async (lane) => {
      try {
        const { database, host } = lane.item;
        const take = (stage: Step['stage']) => lane.steps(stagesOf(plan, database, (one) => one === stage));
        const turn = loading.get(host) ?? turns(loadsPerHost);
        loading.set(host, turn);
        await take('check');
        const rest = stagesOf(
          plan,
          database,
          (stage) => before(stage) && stage !== 'check' && stage !== 'fetch' && stage !== 'send',
        );
        const travel = (stage: 'fetch' | 'send') => {
          const own = stagesOf(plan, database, (one) => one === stage);
          return fetching(() => inTurn(walk, lane.item, own, () => take(stage)));
        };
        const prepare = async () => {
          await travel('fetch');
          await turn(() => lane.steps(rest));
          await travel('send');
        };
        try {
          await prepare();
        } catch (error) {
          // Once: a step that is lost again is a failure.
          if (!(error instanceof FromTheStart)) throw error;
          await prepare();
        }
        await options.checkpoint.itemReady(database);
      } catch (error) {
        stop.abort();
        throw error;
      }
    }),
  );
  const reasons = results
    .filter((result) => result.status === 'rejected')
    .map(({ reason }) => reason as unknown);
  if (reasons.length > 0) throw weightiest(reasons);
}

/** Of several lanes' ends the one that decides: a lost lease, then a failure, then a cancel; the others only followed. */
function weightiest(reasons: readonly unknown[]): unknown {
  const foreign = reasons.find(
    (one) => !(one instanceof SliceOver || one instanceof StepFailed || one instanceof Cancelled),
  );
  return (
    foreign ??
    reasons.find((one) => one instanceof StepFailed) ??
    reasons.find((one) => one instanceof Cancelled) ??
    reasons[0]
  );
}

/** Acts of a stage behind the barrier that are not done yet. Nothing else may stand there: exec steps go by rounds, and a swap has none. */
function openActs({ plan, records }: Walk, lanes: readonly Lane[], wanted: Step['stage']) {
  return lanes.flatMap((lane) =>
    stagesOf(plan, lane.item.database, (stage) => stage === wanted)
      .filter((step) => records.get(step.id)?.state !== 'done')
      .map((step) => {
        if (step.kind !== 'act')
          throw new Error(`step "${step.id}" is ${step.kind}; in stage "${wanted}" are acts only`);
        return { lane, step };
      }),
  );
}

/** One after the other, after the barrier. */
async function swapAll(walk: Walk, lanes: readonly Lane[]): Promise<void> {
  const { options } = walk;
  const open = openActs(walk, lanes, barrierStage);
  if (open.length === 0) return;
  if (!(await options.checkpoint.barrier())) throw new Cancelled();
  for (const { lane, step } of open) {
    await lane.perform(step, (result) =>
      options.checkpoint.itemSwapped(lane.item.database, swapResult(result)),
    );
  }
}

/** Dumps that are all whole get their names, and what a proof made is dropped. What is done stays, whatever becomes of the others: nothing was overwritten. */
async function publishAll(walk: Walk, lanes: readonly Lane[]): Promise<void> {
  const { options } = walk;
  const open = openActs(walk, lanes, 'publish');
  if (open.length === 0) return;
  if (!(await options.checkpoint.barrier())) throw new Cancelled();
  for (const { lane, step } of open) {
    await lane.perform(step, (result) =>
      walk.plan.kind === 'prove'
        ? options.checkpoint.itemProven(lane.item.database)
        : options.checkpoint.itemTaken(lane.item.database, result),
    );
  }
}

/** Clears what the run left. The targets are swapped: nothing that fails here makes the run a failure. */
async function tidyAll(walk: Walk, lanes: readonly Lane[], hook: HookFailure | undefined): Promise<void> {
  // What a hook said stays on its host for who looks into it; a fetched backup must not.
  const keepFolders = hook !== undefined && !leavesCopies(walk.plan);
  for (const { lane, step } of openActs(walk, lanes, 'tidy')) {
    const clear = async () => {
      try {
        await clearHosts(walk, [lane.item], { keepFolders });
      } catch (error) {
        if (error instanceof SliceOver || isFreshetError(error, 'Fenced')) throw error;
      }
    };
    try {
      await lane.perform(step, clear);
    } catch (error) {
      if (!(error instanceof StepFailed)) throw error;
      await clear();
      await lane.passOver(step, error.failure);
    }
  }
}

/** The way out before all was swapped: everything is taken back that can be, and the outcome says how the targets stand. */
async function ended(walk: Walk, lanes: readonly Lane[], reason: unknown): Promise<Outcome> {
  if (!(reason instanceof StepFailed) && !(reason instanceof Cancelled)) throw reason;
  const { options, plan } = walk;
  // The other lanes' waits were ended by the failure; taking back must not be, but by the worker's own signal.
  const own: Walk = {
    ...walk,
    signal: options.signal,
    deadline: Math.max(walk.deadline, Date.now() + 10_000),
  };
  const swapped = lanes.filter((lane) =>
    stagesOf(plan, lane.item.database, (stage) => stage === barrierStage).some(
      ({ id }) => walk.records.get(id)?.state === 'done',
    ),
  );
  const fault = reason instanceof StepFailed ? reason : undefined;
  if (fault !== undefined) await noteFailure(own, fault);
  let taken: Awaited<ReturnType<typeof takeBack>>;
  try {
    await stopItems(own);
    taken = await takeBack(own, swapped, fault === undefined ? [] : keepable(own, swapped));
  } catch (error) {
    if (!isFreshetError(error, 'Config')) throw error;
    return unseen(plan, error, fault);
  }
  const { fenced, kept } = taken;
  if (fault === undefined) {
    await clearHosts(own, plan.items);
    return { end: 'cancelled' };
  }
  const { code, cause, hint } = fault.failure;
  if (fenced) return { end: 'fenced', step: fault.step, code, cause, hint };
  // The tools' own messages stay on the host for who looks into it; a fetched backup must not.
  await clearHosts(own, plan.items, { keepFolders: !leavesCopies(plan) });
  return failedWith(fault, swapped.length > 0, kept);
}

/** A host or server refuses us (its key changed, say): it can't be told how its targets stand, nor can anything be taken back there. */
function unseen(plan: Plan, error: FreshetError, fault = failureOf(plan.steps[0]!, error)): Outcome {
  if (!(fault instanceof StepFailed)) throw fault;
  const { code, cause, hint } = fault.failure;
  return { end: 'fenced', step: fault.step, code, cause, hint, unseen: true };
}

/** Written down before anything is taken back: a slice that dies in the middle of that leaves it to the next one. */
async function noteFailure({ options, plan, records }: Walk, { step, failure }: StepFailed): Promise<void> {
  if (records.get(step.id)?.state === 'failed') return;
  await options.checkpoint.failed(step, failure);
  const { attempt } = options;
  const about = { run: plan.run, step: step.id, attempt, startedAt: new Date() };
  records.set(step.id, { ...about, state: 'failed', result: failure });
}

/** Items that a retry may go on with. One that was live for a while may have been written to. */
function keepable({ plan, options, records }: Walk, swapped: readonly Lane[]): Kept[] {
  if (options.keepsFailed !== true) return [];
  return plan.items.flatMap(({ database }) => {
    const own = stepsOf(plan, database);
    const from = goesOnFrom(own, records);
    const wasLive = swapped.some((lane) => lane.item.database === database);
    return wasLive || from === undefined || !isSound(own, records) ? [] : [{ database, from }];
  });
}

function failedWith({ step, failure }: StepFailed, targetTouched: boolean, kept: readonly Kept[]): Outcome {
  const { code, cause, hint } = failure;
  return { end: 'failed', step, code, cause, hint, targetTouched, kept };
}
