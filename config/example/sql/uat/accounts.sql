-- Nobody outside gets mail from a test environment, and the testers' accounts are there after each refresh.
update customers set email = 'customer-' || id || '@uat.example.org' where email not like '%@example.org';
insert into staff (login, role) values ('qa-1', 'tester'), ('qa-2', 'tester')
on conflict (login) do update set role = excluded.role;
