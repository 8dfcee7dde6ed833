import { z } from 'zod';

/** `REQ-12`: a request as people name it; the number grows by one with each request of the installation. */
export type RequestId = `REQ-${number}`;
/** `BKP-12`: a backup in the catalogue. */
export type BackupId = `BKP-${number}`;
/** `HLD-12`: a hold that somebody placed on an environment. */
export type HoldId = `HLD-${number}`;
/** Eight characters of [a-z2-7]: short, because it becomes part of a database name of at most 63 bytes. */
export type RunId = string & { readonly __run: true };

export const requestIdSchema = z.custom<RequestId>(
  (value) => typeof value === 'string' && /^REQ-[1-9]\d{0,9}$/.test(value),
  'expected a request such as REQ-12',
);

/** Reads what people type: `12`, `req-12`, `REQ-12`. Undefined when it is none of these. */
export function parseRequestId(text: string): RequestId | undefined {
  return numbered('REQ', text) as RequestId | undefined;
}

/** Reads what people type: `12`, `bkp-12`, `BKP-12`. Undefined when it is none of these. */
export function parseBackupId(text: string): BackupId | undefined {
  return numbered('BKP', text) as BackupId | undefined;
}

/** Reads what people type: `hld-12`, `HLD-12`. Undefined when it is none of these; a bare number is none, as it could be a request. */
export function parseHoldId(text: string): HoldId | undefined {
  return /^hld-/i.test(text.trim()) ? (numbered('HLD', text) as HoldId | undefined) : undefined;
}

function numbered(prefix: string, text: string): string | undefined {
  const match = /^(?:([a-z]+)-)?([1-9]\d{0,9})$/i.exec(text.trim());
  if (match === null) return undefined;
  if (match[1] !== undefined && match[1].toUpperCase() !== prefix) return undefined;
  return `${prefix}-${match[2]}`;
}

/** The number behind `REQ-`, `BKP-` or `HLD-`. */
export function idNumber(id: RequestId | BackupId | HoldId): number {
  return Number(id.slice(4));
}

/** A run id from 5 or more random bytes (the caller's, as the domain has no randomness of its own). */
export function runIdFrom(random: Uint8Array): RunId {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
  let bits = 0n;
  for (const byte of random.subarray(0, 5)) bits = (bits << 8n) | BigInt(byte);
  let id = '';
  for (let i = 0; i < 8; i++) {
    id = alphabet[Number(bits & 31n)]! + id;
    bits >>= 5n;
  }
  return id as RunId;
}
