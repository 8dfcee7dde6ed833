-- A copy calls nobody: subscribers are forgotten, and addresses that would be called are taken out.

-- @each column
-- @do
UPDATE {{table}} SET {{column}} = {{to}} WHERE {{column}}::text IS DISTINCT FROM ({{to}})::text;
-- @holds
SELECT {{name}} AS what, count(*) AS n FROM {{table}} WHERE {{column}}::text IS DISTINCT FROM ({{to}})::text;

-- @each table
-- @do
DELETE FROM {{table}};
-- @holds
SELECT {{name}} AS what, count(*) AS n FROM {{table}};
