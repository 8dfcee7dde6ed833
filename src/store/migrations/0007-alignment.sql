-- Walked newest first, one kind of data at a time: a database with very many backups of a kind that is not accepted costs nothing.
drop index freshet.backups_usable;
create index backups_usable on freshet.backups (database, anonymisation, moment desc, number desc)
  where state = 'present' and checksum is not null;
-- Only what has a moment can be aligned.
create index backups_aligned on freshet.backups (database, anonymisation, data_at desc, number desc)
  where state = 'present' and checksum is not null and data_at is not null;
-- Any file is found by the beginning of its name, however old it is.
create index backups_named on freshet.backups (database, lower(substring(path from '[^/]*$')) text_pattern_ops desc);

-- How far apart the data of the request's databases was when it was asked for, with that of the databases that stay.
alter table freshet.requests add column alignment jsonb;
