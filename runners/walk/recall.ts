import type { StepRecord } from '../../src/domain/run.ts';
import { isFreshetError } from '../../src/domain/errors.ts';
import type { Explained } from '../causes.ts';
import { type Failure, SliceOver, StepFailed } from './ending.ts';
import { patiently } from './patience.ts';
import { barrierStage, isLasting, type Plan, type PlanItem, stages, type Step } from '../plan.ts';
import { takebackOf } from './read-only.ts';
import type { Walk } from './walk.ts';

// What an attempt goes on from. Records are believed only as far as they prove that nothing was left half done.

type Records = ReadonlyMap<string, StepRecord>;

/**
 * Fills `walk.records` with what counts in this attempt, and takes what does not stand back. Answers the failure that
 * an earlier slice of this attempt has already met: nothing is tried again then.
 */
export async function recall(walk: Walk): Promise<StepFailed | undefined> {
  const { plan, options, records, pace } = walk;
  const known = await options.checkpoint.steps();
  const byId = new Map(known.map((record) => [record.step, record]));
  const isEarlier = (record: StepRecord | undefined) =>
    (record?.attempt ?? options.attempt) < options.attempt;
  // Work of steps that this plan does not have is in a copy that nobody has approved.
  const strange = known.some(
    (record) =>
      isEarlier(record) && record.state === 'done' && !plan.steps.some(({ id }) => id === record.step),
  );
  for (const item of plan.items) {
    const own = stepsOf(plan, item.database);
    const earlier = own.filter(({ id }) => isEarlier(byId.get(id)));
    if (earlier.length === 0) continue;
    const stand = strange ? [] : standing(plan, own, byId);
    const counts = stand.length > 0 && (await takenUp(walk, item)) ? stand : [];
    if (counts.length === 0) await takeBack(walk, item, own);
    const anew = earlier.filter((step) => !counts.includes(step));
    await options.checkpoint.goOn(counts, anew);
    for (const step of anew) byId.delete(step.id);
    for (const { id } of counts) byId.set(id, { ...byId.get(id)!, attempt: options.attempt });
  }
  let failed: StepFailed | undefined;
  for (const step of plan.steps) {
    const record = byId.get(step.id);
    if (record === undefined) continue;
    records.set(step.id, record);
    if (record.state === 'done') pace.done(step);
    if (record.state !== 'failed') continue;
    const failure = record.result as Failure;
    failed ??= new StepFailed(step, failure, failure.undone);
  }
  return failed;
}

/**
 * Fills `walk.records` with all that is known, of whatever attempt, for a walk that only takes back. Answers the failure that it
 * ends with; undefined where all is swapped already, and only what is left of the run is to be cleared.
 */
export async function recollect(walk: Walk, why: Explained): Promise<StepFailed | undefined> {
  const { plan, options, records } = walk;
  for (const record of await options.checkpoint.steps()) records.set(record.step, record);
  const swaps = plan.steps.filter(isLasting);
  if (swaps.length > 0 && swaps.every(({ id }) => records.get(id)?.state === 'done')) return undefined;
  for (const item of plan.items) {
    const step = swaps.find(({ database }) => database === item.database);
    const record = step === undefined ? undefined : records.get(step.id);
    if (step === undefined || record === undefined || record.state === 'done') continue;
    // Begun, and nobody knows how it ended but the server.
    const engine = takebackOf(walk, item);
    const stands = await patiently(walk, () => engine.standing(options.access(item.server), item, plan.run));
    if (stands === 'new') records.set(step.id, { ...record, state: 'done' });
  }
  return new StepFailed(plan.steps[0]!, why, true);
}

/**
 * Whether a retry may go on from what an item's steps have done: its load is done, every step that failed has provably
 * changed nothing, and none that can't go on from its own half was begun and has no end.
 */
export function isSound(own: readonly Step[], records: Records): boolean {
  const loads = own.filter(({ stage }) => stage === 'load');
  if (loads.length === 0 || !loads.every(({ id }) => records.get(id)?.state === 'done')) return false;
  return own.every((step) => {
    const record = records.get(step.id);
    if (record?.state === 'failed') return (record.result as Failure | undefined)?.undone === true;
    return record?.state !== 'started' || step.kind !== 'exec' || step.afresh === undefined;
  });
}

/** The step that a retry goes on from. */
export function goesOnFrom(own: readonly Step[], records: Records): Step | undefined {
  return own.find((step) => !isAnew(step) && records.get(step.id)?.state !== 'done');
}

export function stepsOf(plan: Plan, database: string): Step[] {
  return plan.steps.filter((step) => step.database === database);
}

/** Steps whose work counts: those that went before the first which this plan has otherwise or which was not done. */
function standing(plan: Plan, own: readonly Step[], records: Records): Step[] {
  const done = (step: Step) => records.get(step.id)?.state === 'done';
  // What was swapped can't be prepared again: its run goes on behind the swap.
  if (own.some((step) => isLasting(step) && done(step))) return own.filter(done);
  if (!isSound(own, records)) return [];
  const lasting = own.filter(
    (step) => !isAnew(step) && stages.indexOf(step.stage) < stages.indexOf(barrierStage),
  );
  const stands = (step: Step) => done(step) && (plan.unchanged ?? []).includes(step.id);
  const first = lasting.find((step) => !stands(step) && !isBeside(step));
  const behind = first === undefined ? [] : own.slice(own.indexOf(first) + 1);
  // What came behind it was done to the copy as well; only what just reads has left nothing there.
  if (behind.some((step) => records.has(step.id) && !isBeside(step))) return [];
  // The first itself has changed nothing when it failed, but not when it ended well as another one.
  if (first !== undefined && done(first)) return [];
  return lasting.filter(stands);
}

/** Rights are proved anew in each attempt, whatever stands. */
function isAnew(step: Step): boolean {
  return step.stage === 'check' || step.anew === true;
}

function isBeside(step: Step): boolean {
  return step.kind === 'exec' && step.beside !== undefined && step.stage !== 'load';
}

function takenUp(walk: Walk, item: PlanItem): Promise<boolean> {
  const { plan, options } = walk;
  const engine = takebackOf(walk, item);
  return patiently(walk, () => engine.takeUp(options.access(item.server), item, plan.run, options.fence));
}

/** Drops what an earlier attempt had made: its room is needed, and nobody will go on from it. */
async function takeBack(walk: Walk, item: PlanItem, own: readonly Step[]): Promise<void> {
  if (!own.some(({ stage }) => stage === 'load')) return;
  const { plan, options } = walk;
  try {
    await patiently(walk, () =>
      options.engine(item.server).abandon(options.access(item.server), item, plan.run, options.fence),
    );
  } catch (error) {
    if (error instanceof SliceOver || isFreshetError(error, 'Fenced')) throw error;
    // What stands in the way is told by the step that makes it anew.
  }
}
