import type { NameLimit } from '../../src/domain/engine-site.ts';
import { refuseUnnameable, refuseUnstorable } from '../quote.ts';

// Rules of MySQL and MariaDB (https://mariadb.com/kb/en/identifier-names/). Statements here are only ever sent over sessions
// whose sql_mode we set ourselves, without NO_BACKSLASH_ESCAPES.

export const longestName: NameLimit = { most: 64, unit: 'characters' };

/** A quoted identifier, `` `Or``ders` ``. */
export function identifier(name: string): string {
  refuseUnnameable(name, longestName);
  return `\`${name.replaceAll('`', '``')}\``;
}

/** `` `schema`.`name` ``. */
export function qualified(...names: readonly string[]): string {
  return names.map(identifier).join('.');
}

export function literal(text: string): string {
  refuseUnstorable(text);
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

/** All objects of exactly this schema, in a GRANT: there `_` and `%` stand for others unless they are escaped. */
export function everythingIn(schema: string): string {
  return `${identifier(schema.replaceAll(/[\\_%]/g, '\\$&'))}.*`;
}

/** Who may log in, and from where. */
export type Account = { user: string; host: string };

export function account({ user, host }: Account): string {
  // Anonymous accounts have an empty name.
  return `${literal(user)}@${literal(host)}`;
}
