// Reads what a database's objects are called, whose they are and who may use them. Pure.

function grantsOf(acl: string): string {
  return `CASE WHEN ${acl} IS NULL THEN NULL ELSE
  (SELECT coalesce(json_agg(json_build_object('grantee', coalesce(g.rolname, ''), 'privilege', a.privilege_type,
    'grantable', a.is_grantable) ORDER BY g.rolname, a.privilege_type), '[]')
   FROM aclexplode(${acl}) a LEFT JOIN pg_roles g ON g.oid = a.grantee) END`;
}

function notOfExtension(catalogue: string, oid: string): string {
  return `NOT EXISTS (SELECT FROM pg_depend x
  WHERE x.classid = '${catalogue}'::regclass AND x.objid = ${oid} AND x.deptype = 'e')`;
}

const ourSchemas = `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`;

/**
 * Objects that can have an owner and grants, without those of extensions. `name` is quoted by the server itself and
 * ready for a statement; it needs an empty search_path, so that types in signatures carry their schema.
 */
export const objects = `
  SELECT 'SCHEMA' AS kind, quote_ident(n.nspname) AS name, n.nspname AS schema, r.rolname AS owner,
      ${grantsOf('n.nspacl')} AS grants, false AS follows
    FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner
    WHERE ${ourSchemas} AND ${notOfExtension('pg_namespace', 'n.oid')}
  UNION ALL
  SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, quote_ident(n.nspname) || '.' || quote_ident(c.relname),
      n.nspname, r.rolname, ${grantsOf('c.relacl')}, c.relkind = 'S' AND EXISTS (SELECT FROM pg_depend o
        WHERE o.classid = 'pg_class'::regclass AND o.objid = c.oid AND o.deptype IN ('a', 'i') AND o.refobjsubid > 0)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_roles r ON r.oid = c.relowner
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND ${ourSchemas} AND ${notOfExtension('pg_class', 'c.oid')}
  UNION ALL
  SELECT 'COLUMN', quote_ident(n.nspname) || '.' || quote_ident(c.relname) || ' ' || quote_ident(t.attname),
      n.nspname, r.rolname, ${grantsOf('t.attacl')}, true
    FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_roles r ON r.oid = c.relowner
    WHERE t.attacl IS NOT NULL AND NOT t.attisdropped AND ${ourSchemas} AND ${notOfExtension('pg_class', 'c.oid')}
  UNION ALL
  SELECT 'ROUTINE', quote_ident(n.nspname) || '.' || quote_ident(p.proname) || '(' ||
      pg_get_function_identity_arguments(p.oid) || ')', n.nspname, r.rolname, ${grantsOf('p.proacl')}, false
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_roles r ON r.oid = p.proowner
    WHERE ${ourSchemas} AND ${notOfExtension('pg_proc', 'p.oid')}
  UNION ALL
  SELECT 'TYPE', quote_ident(n.nspname) || '.' || quote_ident(t.typname), n.nspname, r.rolname, ${grantsOf('t.typacl')}, false
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace JOIN pg_roles r ON r.oid = t.typowner
      LEFT JOIN pg_class c ON c.oid = t.typrelid
    WHERE (t.typrelid = 0 OR c.relkind = 'c') AND t.typtype <> 'm' AND ${ourSchemas}
      AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid) AND ${notOfExtension('pg_type', 't.oid')}`;

export type Grant = { grantee: string; privilege: string; grantable: boolean };

export type DatabaseObject = {
  kind: 'SCHEMA' | 'TABLE' | 'SEQUENCE' | 'COLUMN' | 'ROUTINE' | 'TYPE';
  /** Quoted; of a column: the table's, a space, the column's. */
  name: string;
  schema: string;
  owner: string;
  /** Null: as the server has it by default. Grantee '' is PUBLIC. */
  grants: Grant[] | null;
  /** A sequence that goes with its column: its owner is the table's. */
  follows?: boolean;
};

/** What new objects get. A null schema: everywhere, in place of the server's own defaults. */
export const defaultPrivileges = `
  SELECT r.rolname AS role, n.nspname AS schema, d.defaclobjtype AS type, ${grantsOf('d.defaclacl')} AS grants
  FROM pg_default_acl d JOIN pg_roles r ON r.oid = d.defaclrole LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace`;

export type DefaultPrivileges = {
  role: string;
  schema: string | null;
  /** `r` tables, `S` sequences, `f` routines, `T` types, `n` schemas. */
  type: string;
  grants: Grant[];
};

/** Parts of a live database that no restore brings back and that nobody carries over: named, so that people know. */
export const leftBehind = `
  SELECT 'publication' AS kind, pubname AS name FROM pg_publication
  UNION ALL SELECT 'subscription', s.subname FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid
    WHERE d.datname = current_database()
  UNION ALL SELECT 'event trigger', evtname FROM pg_event_trigger e WHERE ${notOfExtension('pg_event_trigger', 'e.oid')}
  UNION ALL SELECT 'foreign server', srvname FROM pg_foreign_server
  ORDER BY 1, 2`;
