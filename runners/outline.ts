import { type Schema, type SchemaKind, schemaKinds, schemaLimits } from '../src/domain/schema.ts';
import type { HostReportLines } from './host-program/step.ts';

/**
 * The tools whose records of migrations are looked at: in which table they stand, which columns name one, and which must be there
 * for it to be that tool's. The `outline` filters of `freshet-host` know the same.
 */
export const migrationTools: readonly MigrationTool[] = [
  { tool: 'flyway', table: 'flyway_schema_history', columns: ['version', 'description'] },
  { tool: 'liquibase', table: 'databasechangelog', columns: ['filename', 'id'] },
  { tool: 'rails', table: 'schema_migrations', columns: ['version'] },
  { tool: 'django', table: 'django_migrations', columns: ['app', 'name'] },
  { tool: 'prisma', table: '_prisma_migrations', columns: ['migration_name'] },
  { tool: 'knex', table: 'knex_migrations', columns: ['name'] },
  // Other tools have a table of this name, too.
  { tool: 'typeorm', table: 'migrations', columns: ['name'], known: 'timestamp' },
  { tool: 'alembic', table: 'alembic_version', columns: ['version_num'] },
];
export type MigrationTool = { tool: string; table: string; columns: readonly string[]; known?: string };

/** `flyway 7 uat only`: what stands in such a row, byte for byte as the filter of the host writes it. */
export function migrationName(tool: string, values: readonly (string | null)[]): string {
  const plain = values
    .filter((value) => value !== null)
    .map((value) =>
      Buffer.from(value.replaceAll('\\', '\\\\'))
        .subarray(0, 100)
        .toString('latin1')
        .replaceAll(/[^A-Za-z0-9_.:/+ ,()-]/g, '?'),
    );
  return [tool, ...plain].join(' ');
}

/** A table or routine as people call it: without `home`, the schema that everything is in by itself; absent where there are none. */
export function qualifiedName(name: string, home?: string): string {
  return home !== undefined && name.startsWith(`${home}.`) ? name.slice(home.length + 1) : name;
}

/** Names with their details, as they are found; what there is too much of is left out of the schema. */
export type Found = Record<SchemaKind, Record<string, string>>;

export function nothingFound(): Found {
  return { migration: {}, table: {}, column: {}, view: {}, routine: {}, trigger: {}, event: {}, index: {} };
}

/** The schema of what was found, but for `unknown`. */
export function schemaOf(found: Found, unknown: ReadonlySet<SchemaKind>): Schema {
  return Object.fromEntries(
    schemaKinds
      .filter((kind) => !unknown.has(kind) && Object.keys(found[kind]).length <= schemaLimits[kind])
      .map((kind) => [kind, found[kind]]),
  );
}

/** What the `outline` filter of an engine told of one or more texts of the same backup. */
export function outlineOf(reports: readonly HostReportLines[], home?: string): Schema {
  const found = nothingFound();
  const unknown = new Set<SchemaKind>();
  for (const report of reports) {
    const tables = new Map<string, string>();
    for (const [key, value] of Object.entries(report)) {
      const kind = key.slice(0, key.lastIndexOf('-')) as SchemaKind;
      if (key.startsWith('too-many-')) unknown.add(key.slice('too-many-'.length) as SchemaKind);
      else if (kind === 'column') {
        const [table = '', column = '', type = ''] = value.split('\t');
        found.column[`${tables.get(table) ?? ''}.${column}`] = type;
      } else if (Object.hasOwn(found, kind)) {
        const name = kind === 'migration' ? value : qualifiedName(value, home);
        if (kind === 'table') tables.set(key.slice('table-'.length), name);
        found[kind][name] = '';
      }
    }
  }
  return schemaOf(found, unknown);
}
