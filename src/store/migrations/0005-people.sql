-- Who was reminded of a request that waits: each once in a wait, whichever process does it. `reminder`: a number from 1, or `last`.
create table freshet.reminders (
  request   bigint not null references freshet.requests,
  since     timestamptz(3) not null,
  reminder  text not null,
  at        timestamptz(3) not null,
  primary key (request, since, reminder)
);

-- Accounts that people linked themselves, beside the ids of the site file. Nobody has two, and none is anybody else's.
create table freshet.links (
  person  text not null,
  front   text not null,
  account text not null,
  name    text not null,
  at      timestamptz(3) not null,
  primary key (person, front),
  unique (front, account)
);

-- Codes that link an account. Only their hash is kept. `account`: who wrote it over that front, once somebody did; `ended_at`: it counts no more.
create table freshet.link_codes (
  number      bigint generated always as identity primary key,
  person      text not null,
  front       text not null,
  hash        text not null unique,
  made_at     timestamptz(3) not null,
  expires_at  timestamptz(3) not null,
  account     text,
  name        text,
  ended_at    timestamptz(3),
  check ((account is null) = (name is null))
);
create index link_codes_of_person on freshet.link_codes (person, made_at);
create index link_codes_awaited on freshet.link_codes (front, expires_at) where account is null and ended_at is null;

-- The right to approve in the hands of another person for a time; one of each person at a time.
create table freshet.delegations (
  number    bigint generated always as identity primary key,
  "from"    text not null,
  "to"      text not null check ("to" <> "from"),
  since     timestamptz(3) not null,
  until     timestamptz(3) not null,
  ended_at  timestamptz(3)
);
create unique index delegations_one_of_person on freshet.delegations ("from") where ended_at is null;
create index delegations_in_force on freshet.delegations (until) where ended_at is null;

-- By whose right a yes was said, where it was not one's own.
alter table freshet.approvals add column "for" text;
alter table freshet.approvals add column fallback boolean;
