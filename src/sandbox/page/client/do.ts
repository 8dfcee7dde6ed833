import { signal } from '@preact/signals';
import type { PartName } from '../state.ts';
import { me } from './me.ts';

/** Something the page says in passing. */
export type Notice = { id: number; kind: 'refused' | 'done'; text: string };

export const notices = signal<readonly Notice[]>([]);

let last = 0;

/** Says something in passing; it goes away by itself after a time that is enough to read it. */
export function notify(kind: Notice['kind'], text: string): void {
  const id = ++last;
  notices.value = [...notices.value.slice(-3), { id, kind, text }];
  setTimeout(() => dismiss(id), 4000 + text.length * 60);
}

export function dismiss(id: number): void {
  notices.value = notices.value.filter((one) => one.id !== id);
}

export type Outcome<T> = { ok: true; answer: T } | { ok: false; error: string };

/** Does something as whom one acts: the answer, or why not. With `quiet` the caller shows a refusal itself. */
export async function doIt<T = unknown>(
  part: PartName,
  deed: string,
  input: Record<string, unknown> = {},
  { quiet = false }: { quiet?: boolean } = {},
): Promise<Outcome<T>> {
  const outcome = await post<T>(`/api/${part}/${deed}`, { as: me.value, ...input });
  if (!outcome.ok && !quiet) notify('refused', outcome.error);
  return outcome;
}

async function post<T>(path: string, body: unknown): Promise<Outcome<T>> {
  try {
    const response = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const answer = (await response.json()) as T & { error?: string };
    return response.ok
      ? { ok: true, answer }
      : { ok: false, error: answer.error ?? `The sandbox answered ${response.status}.` };
  } catch {
    return { ok: false, error: 'The sandbox does not answer. Is it still running?' };
  }
}
