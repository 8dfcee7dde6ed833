-- Who looks at a page of a front's that is kept current, and what that page shows; forgotten some weeks after they last opened it.
create table freshet.viewers (
  front    text not null,
  who      text not null,
  seen_at  timestamptz(3) not null,
  shown    jsonb,
  primary key (front, who)
);

-- What went live last on each target: nothing came over it.
create index swaps_standing on freshet.swaps (server, database_name) where superseded_by is null;
create index requests_of_person on freshet.requests (requested_by, number desc);
