CREATE VIEW sellable AS
  SELECT p.product_id, p.sku, p.name, p.price, SUM(s.quantity) AS quantity
  FROM product p JOIN stock s USING (product_id)
  WHERE p.discontinued_at IS NULL GROUP BY p.product_id HAVING SUM(s.quantity) > 0;

CREATE FUNCTION price_with_vat(net decimal(10, 2), percent tinyint unsigned) RETURNS decimal(10, 2) DETERMINISTIC NO SQL
  RETURN ROUND(net * (1 + percent / 100), 2);

CREATE PROCEDURE restock(IN product bigint unsigned, IN place varchar(10), IN amount int) MODIFIES SQL DATA
BEGIN
  -- A place that has none of it yet gets its first.
  INSERT INTO stock (product_id, warehouse, quantity, reorder_below) VALUES (product, place, amount, 10)
    ON DUPLICATE KEY UPDATE quantity = quantity + amount;
END;

CREATE TRIGGER product_price AFTER UPDATE ON product FOR EACH ROW
BEGIN
  IF NEW.price <> OLD.price THEN
    INSERT INTO price_change (product_id, old_price, new_price, changed_at)
    VALUES (NEW.product_id, OLD.price, NEW.price, UTC_TIMESTAMP());
  END IF;
END;

CREATE EVENT forget_sent_mail ON SCHEDULE EVERY 1 DAY STARTS '2020-01-01 03:15:00' COMMENT 'Mail is kept for three years'
  DO DELETE FROM mail_queue WHERE sent_at < UTC_TIMESTAMP() - INTERVAL 3 YEAR;
