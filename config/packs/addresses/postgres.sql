-- Nobody outside gets mail from a copy: every address that leads to somebody else becomes another one.

-- @each column
-- @do
UPDATE {{table}} SET {{column}} = {{to}}
WHERE {{column}}::text IS DISTINCT FROM {{to}} AND {{column}} IS NOT NULL
  AND NOT lower(split_part({{column}}::text, '@', 2)) = ANY ({{keep}});
-- @holds
SELECT {{name}} AS what, count(*) AS n FROM {{table}}
WHERE {{column}}::text IS DISTINCT FROM {{to}} AND {{column}} IS NOT NULL
  AND NOT lower(split_part({{column}}::text, '@', 2)) = ANY ({{keep}});
