-- Nothing is paid, sent or bought in the name of production: its keys are taken out, and whole tables of them emptied.

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
