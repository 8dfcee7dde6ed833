-- A file may be replaced in its place, and then the catalogue says something else of the same backup. What a swap brought, and what it
-- kept, stays with the swap, as it was known when it was restored.
alter table freshet.swaps add column contents jsonb, add column kept_contents jsonb;

-- Of earlier swaps: exactly, where the catalogue still has the file that was approved. Else the checksum and the place are known and the
-- moment is not; data of an unknown kind counts as raw.
update freshet.swaps set contents = jsonb_strip_nulls(jsonb_build_object(
    'id', 'BKP-' || backups.number,
    'database', backups.database,
    'environment', backups.environment,
    'repository', backups.repository,
    'path', backups.path,
    'checksum', items.backup_checksum,
    'anonymisation', case when backups.checksum = items.backup_checksum then backups.anonymisation else 'raw' end,
    'scope', case when backups.checksum = items.backup_checksum then backups.scope else 'full' end,
    'dataAt', case when backups.checksum = items.backup_checksum
      then to_char(backups.data_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') end,
    'takenAt', case when backups.checksum = items.backup_checksum
      then to_char(backups.taken_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') end))
from freshet.request_items as items, freshet.backups
where items.request = swaps.request and items.database = swaps.database and items.backup = swaps.backup
  and backups.number = swaps.backup;
-- What an undo brought back had come in earlier, and has the lasting name that it had then.
update freshet.swaps set contents = (
  select earlier.contents from freshet.swaps as earlier
  where earlier.server = swaps.server and earlier.database_name = swaps.database_name and earlier.number < swaps.number
    and earlier.backup = swaps.backup and earlier.contents is not null
  order by (earlier.live_ref = swaps.live_ref) desc, earlier.number desc limit 1
) where backup is not null and contents is null;
update freshet.swaps set kept_contents = (
  select earlier.contents from freshet.swaps as earlier
  where earlier.server = swaps.server and earlier.database_name = swaps.database_name and earlier.number < swaps.number
    and earlier.backup = swaps.kept_backup and earlier.contents is not null
  order by (earlier.live_ref = swaps.kept_ref) desc, earlier.number desc limit 1
) where kept_backup is not null;

-- Who received what: a row for each time that a database went live, with all that is said of it, so that nothing of it changes with what
-- it was taken from. Only ever added to, as events are. `event` says the same in the log; earlier ones have none.
create table freshet.receipts (
  number         bigint generated always as identity primary key,
  event          bigint unique,
  at             timestamptz(3) not null,
  run            text not null references freshet.runs,
  request        bigint not null references freshet.requests,
  kind           text not null,
  requested_by   text not null,
  front          text not null,
  approvals      jsonb not null,
  environment    text not null,
  database       text not null,
  server         text not null,
  database_name  text not null,
  backup         bigint references freshet.backups,
  source         text,
  repository     text,
  path           text,
  checksum       text,
  data_at        timestamptz(3),
  taken_at       timestamptz(3),
  anonymisation  text,
  scope          text
);
create index receipts_of_target on freshet.receipts (server, database_name, number);
create index receipts_of_backup on freshet.receipts (backup, number desc);
create index receipts_of_environment on freshet.receipts (environment, number desc);
create index receipts_of_requester on freshet.receipts (requested_by, number desc);
create index receipts_of_run on freshet.receipts (run, database, number desc);

-- What went live and was put back by its own run: it was there for a moment.
create table freshet.put_backs (
  receipt  bigint primary key references freshet.receipts,
  event    bigint not null unique,
  at       timestamptz(3) not null
);

-- As a view, so that the receipt of a swap is the same whoever writes it down.
create view freshet.receivable as
select swaps.number, swaps.at, swaps.run, swaps.request, requests.kind, requests.requested_by, requests.front,
  coalesce((
    select jsonb_agg(jsonb_build_object('by', approvals."by", 'front', approvals.front, 'stage', approvals.stage)
                     order by approvals.number)
    from freshet.approvals
    where approvals.request = swaps.request and approvals.decision = 'approved' and approvals.voided_at is null
  ), '[]') as approvals,
  swaps.environment, swaps.database, swaps.server, swaps.database_name, swaps.backup,
  swaps.contents ->> 'environment' as source, swaps.contents ->> 'repository' as repository, swaps.contents ->> 'path' as path,
  swaps.contents ->> 'checksum' as checksum, (swaps.contents ->> 'dataAt')::timestamptz(3) as data_at,
  (swaps.contents ->> 'takenAt')::timestamptz(3) as taken_at, swaps.contents ->> 'anonymisation' as anonymisation,
  swaps.contents ->> 'scope' as scope
from freshet.swaps join freshet.requests on requests.number = swaps.request;

insert into freshet.receipts (at, run, request, kind, requested_by, front, approvals, environment, database, server, database_name,
  backup, source, repository, path, checksum, data_at, taken_at, anonymisation, scope)
select at, run, request, kind, requested_by, front, approvals, environment, database, server, database_name,
  backup, source, repository, path, checksum, data_at, taken_at, anonymisation, scope
from freshet.receivable order by number;

-- From here on none is without its event.
alter table freshet.receipts add constraint receipts_told check (event is not null) not valid;

create trigger receipts_append_only before update or delete or truncate on freshet.receipts
  for each statement execute function freshet.refuse_change();
create trigger put_backs_append_only before update or delete or truncate on freshet.put_backs
  for each statement execute function freshet.refuse_change();

-- Until when each was in: until it was put back, or until the next came that was not.
drop view freshet.received;
create view freshet.received as
select receipts.number, receipts.environment, receipts.database, receipts.server, receipts.database_name, receipts.at,
  coalesce(put_backs.at, following.at) as until, put_backs.at is not null as put_back,
  receipts.backup, receipts.source, receipts.repository, receipts.path, receipts.checksum, receipts.data_at, receipts.taken_at,
  receipts.anonymisation, receipts.scope, receipts.request, receipts.kind, receipts.requested_by, receipts.front, receipts.approvals
from freshet.receipts
left join freshet.put_backs on put_backs.receipt = receipts.number
left join lateral (
  select later.at from freshet.receipts as later
  where later.server = receipts.server and later.database_name = receipts.database_name and later.number > receipts.number
    and not exists (select from freshet.put_backs as back where back.receipt = later.number)
  order by later.number limit 1
) as following on true;
drop index freshet.swaps_of_backup, freshet.swaps_of_environment, freshet.swaps_of_request;

-- Under which retention events were removed, in seconds; of earlier removals it is not known.
alter table freshet.prunes add column keep_seconds double precision;
create index events_heads on freshet.events (number) where type = 'head-announced';

-- The shortest retention that can be configured, and the one that the newest head was told with: a shorter one counts from the day on
-- which people have read of it. `infinity`: for ever.
create function freshet.retention() returns double precision language sql stable as $$
  select greatest(31557600, (
    select case data ->> 'keeps' when 'ever' then 'infinity' else data ->> 'keeps' end::double precision
    from freshet.events where type = 'head-announced' order by number desc limit 1
  ))
$$;

-- As before; the setting is now the retention under which the owner removes, in seconds.
create or replace function freshet.refuse_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and tg_table_name = 'events' and coalesce(current_setting('freshet.pruning', true), '') <> ''
    and current_user = (select tableowner from pg_tables where schemaname = 'freshet' and tablename = 'events')
  then
    return null;
  end if;
  raise exception 'freshet.% is append-only: % is refused', tg_table_name, lower(tg_op)
    using errcode = 'insufficient_privilege';
end $$;
create function freshet.refuse_young() returns trigger language plpgsql as $$
begin
  if old.at < clock_timestamp() - make_interval(secs => current_setting('freshet.pruning')::double precision) then
    return old;
  end if;
  raise exception 'event % is younger than the retention: delete is refused', old.number
    using errcode = 'insufficient_privilege';
end $$;
create trigger events_not_young before delete on freshet.events
  for each row execute function freshet.refuse_young();

-- A removal is of one whole seal, the next one, whose events are old enough and gone; its moment is that of the clock.
create function freshet.refuse_prune() returns trigger language plpgsql as $$
declare
  sealed freshet.seals;
begin
  new.at := clock_timestamp();
  select * into sealed from freshet.seals where number = new.seal;
  if new.keep_seconds >= freshet.retention() and new.keep_seconds < 'infinity'
    and new.keep_seconds = current_setting('freshet.pruning', true)::double precision
    and sealed.at < new.at - make_interval(secs => new.keep_seconds)
    and sealed.number = (select coalesce(max(seal), 0) + 1 from freshet.prunes)
    and new.through = sealed.through and new.events = sealed.count
    and not exists (select from freshet.events where number > sealed."after" and number <= sealed.through)
  then
    return new;
  end if;
  raise exception 'the removal of seal % under a retention of % s is refused; expected the next whole seal, older than % s', new.seal,
    new.keep_seconds, freshet.retention()
    using errcode = 'insufficient_privilege';
end $$;
create trigger prunes_are_old before insert on freshet.prunes
  for each row execute function freshet.refuse_prune();

-- Numbers of events are the sequence's to give, and none that a program can't hold exactly.
alter sequence freshet.event_numbers maxvalue 9007199254740991;
alter table freshet.events add constraint events_numbered check (number <= 9007199254740991) not valid;
create function freshet.refuse_number() returns trigger language plpgsql as $$
begin
  if new.number <= (select last_value from freshet.event_numbers) then return new; end if;
  raise exception 'event % lies ahead of the numbers that were given: insert is refused', new.number
    using errcode = 'insufficient_privilege';
end $$;
create trigger events_in_turn before insert on freshet.events
  for each row execute function freshet.refuse_number();

-- How far events are numbered. Where one lies further ahead all the same, numbers go on behind it: it is sealed with those before it,
-- and what comes then is not taken for something that was put in afterwards.
create function freshet.numbered_through() returns bigint language plpgsql volatile security definer
  set search_path = pg_catalog as $$
declare
  given bigint;
  farthest bigint;
begin
  select max(number) into farthest from freshet.events;
  select case when is_called then last_value else last_value - 1 end into given from freshet.event_numbers;
  if farthest > given then
    -- Whoever comes second must not set it back.
    perform pg_advisory_xact_lock(hashtext('freshet.event_numbers'));
    select case when is_called then last_value else last_value - 1 end into given from freshet.event_numbers;
    if farthest > given then given := setval('freshet.event_numbers', farthest); end if;
  end if;
  return given;
end $$;
