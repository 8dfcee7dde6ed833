-- The same as for UAT, with the addresses of the developers' machines.
update settings set value = 'test' where key = 'payment.mode';
update settings set value = 'http://localhost:9090' where key = 'payment.url';
update settings set value = 'http://localhost:3000' where key = 'shop.url';
