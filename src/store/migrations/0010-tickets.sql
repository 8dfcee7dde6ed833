-- A request may be for a ticket: the deployment or the test that needs the data.

alter table freshet.requests add column ticket text;
