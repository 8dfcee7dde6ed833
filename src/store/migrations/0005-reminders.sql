-- Who was reminded of a request that waits: each once in a wait, whichever process does it. `reminder`: a number from 1, or `last`.
create table freshet.reminders (
  request   bigint not null references freshet.requests,
  since     timestamptz(3) not null,
  reminder  text not null,
  at        timestamptz(3) not null,
  primary key (request, since, reminder)
);
