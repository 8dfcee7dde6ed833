/** Rows of a target that a refresh keeps: all of a table, or those that a condition of SQL is true of. */
export type KeptRows = { table: string; where?: string };

/** `Kept as it is in orders_uat: feature_flags; users where id > 9000`; undefined where nothing is. */
export function keepsText(databaseName: string, keep: readonly KeptRows[] = []): string | undefined {
  if (keep.length === 0) return undefined;
  return `Kept as it is in ${databaseName}: ${keep.map((one) => keptText(one)).join('; ')}`;
}

/** `feature_flags`, `users where email like '%@qa.example'`. */
export function keptText({ table, where }: KeptRows): string {
  return where === undefined ? table : `${table} where ${where.replaceAll(/\s+/g, ' ').trim()}`;
}
