import type { Approval } from '../approval.ts';
import type { RequestId } from '../ids.ts';
import type { Front } from '../person.ts';
import type { RequestKind } from '../request-kinds.ts';
import type { Terms } from '../policy/policy.ts';
import type { Timing } from './timing.ts';

/** What is asked for each time. */
export type ScheduledWish = {
  kind: Extract<RequestKind, 'refresh' | 'take'>;
  environment: string;
  databases: readonly string[];
};

/** Somebody's standing wish: the same request again and again. */
export type Schedule = Timing & {
  /** Unique in the installation, kebab-case. */
  name: string;
  wish: ScheduledWish;
  reason: string;
  /** Person id of who stands behind it, or `theSite`. */
  owner: string;
  /** A slot that was missed is still run when it is not older than this. */
  catchUpSeconds: number;
  /** False: it rests, as the site file says. */
  enabled: boolean;
};

export const usualCatchUpSeconds = 6 * 3600;

/** What the store keeps of a schedule, wherever it is declared. */
export type ScheduleRecord = {
  name: string;
  /** Of a person's; absent: the site file declares it. */
  schedule?: Schedule;
  /** Slots up to here were dealt with, or came before it was as it is. */
  since: Date;
  /** What it came to when it was last looked at; absent: its environment or a database is not there any more. */
  bound?: BoundSchedule;
  paused?: { at: Date; by?: string; why?: string };
  /** The one slot that somebody asked to leave out. */
  skips?: Date;
  /** How many slots in a row could not be asked for. */
  failures: number;
};

/** What became of a slot. `asked`: a request was made. `refused`: it could not be asked for. */
export type SlotOutcome = 'asked' | 'skipped' | 'missed' | 'refused';
export type Slot = { at: Date; outcome: SlotOutcome; request?: RequestId; why?: string };

/** A yes to all runs of a schedule, for exactly what it was when it was said. */
export type StandingApproval = Pick<Approval, 'decision' | 'digest' | 'voidedAt'> & {
  by: string;
  front: Front;
  stage: string;
  at: Date;
  until: Date;
  /** Its end was announced. */
  remindedAt?: Date;
};

/** Exactly what a standing approval is given to. */
export type BoundSchedule = {
  schedule: Omit<Schedule, 'enabled' | 'reason'>;
  /** Where it goes, and what is run there. */
  targets: readonly {
    database: string;
    server: string;
    databaseName: string;
    target: string;
    scripts: readonly string[];
    /** Of takes: the repository, and where it lies. */
    into?: string;
    neutralise?: readonly Readonly<Record<string, unknown>>[];
    options: Readonly<Record<string, unknown>>;
  }[];
  terms: Terms;
  hooks?: readonly Readonly<Record<string, unknown>>[];
};

/** `refresh orders, billing on ci`, `take a backup of orders on uat`. */
export function whatOf({ wish }: Schedule): string {
  return `${verbOf(wish)} ${wish.databases.join(', ')} on ${wish.environment}`;
}

/** What goes before the names of its databases. */
export function verbOf({ kind }: Pick<ScheduledWish, 'kind'>): string {
  return kind === 'take' ? 'take a backup of' : 'refresh';
}
