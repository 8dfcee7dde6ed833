-- Nothing runs by itself: queues of jobs are emptied, switches are off, and so are the jobs of pg_cron and pgAgent.

-- @each column
-- @do
UPDATE {{table}} SET {{column}} = false WHERE {{column}} IS DISTINCT FROM false;
-- @holds
SELECT {{name}} AS what, count(*) AS n FROM {{table}} WHERE {{column}} IS DISTINCT FROM false;

-- @each table
-- @do
DELETE FROM {{table}};
-- @holds
SELECT {{name}} AS what, count(*) AS n FROM {{table}};

-- @each once
-- @there
SELECT to_regclass('cron.job') IS NOT NULL;
-- @do
UPDATE cron.job SET active = false WHERE active;
-- @holds
SELECT 'cron.job' AS what, count(*) AS n FROM cron.job WHERE active;

-- @each once
-- @there
SELECT to_regclass('pgagent.pga_job') IS NOT NULL;
-- @do
UPDATE pgagent.pga_job SET jobenabled = false WHERE jobenabled;
-- @holds
SELECT 'pgagent.pga_job' AS what, count(*) AS n FROM pgagent.pga_job WHERE jobenabled;
