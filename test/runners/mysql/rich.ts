/** A value of each kind that MySQL and MariaDB keep. */
export const rich = `
  SET time_zone = '+00:00', sql_mode = 'STRICT_TRANS_TABLES';
  CREATE TABLE kinds (id int PRIMARY KEY AUTO_INCREMENT, raw longblob, doc json, small bit(5), money_ decimal(40, 20), ratio float, wide double,
    at_ timestamp(3) NULL, local_ datetime(6), day_ date, clock time(2), yr year, feels enum('calm', 'ü "odd"'), many set('x', 'y', 'z'),
    whole bigint unsigned, place point, fixed binary(4), half bigint unsigned AS (whole DIV 2) STORED,
    tail varchar(10) CHARACTER SET utf8mb4 AS (RIGHT(words, 3)) VIRTUAL, words varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    west varchar(20) CHARACTER SET latin1, far_ varchar(20) CHARACTER SET gbk, two varchar(20) CHARACTER SET ucs2, seven varchar(20) CHARACTER SET ascii,
    KEY by_tail (tail), KEY by_half (half)) AUTO_INCREMENT = 70;
  INSERT INTO kinds (raw, doc, small, money_, ratio, wide, at_, local_, day_, clock, yr, feels, many, whole, place, fixed, words, west, far_, two, seven) VALUES
    (x'00225c0a0dff1a', '{"b": [1, null], "a": "ü"}', b'10101', 12345678901234567890.12345678901234567890, 0.1, 1e-300, '2026-03-29 01:30:00.123',
      '2026-03-29 02:30:00.123456', '1000-01-01', '-838:59:58.99', 1901, 'ü "odd"', 'x,z', 18446744073709551615, ST_GeomFromText('POINT(1.5 -2)'), x'00ff',
      'Straße 東京 🐬', 'Bäume', '中文', 'Ω', 'it''s;'),
    ('', 'null', b'0', 0, -1.5, 0, '2038-01-19 03:14:07', '9999-12-31 23:59:59', '9999-12-31', '00:00', 2155, NULL, '', 0, NULL, NULL,
      CONCAT('a', CHAR(9), CHAR(92), 'N', CHAR(10), CHAR(13), CHAR(0)), '', NULL, NULL, '-- Dump completed');
  INSERT INTO kinds (raw) VALUES (REPEAT(UNHEX('${Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0')).join('')}'), 2000));
  CREATE TABLE parts (id int, day_ date, PRIMARY KEY (id, day_)) PARTITION BY RANGE COLUMNS (day_) SUBPARTITION BY HASH (id) SUBPARTITIONS 2
    (PARTITION old_ VALUES LESS THAN ('2026-03-29'), PARTITION new_ VALUES LESS THAN (MAXVALUE));
  INSERT INTO parts VALUES (1, '2026-03-28'), (2, '2026-03-29'), (3, '2026-03-30');
  CREATE TABLE keyed (word varchar(20) PRIMARY KEY) PARTITION BY KEY () PARTITIONS 3; INSERT INTO keyed VALUES ('a'), ('b'), ('c');
  CREATE VIEW later AS SELECT id FROM parts PARTITION (new_); CREATE VIEW at_ AS SELECT at_ FROM kinds WHERE at_ > TIMESTAMP'2026-03-29 01:00:00';`;
