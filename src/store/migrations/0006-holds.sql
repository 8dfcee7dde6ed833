-- Somebody's word that an environment is not to be overwritten for a while.
create table freshet.holds (
  number       bigint generated always as identity primary key,
  environment  text not null,
  "by"         text not null,
  front        text not null,
  "from"       timestamptz(3) not null,
  until        timestamptz(3) not null,
  reason       text not null,
  released_at  timestamptz(3),
  released_by  text,
  check (until > "from"),
  check ((released_at is null) = (released_by is null))
);
create index holds_standing on freshet.holds (until, environment) where released_at is null;

-- That a holder lets exactly this request go on. A no is a rejection of the request, and kept with its approvals.
create table freshet.hold_answers (
  request  bigint not null references freshet.requests,
  hold     bigint not null references freshet.holds,
  digest   text not null,
  "by"     text not null,
  front    text not null,
  at       timestamptz(3) not null,
  primary key (request, hold, digest)
);

-- Asked for by breaking the glass: approved by rule, and past whatever the calendar says.
alter table freshet.requests add column break_glass boolean not null default false;
alter table freshet.requests alter column break_glass drop default;
