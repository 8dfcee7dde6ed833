-- Hooks that failed are looked for among all requests, most of which never had one.

create index events_failed_hooks on freshet.events (request, at) where type = 'hook-failed';
