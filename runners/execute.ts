import { isFreshetError } from '../src/domain/errors.ts';
import { Cancelled, failureOf, SliceOver, StepFailed } from './ending.ts';
import { type Lane, laneOf } from './lane.ts';
import { paceOf } from './pace.ts';
import { patiently } from './patience.ts';
import { barrierStage, type Plan, stages, type Step } from './plan.ts';
import { clearHosts, fetchesIntoRunFolder, stopItems, takeBack } from './takeback.ts';
import { turns } from './turns.ts';
import type { ExecuteOptions, Outcome, Walk } from './walk.ts';

export type { Checkpoint, ExecuteOptions, Outcome } from './walk.ts';

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
  const watch = watchOver(options, stop);
  const lanes = plan.items.map((item) => laneOf(walk, item));
  try {
    const refused = await takeTargets(walk);
    await recall(walk);
    try {
      // A run that goes on may have begun much already: it is taken back like after any other failure.
      if (refused !== undefined && openSwaps(walk, lanes).length > 0) throw refused;
      await prepareAll(walk, lanes, stop);
      await swapAll(walk, lanes);
    } catch (error) {
      return await ended(walk, lanes, watch.reason() ?? error);
    }
    await tidyAll(walk, lanes);
    return { end: 'succeeded' };
  } catch (error) {
    const reason = watch.reason() ?? error;
    if (reason instanceof SliceOver) return { end: 'waiting' };
    if (reason instanceof StepFailed) return failed(reason, false);
    throw reason;
  } finally {
    watch.end();
  }
}

/** Looks for a wish to cancel and for the loss of the lease while steps run, and ends them. */
function watchOver(options: ExecuteOptions, stop: AbortController) {
  let reason: unknown;
  let looking = false;
  const timer = setInterval(
    () => {
      if (looking || stop.signal.aborted) return;
      looking = true;
      options.checkpoint
        .cancelled()
        .then((wanted) => {
          if (wanted) {
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
  return { reason: () => reason, end: () => clearInterval(timer) };
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
      const first = plan.steps.find((step) => step.database === item.database);
      const failure = first === undefined ? error : failureOf(first, error);
      if (failure instanceof StepFailed) return failure;
      throw failure;
    }
  }
  return undefined;
}

/** What is done already: in this attempt; from earlier ones, what an item that still stands was prepared with. */
async function recall(walk: Walk): Promise<void> {
  const { plan, options, records, pace } = walk;
  const known = await options.checkpoint.steps();
  const byId = new Map(known.map((record) => [record.step, record]));
  for (const item of plan.items) {
    const own = plan.steps.filter((step) => step.database === item.database);
    const earlier = own.filter((step) => (byId.get(step.id)?.attempt ?? 0) < options.attempt);
    const stands =
      earlier.some((step) => step.stage === 'load' && byId.get(step.id)?.state === 'done') &&
      (await patiently(walk, () =>
        options.engine(item.server).prepared(options.access(item.server), item, plan.run),
      ));
    for (const step of own) {
      const record = byId.get(step.id);
      if (record === undefined) continue;
      // Rights are proved anew in each attempt, whatever stands.
      const counts = record.attempt === options.attempt || (stands && step.stage !== 'check');
      if (!counts || (record.attempt !== options.attempt && record.state !== 'done')) continue;
      records.set(step.id, record);
      if (record.state === 'done') pace.done(step);
    }
  }
}

function stepsOf(plan: Plan, database: string, which: (stage: Step['stage']) => boolean): Step[] {
  return plan.steps.filter((step) => step.database === database && which(step.stage));
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
    stepsOf(plan, lane.item.database, (stage) => stage === 'fetch').some(({ id }) => walk.records.has(id));
  const order = [...lanes].sort((a, b) => Number(begun(b)) - Number(begun(a)));
  const results = await Promise.allSettled(
    order.map(async (lane) => {
      try {
        const { database, host } = lane.item;
        const take = (stage: Step['stage']) => lane.steps(stepsOf(plan, database, (one) => one === stage));
        const turn = loading.get(host) ?? turns(loadsPerHost);
        loading.set(host, turn);
        let performed = await take('check');
        performed = (await fetching(() => take('fetch'))) || performed;
        performed =
          (await turn(() =>
            lane.steps(
              stepsOf(plan, database, (stage) => before(stage) && stage !== 'check' && stage !== 'fetch'),
            ),
          )) || performed;
        if (performed) await options.checkpoint.itemReady(database);
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

function openSwaps({ plan, records }: Walk, lanes: readonly Lane[]) {
  return lanes
    .flatMap((lane) =>
      stepsOf(plan, lane.item.database, (stage) => stage === barrierStage).map((step) => ({ lane, step })),
    )
    .filter(({ step }) => records.get(step.id)?.state !== 'done');
}

/** One after the other, after the barrier. */
async function swapAll(walk: Walk, lanes: readonly Lane[]): Promise<void> {
  const { options } = walk;
  const open = openSwaps(walk, lanes);
  if (open.length === 0) return;
  if (!(await options.checkpoint.barrier())) throw new Cancelled();
  for (const { lane, step } of open) {
    await lane.perform(step, (result) => options.checkpoint.itemSwapped(lane.item.database, result));
  }
}

/** Clears what the run left. The targets are swapped: nothing that fails here makes the run a failure. */
async function tidyAll(walk: Walk, lanes: readonly Lane[]): Promise<void> {
  const { plan, records } = walk;
  const open = lanes.flatMap((lane) =>
    stepsOf(plan, lane.item.database, (stage) => stage === 'tidy')
      .filter((step) => records.get(step.id)?.state !== 'done')
      .map((step) => ({ lane, step })),
  );
  for (const { lane, step } of open) {
    await lane.perform(step, async () => {
      try {
        await clearHosts(walk, [lane.item]);
      } catch (error) {
        if (error instanceof SliceOver || isFreshetError(error, 'Fenced')) throw error;
      }
    });
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
    stepsOf(plan, lane.item.database, (stage) => stage === barrierStage).some(
      ({ id }) => walk.records.get(id)?.state === 'done',
    ),
  );
  const fault = reason instanceof StepFailed ? reason : undefined;
  await stopItems(own);
  const fenced = await takeBack(own, swapped);
  if (fault === undefined) {
    await clearHosts(own, plan.items);
    return { end: 'cancelled' };
  }
  await options.checkpoint.failed(fault.step, fault.explained.code, fault.explained.cause);
  if (fenced) return { end: 'fenced', step: fault.step, ...fault.explained };
  // The tools' own messages stay on the host for who looks into it; a fetched backup must not.
  await clearHosts(own, plan.items, { keepFolders: !fetchesIntoRunFolder(plan) });
  return failed(fault, swapped.length > 0);
}

function failed({ step, explained }: StepFailed, targetTouched: boolean): Outcome {
  return { end: 'failed', step, ...explained, targetTouched };
}
