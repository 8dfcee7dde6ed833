-- Triggers, views and the shop's own procedures; after the rows, so that none of them fires on loading.
CREATE TRIGGER product_touched BEFORE UPDATE ON shop.product
  FOR EACH ROW EXECUTE FUNCTION shop.touch_updated_at();
CREATE TRIGGER customer_touched BEFORE UPDATE ON shop.customer
  FOR EACH ROW EXECUTE FUNCTION shop.touch_updated_at();
CREATE TRIGGER order_status_noted AFTER INSERT OR UPDATE OF status ON shop.orders
  FOR EACH ROW EXECUTE FUNCTION shop.note_status();
CREATE TRIGGER order_lines_added AFTER INSERT ON shop.order_line
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION shop.add_up_orders();
CREATE TRIGGER order_lines_removed AFTER DELETE ON shop.order_line
  REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION shop.add_up_orders();
CREATE CONSTRAINT TRIGGER refund_checked AFTER INSERT OR UPDATE ON shop.payment
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION shop.refund_within_charge();

CREATE FUNCTION shop.find_customer(part text) RETURNS SETOF shop.customer LANGUAGE sql STABLE AS $$
  SELECT c.* FROM shop.customer c
  WHERE c.email::text ILIKE '%' || part || '%' OR lower(c.last_name) LIKE lower(part) || '%'
  ORDER BY c.last_name, c.first_name LIMIT 50
$$;
CREATE FUNCTION shop.find_product(part text) RETURNS TABLE (product_id integer, name text, closeness real)
  LANGUAGE sql STABLE AS $$
  SELECT p.product_id, p.name, public.similarity(p.name, part)
  FROM shop.product p WHERE p.name OPERATOR(public.%) part
  ORDER BY 3 DESC, 1 LIMIT 20
$$;
CREATE FUNCTION shop.place_order(customer bigint, product integer, quantity smallint)
  RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE made bigint;
BEGIN
  INSERT INTO shop.orders (customer_id, ship_to_id)
  SELECT c.customer_id, c.default_address_id FROM shop.customer c WHERE c.customer_id = customer
  RETURNING order_id INTO STRICT made;
  INSERT INTO shop.order_line (order_id, line_number, product_id, quantity, unit_price)
  SELECT made, 1, p.product_id, quantity, p.price FROM shop.product p WHERE p.product_id = product;
  RETURN made;
END $$;
CREATE PROCEDURE shop.forget_customer(customer bigint) LANGUAGE plpgsql AS $$
BEGIN
  UPDATE shop.customer SET first_name = 'Removed', last_name = 'customer', phone = NULL, iban = NULL,
    date_of_birth = NULL, email = 'removed-' || customer_id || '@shop.invalid'
  WHERE customer_id = customer;
END $$;

CREATE VIEW shop.order_overview AS
  SELECT o.order_number, o.status, o.placed_at, o.total,
         c.first_name || ' ' || c.last_name AS customer, c.email, a.city, a.country_code
  FROM shop.orders o
  JOIN shop.customer c USING (customer_id)
  JOIN shop.address a ON a.address_id = o.ship_to_id;
CREATE VIEW shop.unfinished_order WITH (security_barrier = true) AS
  SELECT * FROM shop.order_overview
  WHERE status IN ('placed', 'paid', 'packed', 'shipped');
CREATE VIEW shop.product_on_sale AS
  SELECT product_id, sku, name, price, category_id FROM shop.product WHERE discontinued_at IS NULL
  WITH LOCAL CHECK OPTION;
CREATE MATERIALIZED VIEW shop.monthly_sales AS
  SELECT date_trunc('month', o.placed_at AT TIME ZONE 'UTC')::date AS month, p.category_id,
         count(DISTINCT o.order_id) AS orders, sum(l.quantity) AS pieces, sum(l.line_total) AS revenue
  FROM shop.orders o
  JOIN shop.order_line l USING (order_id)
  JOIN shop.product p USING (product_id)
  WHERE o.status NOT IN ('cancelled', 'returned')
  GROUP BY 1, 2;
CREATE UNIQUE INDEX monthly_sales_once ON shop.monthly_sales (month, category_id);

COMMENT ON SCHEMA shop IS 'The webshop';
COMMENT ON TABLE shop.customer IS 'One row per account; personal data';
COMMENT ON COLUMN shop.customer.iban IS 'For direct debit; personal data';
COMMENT ON TABLE shop.order_event IS 'What happened to an order, partitioned by half year';
COMMENT ON FUNCTION shop.find_product(text) IS 'Finds products despite typing errors (trigrams)';
COMMENT ON VIEW shop.unfinished_order IS 'What the warehouse works on today';
