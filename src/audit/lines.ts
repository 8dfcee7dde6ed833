import type { SealedEvent } from '../domain/seal.ts';

export const columns = ['id', 'at', 'type', 'request', 'run', 'actor', 'front', 'data'] as const;

/** One event as one line of JSON, its times in UTC. */
export function jsonLine({ id, at, request, run, actor, front, data }: SealedEvent): string {
  return `${JSON.stringify({ id, at: at.toISOString(), request, run, actor, front, ...data })}\n`;
}

/** One event as one record of CSV (RFC 4180); what is its own to its type is JSON in the last column. */
export function csvLine({
  id,
  at,
  request,
  run,
  actor,
  front,
  data: { type, ...data },
}: SealedEvent): string {
  return csvRecord([String(id), at.toISOString(), type, request, run, actor, front, JSON.stringify(data)]);
}

export function csvRecord(values: readonly (string | undefined)[]): string {
  return `${values.map((value) => field(value ?? '')).join(',')}\r\n`;
}

/** A spreadsheet takes what begins so for a formula, and runs it: people type reasons. */
const formula = /^[\s\0]*[=+\-@\t\r\n|%]/;

function field(value: string): string {
  const safe = formula.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
