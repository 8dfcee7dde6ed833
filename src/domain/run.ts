import type { Contents } from './backup.ts';
import type { RequestId, RunId } from './ids.ts';
import type { Writes } from './impact.ts';

/** The work of one request. A retry is a further attempt of the same run, with a larger fence. */
export type Run = {
  id: RunId;
  request: RequestId;
  /** 1 for the first. */
  attempt: number;
  /** Grows with each attempt and each take-over by another worker; hosts refuse smaller ones. */
  fence: number;
  /** While active it holds its targets: no other run can have them. */
  active: boolean;
  /** Worker that has it now, until `leaseUntil`. */
  worker?: string;
  leaseUntil?: Date;
  /** A wish; honoured between and within steps until the barrier. */
  cancelRequestedAt?: Date;
  /** From here on nothing can be cancelled: the first swap of the set is about to begin. */
  barrierAt?: Date;
  startedAt: Date;
  endedAt?: Date;
  /** The plan as data (`runners/plan.ts`), fixed when an attempt begins to work; until then that of the attempt before. */
  plan?: unknown;
};

/** How a step of a run stands; what a resumed run goes on from. */
export type StepRecord = {
  run: RunId;
  /** Unique in the run, `orders.load`. */
  step: string;
  attempt: number;
  state: 'started' | 'done' | 'failed';
  startedAt: Date;
  endedAt?: Date;
  /** What later steps need from it (oids, counts); small, no rows, no secrets. */
  result?: unknown;
};

/** A row that is overwritten, not an event. */
export type Progress = {
  run: RunId;
  step: string;
  title: string;
  host?: string;
  /** 0..1 of the whole run. */
  fraction: number;
  secondsLeft?: number;
  /** How far a transfer is, or what is waited for, in plain words. */
  note?: string;
  at: Date;
};

/** A swap that took place: which copy went live on a target, and which one is kept. */
export type Swap = {
  run: RunId;
  request: RequestId;
  database: string;
  environment: string;
  server: string;
  databaseName: string;
  target: string;
  /** What went live; for an undo, what the earlier swap had replaced (may be unknown). */
  contents?: Contents;
  /** What the kept copy holds, where known: an undo brings it back. */
  keptContents?: Contents;
  at: Date;
  /** The engine's lasting name of the database that went live, and of the one that was kept (PostgreSQL: oid). */
  liveRef: string;
  keptRef: string;
  keptName: string;
  keptUntil: Date;
  /** Set when the kept copy was dropped: no undo any more. */
  droppedAt?: Date;
  /** Set when a later swap on the same target replaced it. */
  supersededBy?: RunId;
  /** Which of its two copies is live now, whichever swap brought that about; absent where something else is. Told by `ofRun` alone. */
  stands?: 'new' | 'old';
  /** Seconds for which nobody could connect. */
  outageSeconds: number;
  /** What had been written to it when it went live, where the engine tells. */
  writes?: Writes;
};

/** Those that were not taken back since: an undo of their request takes back these. */
export function notTakenBack<S extends Pick<Swap, 'stands'>>(swaps: readonly S[]): S[] {
  return swaps.filter(({ stands }) => stands !== 'old');
}

/** Whether what was there before can still be brought back: it is kept, and nothing newer came over it. */
export function canBeUndone(swap: Swap): boolean {
  return keepsCopy(swap) && swap.droppedAt === undefined && swap.supersededBy === undefined;
}

/** Whether a database was replaced and is kept: what was not there before the first refresh leaves no copy. */
export function keepsCopy(swap: Pick<Swap, 'keptRef'>): boolean {
  return swap.keptRef !== '';
}
