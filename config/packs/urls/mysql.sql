-- No address of production in text and JSON: hosts with a replacement are replaced, and then none may be found, in what the database
-- itself runs neither.

-- Generated columns follow those that they are made of. What is too long is refused, and not cut.
-- @each replacement
-- @rows
SELECT CONCAT('`', REPLACE(tab, '`', '``'), '`') AS `table`,
  GROUP_CONCAT(CONCAT(id, ' = REGEXP_REPLACE(', text, ', ', pattern, ', ', QUOTE({{by}}), ')') ORDER BY at SEPARATOR ', ') AS `set`,
  GROUP_CONCAT(CONCAT(text, ' REGEXP ', pattern) ORDER BY at SEPARATOR ' OR ') AS `where`
  FROM (SELECT table_name AS tab, column_name AS col, ordinal_position AS at, CONCAT('`', REPLACE(column_name, '`', '``'), '`') AS id,
      IF(data_type = 'json', CONCAT('CAST(`', REPLACE(column_name, '`', '``'), '` AS CHAR)'), CONCAT('`', REPLACE(column_name, '`', '``'), '`')) AS text,
      QUOTE(CONCAT('(?i)', {{pattern}})) AS pattern
    FROM information_schema.columns
    WHERE table_schema = DATABASE() AND data_type IN ('char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext', 'json')
      AND table_name NOT IN {{except}} AND CONCAT(table_name, '.', column_name) NOT IN {{except}}
      AND COALESCE(generation_expression, '') = ''
      AND table_name IN (SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type NOT IN ('VIEW', 'SYSTEM VIEW'))) c
  GROUP BY tab
  ORDER BY tab;
-- @do
UPDATE {{table}} SET {{set}} WHERE {{where}};

-- Each table is read once, whatever it has of columns.
-- @each once
-- @rows
SELECT CONCAT('`', REPLACE(tab, '`', '``'), '`') AS `table`,
  GROUP_CONCAT(CONCAT('JSON_OBJECT(''what'', ', QUOTE(CONCAT(tab, '.', col)), ', ''n'', COUNT(CASE WHEN ', text, ' REGEXP ', pattern, ' THEN 1 END))')
    ORDER BY at SEPARATOR ', ') AS counts
  FROM (SELECT table_name AS tab, column_name AS col, ordinal_position AS at, CONCAT('`', REPLACE(column_name, '`', '``'), '`') AS id,
      IF(data_type = 'json', CONCAT('CAST(`', REPLACE(column_name, '`', '``'), '` AS CHAR)'), CONCAT('`', REPLACE(column_name, '`', '``'), '`')) AS text,
      QUOTE(CONCAT('(?i)', {{pattern}})) AS pattern
    FROM information_schema.columns
    WHERE table_schema = DATABASE() AND data_type IN ('char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext', 'json', 'enum', 'set')
      AND table_name NOT IN {{except}} AND CONCAT(table_name, '.', column_name) NOT IN {{except}}
      AND table_name IN (SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type NOT IN ('VIEW', 'SYSTEM VIEW'))) c
  GROUP BY tab
  ORDER BY tab;
-- @holds
SELECT v.what AS what, v.n AS n
FROM (SELECT JSON_ARRAY({{counts}}) AS counted FROM {{table}}) s,
  JSON_TABLE(s.counted, '$[*]' COLUMNS (what varchar(200) PATH '$.what', n bigint PATH '$.n')) v
WHERE v.n > 0;

-- What may not be seen counts as found.
-- @each once
-- @holds
SELECT what, 1 AS n FROM (
  SELECT CONCAT(LOWER(routine_type), ' ', routine_name) AS what, routine_name AS name, routine_definition AS text
    FROM information_schema.routines WHERE routine_schema = DATABASE()
  UNION ALL SELECT CONCAT('trigger ', trigger_name), trigger_name, action_statement FROM information_schema.triggers WHERE trigger_schema = DATABASE()
  UNION ALL SELECT CONCAT('event ', event_name), event_name, event_definition FROM information_schema.events WHERE event_schema = DATABASE()
  UNION ALL SELECT CONCAT('view ', table_name), table_name, view_definition FROM information_schema.views WHERE table_schema = DATABASE()
  UNION ALL SELECT CONCAT('definition of ', table_name, '.', column_name), table_name, CONCAT_WS(' ', column_default, generation_expression)
    FROM information_schema.columns WHERE table_schema = DATABASE()
  UNION ALL SELECT CONCAT('condition ', constraint_name), constraint_name, check_clause
    FROM information_schema.check_constraints WHERE constraint_schema = DATABASE()) one
WHERE COALESCE(text REGEXP CONCAT('(?i)', {{pattern}}), TRUE) AND name NOT IN {{except}}
ORDER BY what;
