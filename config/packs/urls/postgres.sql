-- No address of production in text and JSON: hosts with a replacement are replaced, and then none may be found, nor in what the database is made of.

-- Generated columns follow those that they are made of. Text goes back without a cast: what is too long is refused, and not cut.
-- @each replacement
-- @rows
SELECT format('%I.%I', n.nspname, c.relname) AS "table",
  string_agg(format('%1$I = regexp_replace(%1$I::text, %2$L, %3$L, ''gi'')%4$s', a.attname, {{pattern}}, {{by}},
    CASE t.typcategory WHEN 'S' THEN '' ELSE '::' || format_type(t.oid, NULL) END), ', ' ORDER BY a.attnum) AS "set",
  string_agg(format('lower(%1$I::text) LIKE %2$L AND %1$I::text ~* %3$L', a.attname, {{like}}, {{pattern}}), ' OR ' ORDER BY a.attnum) AS "where"
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
  JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
  AND (coalesce(e.typcategory, t.typcategory) = 'S' OR coalesce(e.typname, t.typname) IN ('json', 'jsonb', 'xml', 'hstore'))
  AND NOT ARRAY[c.relname, n.nspname || '.' || c.relname, c.relname || '.' || a.attname,
    n.nspname || '.' || c.relname || '.' || a.attname]::text[] && {{except}}
GROUP BY 1 ORDER BY 1;
-- @do
UPDATE ONLY {{table}} SET {{set}} WHERE {{where}};

-- Materialised views hold what their tables held; each after those that it may read.
-- @each once
-- @there
SELECT {{replaces}};
-- @rows
SELECT format('%I.%I', n.nspname, c.relname) AS "table" FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'm' AND c.relispopulated AND n.nspname !~ '^pg_' ORDER BY c.oid;
-- @do
REFRESH MATERIALIZED VIEW {{table}};

-- Each table is read once, whatever it has of columns.
-- @each once
-- @rows
SELECT format('%I.%I', n.nspname, c.relname) AS "table",
  string_agg(format('count(*) FILTER (WHERE lower(%1$I::text) LIKE ANY (%2$L::text[]) AND %1$I::text ~* %3$L) AS c%4$s',
    a.attname, {{likes}}, {{pattern}}, a.attnum), ', ' ORDER BY a.attnum) AS counts,
  string_agg(format('(%L, s.c%s)', n.nspname || '.' || c.relname || '.' || a.attname, a.attnum), ', ' ORDER BY a.attnum) AS pairs
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
  JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
WHERE (c.relkind = 'r' OR c.relkind = 'm' AND c.relispopulated) AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND a.attnum > 0 AND NOT a.attisdropped
  AND (coalesce(e.typcategory, t.typcategory) = 'S' OR coalesce(e.typname, t.typname) IN ('json', 'jsonb', 'xml', 'hstore'))
  AND NOT ARRAY[c.relname, n.nspname || '.' || c.relname, c.relname || '.' || a.attname,
    n.nspname || '.' || c.relname || '.' || a.attname]::text[] && {{except}}
GROUP BY 1 ORDER BY 1;
-- @holds
SELECT v.what, v.n FROM (SELECT {{counts}} FROM ONLY {{table}}) s, LATERAL (VALUES {{pairs}}) v(what, n) WHERE v.n > 0;

-- What the database is made of: code and options. Names alone are answered.
-- @each once
-- @holds
SELECT o.what, 1 AS n FROM (
  SELECT 'function ' || p.oid::regprocedure::text AS what, coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) AS words,
    p.pronamespace AS schema, p.proname AS name, NULL::name AS part
  FROM pg_proc p
  UNION ALL
  SELECT CASE c.relkind WHEN 'm' THEN 'materialised view ' ELSE 'view ' END || c.oid::regclass::text, pg_get_viewdef(c.oid),
    c.relnamespace, c.relname, NULL
  FROM pg_class c WHERE c.relkind IN ('v', 'm')
  UNION ALL
  SELECT 'rule ' || quote_ident(r.rulename) || ' of ' || c.oid::regclass::text, pg_get_ruledef(r.oid), c.relnamespace, c.relname, NULL
  FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class WHERE r.rulename <> '_RETURN'
  UNION ALL
  SELECT 'trigger ' || quote_ident(t.tgname) || ' of ' || c.oid::regclass::text, pg_get_triggerdef(t.oid), c.relnamespace, c.relname, NULL
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal
  UNION ALL
  SELECT 'default of ' || c.oid::regclass::text || '.' || quote_ident(a.attname), pg_get_expr(d.adbin, d.adrelid), c.relnamespace, c.relname, a.attname
  FROM pg_attrdef d JOIN pg_class c ON c.oid = d.adrelid JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.adnum
  UNION ALL
  SELECT 'constraint ' || quote_ident(k.conname), pg_get_constraintdef(k.oid), k.connamespace, coalesce(c.relname, k.conname), NULL
  FROM pg_constraint k LEFT JOIN pg_class c ON c.oid = k.conrelid WHERE k.contype = 'c'
  UNION ALL
  SELECT 'domain ' || t.oid::regtype::text, t.typdefault, t.typnamespace, t.typname, NULL FROM pg_type t WHERE t.typtype = 'd'
  UNION ALL
  SELECT 'policy ' || quote_ident(y.polname) || ' of ' || c.oid::regclass::text,
    concat_ws(' ', pg_get_expr(y.polqual, y.polrelid), pg_get_expr(y.polwithcheck, y.polrelid)), c.relnamespace, c.relname, NULL
  FROM pg_policy y JOIN pg_class c ON c.oid = y.polrelid
  UNION ALL
  SELECT 'foreign table ' || c.oid::regclass::text, array_to_string(f.ftoptions, ' '), c.relnamespace, c.relname, NULL
  FROM pg_foreign_table f JOIN pg_class c ON c.oid = f.ftrelid
  UNION ALL
  SELECT 'foreign column ' || c.oid::regclass::text || '.' || quote_ident(a.attname), array_to_string(a.attfdwoptions, ' '),
    c.relnamespace, c.relname, a.attname
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE a.attfdwoptions IS NOT NULL
  UNION ALL
  SELECT 'foreign server ' || quote_ident(srvname), array_to_string(srvoptions, ' '), NULL, srvname, NULL FROM pg_foreign_server
  UNION ALL
  SELECT 'user mapping of ' || quote_ident(usename) || ' for ' || quote_ident(srvname), array_to_string(umoptions, ' '), NULL, srvname, NULL
  FROM pg_user_mappings
) o LEFT JOIN pg_namespace n ON n.oid = o.schema
WHERE o.words ~* {{pattern}} AND (n.nspname IS NULL OR n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')
  AND NOT ARRAY[o.name, n.nspname || '.' || o.name, o.name || '.' || o.part, n.nspname || '.' || o.name || '.' || o.part]::text[] && {{except}};
