-- A request may carry the moment from which it may start.

alter table freshet.requests add column start_at timestamptz(3);
create index requests_starting on freshet.requests (start_at) where state = 'approved' and start_at is not null;
