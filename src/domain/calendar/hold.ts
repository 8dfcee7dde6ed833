import type { HoldId } from '../ids.ts';
import type { Front } from '../person.ts';

/** What a request meets where somebody holds the environment: it waits for the end, is refused, or the holder is asked. */
export const onHoldChoices = ['wait', 'refuse', 'ask'] as const;
export type OnHold = (typeof onHoldChoices)[number];

/** Somebody's word that an environment is not to be overwritten for a while. */
export type Hold = {
  id: HoldId;
  environment: string;
  /** Person id of who placed it. */
  by: string;
  front: Front;
  from: Date;
  until: Date;
  reason: string;
  /** It ended before its time. */
  releasedAt?: Date;
  releasedBy?: string;
};

/** That a holder lets exactly this request go on. */
export type HoldAnswer = { hold: HoldId; digest: string; by: string; front: Front; at: Date };

/** Whether it still stands at a moment. */
export function standsAt(hold: Hold, at: Date): boolean {
  return hold.releasedAt === undefined && hold.until > at;
}
