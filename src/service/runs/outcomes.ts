import type { TakenResult } from '../../../runners/execute.ts';
import type { Step } from '../../../runners/plan.ts';
import { speaksAgainst } from '../../domain/proving.ts';
import type { Request } from '../../domain/request.ts';
import type { Run } from '../../domain/run.ts';
import type { StoreTransaction } from '../../store/store.ts';
import { record } from '../effects.ts';

// What a run finds out about backups, as the catalogue gets it: in the transaction that says so of the run.

type Item = { request: Request; run: Run; database: string };

/** A backup that was taken: from here on it is in the catalogue. */
export async function recordTaken(
  tx: StoreTransaction,
  { request, run, database }: Item,
  taken: TakenResult,
  now: Date,
): Promise<void> {
  const backup = await tx.backups.put({
    database,
    environment: request.environment,
    repository: taken.repository,
    path: taken.path,
    engine: taken.engine,
    format: taken.format,
    engineVersion: taken.engineVersion,
    dataAt: between(request.createdAt, new Date(taken.dataAt), now),
    dataAtOrigin: 'manifest',
    takenAt: new Date(taken.writtenAt),
    bytes: taken.bytes,
    checksum: taken.checksum,
    anonymisation: 'raw',
    scope: 'full',
    state: 'present',
    foundAt: now,
    readAt: now,
    takenBy: request.id,
  });
  // A worker that was lost between the two has said it.
  const told = await tx.events.ofRequest(request.id, ['item-taken']);
  if (told.some((event) => event.type === 'item-taken' && event.backup === backup.id)) return;
  await tx.requests.item(request.id, database, 'taken');
  const { repository, bytes, rows } = taken;
  const what = { database, backup: backup.id, repository, bytes, rows };
  await record(tx, { type: 'item-taken', ...what, request: request.id, run: run.id });
}

/**
 * A host's own moment as far as it can be true: what was asked for has not begun before, nor after now. By a clock that is years behind, the
 * newest backup would be the oldest, and retention would remove it at once.
 */
function between(first: Date, at: Date, last: Date): Date {
  return new Date(Math.min(Math.max(at.getTime(), first.getTime()), last.getTime()));
}

/** A backup that was restored and verified. */
export async function recordProven(
  tx: StoreTransaction,
  { request, run, database }: Item,
  now: Date,
): Promise<void> {
  const backup = request.items.find((item) => item.database === database)?.backup;
  if (backup === undefined) throw new Error(`a proof of "${database}" names no backup`);
  // A worker that was lost between the two has said it.
  if ((await tx.events.ofRequest(request.id, ['item-proven'])).length > 0) return;
  await tx.backups.judge(backup, { verifiedAt: now, verifiedBy: request.id });
  await tx.requests.item(request.id, database, 'proven');
  await record(tx, { type: 'item-proven', database, backup: backup.id, request: request.id, run: run.id });
}

/** A proof that failed by the fault of its backup. Of any other failure nothing is known of the backup. */
export async function recordUnproven(
  tx: StoreTransaction,
  { request, run }: Omit<Item, 'database'>,
  { stage, database }: Step,
  { code, cause: why }: { code: string; cause: string },
  now: Date,
): Promise<void> {
  const backup = request.items.find((item) => item.database === database)?.backup;
  if (request.kind !== 'prove' || database === undefined || backup === undefined) return;
  if (!speaksAgainst(stage, code)) return;
  await tx.backups.judge(backup, { unprovenAt: now, unprovenWhy: why });
  const what = { database, backup: backup.id, code, why };
  await record(tx, { type: 'item-unproven', ...what, request: request.id, run: run.id });
}
