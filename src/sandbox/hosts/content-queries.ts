/** Schemas of the database's own: neither the system's nor of temporary tables. */
export const USER_SCHEMAS = `
  SELECT oid, nspname FROM pg_namespace
  WHERE nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%'`;

/** Every relation that holds rows, but for sequences: tables, partitions, materialised views that are filled. */
export const TABLES = `
  WITH schemas AS (${USER_SCHEMAS})
  SELECT format('%I.%I', n.nspname, c.relname) AS name
  FROM pg_class c JOIN schemas n ON n.oid = c.relnamespace
  WHERE (c.relkind = 'r' OR c.relkind = 'm' AND c.relispopulated) ORDER BY 1`;

const NOT_OF_EXTENSION = (catalogue: string, oid: string) => `NOT EXISTS (
  SELECT FROM pg_depend d WHERE d.classid = '${catalogue}'::regclass AND d.objid = ${oid} AND d.deptype = 'e')`;

/** Queries over the catalogue that give one line of text for each object. They see the relation "schemas". */
export const SCHEMA_PARTS: Readonly<Record<string, string>> = {
  schemas: `SELECT nspname FROM schemas`,
  extensions: `SELECT format('%s %s %s', extname, extversion, extnamespace::regnamespace) FROM pg_extension`,
  relations: `
    SELECT format('%s.%s %s persistence=%s populated=%s rls=%s/%s replident=%s options=%s partition=%s of %s bound=%s', n.nspname,
      c.relname, c.relkind, c.relpersistence, c.relispopulated, c.relrowsecurity, c.relforcerowsecurity, c.relreplident,
      c.reloptions, pg_get_partkeydef(c.oid), i.inhparent::regclass, pg_get_expr(c.relpartbound, c.oid))
    FROM pg_class c JOIN schemas n ON n.oid = c.relnamespace
    LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND ${NOT_OF_EXTENSION('pg_class', 'c.oid')}`,
  columns: `
    SELECT format('%s.%s %s %s %s notnull=%s default=%s identity=%s generated=%s collation=%s', n.nspname, c.relname,
      row_number() OVER (PARTITION BY c.oid ORDER BY a.attnum), a.attname, format_type(a.atttypid, a.atttypmod),
      a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated, NULLIF(a.attcollation, 0)::regcollation)
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN schemas n ON n.oid = c.relnamespace
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')`,
  constraints: `
    SELECT format('%s.%s on %s/%s %s validated=%s deferrable=%s/%s', n.nspname, k.conname, k.conrelid::regclass,
      NULLIF(k.contypid, 0)::regtype, pg_get_constraintdef(k.oid), k.convalidated, k.condeferrable, k.condeferred)
    FROM pg_constraint k JOIN schemas n ON n.oid = k.connamespace`,
  indexes: `
    SELECT format('%s valid=%s ready=%s clustered=%s', pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisready, i.indisclustered)
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN schemas n ON n.oid = c.relnamespace`,
  statistics: `SELECT pg_get_statisticsobjdef(s.oid) FROM pg_statistic_ext s JOIN schemas n ON n.oid = s.stxnamespace`,
  views: `
    SELECT format('%s.%s %s', n.nspname, c.relname, pg_get_viewdef(c.oid)) FROM pg_class c
    JOIN schemas n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('v', 'm') AND ${NOT_OF_EXTENSION('pg_class', 'c.oid')}`,
  rules: `
    SELECT pg_get_ruledef(r.oid) FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
    JOIN schemas n ON n.oid = c.relnamespace WHERE r.rulename <> '_RETURN'`,
  policies: `
    SELECT format('%s %s %s %s %s %s', p.polrelid::regclass, p.polname, p.polcmd, p.polpermissive,
      pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) FROM pg_policy p`,
  functions: `
    SELECT CASE WHEN p.prokind = 'a' THEN format('aggregate %s', p.oid::regprocedure) ELSE pg_get_functiondef(p.oid) END
    FROM pg_proc p JOIN schemas n ON n.oid = p.pronamespace WHERE ${NOT_OF_EXTENSION('pg_proc', 'p.oid')}`,
  triggers: `
    SELECT format('%s enabled=%s', pg_get_triggerdef(t.oid), t.tgenabled) FROM pg_trigger t
    JOIN pg_class c ON c.oid = t.tgrelid JOIN schemas n ON n.oid = c.relnamespace WHERE NOT t.tgisinternal`,
  'event triggers': `SELECT format('%s %s %s %s', evtname, evtevent, evtenabled, evttags) FROM pg_event_trigger`,
  types: `
    SELECT format('%s.%s %s %s notnull=%s default=%s %s range=%s', n.nspname, t.typname, t.typtype,
      format_type(NULLIF(t.typbasetype, 0), t.typtypmod), t.typnotnull, t.typdefault,
      (SELECT string_agg(quote_literal(e.enumlabel), ',' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid),
      (SELECT r.rngsubtype::regtype FROM pg_range r WHERE r.rngtypid = t.oid))
    FROM pg_type t JOIN schemas n ON n.oid = t.typnamespace
    WHERE t.typtype IN ('e', 'd', 'r') AND ${NOT_OF_EXTENSION('pg_type', 't.oid')}`,
  'sequence definitions': `
    SELECT format('%s %s start=%s increment=%s min=%s max=%s cache=%s cycle=%s owned by %s.%s', s.seqrelid::regclass,
      s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle, d.refobjid::regclass, a.attname)
    FROM pg_sequence s LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.seqrelid
      AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
    LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid`,
  comments: `
    SELECT format('%s %s', pg_describe_object(d.classoid, d.objoid, d.objsubid), d.description)
    FROM pg_description d
    WHERE (d.classoid, d.objoid) IN (
      SELECT 'pg_class'::regclass::oid, c.oid FROM pg_class c JOIN schemas n ON n.oid = c.relnamespace
      UNION ALL SELECT 'pg_proc'::regclass, p.oid FROM pg_proc p JOIN schemas n ON n.oid = p.pronamespace
        WHERE ${NOT_OF_EXTENSION('pg_proc', 'p.oid')}
      UNION ALL SELECT 'pg_type'::regclass, t.oid FROM pg_type t JOIN schemas n ON n.oid = t.typnamespace
      UNION ALL SELECT 'pg_namespace'::regclass, oid FROM schemas WHERE nspname <> 'public')`,
  'large objects': `
    SELECT format('%s %s', l.loid, md5(string_agg(md5(l.data), '' ORDER BY l.pageno))) FROM pg_largeobject l GROUP BY l.loid`,
  grants: `
    SELECT format('%s.%s owner=%s acl=%s', n.nspname, c.relname, c.relowner::regrole,
      (SELECT string_agg(x::text, ',' ORDER BY x::text) FROM unnest(c.relacl) x))
    FROM pg_class c JOIN schemas n ON n.oid = c.relnamespace
    UNION ALL
    SELECT format('column %s.%s %s', a.attrelid::regclass, a.attname,
      (SELECT string_agg(x::text, ',' ORDER BY x::text) FROM unnest(a.attacl) x))
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN schemas n ON n.oid = c.relnamespace
    WHERE a.attacl IS NOT NULL
    UNION ALL
    SELECT format('%s owner=%s acl=%s', p.oid::regprocedure, p.proowner::regrole,
      (SELECT string_agg(x::text, ',' ORDER BY x::text) FROM unnest(p.proacl) x))
    FROM pg_proc p JOIN schemas n ON n.oid = p.pronamespace
    UNION ALL
    SELECT format('type %s owner=%s acl=%s', t.oid::regtype, t.typowner::regrole,
      (SELECT string_agg(x::text, ',' ORDER BY x::text) FROM unnest(t.typacl) x))
    FROM pg_type t JOIN schemas n ON n.oid = t.typnamespace WHERE t.typtype IN ('e', 'd', 'r')
    UNION ALL
    SELECT format('schema %s owner=%s acl=%s', s.nspname, s.nspowner::regrole,
      (SELECT string_agg(x::text, ',' ORDER BY x::text) FROM unnest(s.nspacl) x))
    FROM pg_namespace s JOIN schemas n ON n.oid = s.oid
    UNION ALL
    SELECT format('default %s %s %s %s', d.defaclrole::regrole, NULLIF(d.defaclnamespace, 0)::regnamespace, d.defaclobjtype,
      (SELECT string_agg(x::text, ',' ORDER BY x::text) FROM unnest(d.defaclacl) x)) FROM pg_default_acl d`,
};
