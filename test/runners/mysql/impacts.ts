import type { Impacts } from '../engine-bench.ts';
import { accounts, type MysqlServer } from './server.ts';
import { numbers } from '../../../src/sandbox/hosts/catalog/numbers.ts';

// Of folders of mydumper only plain names of files are taken, and 0.10 dies of a backquote in the name of a column.
const made = (marked: string, isMariadb: boolean) => `
  CREATE TABLE orders (id int unsigned AUTO_INCREMENT PRIMARY KEY, total decimal(10,2) DEFAULT 7, note varchar(200) DEFAULT '${marked}',
    mood enum('fine','it''s, (ok)','b\\\\c') NOT NULL DEFAULT 'fine', data json, latin text CHARACTER SET latin1, packed text ${isMariadb ? 'COMPRESSED' : ''},
    twice int AS (length(note)) VIRTUAL, at timestamp(6) NULL COMMENT '${marked}\n  \`${marked}\` int,',
    KEY \`odd \`\`index\` (mood), UNIQUE KEY u (at), FULLTEXT KEY words (latin), CONSTRAINT positive CHECK (total > 0)) COMMENT='${marked}';
  CREATE TABLE \`order_lines\` (\`select\` int PRIMARY KEY, \`a, b\` int unsigned zerofill, \`DEFAULT ü\` bigint unsigned,
    CONSTRAINT of_order FOREIGN KEY (\`a, b\`) REFERENCES orders (id));
  CREATE TABLE parts (id int, day date) PARTITION BY RANGE (year(day)) (PARTITION p0 VALUES LESS THAN (2020), PARTITION p1 VALUES LESS THAN MAXVALUE);
  ${isMariadb ? 'CREATE SEQUENCE numbers' : 'CREATE TABLE numbers (next int)'}; CREATE TABLE versioned (line text) ${isMariadb ? 'WITH SYSTEM VERSIONING' : ''};
  CREATE VIEW open_orders AS SELECT id FROM orders; CREATE VIEW \`a_view\` AS SELECT * FROM open_orders;
  CREATE FUNCTION pay(one int) RETURNS int DETERMINISTIC BEGIN
/*
CREATE TABLE \`${marked}\` (
  \`${marked}\` text
) */ RETURN 1; END;
  CREATE PROCEDURE tidy() BEGIN SELECT '${marked}';
CREATE TEMPORARY TABLE never (line text); END;
  CREATE TRIGGER
    noted BEFORE INSERT ON orders FOR EACH ROW SET NEW.note = TRIM(NEW.note);
  create trigger \`noted too\` before update on orders for each row begin set NEW.note = '${marked}'; end;
  CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY DO SELECT '${marked}';
  CREATE TABLE flyway_schema_history (installed_rank int, version varchar(50), description varchar(200), script text);
  INSERT INTO flyway_schema_history VALUES (1, '1', 'first', '${marked}'), (2, '2.1', 'Übung\\\\x''"', ''), (3, NULL, 'again and again', '');
  CREATE TABLE DATABASECHANGELOG (ID varchar(255), AUTHOR varchar(255), FILENAME varchar(255));
  INSERT INTO DATABASECHANGELOG VALUES ('7', '${marked}', 'db/a.xml');
  CREATE TABLE schema_migrations (version varchar(255) PRIMARY KEY); INSERT INTO schema_migrations VALUES ('20260101');
  CREATE TABLE django_migrations (id int, app varchar(255), name varchar(255)); INSERT INTO django_migrations VALUES (1, 'shop', '0001_initial');
  CREATE TABLE _prisma_migrations (id varchar(36), migration_name varchar(255), logs text);
  INSERT INTO _prisma_migrations VALUES ('x', '2026_init', '${marked}');
  CREATE TABLE knex_migrations (id int, name varchar(255)); INSERT INTO knex_migrations VALUES (1, '001_first.js');
  CREATE TABLE migrations (id int, \`timestamp\` bigint, name varchar(255)); INSERT INTO migrations VALUES (1, 1700000000000, 'First1700000000000');
  CREATE TABLE alembic_version (version_num varchar(32)); INSERT INTO alembic_version VALUES ('ae10');
  INSERT INTO orders (latin) SELECT CONCAT('CREATE TABLE \`${marked}\` (', CHAR(10), '  \`x\` int') FROM ${numbers(1, 50)};`;

export const impacts: Impacts<MysqlServer> = {
  async make(server, name, marked) {
    await server.sql(
      `CREATE DATABASE ${name}; GRANT ALL PRIVILEGES ON ${name}.* TO ${accounts.admin}@'127.0.0.1'`,
    );
    await server.inside(
      name,
      async (connection) => void (await connection.query(made(marked, server.isMariadb))),
    );
  },
  found: {
    migration: [
      'alembic ae10',
      'django shop 0001_initial',
      'flyway 1 first',
      'flyway 2.1 ??bung??x??',
      'flyway again and again',
      'knex 001_first.js',
      'liquibase db/a.xml 7',
      'prisma 2026_init',
      'rails 20260101',
      'typeorm First1700000000000',
    ],
    table: ['numbers', 'order_lines', 'parts', 'versioned'],
    column: ['order_lines.a, b', 'orders.mood'],
    view: ['a_view', 'open_orders'],
    routine: ['function pay', 'procedure tidy'],
    trigger: ['noted', 'noted too'],
    event: ['nightly'],
    index: ['orders.odd `index', 'orders.u', 'orders.words'],
  },
  total: 'decimal(10,2)',
  index: (table, name) => `${table}.${name}`,
  async forget({ sql, isMariadb }) {
    await sql(
      isMariadb ? 'FLUSH TABLE_STATISTICS' : 'TRUNCATE performance_schema.table_io_waits_summary_by_table',
    );
    // MySQL's counters of a table begin with its name, and so at the swap with nothing.
    return isMariadb;
  },
};
