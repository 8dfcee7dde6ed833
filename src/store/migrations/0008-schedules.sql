-- Schedules of people, and how those of the site file stand. What it was when it was last looked at is kept to see that it changed.
create table freshet.schedules (
  name        text primary key,
  definition  jsonb,
  bound       jsonb,
  since       timestamptz(3) not null,
  paused_at   timestamptz(3),
  paused_by   text,
  paused_why  text,
  skips       timestamptz(3),
  failures    integer not null default 0 check (failures >= 0),
  check (paused_at is not null or (paused_by is null and paused_why is null))
);

-- What became of each slot. The key is the promise that a slot makes one request, however many processes there are.
create table freshet.schedule_slots (
  schedule  text not null references freshet.schedules on delete cascade,
  slot      timestamptz(3) not null,
  outcome   text not null check (outcome in ('asked', 'skipped', 'missed', 'refused')),
  request   bigint references freshet.requests,
  why       text,
  primary key (schedule, slot)
);

create table freshet.schedule_approvals (
  number       bigint generated always as identity primary key,
  schedule     text not null references freshet.schedules on delete cascade,
  "by"         text not null,
  front        text not null,
  digest       text not null,
  stage        text not null,
  at           timestamptz(3) not null,
  until        timestamptz(3) not null,
  reminded_at  timestamptz(3),
  voided_at    timestamptz(3)
);
create unique index schedule_approvals_one_of_person on freshet.schedule_approvals (schedule, "by") where voided_at is null;

-- The schedule that asked, and the digest of what it was then. No reference: a schedule that is removed leaves its requests.
alter table freshet.requests add column schedule text;
alter table freshet.requests add column schedule_digest text;
alter table freshet.requests add check ((schedule is null) = (schedule_digest is null));
create index requests_of_schedule on freshet.requests (schedule, number desc) where schedule is not null;
