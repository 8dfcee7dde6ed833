-- What a request costs others, before it is approved.

-- What had been written to a database when it went live: what comes on top of that is lost with the next refresh.
alter table freshet.swaps add column writes jsonb;

-- What backups would bring, by names, each looked into once. By what is in the file: a file that is replaced is another one.
create table freshet.outlines (
  checksum  text primary key,
  schema    jsonb not null,
  read_at   timestamptz(3) not null default clock_timestamp()
);
