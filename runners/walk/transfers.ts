import { setTimeout as sleep } from 'node:timers/promises';
import { bytesText } from '../../src/domain/amounts.ts';
import { Cancelled, SliceOver } from './ending.ts';
import { grantedBy } from '../fetch.ts';
import type { PlanItem, Step } from '../plan.ts';
import type { Walk } from './walk.ts';

/** How often a run that waits for its turn asks again. */
const askSeconds = 2;

/** The two hosts that a backup travels between in these steps of an item; undefined where nothing travels. */
export function travelOf(
  steps: readonly Step[],
  item: Pick<PlanItem, 'host'>,
): { from: string; to: string } | undefined {
  for (const step of steps) {
    const from = grantedBy(step);
    if (from !== undefined) return { from, to: item.host };
    if (step.kind === 'act' && step.name === 'send') return { from: item.host, to: String(step.args.host) };
  }
  return undefined;
}

/**
 * Performs steps in which a backup travels, once both hosts have a turn for it: they are limited over all runs. What is waited for is told. A
 * slice that ends in the middle keeps the turn, as what runs on hosts runs on.
 */
export async function inTurn(
  { options, signal, deadline, records, pace }: Walk,
  item: PlanItem,
  steps: readonly Step[],
  work: () => Promise<void>,
): Promise<void> {
  const { checkpoint } = options;
  const { database } = item;
  const between = travelOf(steps, item);
  const open = steps.find(({ id }) => records.get(id)?.state !== 'done');
  if (between === undefined || open === undefined) return work();
  for (;;) {
    const waits = await checkpoint.transferTurn(database, between);
    if (waits === undefined) break;
    if (await checkpoint.cancelled()) throw new Cancelled();
    const { fraction, secondsLeft } = pace.now();
    await checkpoint.progress(open, fraction, secondsLeft, waits);
    if (signal.aborted || Date.now() + askSeconds * 1000 > deadline) throw new SliceOver();
    await sleep(askSeconds * 1000, undefined, { signal }).catch(() => undefined);
  }
  await work();
  await checkpoint.transferDone(database, between);
}

/** `1.2 GB of 3.4 GB at 95 MB/s, from prod-db to test-db`, from what has arrived until now; the rate by what came since it was asked last. */
export function movementOf(
  total: number,
  from: string,
  to: string,
  clock: () => number = Date.now,
): (bytes: number) => string {
  let before: { bytes: number; at: number } | undefined;
  return (bytes) => {
    const at = clock();
    const seconds = before === undefined ? 0 : (at - before.at) / 1000;
    const rate = before === undefined || seconds <= 0 ? undefined : (bytes - before.bytes) / seconds;
    before = { bytes, at };
    const fast = rate === undefined || rate <= 0 ? '' : ` at ${bytesText(rate)}/s`;
    return `${bytesText(bytes)} of ${bytesText(total)}${fast}, from ${from} to ${to}`;
  };
}
