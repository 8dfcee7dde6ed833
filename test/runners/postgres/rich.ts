/** A value of each kind that PostgreSQL keeps. */
export const rich = `
  CREATE TYPE mood AS ENUM ('calm', 'ü "odd"'); CREATE TYPE pair AS (a int, b text);
  CREATE DOMAIN code AS text CHECK (VALUE ~ '^[A-Z]+$') DEFAULT 'X';
  CREATE TABLE kinds (id int GENERATED ALWAYS AS IDENTITY (START 70) PRIMARY KEY, raw bytea, doc jsonb, words json, small bit(5), many varbit,
    money_ numeric(40, 20), ratio real, wide double precision, at_ timestamptz, local_ timestamp, day_ date, clock timetz, long_ interval,
    feels mood, two pair, tag code, list text[][], span_ tstzrange, net cidr, place point, mark uuid, find tsvector,
    half numeric GENERATED ALWAYS AS (money_ / 2) STORED, byte_order text COLLATE "C", other text COLLATE "und-x-icu");
  INSERT INTO kinds (raw, doc, words, small, many, money_, ratio, wide, at_, local_, day_, clock, long_, feels, two, tag, list, span_, net, place, mark, find, byte_order, other)
    VALUES ('\\x00225c0a0dff', '{"b": [1, null], "a": "ü\\u0001"}', '{"b":1, "b": 2 }', B'10101', B'1', 12345678901234567890.12345678901234567890, 0.1, 'NaN',
      '2026-03-29 01:30:00.123456+00', '2026-03-29 02:30:00', '0044-03-15 BC', '12:00+05:30', '1 mon -2 days 03:04:05.6', 'ü "odd"', ROW(1, 'x, "y"'), 'AB',
      '{{a,NULL},{"b,\\"c",d}}', '[2026-10-25 00:30:00+00, 2026-10-25 01:30:00+00)', '10.1.0.0/16', '(1.5,-2)', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'a:1 b:2',
      E'\\t\\\\N\\n\\r', 'Straße 東京 🐘 \u200b'),
    ('', 'null', '[]', B'00000', B'', 0, '-Infinity', 1e-300, 'infinity', '-infinity', '9999-12-31', '23:59:59.999999-12', '0', NULL, NULL, NULL, '{}', 'empty', NULL, NULL, NULL, NULL, '', '\\.');
  INSERT INTO kinds (raw) SELECT decode(string_agg(lpad(to_hex(i % 256), 2, '0'), ''), 'hex') FROM generate_series(0, 500000) i;
  CREATE TABLE parts (id int, day_ timestamptz, PRIMARY KEY (id, day_)) PARTITION BY RANGE (day_);
  CREATE TABLE parts_old PARTITION OF parts FOR VALUES FROM (MINVALUE) TO ('2026-03-29 01:00:00+00');
  CREATE TABLE parts_new PARTITION OF parts FOR VALUES FROM ('2026-03-29 01:00:00+00') TO (MAXVALUE) PARTITION BY HASH (id);
  CREATE TABLE parts_even PARTITION OF parts_new FOR VALUES WITH (MODULUS 2, REMAINDER 0);
  CREATE TABLE parts_odd PARTITION OF parts_new FOR VALUES WITH (MODULUS 2, REMAINDER 1);
  INSERT INTO parts SELECT i, timestamptz '2026-03-29 00:00:00+00' + i * interval '10 min' FROM generate_series(1, 20) i;
  CREATE SEQUENCE counting INCREMENT -3 MAXVALUE 100 START 50 CYCLE; SELECT nextval('counting'), nextval('counting');
  CREATE MATERIALIZED VIEW sums AS SELECT count(*) AS n FROM parts; CREATE VIEW later AS SELECT * FROM parts WHERE day_ > timestamptz '2026-03-29 01:00:00+00';
  SELECT lo_from_bytea(4711, '\\x00ff5c');`;
