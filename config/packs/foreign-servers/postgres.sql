-- The copy reaches into no other database. What is in a backup is never restored; a script may have made one.

-- @each once
-- @there
SELECT EXISTS (SELECT FROM pg_foreign_server);
-- @holds
SELECT 'foreign server ' || quote_ident(srvname) AS what, 1 AS n FROM pg_foreign_server
WHERE NOT srvname::text = ANY ({{allowed}});
