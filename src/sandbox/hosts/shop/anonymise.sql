-- Puts invented people in the place of real ones, in a scratch copy of the shop. The same value always becomes the
-- same other value under one key, so that joins by name or e-mail still work. Needs the psql variable `key`.
-- Run by the owner of the tables; triggers would only write the clock into the rows.
BEGIN;
ALTER TABLE shop.customer DISABLE TRIGGER USER;
ALTER TABLE shop.orders DISABLE TRIGGER USER;
ALTER TABLE shop.payment DISABLE TRIGGER USER;

CREATE TEMPORARY TABLE alias_first (nr, value) AS
SELECT ordinality - 1, value FROM unnest(string_to_array(
  'Alder,Birch,Cedar,Fennel,Ginkgo,Hazel,Ivy,Juniper,Laurel,Maple,Nettle,Olive,Poppy,Rowan,Sage,Tansy,Willow,Yarrow',
  ',')) WITH ORDINALITY AS v (value, ordinality);
CREATE TEMPORARY TABLE alias_last (nr, value) AS
SELECT ordinality - 1, value FROM unnest(string_to_array(
  'Bluebell,Clover,Daffodil,Elderflower,Foxglove,Gentian,Heather,Jasmine,Kingcup,Lavender,Marigold,Narcissus,Orchid,'
  'Primrose,Snowdrop,Thistle,Violet', ',')) WITH ORDINALITY AS v (value, ordinality);

CREATE TEMPORARY TABLE alias AS
SELECT h.customer_id, f.value AS first_name, l.value AS last_name, h.digest,
       'customer-' || left(h.digest, 15) || '@anonymous.invalid' AS email
FROM (SELECT customer_id, encode(sha256(convert_to(:'key' || '|customer|' || lower(email::text), 'UTF8')), 'hex') AS digest
      FROM shop.customer) h
JOIN alias_first f ON f.nr = ('x0' || substr(digest, 20, 7))::bit(32)::int % 18
JOIN alias_last l ON l.nr = ('x0' || substr(digest, 30, 7))::bit(32)::int % 17;
CREATE UNIQUE INDEX ON alias (customer_id);
ANALYZE alias;

UPDATE shop.customer c SET first_name = a.first_name, last_name = a.last_name, email = a.email,
  phone = CASE WHEN phone IS NOT NULL THEN '+00 ' || translate(left(a.digest, 9), 'abcdef', '123456') END,
  date_of_birth = date_trunc('year', date_of_birth),
  iban = CASE WHEN iban IS NOT NULL THEN 'XX00NONE' || translate(substr(a.digest, 10, 10), 'abcdef', '123456') END,
  preferences = preferences - 'delivery_note', password_hash = '!'
FROM alias a WHERE a.customer_id = c.customer_id;

UPDATE shop.address d SET recipient = a.first_name || ' ' || a.last_name, street = 'Anonymous street',
  house_number = (('x0' || substr(a.digest, 40, 7))::bit(32)::int % 200 + 1)::text,
  postcode = left(postcode, 2) || '00'
FROM alias a WHERE a.customer_id = d.customer_id;

UPDATE shop.payment p SET account_holder = a.first_name || ' ' || a.last_name,
  iban = CASE WHEN p.iban IS NOT NULL THEN 'XX00NONE' || translate(substr(a.digest, 10, 10), 'abcdef', '123456') END,
  card_last4 = CASE WHEN p.card_last4 IS NOT NULL THEN '0000' END
FROM shop.orders o JOIN alias a USING (customer_id) WHERE o.order_id = p.order_id;

UPDATE shop.orders SET note = 'Gift' WHERE note IS NOT NULL;
UPDATE shop.review r SET author = a.first_name FROM alias a WHERE a.customer_id = r.customer_id;
UPDATE shop.support_message SET body = CASE WHEN from_customer THEN 'Question of a customer' ELSE 'Answer' END
  || repeat('.', length(body) - 22);
UPDATE shop.email_message e SET recipient = a.email, body = 'Dear customer, thank you for your order.'
  || repeat('.', length(e.body) - 40)
FROM alias a WHERE a.customer_id = e.customer_id;
UPDATE shop.order_event v SET detail = v.detail || jsonb_build_object('by', a.email)
FROM shop.orders o JOIN alias a USING (customer_id)
WHERE o.order_id = v.order_id AND v.detail ->> 'by' LIKE '%@%';
UPDATE shop.shipment SET tracking_code = upper(left(md5(:'key' || tracking_code), 14));
UPDATE shop.supplier SET contact_name = 'Contact ' || supplier_id,
  contact_email = 'supplier-' || supplier_id || '@anonymous.invalid';

SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE shop.customer ENABLE TRIGGER USER;
ALTER TABLE shop.orders ENABLE TRIGGER USER;
ALTER TABLE shop.payment ENABLE TRIGGER USER;
COMMIT;
DROP TABLE alias, alias_first, alias_last;
