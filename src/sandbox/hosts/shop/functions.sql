-- Functions that indexes, triggers and views stand on. Every name is qualified: a restore runs
-- index expressions with an empty search path.
CREATE FUNCTION shop.phone_digits(phone text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
  RETURN pg_catalog.regexp_replace(phone, '[^0-9]', '', 'g');

CREATE FUNCTION shop.touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at := pg_catalog.now();
  RETURN NEW;
END $$;

CREATE FUNCTION shop.note_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO shop.order_event (order_id, kind, detail, happened_at)
  VALUES (NEW.order_id, NEW.status::text,
          pg_catalog.jsonb_build_object('by', SESSION_USER), pg_catalog.clock_timestamp());
  RETURN NULL;
END $$;

CREATE FUNCTION shop.add_up_orders() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE shop.orders o SET total = coalesce(
    (SELECT sum(l.line_total) FROM shop.order_line l WHERE l.order_id = o.order_id), 0)
  WHERE o.order_id IN (SELECT order_id FROM changed);
  RETURN NULL;
END $$;

CREATE FUNCTION shop.refund_within_charge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT sum(CASE p.kind WHEN 'refund' THEN -p.amount ELSE p.amount END)
      FROM shop.payment p WHERE p.order_id = NEW.order_id) < 0 THEN
    RAISE EXCEPTION 'order % would be refunded more than was paid', NEW.order_id
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
