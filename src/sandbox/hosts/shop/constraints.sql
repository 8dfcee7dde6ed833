-- Keys, checks and indexes. Customers and addresses point at each other: the cycle is deferrable.
ALTER TABLE shop.country ADD PRIMARY KEY (country_code),
  ADD CONSTRAINT country_vat_sane CHECK (vat_rate BETWEEN 0 AND 30);
ALTER TABLE shop.warehouse ADD PRIMARY KEY (warehouse_id),
  ADD FOREIGN KEY (country_code) REFERENCES shop.country;
ALTER TABLE shop.category ADD PRIMARY KEY (category_id),
  ADD CONSTRAINT category_parent FOREIGN KEY (parent_id) REFERENCES shop.category;
ALTER TABLE shop.supplier ADD PRIMARY KEY (supplier_id),
  ADD FOREIGN KEY (country_code) REFERENCES shop.country;
ALTER TABLE shop.product ADD PRIMARY KEY (product_id), ADD UNIQUE (sku),
  ADD FOREIGN KEY (category_id) REFERENCES shop.category,
  ADD FOREIGN KEY (supplier_id) REFERENCES shop.supplier,
  ADD CONSTRAINT product_weight CHECK (weight_grams > 0);
ALTER TABLE shop.price_change ADD PRIMARY KEY (price_change_id),
  ADD FOREIGN KEY (product_id) REFERENCES shop.product ON DELETE CASCADE,
  ADD CONSTRAINT price_really_changes CHECK (old_price <> new_price);
ALTER TABLE shop.stock_level ADD PRIMARY KEY (warehouse_id, product_id),
  ADD FOREIGN KEY (warehouse_id) REFERENCES shop.warehouse,
  ADD FOREIGN KEY (product_id) REFERENCES shop.product ON DELETE CASCADE,
  ADD CONSTRAINT stock_not_negative CHECK (quantity >= 0);
ALTER TABLE shop.coupon ADD PRIMARY KEY (code),
  ADD CONSTRAINT coupon_percent CHECK (percent BETWEEN 1 AND 60);
ALTER TABLE shop.customer ADD PRIMARY KEY (customer_id), ADD CONSTRAINT customer_email_once UNIQUE (email),
  ADD CONSTRAINT customer_email_looks_right CHECK (email ~ '^[^@ ]+@[^@ ]+$');
ALTER TABLE shop.address ADD PRIMARY KEY (address_id),
  ADD CONSTRAINT address_of_customer FOREIGN KEY (customer_id)
    REFERENCES shop.customer ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  ADD FOREIGN KEY (country_code) REFERENCES shop.country;
ALTER TABLE shop.customer ADD CONSTRAINT customer_default_address FOREIGN KEY (default_address_id)
  REFERENCES shop.address DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE shop.orders ADD PRIMARY KEY (order_id), ADD UNIQUE (order_number),
  ADD FOREIGN KEY (customer_id) REFERENCES shop.customer,
  ADD FOREIGN KEY (ship_to_id) REFERENCES shop.address,
  ADD FOREIGN KEY (coupon_code) REFERENCES shop.coupon;
ALTER TABLE shop.order_line ADD PRIMARY KEY (order_id, line_number),
  ADD FOREIGN KEY (order_id) REFERENCES shop.orders ON DELETE CASCADE,
  ADD FOREIGN KEY (product_id) REFERENCES shop.product,
  ADD CONSTRAINT order_line_quantity CHECK (quantity BETWEEN 1 AND 99);
ALTER TABLE shop.payment ADD PRIMARY KEY (payment_id),
  ADD FOREIGN KEY (order_id) REFERENCES shop.orders,
  ADD CONSTRAINT payment_kind CHECK (kind IN ('charge', 'refund')),
  ADD CONSTRAINT payment_account CHECK (method <> 'card' OR card_last4 IS NOT NULL);
ALTER TABLE shop.shipment ADD PRIMARY KEY (shipment_id),
  ADD FOREIGN KEY (order_id) REFERENCES shop.orders,
  ADD FOREIGN KEY (warehouse_id) REFERENCES shop.warehouse,
  ADD CONSTRAINT shipment_in_order CHECK (delivered_at IS NULL OR delivered_at >= sent_at);
ALTER TABLE shop.return_request ADD PRIMARY KEY (return_id),
  ADD FOREIGN KEY (order_id) REFERENCES shop.orders,
  ADD FOREIGN KEY (refund_payment_id) REFERENCES shop.payment;
ALTER TABLE shop.review ADD PRIMARY KEY (review_id),
  ADD FOREIGN KEY (product_id) REFERENCES shop.product ON DELETE CASCADE,
  ADD FOREIGN KEY (customer_id) REFERENCES shop.customer,
  ADD CONSTRAINT review_stars CHECK (stars BETWEEN 1 AND 5);
ALTER TABLE shop.support_ticket ADD PRIMARY KEY (ticket_id),
  ADD FOREIGN KEY (customer_id) REFERENCES shop.customer,
  ADD FOREIGN KEY (order_id) REFERENCES shop.orders;
ALTER TABLE shop.support_message ADD PRIMARY KEY (message_id),
  ADD FOREIGN KEY (ticket_id) REFERENCES shop.support_ticket ON DELETE CASCADE;
ALTER TABLE shop.email_message ADD PRIMARY KEY (email_id),
  ADD FOREIGN KEY (customer_id) REFERENCES shop.customer;
ALTER TABLE shop.order_event ADD PRIMARY KEY (event_id, happened_at),
  ADD FOREIGN KEY (order_id) REFERENCES shop.orders;

CREATE INDEX product_name_trgm ON shop.product USING gin (name public.gin_trgm_ops);
CREATE INDEX product_search ON shop.product USING gin (search);
CREATE INDEX product_attributes ON shop.product USING gin (attributes jsonb_path_ops);
CREATE INDEX product_sellable ON shop.product (category_id, price) WHERE discontinued_at IS NULL;
CREATE INDEX customer_full_name ON shop.customer (lower(last_name), lower(first_name));
CREATE INDEX customer_phone_digits ON shop.customer (shop.phone_digits(phone)) WHERE phone IS NOT NULL;
CREATE INDEX address_customer ON shop.address (customer_id);
CREATE INDEX address_city ON shop.address (country_code, city) INCLUDE (postcode);
CREATE INDEX orders_customer ON shop.orders (customer_id, placed_at DESC);
CREATE INDEX orders_unfinished ON shop.orders (placed_at)
  WHERE status IN ('placed', 'paid', 'packed', 'shipped');
CREATE INDEX order_line_product ON shop.order_line (product_id);
CREATE INDEX payment_order ON shop.payment (order_id);
CREATE INDEX payment_booked ON shop.payment USING brin (booked_at);
CREATE UNIQUE INDEX shipment_tracking ON shop.shipment (carrier, tracking_code);
CREATE INDEX shipment_order ON shop.shipment (order_id);
CREATE INDEX review_product ON shop.review (product_id, stars);
CREATE INDEX ticket_open ON shop.support_ticket (opened_at) WHERE state <> 'solved';
CREATE INDEX message_ticket ON shop.support_message (ticket_id);
CREATE INDEX email_customer ON shop.email_message (customer_id, sent_at DESC);
CREATE INDEX order_event_order ON shop.order_event (order_id);
CREATE STATISTICS shop.address_place (dependencies, ndistinct) ON country_code, city, postcode FROM shop.address;
