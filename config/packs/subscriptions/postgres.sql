-- Nothing flows from production into the copy, nor out of it. What is in a backup is never restored; a script may have made one.

-- @each once
-- @there
SELECT EXISTS (SELECT FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid WHERE d.datname = current_database());
-- @holds
SELECT 'subscription ' || quote_ident(s.subname) AS what, 1 AS n
FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid
WHERE d.datname = current_database() AND NOT s.subname::text = ANY ({{allowed}});

-- @each once
-- @there
SELECT EXISTS (SELECT FROM pg_replication_slots WHERE database = current_database());
-- @holds
SELECT 'replication slot ' || quote_ident(slot_name) AS what, 1 AS n FROM pg_replication_slots
WHERE database = current_database() AND NOT slot_name::text = ANY ({{allowed}});
