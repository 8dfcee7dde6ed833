import type { Generated } from 'kysely';
import type { Front } from '../domain/person.ts';
import type { SlotOutcome } from '../domain/schedule/schedule.ts';
import type { Json } from './values.ts';

export type HoldRow = {
  number: Generated<number>;
  environment: string;
  by: string;
  front: Front;
  from: Date;
  until: Date;
  reason: string;
  releasedAt: Date | null;
  releasedBy: string | null;
};

export type ScheduleRow = {
  name: string;
  definition: Json;
  bound: Json;
  since: Date;
  pausedAt: Date | null;
  pausedBy: string | null;
  pausedWhy: string | null;
  skips: Date | null;
  failures: Generated<number>;
};

export type SlotRow = {
  schedule: string;
  slot: Date;
  outcome: SlotOutcome;
  request: number | null;
  why: string | null;
};

export type ScheduleApprovalRow = {
  number: Generated<number>;
  schedule: string;
  by: string;
  front: Front;
  digest: string;
  stage: string;
  at: Date;
  until: Date;
  remindedAt: Date | null;
  voidedAt: Date | null;
};
