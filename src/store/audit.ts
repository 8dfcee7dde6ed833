import type { Anonymisation, Backup } from '../domain/backup.ts';
import type { BackupId, RequestId, RunId } from '../domain/ids.ts';
import type { Front } from '../domain/person.ts';
import type { RequestKind } from '../domain/request.ts';
import type { Seal, SealedEvent } from '../domain/seal.ts';

/** How far events were numbered at a moment; `below` is what the transactions that took those numbers are under. */
export type Mark = { through: number; below: string };

/** A database that went live, with what came in it. What is not known is absent. */
export type Received = {
  /** Of the swap; grows. */
  number: number;
  environment: string;
  database: string;
  server: string;
  databaseName: string;
  at: Date;
  /** When something else came over it, or it was put back; absent: it is still in. */
  until?: Date;
  /** By its own run, because another database of the request could not be swapped. */
  putBack: boolean;
  /** The backup as it was when it was restored; its file may have been replaced since. */
  backup?: BackupId;
  /** The environment that the backup was taken of. */
  source?: string;
  repository?: string;
  path?: string;
  checksum?: string;
  dataAt?: Date;
  takenAt?: Date;
  anonymisation?: Anonymisation;
  scope?: Backup['scope'];
  request: RequestId;
  kind: RequestKind;
  requestedBy: string;
  front: Front;
  /** Those in force; without `by`: the rule's. */
  approvals: { by?: string; front: Front; stage?: string }[];
};

/** What was written down of a database that went live, where the event of this number says the same. */
export type Receipt = Omit<
  Received,
  'number' | 'until' | 'putBack' | 'kind' | 'requestedBy' | 'front' | 'approvals'
> & {
  event: number;
  run: RunId;
};

/** A database of a run was put back, as the event says. */
export type PutBack = { event: number; run: RunId; database: string };

/** The removal of one seal's events; `keepSeconds` is the retention that it was done under, where that was kept. */
export type Prune = {
  number: number;
  seal: number;
  through: number;
  events: number;
  at: Date;
  keepSeconds: number | null;
  /** Its moment has not come. */
  ahead: boolean;
};

/** What a head that was told of said of the retention. */
export type Told = { at: Date; keeps?: number | 'ever'; prunedTo?: number };

/** The chain over all events, and what auditors ask. */
export interface Seals {
  latest(): Promise<Seal | undefined>;
  /** Behind a number, oldest first. */
  after(number: number, limit: number): Promise<Seal[]>;
  /** False, and nothing is written, where another one stands there already. */
  add(seal: Seal): Promise<boolean>;
  /** How far numbers are given now. */
  mark(): Promise<Mark>;
  /** Whether every event up to the mark can be seen, and none of them can appear any more. */
  isFinal(mark: Mark): Promise<boolean>;
  /** Events numbered above `after` up to `through`, in order. */
  events(range: { after: number; through: number }, limit: number): Promise<SealedEvent[]>;
  /** Those that say the same as events of the range, in no order. */
  receipts(range: { after: number; through: number }): Promise<{ live: Receipt[]; back: PutBack[] }>;
  /** Up to which seal, and which event, retention has removed events; undefined where it never did. */
  pruned(): Promise<{ seal: number; through: number; at: Date } | undefined>;
  /** What was written down of the removal of a seal's events: once, where all is well. */
  prunesOf(seal: number): Promise<Prune[]>;
  /** Of the heads that were told of, the oldest first: one a day. */
  told(): Promise<Told[]>;
  /** How many events are in seals that were made before a moment and whose events retention has not removed. */
  sealedBefore(moment: Date): Promise<number>;
  /** Who received what, the newest first; `before` goes on behind the one with that number. */
  received(
    filter: { person?: string; backup?: number; environment?: string; since?: Date; before?: number },
    limit: number,
  ): Promise<Received[]>;
}
