-- The times of the day within which a request may start, as it was asked for; part of what is approved.

alter table freshet.requests add column start_within text;
