-- Puts invented people in the place of real ones, in a scratch copy of the billing. Needs the psql variable `key`.
BEGIN;
UPDATE billing.account a SET
  holder = 'Account holder ' || left(h.digest, 10),
  iban = CASE WHEN iban IS NOT NULL THEN 'XX00NONE' || translate(substr(h.digest, 10, 10), 'abcdef', '123456') END
FROM (SELECT account_id, encode(sha256(convert_to(:'key' || '|account|' || customer_id, 'UTF8')), 'hex') AS digest
      FROM billing.account) h
WHERE h.account_id = a.account_id;
UPDATE billing.reminder SET body = 'Dear customer, please pay your invoice.';
COMMIT;
