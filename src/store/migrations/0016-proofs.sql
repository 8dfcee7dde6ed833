-- Backups that are proven by a restore: by which request, and what was found where one could not be restored; and those that go, which no
-- request may need.

alter table freshet.request_items drop constraint request_items_state_check;
alter table freshet.request_items add constraint request_items_state_check
  check (state in ('waiting', 'preparing', 'ready', 'swapped', 'taken', 'proven', 'put-back', 'failed'));

alter table freshet.backups add column verified_by bigint references freshet.requests;
alter table freshet.backups add column unproven_at timestamptz(3);
alter table freshet.backups add column unproven_why text;

create index request_items_of_backup on freshet.request_items (backup) where backup is not null;

-- Backups that travel from host to host now: a host takes part in so many at once, whatever runs they are of.
create table freshet.transfers (
  run        text not null references freshet.runs,
  database   text not null,
  from_host  text not null,
  to_host    text not null,
  primary key (run, database)
);

-- What is told of a step beside its title: how far a transfer is, or whose turn it waits for.
alter table freshet.run_progress add column note text;
