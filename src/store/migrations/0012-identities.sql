-- Whose names they were: a name of the site file may be given to somebody else. Null: not known.

alter table freshet.links add column identity text;
alter table freshet.delegations add column from_identity text;
alter table freshet.delegations add column to_identity text;
