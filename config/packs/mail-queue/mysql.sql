-- What production had not sent yet is not sent from here either: the queues are emptied.

-- @each table
-- @do
DELETE FROM {{table}};
-- @holds
SELECT {{name}} AS what, COUNT(*) AS n FROM {{table}};
