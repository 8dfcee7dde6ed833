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

export { bytesText, durationText } from '../../domain/amounts.ts';

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

/** With a full stop, unless it ends in something of the kind: Jira's own sentences come with and without. */
export function sentence(text: string): string {
  return /[.!?…]$/u.test(text.trimEnd()) ? text.trimEnd() : `${text.trimEnd()}.`;
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
