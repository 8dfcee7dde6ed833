-- A transaction gets its own number before it takes one for an event: whoever has read how far numbers were given knows that all
-- of them belong to transactions below the next one, and so when none of them can appear any more.
create sequence freshet.event_numbers;
create function freshet.next_event() returns bigint language plpgsql as $$
begin
  perform pg_current_xact_id();
  return nextval('freshet.event_numbers');
end $$;
alter table freshet.events alter column number drop identity;
alter table freshet.events alter column number set default freshet.next_event();
alter sequence freshet.event_numbers owned by freshet.events.number;
select setval('freshet.event_numbers', coalesce((select max(number) from freshet.events), 0) + 1, false);

-- Each seals the events numbered above `after` up to `through`, and the seal before it. `leaves`: the SHA-256 of each, in order.
create table freshet.seals (
  number    bigint primary key check (number >= 1),
  previous  text not null unique,
  hash      text not null unique,
  "after"   bigint not null,
  through   bigint not null,
  count     integer not null check (count >= 1),
  leaves    bytea not null,
  at        timestamptz(3) not null,
  check (through > "after" and count <= through - "after")
);

-- What retention has removed: the events of all seals up to `seal`, which end with the event `through`.
create table freshet.prunes (
  number    bigint generated always as identity primary key,
  seal      bigint not null references freshet.seals,
  through   bigint not null,
  events    bigint not null,
  at        timestamptz(3) not null default clock_timestamp(),
  "by"      text not null default current_user
);

-- The log is only ever added to, whoever asks; but for what the owner removes because its time is over, said beforehand.
create or replace function freshet.refuse_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and tg_table_name = 'events' and current_setting('freshet.pruning', true) = 'on'
    and current_user = (select tableowner from pg_tables where schemaname = 'freshet' and tablename = 'events')
  then
    return null;
  end if;
  raise exception 'freshet.% is append-only: % is refused', tg_table_name, lower(tg_op)
    using errcode = 'insufficient_privilege';
end $$;
create trigger seals_append_only before update or delete or truncate on freshet.seals
  for each statement execute function freshet.refuse_change();
create trigger prunes_append_only before update or delete or truncate on freshet.prunes
  for each statement execute function freshet.refuse_change();

-- Without it each removed event would look through the whole outbox.
create index outbox_of_event on freshet.outbox (event);

create index swaps_of_backup on freshet.swaps (backup, number desc);
create index swaps_of_environment on freshet.swaps (environment, number desc);
create index swaps_of_request on freshet.swaps (request, number desc);

-- Who received which data when: a row for each time that a database went live, and until when it was.
create view freshet.received as
select swaps.number, swaps.environment, swaps.database, swaps.server, swaps.database_name, swaps.at, following.at as until,
  swaps.backup, backups.environment as source, backups.data_at, backups.taken_at, backups.anonymisation, backups.scope,
  swaps.request, requests.kind, requests.requested_by, requests.front,
  coalesce((
    select jsonb_agg(jsonb_build_object('by', approvals."by", 'front', approvals.front, 'stage', approvals.stage)
                     order by approvals.number)
    from freshet.approvals
    where approvals.request = swaps.request and approvals.decision = 'approved' and approvals.voided_at is null
  ), '[]') as approvals
from freshet.swaps
join freshet.requests on requests.number = swaps.request
left join freshet.backups on backups.number = swaps.backup
left join lateral (
  select later.at from freshet.swaps as later
  where later.server = swaps.server and later.database_name = swaps.database_name and later.number > swaps.number
  order by later.number limit 1
) as following on true;
