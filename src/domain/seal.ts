import { createHash } from 'node:crypto';
import { canonical } from './canonical.ts';
import type { EventData } from './event.ts';
import type { RequestId, RunId } from './ids.ts';
import type { Front } from './person.ts';

/** An event as it is sealed: column by column, so that nothing can move from one to another unseen. */
export type SealedEvent = {
  id: number;
  at: Date;
  request?: RequestId;
  run?: RunId;
  actor?: string;
  front?: Front;
  data: EventData;
};

/**
 * A link of the chain over all events: it seals those numbered above `after` up to `through`, `count` of them, and by `previous`
 * the seal before it.
 */
export type Seal = {
  /** From 1, without gaps. */
  number: number;
  /** The hash of the seal before it; `genesis` for the first. */
  previous: string;
  hash: string;
  after: number;
  through: number;
  count: number;
  /** `leafOf` each event, in order, one behind the other. */
  leaves: Buffer;
  at: Date;
};

/** Where the log is not what was sealed. Without `seal`, it is in none, or of no single one. */
export type Misfit = { seal?: number; event?: number; says: string };

/** What the first seal stands on. */
export const genesis = '0'.repeat(64);

export const leafBytes = 32;

/** The SHA-256 of an event's canonical form. */
export function leafOf({ at, ...event }: SealedEvent): Buffer {
  return createHash('sha256')
    .update(canonical({ ...event, at: at.toISOString() }))
    .digest();
}

/** The SHA-256 over the hash before it, what the seal says of itself, and its events. */
export function hashOf({ previous, number, after, through, count, at, leaves }: Omit<Seal, 'hash'>): string {
  const said = canonical({ previous, number, after, through, count, at: at.toISOString() });
  return createHash('sha256').update(`${said}\n`).update(leaves).digest('hex');
}

/** The next link over `events`, which are all that there are above the last seal and up to `through`. */
export function sealOver(
  last: Seal | undefined,
  { events, through, at }: { events: readonly SealedEvent[]; through: number; at: Date },
): Seal {
  const seal = {
    number: (last?.number ?? 0) + 1,
    previous: last?.hash ?? genesis,
    after: last?.through ?? 0,
    through,
    count: events.length,
    leaves: Buffer.concat(events.map(leafOf)),
    at,
  };
  return { ...seal, hash: hashOf(seal) };
}
