-- Backups that Freshet takes itself: where an item's backup goes, and which request a backup was taken by.

alter table freshet.request_items add column repository text;
alter table freshet.request_items drop constraint request_items_state_check;
alter table freshet.request_items add constraint request_items_state_check
  check (state in ('waiting', 'preparing', 'ready', 'swapped', 'taken', 'put-back', 'failed'));

alter table freshet.backups add column taken_by bigint references freshet.requests;
create index backups_taken_by on freshet.backups (taken_by) where taken_by is not null;
