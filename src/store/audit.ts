import type { Anonymisation, Backup } from '../domain/backup.ts';
import type { BackupId, RequestId } from '../domain/ids.ts';
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
  /** When something else came over it; absent: it is still in. */
  until?: Date;
  backup?: BackupId;
  /** The environment that the backup was taken of. */
  source?: string;
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
  /** Up to which seal, and which event, retention has removed events; undefined where it never did. */
  pruned(): Promise<{ seal: number; through: number; at: Date } | undefined>;
  /** How many events are in seals that were made before a moment and whose events retention has not removed. */
  sealedBefore(moment: Date): Promise<number>;
  /** Who received what, the newest first; `before` goes on behind the one with that number. */
  received(
    filter: { person?: string; backup?: number; environment?: string; since?: Date; before?: number },
    limit: number,
  ): Promise<Received[]>;
}
