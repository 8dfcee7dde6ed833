import type { NameLimit } from '../../src/domain/engine-site.ts';
import { refuseUnnameable, refuseUnstorable } from '../quote.ts';

// PostgreSQL's rules (https://www.postgresql.org/docs/current/sql-syntax-lexical.html).

/** Longer identifiers are cut by the server with a mere NOTICE. */
export const longestName: NameLimit = { most: 63, unit: 'bytes' };

/** A quoted identifier, `"Or""ders"`. Refuses what the server would change or misread: empty, NUL, over 63 bytes. */
export function identifier(name: string): string {
  refuseUnnameable(name, longestName);
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

/** An array of texts, `ARRAY['a','b']::text[]`; may be empty. */
export function textArray(texts: readonly string[]): string {
  return `ARRAY[${texts.map(literal).join(',')}]::text[]`;
}
