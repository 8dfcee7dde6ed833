import { nameLength, type NameLimit } from '../src/domain/engine-site.ts';
import { inputError } from '../src/domain/errors.ts';

/**
 * What is the same for every vendor of how text becomes part of a SQL statement; identifiers and literals are made by the
 * `quote.ts` of each engine, and nowhere else. Names come from configuration, from servers and from archives: any of them may hold
 * quotes, spaces, newlines or whole statements. No words of a shell are ever made: steps on hosts are data.
 */

/** A whole number, such as an oid: refuses everything else. */
export function integer(value: number | string): string {
  const text = String(value);
  if (!/^-?(?:0|[1-9]\d{0,18})$/.test(text)) {
    throw inputError('integer-malformed', `"${text}" is no whole number.`, 'Give a whole number.');
  }
  return text;
}

/**
 * `name`, cut to at most `bytes` bytes of UTF-8 without splitting a character: what is left is what the server keeps.
 */
export function cutToBytes(name: string, bytes: number): string {
  let cut = '';
  let used = 0;
  for (const character of name) {
    used += Buffer.byteLength(character);
    if (used > bytes) break;
    cut += character;
  }
  return cut;
}

/** Refuses what no server can hold in a text. */
export function refuseUnstorable(text: string): void {
  if (text.includes('\0') || /\p{Surrogate}/u.test(text)) {
    throw inputError(
      'text-malformed',
      'Text for a statement holds a NUL or half a character; no server can hold either.',
      'Remove it.',
    );
  }
}

/** Refuses an identifier that the server would cut or that is none: empty, or longer than it takes. */
export function refuseUnnameable(name: string, longest: NameLimit): void {
  refuseUnstorable(name);
  if (name === '') throw inputError('identifier-empty', 'An identifier is empty.', 'Name it.');
  if (nameLength(name, longest.unit) > longest.most) {
    throw inputError(
      'identifier-long',
      `The name "${name}" has more than ${longest.most} ${longest.unit}; the server takes no longer one.`,
      'Use a shorter name.',
    );
  }
}
