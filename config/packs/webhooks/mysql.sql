-- A copy calls nobody: subscribers are forgotten, and addresses that would be called are taken out.

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
