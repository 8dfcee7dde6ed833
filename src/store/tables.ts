import type { ColumnType, Generated, GeneratedAlways, Kysely } from 'kysely';
import type {
  Anonymisation,
  BackupFormat,
  BackupScope,
  BackupState,
  ContentsText,
  DataAtOrigin,
} from '../domain/backup.ts';
import type { Alignment } from '../domain/alignment.ts';
import type { Approval } from '../domain/approval.ts';
import type { EventData, EventType } from '../domain/event.ts';
import type { RunId } from '../domain/ids.ts';
import type { Seal } from '../domain/seal.ts';
import type { Link, LinkableFront } from '../domain/link.ts';
import type { Front } from '../domain/person.ts';
import type { ItemState, RequestKind, RequestState } from '../domain/request.ts';
import type { StepRecord } from '../domain/run.ts';
import type { Delegation } from '../domain/policy/deputies.ts';
import type { Terms } from '../domain/policy/policy.ts';
import type { HoldRow, ScheduleRow, SlotRow, ScheduleApprovalRow } from './tables-calendar.ts';
import type { Json } from './values.ts';

// The columns of migrations/, in camel case.

export type BackupRow = {
  number: Generated<number>;
  database: string;
  environment: string;
  repository: string;
  path: string;
  engine: string;
  format: BackupFormat;
  engineVersion: string | null;
  dataAt: Date | null;
  dataAtOrigin: DataAtOrigin;
  takenAt: Date;
  moment: Generated<Date>;
  bytes: number;
  checksum: string | null;
  anonymisation: Anonymisation;
  scope: BackupScope;
  derivedFrom: number | null;
  state: BackupState;
  stateReason: string | null;
  foundAt: Date;
  readAt: Date | null;
  verifiedAt: Date | null;
  verifiedBy: number | null;
  unprovenAt: Date | null;
  unprovenWhy: string | null;
  takenBy: number | null;
};

export type RequestRow = {
  number: Generated<number>;
  kind: RequestKind;
  environment: string;
  reason: string;
  requestedBy: string;
  front: Front;
  state: RequestState;
  digest: string;
  needsApproval: boolean;
  terms: ColumnType<Terms, string, string>;
  createdAt: Date;
  expiresAt: Date;
  undoes: number | null;
  startAt: Date | null;
  startWithin: string | null;
  breakGlass: boolean;
  alignment: ColumnType<Alignment | null, string | null, string | null>;
  schedule: string | null;
  scheduleDigest: string | null;
  ticket: string | null;
};

export type ItemRow = {
  request: number;
  position: number;
  database: string;
  server: string;
  databaseName: string;
  target: string;
  backup: number | null;
  backupChecksum: string | null;
  undoes: RunId | null;
  repository: string | null;
  state: ItemState;
};

export type ApprovalRow = {
  number: Generated<number>;
  request: number;
  decision: Approval['decision'];
  by: string | null;
  front: Front;
  digest: string;
  stage: string | null;
  for: string | null;
  fallback: true | null;
  reason: string | null;
  at: Date;
  voidedAt: Date | null;
};

export type RunRow = {
  id: RunId;
  request: number;
  attempt: Generated<number>;
  fence: Generated<number>;
  active: Generated<boolean>;
  worker: string | null;
  leaseUntil: Date | null;
  cancelRequestedAt: Date | null;
  barrierAt: Date | null;
  startedAt: Date;
  endedAt: Date | null;
  plan: Json;
};

export type StepRow = {
  run: RunId;
  step: string;
  attempt: number;
  state: StepRecord['state'];
  startedAt: Date;
  endedAt: Date | null;
  result: Json;
};

export type ProgressRow = {
  run: RunId;
  step: string;
  title: string;
  host: string | null;
  fraction: number;
  secondsLeft: number | null;
  note: string | null;
  at: Date;
};

export type SwapRow = {
  number: Generated<number>;
  run: RunId;
  request: number;
  database: string;
  environment: string;
  server: string;
  databaseName: string;
  target: string;
  backup: number | null;
  keptBackup: number | null;
  contents: ColumnType<ContentsText | null, string | null, string | null>;
  keptContents: ColumnType<ContentsText | null, string | null, string | null>;
  at: Date;
  liveRef: string;
  keptRef: string;
  keptName: string;
  keptUntil: Date;
  droppedAt: Date | null;
  supersededBy: RunId | null;
  outageSeconds: number;
  writes: Json;
};

export type EventRow = {
  number: Generated<number>;
  xid: Generated<string>;
  at: Generated<Date>;
  type: GeneratedAlways<EventType>;
  request: number | null;
  run: RunId | null;
  actor: string | null;
  front: Front | null;
  data: ColumnType<EventData, string, never>;
};

export type ReceiptRow = {
  number: number;
  event: number | null;
  at: Date;
  run: RunId;
  request: number;
  kind: RequestKind;
  requestedBy: string;
  front: Front;
  approvals: { by: string | null; front: Front; stage: string | null }[];
  environment: string;
  database: string;
  server: string;
  databaseName: string;
  backup: number | null;
  source: string | null;
  repository: string | null;
  path: string | null;
  checksum: string | null;
  dataAt: Date | null;
  takenAt: Date | null;
  anonymisation: Anonymisation | null;
  scope: BackupScope | null;
};

/** The view: it is only read. */
export type ReceivedRow = Omit<ReceiptRow, 'event' | 'run'> & { until: Date | null; putBack: boolean };

export type OutboxRow = {
  number: Generated<number>;
  xid: Generated<string>;
  front: string;
  kind: string;
  request: number | null;
  event: number;
  createdAt: Generated<Date>;
  dueAt: Generated<Date>;
  leasedUntil: Date | null;
  attempts: Generated<number>;
  doneAt: Date | null;
  deadAt: Date | null;
  lastError: string | null;
};

export type InboxRow = {
  number: Generated<number>;
  source: string;
  key: string;
  body: Json;
  receivedAt: Generated<Date>;
  dueAt: Generated<Date>;
  leasedUntil: Date | null;
  attempts: Generated<number>;
  doneAt: Date | null;
  lastError: string | null;
};

export type ViewerRow = {
  front: string;
  who: string;
  seenAt: Date;
  shown: Json;
};

export type LinkCodeRow = {
  number: Generated<number>;
  person: string;
  front: LinkableFront;
  hash: string;
  madeAt: Date;
  expiresAt: Date;
  account: string | null;
  name: string | null;
  endedAt: Date | null;
};

export type Tables = {
  'freshet.backups': BackupRow;
  'freshet.requests': RequestRow;
  'freshet.requestItems': ItemRow;
  'freshet.approvals': ApprovalRow;
  'freshet.runs': RunRow;
  'freshet.runTargets': { run: RunId; attempt: number; target: string; active: Generated<boolean> };
  'freshet.runSteps': StepRow;
  'freshet.transfers': { run: RunId; database: string; fromHost: string; toHost: string };
  'freshet.runProgress': ProgressRow;
  'freshet.swaps': SwapRow;
  'freshet.outlines': { checksum: string; schema: Json; readAt: Generated<Date> };
  'freshet.mirrors': { request: number; front: string; key: string; ref: Json };
  'freshet.events': EventRow;
  'freshet.seals': Seal;
  'freshet.prunes': {
    number: Generated<number>;
    seal: number;
    through: number;
    events: number;
    keepSeconds: number | null;
    at: Generated<Date>;
  };
  'freshet.receipts': ReceiptRow;
  'freshet.putBacks': { receipt: number; event: number; at: Date };
  'freshet.received': ReceivedRow;
  'freshet.outbox': OutboxRow;
  'freshet.inbox': InboxRow;
  'freshet.leases': { name: string; holder: string; until: Date };
  'freshet.notes': { name: string; value: Json };
  'freshet.viewers': ViewerRow;
  'freshet.delegations': Omit<Delegation, 'fromIdentity' | 'toIdentity'> & {
    number: Generated<number>;
    endedAt: Date | null;
    fromIdentity: string | null;
    toIdentity: string | null;
  };
  'freshet.links': Omit<Link, 'identity'> & { identity: string | null };
  'freshet.linkCodes': LinkCodeRow;
  'freshet.reminders': { request: number; since: Date; reminder: string; at: Date };
  'freshet.holds': HoldRow;
  'freshet.holdAnswers': {
    request: number;
    hold: number;
    digest: string;
    by: string;
    front: Front;
    at: Date;
  };
  'freshet.schedules': ScheduleRow;
  'freshet.scheduleSlots': SlotRow;
  'freshet.scheduleApprovals': ScheduleApprovalRow;
};

/** The pool, or one transaction of it. */
export type Db = Kysely<Tables>;
