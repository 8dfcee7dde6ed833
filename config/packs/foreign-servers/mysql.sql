-- The copy reaches into no other database: no table of it is kept anywhere else (FEDERATED, CONNECT, SPIDER, S3, MERGE and the like).

-- @each once
-- @there
SELECT EXISTS (SELECT 1 FROM information_schema.tables
WHERE table_schema = DATABASE() AND table_type NOT IN ('VIEW', 'SYSTEM VIEW')
  AND COALESCE(engine, '') NOT IN ('InnoDB', 'MyISAM', 'Aria', 'MEMORY', 'CSV', 'ARCHIVE', 'BLACKHOLE', 'ROCKSDB', 'TokuDB', 'Columnstore'));
-- @holds
SELECT CONCAT('table ', table_name, ' (', COALESCE(engine, 'unknown'), ')') AS what, 1 AS n FROM information_schema.tables
WHERE table_schema = DATABASE() AND table_type NOT IN ('VIEW', 'SYSTEM VIEW')
  AND COALESCE(engine, '') NOT IN ('InnoDB', 'MyISAM', 'Aria', 'MEMORY', 'CSV', 'ARCHIVE', 'BLACKHOLE', 'ROCKSDB', 'TokuDB', 'Columnstore')
  AND table_name NOT IN {{allowed}};
