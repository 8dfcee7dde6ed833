import type { Worlds } from '../engine-bench.ts';
import type { MysqlServer } from './server.ts';

const world = `
CREATE TABLE mail_queue (id int, body text); INSERT INTO mail_queue VALUES (1, 'a'), (2, 'b');
CREATE TABLE customer (id int PRIMARY KEY, email varchar(100) UNIQUE);
INSERT INTO customer VALUES (1, 'ada@private.example'), (2, 'tester@qa.example.org'), (3, NULL);
CREATE TRIGGER greet AFTER UPDATE ON customer FOR EACH ROW INSERT INTO mail_queue VALUES (3, 'hello');
CREATE TABLE hooks (url text); INSERT INTO hooks VALUES ('https://partner.example/x');
CREATE TABLE odd (callback text DEFAULT ('https://pay.example.com/x'), CONSTRAINT known CHECK (callback <> 'http://pay.example.com'));
CREATE TABLE subscriber (id int); INSERT INTO subscriber VALUES (1);
CREATE TABLE subscription_plan (id int); INSERT INTO subscription_plan VALUES (1);
CREATE TABLE provider (secret varchar(20), raw varbinary(9)); INSERT INTO provider VALUES ('sk_live_abc', x'ff00');
CREATE TABLE report (enabled bit(1), word varchar(9)); INSERT INTO report VALUES (b'1', 'yes'), (b'0', '0');
CREATE TABLE page (link varchar(60), links text CHARACTER SET latin1 COLLATE latin1_bin, page json, notes mediumtext COLLATE utf8mb4_bin,
  whole text AS (CONCAT(link, '!')) STORED, kind enum('shop','x'), \`od"d'\`\`{{table}}\` text DEFAULT ('{{column}}'));
INSERT INTO page (link, links, page, notes) VALUES ('https://shop.example.com/x?y=1', 'é http://api.shop.example.com/ https://notshop.example.com',
  '{"at": "see HTTPS://SHOP.example.com:8443 and shop.example.com.au"}', 'Shop.Example.Com');
CREATE VIEW pages AS SELECT link FROM page;
CREATE TABLE banner (link varchar(40)) PARTITION BY KEY (link) PARTITIONS 2; INSERT INTO banner VALUES ('//shop.example.com');
CREATE TABLE audit (said text); INSERT INTO audit VALUES ('https://shop.example.com');
CREATE FUNCTION pay() RETURNS varchar(40) DETERMINISTIC RETURN 'https://pay.example.com/';
CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS NOW() + INTERVAL 1 DAY DO INSERT INTO audit VALUES ('of the event');
CREATE EVENT \`odd \`\`event\` ON SCHEDULE EVERY 1 DAY STARTS NOW() + INTERVAL 1 DAY DO INSERT INTO audit VALUES ('of the event');`;

export const worlds: Worlds<MysqlServer> = {
  async make(server, name) {
    await server.sql(`CREATE DATABASE ${name}`);
    await server.inside(name, (connection) => connection.query(world));
  },
  whole: {
    told: {
      addresses: {
        columns: ['customer.email'],
        to: 'customer-{id}@uat.example.org',
        keep: ['qa.example.org'],
      },
      webhooks: { columns: ['odd.callback', 'hooks.url'], tables: ['subscriber'] },
      keys: { columns: ['provider.secret', 'provider.raw'], to: 'none' },
      urls: {
        replace: { 'shop.example.com': 'uat.example.org', 'api.shop.example.com': 'api.example.org' },
        except: ['audit'],
        within: 600,
      },
      jobs: { columns: ['report.enabled', 'report.word'] },
      'mail-queue': { tables: ['mail_queue'] },
      'foreign-servers': {},
      files: [{ sql: 'own.sql', assert: 'own-holds.sql' }, { assert: 'true.sql' }],
    },
    files: {
      'own.sql': 'DELETE FROM subscription_plan;',
      'own-holds.sql': 'SELECT id FROM subscription_plan; ',
      'true.sql': 'SELECT COUNT(*) > 0 FROM customer -- all of them',
    },
    script: 'ALTER EVENT `odd ``event` ENABLE;',
  },
  afterwards: [
    [
      'SELECT email FROM customer ORDER BY id',
      ['customer-1@uat.example.org', 'tester@qa.example.org', 'null'],
    ],
    ['SELECT url FROM hooks', ['null']],
    ['SELECT CONCAT(secret, raw) FROM provider', ['nonenone']],
    ['SELECT CONCAT(enabled + 0, word) FROM report', ['00', '00']],
    ['SELECT link FROM page', ['https://uat.example.org/x?y=1']],
    ['SELECT links FROM page', ['é http://api.example.org/ https://notshop.example.com']],
    ['SELECT CONCAT(page) FROM page', ['{"at": "see HTTPS://uat.example.org:8443 and shop.example.com.au"}']],
    ['SELECT notes FROM page', ['uat.example.org']],
    ['SELECT whole FROM page', ['https://uat.example.org/x?y=1!']],
    ['SELECT link FROM banner', ['//uat.example.org']],
    ['SELECT said FROM audit', ['https://shop.example.com']],
  ],
  did: [
    { name: 'addresses', rows: 1 },
    { name: 'webhooks', rows: 2 },
    { name: 'keys', rows: 2 },
    { name: 'urls', rows: 3 },
    { name: 'jobs', rows: 2 },
    // The trigger on the customers had put one more into the queue.
    { name: 'mail-queue', rows: 3 },
    { name: 'foreign-servers', rows: 0, nothing: true },
    { name: 'own.sql' },
    { name: 'true.sql' },
  ],
  untouched: {
    first: ['ALTER EVENT nightly ENABLE'],
    told: {
      addresses: {
        columns: ['customer.email'],
        to: 'customer-{id}@uat.example.org',
        keep: ['qa.example.org'],
      },
      webhooks: { columns: ['hooks.url'], tables: ['subscriber'] },
      keys: { columns: ['provider.secret', 'provider.raw'], tables: ['subscription_plan'] },
      jobs: { columns: ['report.enabled', 'report.word'], tables: ['mail_queue'] },
      'mail-queue': { tables: ['mail_queue'] },
    },
    found: [
      '"addresses" finds 1 in customer.email',
      '"webhooks" finds 1 in hooks.url, 1 in subscriber',
      '"keys" finds 1 in provider.secret, 1 in provider.raw, 1 in subscription_plan',
      '"jobs" finds 1 in report.enabled, 1 in report.word, 2 in mail_queue, 1 in event nightly',
      '"mail-queue" finds 2 in mail_queue',
    ],
  },
  failing: [
    {
      title: 'names a table that the backup does not have',
      told: { 'mail-queue': { tables: ['mail_quue'] } },
      code: 'pack-table-missing',
      cause: /"mail-queue" names the table "mail_quue"/,
      hint: /Did you mean "mail_queue"\?/,
    },
    {
      title: 'names a table with a schema',
      told: { 'mail-queue': { tables: ['orders_uat.which'] } },
      code: 'pack-table-missing',
      cause: /"mail-queue" names the table "orders_uat\.which"/,
    },
    {
      title: 'names a column that it does not have',
      told: { keys: { columns: ['provider.secrt'] } },
      code: 'pack-column-missing',
      cause: /column "secrt", and the table "provider"/,
    },
    {
      title: 'finds a host of production in a function',
      told: { urls: { hosts: ['pay.example.com'] } },
      code: 'not-neutral',
      cause: /"urls" finds 1 in condition known, 1 in definition of odd\.callback, 1 in function pay\./,
    },
    {
      title: 'finds hosts of production in columns, and tells which',
      told: { urls: { hosts: ['shop.example.com'] } },
      code: 'not-neutral',
      cause:
        /finds 1 in audit\.said, 1 in banner\.link, 1 in page\.link, 1 in page\.links, .* and in 1 more\./,
    },
    {
      title: 'finds a table that is kept elsewhere',
      told: { 'foreign-servers': {} },
      first: 'CREATE TABLE near (id int) ENGINE=MyISAM; CREATE TABLE far (id int) ENGINE=MERGE UNION=(near)',
      code: 'not-neutral',
      cause: /"foreign-servers" finds 1 in table far \(MRG_MYISAM\)/i,
    },
    {
      title: 'would take out what must be there',
      told: { keys: { columns: ['must.be'] } },
      first: `CREATE TABLE must (be text NOT NULL); INSERT INTO must VALUES ('sk_live_abc')`,
      code: 'pack-refused',
      cause: /"must\.be": a column that must have a value would have none/,
    },
    {
      title: 'does not fit the column',
      told: { keys: { columns: ['provider.secret'], to: 'x'.repeat(100) } },
      code: 'pack-refused',
      cause: /"provider\.secret": a value does not fit/,
    },
    {
      title: 'is one of our own whose assertion answers rows',
      told: { files: [{ assert: 'a.sql' }] },
      files: { 'a.sql': `SELECT CONCAT('1', email) FROM customer` },
      code: 'not-neutral',
      cause: /"a\.sql" does not hold: it answers 3 row/,
    },
    {
      title: 'is one of our own whose assertion answers more than a yes',
      told: { files: [{ assert: 'a.sql' }] },
      files: { 'a.sql': 'SELECT 1, 1 AS one' },
      code: 'not-neutral',
      cause: /"a\.sql" does not hold: it answers 1 row/,
    },
    {
      title: 'is one of our own whose assertion is no query',
      told: { files: [{ assert: 'a.sql' }] },
      files: { 'a.sql': 'DELETE FROM customer' },
      code: 'assertion-refused',
      cause: /error 1064/,
    },
  ],
};
