import type { Worlds } from '../engine-bench.ts';
import { hostsFound } from './hosts-found.ts';
import type { PostgresServer } from './server.ts';

const world = `
CREATE SCHEMA shop; CREATE SCHEMA cron;
CREATE TABLE mail_queue (id int, body text); INSERT INTO mail_queue VALUES (1, 'a'), (2, 'b');
CREATE TABLE shop.customer (id int PRIMARY KEY, email citext UNIQUE);
INSERT INTO shop.customer VALUES (1, 'ada@private.example'), (2, 'tester@qa.example.org'), (3, NULL);
CREATE FUNCTION shop.greet() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO mail_queue VALUES (3, 'hello'); RETURN NEW; END $$;
CREATE TRIGGER greet AFTER UPDATE ON shop.customer FOR EACH ROW EXECUTE FUNCTION shop.greet();
CREATE TABLE hooks (url text); INSERT INTO hooks VALUES ('https://partner.example/x');
CREATE TABLE shop.odd (callback text);
CREATE TABLE shop.subscriber (id int); INSERT INTO shop.subscriber VALUES (1);
CREATE TABLE shop.subscription_plan (id int); INSERT INTO shop.subscription_plan VALUES (1);
CREATE TABLE shop.provider (secret varchar(20)); INSERT INTO shop.provider VALUES ('sk_live_abc');
CREATE TABLE cron.job (jobid int, active boolean); INSERT INTO cron.job VALUES (1, true);
CREATE TABLE shop.report (enabled boolean); INSERT INTO shop.report VALUES (true);
CREATE TABLE shop.page (link varchar(60), links text[], page jsonb, notes citext,
  whole text GENERATED ALWAYS AS (link || '!') STORED, "od""d'{{table}}" text DEFAULT '{{column}}');
INSERT INTO shop.page VALUES ('https://shop.example.com/x?y=1', ARRAY['http://api.shop.example.com/', 'https://notshop.example.com'],
  '{"at": "see HTTPS://SHOP.example.com:8443 and shop.example.com.au"}', 'Shop.Example.Com');
CREATE TABLE shop.banner (link text) PARTITION BY LIST (link);
CREATE TABLE shop.banner_rest PARTITION OF shop.banner DEFAULT; INSERT INTO shop.banner VALUES ('//shop.example.com');
CREATE MATERIALIZED VIEW shop.pages AS SELECT link FROM shop.page;
CREATE TABLE shop.audit (said text); INSERT INTO shop.audit VALUES ('https://shop.example.com');
CREATE FUNCTION shop.pay() RETURNS text LANGUAGE sql AS $$ SELECT 'https://pay.example.com/' $$;
CREATE TABLE shop.secretive (id int); INSERT INTO shop.secretive VALUES (1);
ALTER TABLE shop.secretive ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;`;

export const worlds: Worlds<PostgresServer> = {
  async make(server, name) {
    await server.sql('postgres', `CREATE DATABASE ${name}`);
    await server.sql(name, `CREATE EXTENSION citext; ${world}`);
  },
  whole: {
    told: {
      addresses: {
        columns: ['shop.customer.email'],
        to: 'customer-{id}@uat.example.org',
        keep: ['qa.example.org'],
      },
      webhooks: { columns: ['shop.odd.callback', 'hooks.url'], tables: ['shop.subscriber'] },
      keys: { columns: ['shop.provider.secret'], to: 'none' },
      urls: {
        replace: { 'shop.example.com': 'uat.example.org', 'api.shop.example.com': 'api.example.org' },
        except: ['shop.audit'],
        within: 600,
      },
      jobs: { columns: ['shop.report.enabled'] },
      'mail-queue': { tables: ['mail_queue'] },
      subscriptions: {},
      'foreign-servers': {},
      files: [{ sql: 'own.sql', assert: 'own-holds.sql' }, { assert: 'true.sql' }],
    },
    files: {
      'own.sql': 'DELETE FROM shop.subscription_plan;',
      'own-holds.sql': 'SELECT id FROM shop.subscription_plan; ',
      'true.sql': 'SELECT count(*) > 0 FROM shop.customer -- all of them',
    },
  },
  afterwards: [
    [
      'SELECT email::text FROM shop.customer ORDER BY id',
      ['customer-1@uat.example.org', 'tester@qa.example.org', 'null'],
    ],
    ['SELECT url FROM hooks', ['null']],
    ['SELECT secret FROM shop.provider', ['none']],
    ['SELECT active FROM cron.job', ['false']],
    ['SELECT enabled FROM shop.report', ['false']],
    ['SELECT link FROM shop.page', ['https://uat.example.org/x?y=1']],
    ['SELECT links::text FROM shop.page', ['{http://api.example.org/,https://notshop.example.com}']],
    [
      'SELECT page::text FROM shop.page',
      ['{"at": "see HTTPS://uat.example.org:8443 and shop.example.com.au"}'],
    ],
    ['SELECT notes::text FROM shop.page', ['uat.example.org']],
    ['SELECT whole FROM shop.page', ['https://uat.example.org/x?y=1!']],
    ['SELECT link FROM shop.pages', ['https://uat.example.org/x?y=1']],
    ['SELECT said FROM shop.audit', ['https://shop.example.com']],
  ],
  did: [
    { name: 'addresses', rows: 1 },
    { name: 'webhooks', rows: 2 },
    { name: 'keys', rows: 1 },
    { name: 'urls', rows: 3 },
    { name: 'jobs', rows: 2 },
    // The trigger on the customers had put one more into the queue.
    { name: 'mail-queue', rows: 3 },
    { name: 'subscriptions', rows: 0, nothing: true },
    { name: 'foreign-servers', rows: 0, nothing: true },
    { name: 'own.sql' },
    { name: 'true.sql' },
  ],
  async breakIn(server, name) {
    const refused = await server.sql(name, 'SELECT 1').catch((error: unknown) => error);
    await server.sql('postgres', `ALTER DATABASE "${name}" ALLOW_CONNECTIONS true`);
    await server.sql(name, `INSERT INTO mail_queue VALUES (9, 'brought back')`);
    return refused;
  },
  untouched: {
    first: [
      `CREATE SCHEMA pgagent; CREATE TABLE pgagent.pga_job (jobid int, jobenabled boolean); INSERT INTO pgagent.pga_job VALUES (1, true);
      GRANT USAGE ON SCHEMA pgagent TO PUBLIC; GRANT SELECT ON pgagent.pga_job TO PUBLIC;
      CREATE FOREIGN DATA WRAPPER far; CREATE SERVER production FOREIGN DATA WRAPPER far;
      CREATE SUBSCRIPTION of_production CONNECTION 'host=127.0.0.1' PUBLICATION all_of_it WITH (connect = false)`,
      `SELECT pg_create_logical_replication_slot('to_reporting', 'pgoutput')`,
    ],
    told: {
      addresses: {
        columns: ['shop.customer.email'],
        to: 'customer-{id}@uat.example.org',
        keep: ['qa.example.org'],
      },
      webhooks: { columns: ['hooks.url'], tables: ['shop.subscriber'] },
      keys: { columns: ['shop.provider.secret'], tables: ['shop.subscription_plan'] },
      jobs: { columns: ['shop.report.enabled'], tables: ['mail_queue'] },
      'mail-queue': { tables: ['mail_queue'] },
      subscriptions: {},
      'foreign-servers': {},
    },
    found: [
      '"addresses" finds 1 in shop.customer.email',
      '"webhooks" finds 1 in hooks.url, 1 in shop.subscriber',
      '"keys" finds 1 in shop.provider.secret, 1 in shop.subscription_plan',
      '"jobs" finds 1 in shop.report.enabled, 2 in mail_queue, 1 in cron.job, 1 in pgagent.pga_job',
      '"mail-queue" finds 2 in mail_queue',
      '"subscriptions" finds 1 in subscription of_production, 1 in replication slot to_reporting',
      '"foreign-servers" finds 1 in foreign server production',
    ],
    allowed: { subscriptions: { allowed: ['of_production', 'to_reporting'] } },
  },
  failing: [
    {
      title: 'finds a slot of replication that is not allowed beside what is',
      told: { subscriptions: { allowed: ['of_production'] } },
      code: 'not-neutral',
      cause: /"subscriptions" finds 1 in replication slot to_reporting\.$/,
    },
    {
      title: 'names a table that the backup does not have',
      told: { 'mail-queue': { tables: ['public.mail_quue'] } },
      code: 'pack-table-missing',
      cause: /"mail-queue" names the table "public\.mail_quue"/,
      hint: /Did you mean "public\.mail_queue"\?/,
    },
    {
      title: 'names a column that it does not have',
      told: { keys: { columns: ['shop.provider.secrt'] } },
      code: 'pack-column-missing',
      cause: /column "secrt", and the table "shop\.provider"/,
    },
    {
      title: 'finds a host of production in a function',
      told: { urls: { hosts: ['pay.example.com'] } },
      code: 'not-neutral',
      cause: /"urls" finds 1 in function shop\.pay\(\)/,
    },
    {
      title: 'finds hosts of production in columns, and tells which',
      told: { urls: { hosts: ['shop.example.com'] } },
      code: 'not-neutral',
      cause:
        /finds 1 in shop\.audit\.said, 1 in shop\.banner_rest\.link, 1 in shop\.page\.link, .* and in 2 more\./,
    },
    {
      title: 'may not see all rows',
      told: { 'mail-queue': { tables: ['shop.secretive'] } },
      code: 'pack-refused',
      cause: /"mail-queue" can't be applied to "shop\.secretive": a right is missing/,
    },
    {
      title: 'does not fit the column',
      told: { keys: { columns: ['shop.provider.secret'], to: 'x'.repeat(100) } },
      code: 'pack-refused',
      cause: /"shop\.provider\.secret": a value does not fit/,
    },
    {
      title: 'is one of our own whose assertion answers rows',
      told: { files: [{ assert: 'a.sql' }] },
      files: { 'a.sql': 'SELECT email FROM shop.customer' },
      code: 'not-neutral',
      cause: /"a\.sql" does not hold: it answers 3 row/,
    },
    {
      title: 'is one of our own whose assertion is no query',
      told: { files: [{ assert: 'a.sql' }] },
      files: { 'a.sql': 'DELETE FROM shop.customer' },
      code: 'assertion-refused',
      cause: /SQLSTATE 42601/,
    },
    ...hostsFound,
  ],
};
