import type { FreshetError } from '../../domain/errors.ts';
import type { Schedule, ScheduleRecord } from '../../domain/schedule/schedule.ts';
import type { StoreTransaction } from '../../store/store.ts';
import type { ServiceDeps } from '../deps.ts';
import { record as tell } from '../effects.ts';
import { about } from '../standing/known.ts';

/** Of slots that were missed in a row, so many are written down. */
const mostWritten = 20;
/** After so many in a row that could not be asked for, it is paused. */
const mostFailures = 3;

type Passing = { outcome: 'skipped' | 'missed'; why: string };

/** Nothing is asked for at these slots. Without words where it rests: then nobody expected it. */
export async function pass(
  deps: ServiceDeps,
  schedule: Schedule,
  due: readonly Date[],
  passing?: Passing,
): Promise<void> {
  const newest = due.at(-1)!;
  await deps.store.write(async (tx) => {
    const record = await claimable(tx, schedule.name, newest);
    if (record === undefined) return;
    await tx.schedules.update({ ...withoutPast(record, newest), since: newest });
    if (passing === undefined) return;
    await tx.schedules.settle(schedule.name, { at: newest, ...passing });
    const missed = await passOlder(tx, schedule, record, due);
    const alike = passing.outcome === 'missed';
    if (!alike) await tellPassed(tx, schedule, missed, olderWhy);
    await tellPassed(tx, schedule, alike ? [...missed, newest] : [newest], passing.why, passing.outcome);
  });
}

export const olderWhy = 'Freshet could not ask in time; only the newest is caught up with.';

/** Writes down what came before the newest; answers those that were missed. */
export async function passOlder(
  tx: StoreTransaction,
  schedule: Schedule,
  { skips }: ScheduleRecord,
  due: readonly Date[],
): Promise<Date[]> {
  const older = due.slice(0, -1);
  for (const at of older.slice(-mostWritten)) {
    const left = at.getTime() === skips?.getTime();
    await tx.schedules.settle(schedule.name, { at, outcome: left ? 'skipped' : 'missed' });
  }
  return older.filter((at) => at.getTime() !== skips?.getTime());
}

export async function tellPassed(
  tx: StoreTransaction,
  schedule: Schedule,
  slots: readonly Date[],
  why: string,
  outcome: Passing['outcome'] = 'missed',
): Promise<void> {
  const newest = slots.at(-1);
  if (newest === undefined) return;
  const slot = newest.toISOString();
  await tell(tx, { type: 'schedule-passed', slot, slots: slots.length, outcome, why, ...about(schedule) });
}

/** Writes down why a slot could not be asked for; several in a row pause the schedule. */
export async function refuse(
  deps: ServiceDeps,
  schedule: Schedule,
  newest: Date,
  error: FreshetError,
): Promise<void> {
  const { code, message: cause, hint } = error;
  await deps.store.write(async (tx) => {
    const record = await claimable(tx, schedule.name, newest);
    if (record === undefined) return;
    await tx.schedules.settle(schedule.name, { at: newest, outcome: 'refused', why: cause });
    const failures = record.failures + 1;
    const why = `It could not be asked for ${failures} times in a row.`;
    const paused = failures >= mostFailures ? { paused: { at: deps.now(), why } } : {};
    await tx.schedules.update({ ...withoutPast(record, newest), since: newest, failures, ...paused });
    const slot = newest.toISOString();
    await tell(tx, { type: 'schedule-refused', slot, code, cause, hint, ...about(schedule) });
    if (failures >= mostFailures) await tell(tx, { type: 'schedule-paused', why, ...about(schedule) });
  });
}

/** Locks what is kept; undefined where somebody dealt with the slot, or stopped it, since we looked. */
export async function claimable(
  tx: StoreTransaction,
  name: string,
  slot: Date,
): Promise<ScheduleRecord | undefined> {
  const record = (await tx.schedules.lock(name))?.record;
  return record === undefined || record.paused !== undefined || record.since >= slot ? undefined : record;
}

/** Without a slot to leave out that is over. */
export function withoutPast({ skips, ...record }: ScheduleRecord, now: Date): ScheduleRecord {
  return skips === undefined || skips <= now ? record : { ...record, skips };
}
