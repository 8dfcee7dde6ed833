-- Nothing is paid, sent or bought in the name of production: its keys are taken out, and whole tables of them emptied.

-- @each column
-- @do
UPDATE {{table}} SET {{column}} = {{to}} WHERE NOT ({{column}} <=> {{to}});
-- @holds
SELECT {{name}} AS what, COUNT(*) AS n FROM {{table}} WHERE NOT ({{column}} <=> {{to}});

-- @each table
-- @do
DELETE FROM {{table}};
-- @holds
SELECT {{name}} AS what, COUNT(*) AS n FROM {{table}};
