-- The whole state of an installation. Times have milliseconds, as JavaScript's have.

create sequence freshet.fences as bigint;

create table freshet.backups (
  number           bigint generated always as identity primary key,
  database         text not null,
  environment      text not null,
  repository       text not null,
  path             text not null,
  engine           text not null,
  format           text not null,
  engine_version   text,
  data_at          timestamptz(3),
  data_at_origin   text not null check (data_at_origin in ('manifest', 'archive-header', 'name-pattern', 'unknown')),
  taken_at         timestamptz(3) not null,
  moment           timestamptz(3) not null generated always as (coalesce(data_at, taken_at)) stored,
  bytes            bigint not null check (bytes between 0 and 9007199254740991),
  checksum         text,
  anonymisation    text not null check (anonymisation in ('raw', 'declared', 'proven')),
  scope            text not null check (scope in ('full', 'subset')),
  derived_from     bigint references freshet.backups,
  state            text not null check (state in ('present', 'missing', 'corrupt')),
  state_reason     text,
  found_at         timestamptz(3) not null,
  read_at          timestamptz(3),
  verified_at      timestamptz(3),
  unique (repository, path),
  check ((data_at is null) = (data_at_origin = 'unknown'))
);
create index backups_by_moment on freshet.backups (moment desc, number desc);
create index backups_of_database on freshet.backups (database, moment desc, number desc);
create index backups_of_environment on freshet.backups (environment, moment desc, number desc);
create index backups_usable on freshet.backups (database, moment desc, number desc)
  where state = 'present' and checksum is not null;

create table freshet.requests (
  number           bigint generated always as identity primary key,
  kind             text not null,
  environment      text not null,
  reason           text not null,
  requested_by     text not null,
  front            text not null,
  state            text not null check (state in ('pending', 'approved', 'rejected', 'expired', 'cancelled',
                                                   'running', 'succeeded', 'failed', 'fenced')),
  digest           text not null check (digest <> ''),
  needs_approval   boolean not null,
  created_at       timestamptz(3) not null,
  expires_at       timestamptz(3) not null,
  undoes           bigint references freshet.requests
);
create index requests_of_environment on freshet.requests (environment, number desc);
create index requests_of_requester on freshet.requests (requested_by, number desc);
create index requests_of_state on freshet.requests (state, number desc);
create index requests_lapsing on freshet.requests (expires_at) where state in ('pending', 'approved');

create table freshet.runs (
  id                   text primary key check (id ~ '^[a-z2-7]{8}$'),
  request              bigint not null unique references freshet.requests,
  attempt              integer not null default 1 check (attempt >= 1),
  fence                bigint not null unique default nextval('freshet.fences'),
  active               boolean not null default true,
  worker               text,
  lease_until          timestamptz(3),
  cancel_requested_at  timestamptz(3),
  barrier_at           timestamptz(3),
  started_at           timestamptz(3) not null,
  ended_at             timestamptz(3),
  plan                 jsonb,
  check (active = (ended_at is null)),
  check ((worker is null) = (lease_until is null)),
  check (active or worker is null)
);
create index runs_active on freshet.runs (lease_until) where active;

-- At most one run per target: the index is the promise, the code only asks it.
create table freshet.run_targets (
  run      text not null references freshet.runs,
  attempt  integer not null,
  target   text not null,
  active   boolean not null default true,
  primary key (run, attempt, target)
);
create unique index run_targets_one_active on freshet.run_targets (target) where active;

create table freshet.request_items (
  request          bigint not null references freshet.requests,
  position         integer not null,
  database         text not null,
  server           text not null,
  database_name    text not null,
  target           text not null,
  backup           bigint references freshet.backups,
  backup_checksum  text,
  undoes           text references freshet.runs,
  state            text not null check (state in ('waiting', 'preparing', 'ready', 'swapped', 'put-back', 'failed')),
  primary key (request, database),
  check ((backup is null) = (backup_checksum is null))
);
create index request_items_on on freshet.request_items (server, database_name, request desc);

create table freshet.approvals (
  number     bigint generated always as identity primary key,
  request    bigint not null references freshet.requests,
  decision   text not null check (decision in ('approved', 'rejected')),
  "by"       text,
  front      text not null,
  digest     text not null,
  reason     text,
  at         timestamptz(3) not null,
  voided_at  timestamptz(3),
  check ("by" is not null or front in ('rule', 'system'))
);
create index approvals_of_request on freshet.approvals (request, number);
-- Two decisions can't both count.
create unique index approvals_one_in_force on freshet.approvals (request) where voided_at is null;

create table freshet.run_steps (
  run         text not null references freshet.runs,
  step        text not null,
  attempt     integer not null,
  state       text not null check (state in ('started', 'done', 'failed')),
  started_at  timestamptz(3) not null,
  ended_at    timestamptz(3),
  result      jsonb,
  primary key (run, step)
);

create table freshet.run_progress (
  run           text primary key references freshet.runs,
  step          text not null,
  title         text not null,
  host          text,
  fraction      double precision not null,
  seconds_left  double precision,
  at            timestamptz(3) not null
);

create table freshet.swaps (
  number          bigint generated always as identity primary key,
  run             text not null references freshet.runs,
  request         bigint not null references freshet.requests,
  database        text not null,
  environment     text not null,
  server          text not null,
  database_name   text not null,
  target          text not null,
  backup          bigint references freshet.backups,
  kept_backup     bigint references freshet.backups,
  at              timestamptz(3) not null,
  live_ref        text not null,
  kept_ref        text not null,
  kept_name       text not null,
  kept_until      timestamptz(3) not null,
  dropped_at      timestamptz(3),
  superseded_by   text references freshet.runs,
  outage_seconds  double precision not null,
  unique (run, database)
);
create index swaps_of_target on freshet.swaps (server, database_name, number desc);
create index swaps_kept on freshet.swaps (kept_until) where dropped_at is null;

create table freshet.mirrors (
  request  bigint not null references freshet.requests,
  front    text not null,
  key      text not null,
  ref      jsonb,
  primary key (request, front),
  unique (front, key)
);

-- `xid` is the writing transaction: with it a reader knows what can still appear before an event (see event_horizon).
create table freshet.events (
  number   bigint generated always as identity primary key,
  xid      xid8 not null default pg_current_xact_id(),
  at       timestamptz(3) not null default clock_timestamp(),
  type     text not null generated always as (data ->> 'type') stored,
  request  bigint references freshet.requests,
  run      text references freshet.runs,
  actor    text,
  front    text,
  data     jsonb not null
);
create index events_in_final_order on freshet.events (xid, number);
create index events_of_request on freshet.events (request, number);

create table freshet.outbox (
  number        bigint generated always as identity primary key,
  xid           xid8 not null default pg_current_xact_id(),
  front         text not null,
  kind          text not null,
  request       bigint references freshet.requests,
  event         bigint not null references freshet.events,
  created_at    timestamptz(3) not null default clock_timestamp(),
  due_at        timestamptz(3) not null default clock_timestamp(),
  leased_until  timestamptz(3),
  attempts      integer not null default 0,
  done_at       timestamptz(3),
  dead_at       timestamptz(3),
  last_error    text
);
create index outbox_waiting on freshet.outbox (front, xid, number) where done_at is null and dead_at is null;
create index outbox_waiting_of_request on freshet.outbox (front, request, xid, number)
  where done_at is null and dead_at is null;

-- `json`, not `jsonb`: a body is kept as it came, also with escapes that jsonb refuses (such as \u0000).
create table freshet.inbox (
  number        bigint generated always as identity primary key,
  source        text not null,
  key           text not null,
  body          json not null,
  received_at   timestamptz(3) not null default clock_timestamp(),
  due_at        timestamptz(3) not null default clock_timestamp(),
  leased_until  timestamptz(3),
  attempts      integer not null default 0,
  done_at       timestamptz(3),
  last_error    text,
  unique (source, key)
);
create index inbox_waiting on freshet.inbox (source, number) where done_at is null;
create index inbox_done on freshet.inbox (done_at) where done_at is not null;

create table freshet.leases (
  name    text primary key,
  holder  text not null,
  until   timestamptz(3) not null
);

create table freshet.notes (
  name   text primary key,
  value  jsonb
);

-- The audit log is only ever added to, whoever asks.
create function freshet.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'freshet.% is append-only: % is refused', tg_table_name, lower(tg_op)
    using errcode = 'insufficient_privilege';
end $$;
create trigger events_append_only before update or delete or truncate on freshet.events
  for each statement execute function freshet.refuse_change();

-- Wakes whoever waits for something to do; a hint, sent when the transaction commits.
create function freshet.wake() returns trigger language plpgsql as $$
begin
  perform pg_notify('freshet', tg_table_name);
  return null;
end $$;
create trigger events_wake after insert on freshet.events
  for each statement execute function freshet.wake();
create trigger inbox_wake after insert on freshet.inbox
  for each statement execute function freshet.wake();

-- Every transaction of this database with a smaller number has ended, and what it wrote is visible to a statement that
-- begins after this call. Unlike pg_snapshot_xmin it does not stand still while another database of the same
-- server has a long transaction open. The upper bound must be read before the list of open transactions.
create function freshet.event_horizon() returns xid8 language plpgsql volatile as $$
declare
  upper_bound bigint := pg_snapshot_xmax(pg_current_snapshot())::text::bigint;
  lowest bigint;
begin
  -- Lists hold 32 bits of a number; an open one is less than 2^31 below the upper bound, or was begun after it.
  select min(upper_bound - behind) into lowest
  from (
    select (upper_bound - open.xid) & 4294967295 as behind
    from (
      select backend_xid::text::bigint as xid from pg_stat_activity
      where datname = current_database() and backend_xid is not null
      union all
      select transaction::text::bigint from pg_prepared_xacts where database = current_database()
    ) as open
  ) as distances
  where behind < 2147483648;
  return least(upper_bound, lowest)::text::xid8;
end $$;
