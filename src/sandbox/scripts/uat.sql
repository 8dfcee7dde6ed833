-- The QA manager's own account, so that UAT can be used at once.
insert into shop.customer (email, first_name, last_name, preferences, password_hash, created_at, updated_at)
values ('qa.manager@qa.invalid', 'Quinn', 'Abara', '{"qa": true, "role": "manager"}', '!', '2026-01-01', '2026-01-01');
