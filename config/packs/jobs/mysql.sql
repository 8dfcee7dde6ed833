-- Nothing runs by itself: queues of jobs are emptied, switches are off, and so are scheduled events.

-- A text that is no figure counts as 0 to the server: only what is written as one is off.
-- @each column
-- @do
UPDATE {{table}} SET {{column}} = 0 WHERE NOT COALESCE(CAST({{column}} AS BINARY) IN ('0', x'00'), FALSE);
-- @holds
SELECT {{name}} AS what, COUNT(*) AS n FROM {{table}} WHERE NOT COALESCE(CAST({{column}} AS BINARY) IN ('0', x'00'), FALSE);

-- @each table
-- @do
DELETE FROM {{table}};
-- @holds
SELECT {{name}} AS what, COUNT(*) AS n FROM {{table}};

-- Those of a backup come disabled; a script may have put others up.
-- @each once
-- @rows
SELECT CONCAT('`', REPLACE(event_name, '`', '``'), '`') AS event FROM information_schema.events
WHERE event_schema = DATABASE() AND status = 'ENABLED' ORDER BY event_name;
-- @do
ALTER EVENT {{event}} DISABLE;

-- @each once
-- @there
SELECT EXISTS (SELECT 1 FROM information_schema.events WHERE event_schema = DATABASE());
-- @holds
SELECT CONCAT('event ', event_name) AS what, 1 AS n FROM information_schema.events
WHERE event_schema = DATABASE() AND status = 'ENABLED';
