-- A request may need several yeses, in stages: each person's counts once, and the rule's as before.
alter table freshet.approvals add column stage text;
drop index freshet.approvals_one_in_force;
create unique index approvals_one_of_person on freshet.approvals (request, "by") where voided_at is null and "by" is not null;
create unique index approvals_one_of_rule on freshet.approvals (request) where voided_at is null and "by" is null;

-- What the approval of a request is given under. What was asked for before has empty ones, and is asked for once more.
alter table freshet.requests add column terms jsonb not null default
  '{"protected": true, "accepts": [], "stages": [{"name": "approval", "roles": "everybody", "quorum": 1}], "ask": [], "approve": [], "readRaw": {}}';
alter table freshet.requests alter column terms drop default;
