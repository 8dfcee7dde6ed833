import type { Keeps } from '../engine-bench.ts';
import type { MysqlServer } from './server.ts';
import { numbers } from '../../../src/sandbox/hosts/catalog/numbers.ts';

const tables = `
  CREATE TABLE flags (name varchar(40) PRIMARY KEY, is_on bool);
  CREATE TABLE users (id int AUTO_INCREMENT PRIMARY KEY, name varchar(60), flag varchar(40), data json, raw varbinary(9), at timestamp(6) NULL,
    changed timestamp NULL ON UPDATE CURRENT_TIMESTAMP, total decimal(40,10), code char(5) CHARACTER SET latin1, tags set('a b','c'), mood enum('fine','it''s ok'),
    f float, d double, b bit(9), spot point, day date, twice int AS (length(name)) STORED,
    CONSTRAINT one_name UNIQUE (name), CONSTRAINT of_flag FOREIGN KEY (flag) REFERENCES flags (name));
  CREATE TABLE orders (id int PRIMARY KEY, \`user\` int, note text, CONSTRAINT of_user FOREIGN KEY (\`user\`) REFERENCES users (id));
  CREATE TABLE \`No \`\`Key\` (line text, at int);
  CREATE TABLE log (line text);
  CREATE TRIGGER noted AFTER INSERT ON users FOR EACH ROW INSERT INTO log VALUES ('fired');
  CREATE TRIGGER changed BEFORE UPDATE ON users FOR EACH ROW SET NEW.name = CONCAT(NEW.name, '!');`;

export const keeps: Keeps<MysqlServer> = {
  async make(server, source, live) {
    await server.sql(`CREATE DATABASE ${source}`);
    await server.inside(source, (connection) =>
      connection.query(
        `${tables} ALTER TABLE users ADD plan varchar(9) NOT NULL DEFAULT 'free';
         INSERT INTO flags VALUES ('beta', true), ('used', false);
         INSERT INTO users (name, flag) SELECT CONCAT('user ', seq), 'used' FROM ${numbers(1, 5)};
         INSERT INTO orders SELECT seq, seq, NULL FROM ${numbers(1, 5)}; INSERT INTO \`No \`\`Key\` VALUES ('of the backup', 1); DELETE FROM log`,
      ),
    );
    await server.inside(live, (connection) =>
      connection.query(
        `${tables} ALTER TABLE users ADD gone text;
         INSERT INTO flags VALUES ('USED', true), ('dark', NULL);
         INSERT INTO users (id, name, flag, data, raw, at, changed, total, code, tags, mood, f, d, b, spot, day, gone) VALUES
           (2, 'qa ''\\\\ "two"\\n\\tÜ', 'dark', 'null', x'00ff27', '2026-11-20 01:02:03.456789', '2020-02-02', 12345678901234567890.1234567890, 'é ', 'a b,c', 'it''s ok',
             0.1234567, 1e300, b'101', POINT(1.5, -2), '2026-01-01', 'x'),
           (9001, 'qa new', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '', NULL, NULL, NULL, NULL, NULL, NULL, NULL),
           (9002, 'nobody''s', NULL, '{"a": null}', NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
         INSERT INTO \`No \`\`Key\` VALUES ('of the target', 2), ('of the target', 2); DELETE FROM log`,
      ),
    );
  },
  flags: 'flags',
  withoutKey: 'No `Key',
  withoutKeyQuoted: '`No ``Key`',
  users: `SELECT CONCAT_WS(' ', id, QUOTE(name), QUOTE(flag), QUOTE(data), QUOTE(HEX(raw)), QUOTE(at), QUOTE(changed), QUOTE(total), QUOTE(HEX(code)), QUOTE(tags),
    QUOTE(mood), QUOTE(CAST(f AS double)), QUOTE(d), QUOTE(b + 0), QUOTE(ST_AsText(spot)), QUOTE(day), twice) FROM users ORDER BY id`,
};
