import type { ServerAccess } from '../../../runners/engine.ts';
import { numbered, severedWhere } from '../sever.ts';

export function severed(access: ServerAccess, at: number): ServerAccess {
  return severedWhere(access, changes, numbered(at));
}

/** `Q`: a query as it stands; `P`: one with values, behind its empty name. What is only rehearsed counts for nothing. */
function changes(chunk: Buffer): string | undefined {
  const kind = String.fromCharCode(chunk[0] ?? 0);
  if (kind !== 'Q' && kind !== 'P') return undefined;
  const statement = chunk.toString('utf8', kind === 'Q' ? 5 : 6).trim();
  const reads = /^(?:SELECT(?! pg_terminate)|WITH|SHOW|SET|SAVEPOINT|ROLLBACK TO)/i.test(statement);
  return reads ? undefined : statement;
}
