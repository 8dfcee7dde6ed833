import { inputError } from '../src/domain/errors.ts';

/**
 * The only place where text becomes part of a SQL statement. Names come from configuration, from servers and from
 * archives: any of them may hold quotes, spaces, newlines or whole statements. PostgreSQL rules
 * (https://www.postgresql.org/docs/current/sql-syntax-lexical.html); other vendors get functions of their own here.
 * No words of a shell are ever made: steps on hosts are data.
 */

/** Longest identifier of PostgreSQL in bytes; longer ones are cut by the server with a mere NOTICE. */
export const identifierBytes = 63;

/** A quoted identifier, `"Or""ders"`. Refuses what the server would change or misread: empty, NUL, over 63 bytes. */
export function identifier(name: string): string {
  refuseUnstorable(name);
  if (name === '') throw inputError('identifier-empty', 'An identifier is empty.', 'Name it.');
  if (Buffer.byteLength(name) > identifierBytes) {
    throw inputError(
      'identifier-long',
      `The name "${name}" has more than ${identifierBytes} bytes; PostgreSQL would cut it.`,
      'Use a shorter name.',
    );
  }
  return `"${name.replaceAll('"', '""')}"`;
}

/** `"schema"."name"`. */
export function qualified(...names: readonly string[]): string {
  return names.map(identifier).join('.');
}

/**
 * A string literal. Text with a backslash takes the `E''` form, so that it means the same whatever
 * `standard_conforming_strings` says.
 */
export function literal(text: string): string {
  refuseUnstorable(text);
  const doubled = text.replaceAll("'", "''");
  return text.includes('\\') ? ` E'${doubled.replaceAll('\\', '\\\\')}'` : `'${doubled}'`;
}

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

function refuseUnstorable(text: string): void {
  if (text.includes('\0') || /\p{Surrogate}/u.test(text)) {
    throw inputError(
      'text-malformed',
      'Text for a statement holds a NUL or half a character; PostgreSQL can hold neither.',
      'Remove it.',
    );
  }
}
