CREATE TABLE category (
  category_id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
  parent_id int unsigned,
  name varchar(80) NOT NULL,
  FOREIGN KEY category_parent (parent_id) REFERENCES category (category_id)
) COMMENT 'Where products are found; two levels';

CREATE TABLE product (
  product_id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
  sku varchar(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL UNIQUE,
  name varchar(120) NOT NULL,
  description text NOT NULL,
  category_id int unsigned NOT NULL,
  price decimal(10, 2) NOT NULL CHECK (price > 0),
  price_net decimal(10, 2) AS (ROUND(price / 1.21, 2)) STORED,
  weight_grams float NOT NULL,
  attributes json NOT NULL,
  thumbnail blob NOT NULL,
  discontinued_at datetime,
  updated_at timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
  KEY product_category (category_id, price),
  FULLTEXT KEY product_words (name, description),
  CONSTRAINT product_in_category FOREIGN KEY (category_id) REFERENCES category (category_id)
);

CREATE TABLE price_change (
  price_change_id bigint unsigned NOT NULL AUTO_INCREMENT,
  product_id bigint unsigned NOT NULL,
  old_price decimal(10, 2) NOT NULL,
  new_price decimal(10, 2) NOT NULL,
  changed_at datetime NOT NULL,
  PRIMARY KEY (price_change_id, changed_at),
  KEY price_change_product (product_id)
) PARTITION BY HASH (YEAR(changed_at)) PARTITIONS 4;

CREATE TABLE stock (
  product_id bigint unsigned NOT NULL,
  warehouse enum('Venlo', 'Gent', 'Kassel', 'Lille') NOT NULL,
  quantity int NOT NULL,
  reorder_below int unsigned NOT NULL,
  PRIMARY KEY (product_id, warehouse),
  CONSTRAINT stock_of_product FOREIGN KEY (product_id) REFERENCES product (product_id) ON DELETE CASCADE
);

CREATE TABLE account (
  account_id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
  email varchar(190) NOT NULL UNIQUE,
  display_name varchar(120) NOT NULL,
  role enum('buyer', 'editor', 'tester') NOT NULL,
  is_test boolean NOT NULL DEFAULT false,
  api_key char(32) CHARACTER SET ascii
) COMMENT 'Who works with the catalogue';

CREATE TABLE mail_queue (
  mail_id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
  recipient varchar(190) NOT NULL,
  subject varchar(200) NOT NULL,
  body text NOT NULL,
  queued_at datetime NOT NULL,
  sent_at datetime,
  KEY mail_waiting (sent_at, queued_at)
) COMMENT 'What the shop writes to people; a job sends what is not sent';

CREATE TABLE feature_flag (
  name varchar(60) NOT NULL PRIMARY KEY,
  enabled boolean NOT NULL,
  rollout_percent tinyint unsigned NOT NULL CHECK (rollout_percent <= 100)
);

CREATE TABLE setting (
  name varchar(60) NOT NULL PRIMARY KEY,
  value varchar(500) NOT NULL
);

CREATE TABLE flyway_schema_history (
  installed_rank int NOT NULL PRIMARY KEY,
  version varchar(50),
  description varchar(200) NOT NULL,
  type varchar(20) NOT NULL,
  script varchar(1000) NOT NULL,
  checksum int,
  installed_by varchar(100) NOT NULL,
  installed_on timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
  execution_time int NOT NULL,
  success boolean NOT NULL,
  KEY flyway_schema_history_s_idx (success)
) COMMENT 'Changes of this schema that were carried out, as Flyway writes them down';
