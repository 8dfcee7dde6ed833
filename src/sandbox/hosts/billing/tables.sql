-- The webshop's second database: who owes it what. Keys and indexes are there from the beginning: it is small.
-- Run as the owner of the database.
CREATE SCHEMA billing;

CREATE TYPE billing.invoice_state AS ENUM ('open', 'paid', 'reminded', 'written_off');

CREATE TABLE billing.account (
  account_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- The customer's number in the shop: nothing but the moment of both databases says whether it exists there.
  customer_id bigint NOT NULL UNIQUE,
  holder text NOT NULL,
  iban text,
  opened_at timestamptz NOT NULL
);
CREATE TABLE billing.invoice (
  invoice_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account_id bigint NOT NULL REFERENCES billing.account,
  order_id bigint NOT NULL UNIQUE,
  amount numeric(12, 2) NOT NULL CHECK (amount >= 0),
  state billing.invoice_state NOT NULL DEFAULT 'open',
  issued_at timestamptz NOT NULL,
  due_on date NOT NULL
);
CREATE INDEX invoice_of_account ON billing.invoice (account_id, issued_at DESC);
CREATE INDEX invoice_unpaid ON billing.invoice (due_on) WHERE state IN ('open', 'reminded');
CREATE TABLE billing.reminder (
  reminder_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  invoice_id bigint NOT NULL REFERENCES billing.invoice,
  body text NOT NULL,
  sent_at timestamptz NOT NULL
);
CREATE VIEW billing.unpaid AS
SELECT account_id, holder, count(*) AS invoices, sum(amount) AS amount
FROM billing.invoice JOIN billing.account USING (account_id)
WHERE state IN ('open', 'reminded') GROUP BY account_id, holder;
