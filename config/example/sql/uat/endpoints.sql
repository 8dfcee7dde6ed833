-- Points the copy at the test systems. Runs in the new database, before anybody can reach it; a statement that
-- fails ends the run, and the live database stays as it is.
update settings set value = 'test' where key = 'payment.mode';
update settings set value = 'https://payments.uat.example.org' where key = 'payment.url';
update settings set value = 'https://uat.example.org' where key = 'shop.url';
