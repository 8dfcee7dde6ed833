import type { ColumnType } from 'kysely';
import type { BackupId, HoldId, RequestId } from '../domain/ids.ts';

export function requestId(number: number): RequestId {
  return `REQ-${number}`;
}

export function backupId(number: number): BackupId {
  return `BKP-${number}`;
}

export function holdId(number: number): HoldId {
  return `HLD-${number}`;
}

/** A column that takes text, as `json` makes it, and gives what it says. */
export type Json = ColumnType<unknown, string | null | undefined, string | null>;

/**
 * JSON that PostgreSQL takes: it refuses U+0000 and halves of surrogate pairs, which people and foreign systems can send.
 * Undefined becomes SQL's null.
 */
export function json(value: unknown): string | null {
  if (value === undefined) return null;
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'string' ? text(inner) : inner));
}

/** Text that PostgreSQL takes. */
export function text(value: string): string {
  return value.replaceAll('\0', '\uFFFD').replaceAll(/\p{Surrogate}/gu, '\uFFFD');
}

type Absent<T> = { [K in keyof T as null extends T[K] ? K : never]?: Exclude<T[K], null> };
type Present<T> = { [K in keyof T as null extends T[K] ? never : K]: T[K] };

/** A row without its nulls: what is not there is absent. */
export function withoutNulls<T extends object>(row: T): Present<T> & Absent<T> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- fromEntries loses the keys
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as Present<T> &
    Absent<T>;
}
