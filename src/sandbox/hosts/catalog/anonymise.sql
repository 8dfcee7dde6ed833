-- People of the catalogue under other names. Nobody is written to from a copy, and its keys open nothing.
UPDATE account SET email = CONCAT('person', account_id, '@anonymous.example'), display_name = CONCAT('Person ', account_id),
  api_key = NULL;
UPDATE mail_queue SET recipient = CONCAT('person', mail_id, '@anonymous.example'), body = CONCAT('Message ', mail_id);
UPDATE setting SET value = 'removed' WHERE name LIKE '%key' OR name LIKE '%url';
