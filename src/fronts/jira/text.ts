/**
 * What is said in Jira, apart from how Jira wants it written (ADF in Cloud). Every piece is cut and cleaned when it is
 * made, so that a document that was put together from these is always within Jira's limits.
 */
export type Span = string | { strong: string } | { code: string } | { link: string; text: string };
export type Block =
  | { paragraph: readonly Span[] }
  | { heading: string }
  | { list: readonly (readonly Span[])[] }
  | { table: { head: readonly string[]; rows: readonly (readonly Span[])[] } }
  | { panel: 'info' | 'success' | 'warning' | 'error'; body: readonly Span[] };

/** Jira takes 32,767 characters in a field or comment; this leaves room for how links and tables are counted. */
export const longestText = 30_000;

export function paragraph(...spans: readonly Span[]): Block {
  return { paragraph: spans };
}

export function panel(kind: 'info' | 'success' | 'warning' | 'error', ...body: readonly Span[]): Block {
  return { panel: kind, body };
}

/** One line of at most `most` characters: control, bidirectional and broken characters can't get through. */
export function line(text: string, most: number): string {
  return shorten(cleaned(text).replaceAll(/\s+/gu, ' ').trim(), most);
}

/** Several lines, each a paragraph of its own; empty ones are left out. */
export function lines(text: string, most: number): string[] {
  const clean = shorten(cleaned(text.replaceAll(/\r\n?|[\u2028\u2029]/g, '\n')), most);
  return clean
    .split('\n')
    .map((each) => each.trim())
    .filter((each) => each !== '');
}

function cleaned(text: string): string {
  return (
    text
      // oxlint-disable-next-line no-control-regex -- control characters are just what is to go
      .replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
      .replaceAll(/\p{Surrogate}/gu, '\ufffd')
  );
}

function shorten(text: string, most: number): string {
  const all = [...text];
  return all.length <= most ? text : `${all.slice(0, most - 1).join('')}…`;
}

/** The first `most` of them; `more` makes the last line of how many are left out. */
export function atMost<T>(list: readonly T[], most: number, more: (left: number) => T): T[] {
  return list.length <= most ? [...list] : [...list.slice(0, most - 1), more(list.length - most + 1)];
}

/** `2026-11-22 02:00 UTC`. */
export function utc(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** `240 MB`, in powers of ten. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${Number(value.toPrecision(value >= 99.5 ? 3 : 2))} ${units[unit]}`;
}

/** `0.15 s`, `12 s`, `3 min`, `2 h 5 min`, `3 days`. */
export function durationText(seconds: number): string {
  if (seconds < 9.95) return `${Number(seconds.toPrecision(2))} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.round(hours / 24)} days`;
}

/** `orders`, `orders and billing`, `orders, billing and 48 more`: as many as fit into `most` characters. */
export function namesText(names: readonly string[], most: number): string {
  const whole = names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
  if ([...whole].length <= most) return whole;
  for (let shown = names.length - 1; shown > 0; shown--) {
    const text = `${names.slice(0, shown).join(', ')} and ${names.length - shown} more`;
    if ([...text].length <= most) return text;
  }
  return `${names.length} databases`;
}
