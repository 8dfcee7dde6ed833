import type { StepRecord } from '../../src/domain/run.ts';
import { isFreshetError } from '../../src/domain/errors.ts';
import { SliceOver } from './ending.ts';
import { grantedBy } from '../fetch.ts';
import { firstRound, hostStepName, roundsPerAttempt } from './host-step.ts';
import type { Lane } from './lane.ts';
import { patiently } from './patience.ts';
import type { Plan, PlanItem, Step } from '../plan.ts';
import { takebackOf } from './read-only.ts';
import { stepsOf } from './recall.ts';
import type { Kept, Walk } from './walk.ts';

/** Ends what still runs of the run on any host. */
export async function stopItems(walk: Walk): Promise<void> {
  for (const step of walk.plan.steps) {
    if (hasNoEnd(walk.records.get(step.id))) await stop(walk, step, walk.options.attempt);
  }
}

/**
 * Ends what an earlier attempt left running where it could not be reached in the end: it must not go on in a database that this
 * attempt makes anew under the same name.
 */
export async function stopEarlier(walk: Walk): Promise<void> {
  const { plan, options } = walk;
  if (options.attempt === 1) return;
  const known = new Map((await options.checkpoint.steps()).map((record) => [record.step, record]));
  for (const step of plan.steps) {
    const record = known.get(step.id);
    if (record !== undefined && hasNoEnd(record) && record.attempt < options.attempt)
      await stop(walk, step, record.attempt);
  }
}

/** Whether it may still run on its host: one that failed may have been out of reach then. */
function hasNoEnd(record: StepRecord | undefined): boolean {
  return record?.state === 'started' || record?.state === 'failed';
}

async function stop(walk: Walk, step: Step, attempt: number): Promise<void> {
  if (step.kind !== 'exec') return;
  const { plan, options } = walk;
  const program = options.program(step.host);
  for (let at = 0; at < roundsPerAttempt; at += 1) {
    const name = hostStepName(step, firstRound(attempt) + at);
    const state = await patiently(walk, () => program.state(plan.run, name));
    if (state.state === 'running') await patiently(walk, () => program.stop(plan.run, name, options.fence));
  }
}

/**
 * Swaps back what was swapped, last one first, then keeps what is to be kept and abandons what the other items had prepared.
 * Answers what is kept, and whether a target stands neither here nor there: then nothing is. What can't be reached now is tried until the slice
 * ends, and then in the next one. Throws `Config` where something was begun and we are refused: then nobody knows.
 */
export async function takeBack(
  walk: Walk,
  swapped: readonly Lane[],
  keepable: readonly Kept[],
): Promise<{ fenced: boolean; kept: readonly Kept[] }> {
  const { plan, options } = walk;
  for (const { item } of swapped.toReversed()) {
    const engine = takebackOf(walk, item);
    const access = options.access(item.server);
    try {
      await patiently(walk, () => engine.putBack(access, item, plan.run, options.fence));
    } catch (error) {
      passThrough(error, true);
      // It could not be put back: then it stays new, or is between both, which is looked at below.
      continue;
    }
    await options.checkpoint.itemPutBack(item.database);
    await forget(walk, item);
  }
  const kept: Kept[] = [];
  let fenced = false;
  for (const item of plan.items) {
    const one = keepable.find(({ database }) => database === item.database);
    if (one !== undefined && (await keep(walk, item))) kept.push(one);
    else await abandon(walk, item, swapped);
    fenced ||= await isFenced(walk, item);
  }
  if (!fenced) return { fenced, kept };
  for (const item of plan.items) {
    if (kept.some(({ database }) => database === item.database)) await abandon(walk, item, swapped);
  }
  return { fenced, kept: [] };
}

async function keep(walk: Walk, item: PlanItem): Promise<boolean> {
  const { plan, options } = walk;
  const engine = takebackOf(walk, item);
  try {
    return await patiently(walk, () =>
      engine.keep(options.access(item.server), item, plan.run, options.fence),
    );
  } catch (error) {
    passThrough(error, hasBegun(walk, item));
    return false;
  }
}

/** Its records go first: what was half taken back must never be gone on from. */
async function abandon(walk: Walk, item: PlanItem, swapped: readonly Lane[]): Promise<void> {
  const { plan, options } = walk;
  if (!swapped.some((lane) => lane.item.database === item.database)) await forget(walk, item);
  const engine = takebackOf(walk, item);
  try {
    await patiently(walk, () => engine.abandon(options.access(item.server), item, plan.run, options.fence));
  } catch (error) {
    passThrough(error, hasBegun(walk, item));
  }
}

/** But a failure, which a further slice must know of. */
async function forget({ plan, options, records }: Walk, item: PlanItem): Promise<void> {
  const done = stepsOf(plan, item.database).filter(({ id }) => {
    const record = records.get(id);
    return record !== undefined && record.state !== 'failed';
  });
  if (done.length > 0) await options.checkpoint.takenBack(done);
}

async function isFenced(walk: Walk, item: PlanItem): Promise<boolean> {
  const { plan, options } = walk;
  const engine = takebackOf(walk, item);
  try {
    const stands = await patiently(walk, () => engine.standing(options.access(item.server), item, plan.run));
    return stands === 'fenced';
  } catch (error) {
    passThrough(error, hasBegun(walk, item));
    // A server that refuses even to tell: nothing was begun there, or the checks would not have passed.
    return false;
  }
}

/** Whether more than its rights were looked at. */
function hasBegun({ plan, records }: Walk, item: PlanItem): boolean {
  return stepsOf(plan, item.database).some(({ id, stage }) => stage !== 'check' && records.has(id));
}

function passThrough(error: unknown, begun: boolean): void {
  if (error instanceof SliceOver || isFreshetError(error, 'Fenced')) throw error;
  if (begun && isFreshetError(error, 'Config')) throw error;
}

/** Removes what a run left on the hosts of these items and gives their locks back. A host that refuses us keeps it until a later sweep. */
export async function clearHosts(
  walk: Walk,
  items: readonly PlanItem[],
  { keepFolders = false }: { keepFolders?: boolean } = {},
): Promise<void> {
  const { plan, options } = walk;
  for (const source of grantsOf(plan, items)) {
    await unlessRefused(walk, () => options.program(source).revoke(plan.run));
  }
  for (const item of items) {
    for (const host of keepFolders ? [] : hostsOf(plan, item))
      await unlessRefused(walk, () => options.program(host).sweep(plan.run, options.fence));
    await unlessRefused(walk, () => options.program(item.host).release(item.target, plan.run, options.fence));
  }
}

async function unlessRefused(walk: Walk, work: () => Promise<void>): Promise<void> {
  try {
    await patiently(walk, work);
  } catch (error) {
    if (!isFreshetError(error, 'Config')) throw error;
  }
}

/** Hosts that may have let the run read a backup. */
function grantsOf(plan: Plan, items: readonly PlanItem[]): string[] {
  const names = plan.steps
    .filter((step) => items.some((item) => item.database === step.database))
    .map(grantedBy)
    .filter((from) => from !== undefined);
  return [...new Set(names)];
}

/** Where a run has a folder for an item: on the host of its server, and for a dump on that of its repository. */
function hostsOf(plan: Plan, item: PlanItem): string[] {
  if (item.reads !== true) return [item.host];
  const others = stepsOf(plan, item.database).flatMap((step) => (step.kind === 'exec' ? step.host : []));
  return [...new Set([item.host, ...others])];
}

/** Whether data was copied to the hosts that nothing may be left of: a backup that was fetched, or half of a dump. */
export function leavesCopies(plan: Plan): boolean {
  return grantsOf(plan, plan.items).length > 0 || plan.items.some(({ reads }) => reads === true);
}
