import type { Worlds } from '../engine-bench.ts';
import type { PostgresServer } from './server.ts';

const plain = 'CREATE TABLE made.plain (id int, at text)';
const far = 'CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw';
/** Each place that code and options stand in, with what puts a host of production there. */
const made: readonly (readonly [place: string, text: string])[] = [
  [
    'function made.body()',
    `CREATE FUNCTION made.body() RETURNS text BEGIN ATOMIC SELECT 'https://made.example.com/x'; END`,
  ],
  ['view made.shown', `CREATE VIEW made.shown AS SELECT 'MADE.example.com' AS at`],
  [
    'rule told of made.plain',
    `CREATE RULE told AS ON DELETE TO made.plain DO ALSO NOTIFY told, 'made.example.com'`,
  ],
  [
    'trigger calls of made.plain',
    `CREATE FUNCTION made.call() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
     CREATE TRIGGER calls AFTER INSERT ON made.plain FOR EACH ROW EXECUTE FUNCTION made.call('https://hooks.made.example.com')`,
  ],
  ['default of made.plain.at', `ALTER TABLE made.plain ALTER at SET DEFAULT 'ftp://made.example.com'`],
  ['constraint never', `ALTER TABLE made.plain ADD CONSTRAINT never CHECK (at <> 'made.example.com')`],
  ['domain made.site', `CREATE DOMAIN made.site AS text DEFAULT 'made.example.com'`],
  ['policy mine of made.plain', `CREATE POLICY mine ON made.plain USING (at = 'made.example.com')`],
  [
    'foreign table made.far',
    `${far}; CREATE FOREIGN TABLE made.far (id int) SERVER elsewhere OPTIONS (table_name 'made.example.com')`,
  ],
  [
    'foreign column made.far.id',
    `${far}; CREATE FOREIGN TABLE made.far (id int OPTIONS (column_name 'made.example.com')) SERVER elsewhere`,
  ],
  ['foreign server elsewhere', `${far} OPTIONS (host 'db1.made.example.com')`],
  [
    'user mapping of freshet_loader for elsewhere',
    `${far}; CREATE USER MAPPING FOR freshet_loader SERVER elsewhere OPTIONS (user 'made.example.com')`,
  ],
];

const begin = `
  CREATE EXTENSION IF NOT EXISTS postgres_fdw; GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO freshet_loader;
  SET ROLE freshet_loader; DROP SCHEMA IF EXISTS made CASCADE; DROP SERVER IF EXISTS elsewhere CASCADE; CREATE SCHEMA made`;

/** A host of production in all that a database is made of is found, and where. */
export const hostsFound: Worlds<PostgresServer>['failing'] = made.map(([place, text]) => ({
  title: `has a host of production in ${place}`,
  told: { urls: { hosts: ['made.example.com'] } },
  code: 'not-neutral',
  cause: new RegExp(`"urls" finds 1 in ${place.replaceAll(/[.()]/g, '\\$&')}\\.`),
  first: `${begin}; ${plain}; ${text}`,
}));
