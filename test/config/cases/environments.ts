import type { Case } from '../case.ts';

export const environments: readonly Case[] = [
  {
    set: 'environments.uat.databases.orders.server',
    to: 'test-postgers',
    faults: [
      'environments.uat.databases.orders.server: "test-postgers" is not a server of this file; expected "production-postgres", "test-postgres" or "test-mariadb". Did you mean "test-postgres"?',
    ],
  },
  {
    set: 'environments.uat.databases.orders.server',
    to: undefined,
    faults: ['environments.uat.databases.orders.server: It is missing; expected the name of a server.'],
  },
  {
    set: 'environments.uat.databases.orders.databaseName',
    to: 'uat_stock',
    faults: [
      'environments.uat.databases.stock.databaseName: "uat_stock" on "test-postgres" is already environments.uat.databases.orders; one would overwrite the other.',
    ],
  },
  {
    set: 'environments.uat.databases.orders.databaseName',
    to: 'postgres',
    faults: [
      'environments.uat.databases.orders.databaseName: "postgres" is a database of the server itself and never a target.',
    ],
  },
  {
    set: 'environments.uat.databases.orders.databaseName',
    to: 'x__new_abcdefgh',
    faults: [
      'environments.uat.databases.orders.databaseName: "x__new_abcdefgh" looks like a copy made by Freshet; expected the live name.',
    ],
  },
  {
    set: 'environments.uat.databases.orders.databaseName',
    to: 'üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüü',
    faults: [
      'environments.uat.databases.orders.databaseName: "üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüü" has 80 bytes; a server takes at most 63.',
    ],
  },
  {
    set: 'environments.uat.databases.orders.target',
    to: 'dev-orders',
    faults: [
      'environments.dev.databases.orders.target: "dev-orders" on host "db-test" is already environments.uat.databases.orders; a target is one database.',
    ],
  },
  {
    set: 'environments.uat.databases.orders.jobs',
    to: 0,
    faults: [
      'environments.uat.databases.orders.jobs: 0 is not allowed; expected a whole number from 1 to 64.',
    ],
  },
  {
    set: 'environments.uat.databases.orders.scripts.1',
    to: 'sql/uat/endpoints.sql',
    faults: [
      'environments.uat.databases.orders.scripts[1]: "sql/uat/endpoints.sql" stands in this list twice. Remove one.',
    ],
  },
  {
    set: 'environments.uat.databases.orders.minimumRows',
    to: { customers: -1 },
    faults: [
      'environments.uat.databases.orders.minimumRows.customers: -1 is not allowed; expected a whole number, 0 or more.',
    ],
  },
  {
    set: 'environments.uat.databases.orders.keep',
    to: [{ table: 'users', where: 'id > 9000; drop table users' }],
    faults: [
      'environments.uat.databases.orders.keep[0].where: "id > 9000; drop table users" is not allowed; expected a condition without a semicolon.',
    ],
  },
  {
    set: 'environments.uat.databases.orders.keep',
    to: [{ table: 'users' }, { table: 'users', where: 'id > 9000' }],
    faults: [
      'environments.uat.databases.orders.keep[1].table: "users" is kept already; a table is named once. Join the conditions by "or".',
    ],
  },
  {
    set: 'environments.uat.databases.orders.sentinels.0.expect',
    to: undefined,
    faults: [
      'environments.uat.databases.orders.sentinels[0].expect: It is missing; expected the answer as text.',
    ],
  },
  {
    rename: 'environments.uat.databases.orders.server',
    to: 'servr',
    faults: [
      'environments.uat.databases.orders.servr: "servr" is not a key; expected "databaseName", "server", "target", "scripts", "neutralise", "minimumRows", "sentinels", "keep", "jobs" or "events". Did you mean "server"?',
    ],
  },
  {
    rename: 'environments.uat.approvers',
    to: 'aprovers',
    faults: [
      'environments.uat.aprovers: "aprovers" is not a key; expected "title", "timeZone", "production", "protected", "accepts", "acceptsOwn", "approvers", "requesters", "approval", "freeze", "onFreeze", "startWithin", "onHold", "keepOld", "keepFailed", "approvalWithin", "remind", "workingHours", "standingApproval", "drain", "alignment", "hooks" or "databases". Did you mean "approvers"?',
    ],
  },
  {
    rename: 'environments.uat',
    to: 'status',
    faults: [
      'environments.status: "status" is a word of the commands; "/refresh status" would mean two things. For example "status-db".',
    ],
  },
  {
    rename: 'environments.uat',
    to: 'UAT 1',
    faults: [
      'environments.UAT 1: "UAT 1" is not a name here; expected a name of lower-case letters, digits and single hyphens, at most 40, such as "uat-2". For example "uat-1".',
    ],
  },
  {
    rename: 'databases.stock',
    to: 'uat',
    faults: [
      'databases.uat: An environment is called "uat" too; what people type must mean one thing.',
      'environments.production.databases.stock: "stock" is not a database of this file; expected "orders", "catalog" or "uat".',
      'environments.uat.databases.stock: "stock" is not a database of this file; expected "orders", "catalog" or "uat".',
    ],
  },
  {
    rename: 'environments.uat.databases.orders',
    to: 'ordres',
    faults: [
      'environments.uat.databases.ordres: "ordres" is not a database of this file; expected "orders", "stock" or "catalog". Did you mean "orders"?',
    ],
  },
  {
    set: 'environments.uat.keepOld',
    to: '7 days',
    faults: [
      'environments.uat.keepOld: "7 days" is not allowed; expected a duration from 1h to 90d, such as "90s", "30m", "12h" or "7d".',
    ],
  },
  {
    set: 'environments.uat.accepts.0',
    to: 'decalred',
    faults: [
      'environments.uat.accepts[0]: "decalred" is not allowed; expected "raw", "declared" or "proven". Did you mean "declared"?',
    ],
  },
  {
    set: 'environments.uat.accepts',
    to: ['raw'],
    faults: [
      'environments.uat.accepts: "raw" is accepted, and "orders" lives on host "db-test", which may not hold raw data. Leave "raw" out, or set "hosts.db-test.holdsRawData: true" if it may.',
      'environments.uat.accepts: "raw" is accepted, and "stock" lives on host "db-test", which may not hold raw data. Leave "raw" out, or set "hosts.db-test.holdsRawData: true" if it may.',
      'environments.uat.accepts: "raw" is accepted, and "catalog" lives on host "db-test", which may not hold raw data. Leave "raw" out, or set "hosts.db-test.holdsRawData: true" if it may.',
    ],
  },
  {
    set: 'environments.uat.acceptsOwn',
    to: true,
    faults: ['orders', 'stock', 'catalog'].map(
      (database) =>
        `environments.uat.acceptsOwn: What is taken of it is "raw", and "${database}" lives on host "db-test", which may not hold raw data. Leave "acceptsOwn" out, or set "hosts.db-test.holdsRawData: true" if it may.`,
    ),
  },
  {
    set: 'environments.uat.approvers',
    to: [],
    faults: [
      'environments.uat: It is protected, and "approvers" names no role; no request could ever be approved. Add "approvers", or "protected: false".',
    ],
  },
  {
    set: 'environments.uat.approvers',
    to: ['qa-manger'],
    faults: [
      'environments.uat.approvers[0]: Nobody in "people" holds the role "qa-manger"; expected "developer", "operator" or "qa-manager". Did you mean "qa-manager"?',
    ],
  },
  {
    set: 'environments.uat.approvers',
    to: ['nobody-at-all'],
    faults: [
      'environments.uat.approvers[0]: Nobody in "people" holds the role "nobody-at-all"; expected "developer", "operator" or "qa-manager". Give the role to somebody.',
    ],
  },
  {
    set: 'environments.production.protected',
    to: false,
    faults: [
      "environments.production.protected: Production can't be unprotected; expected true, or no such line.",
    ],
  },
  {
    set: 'environments.production.requesters',
    to: ['qa-manager'],
    faults: [
      'environments.production.requesters: "requesters" means nothing here: production is never a target. Remove the line.',
    ],
  },
  {
    set: 'environments.production.databases.orders.events',
    to: 'as-live',
    faults: [
      'environments.production.databases.orders.events: "events" means nothing here: production is never a target. Remove the line.',
    ],
  },
  {
    set: 'environments.production.databases.orders.scripts',
    to: ['sql/uat/endpoints.sql'],
    faults: [
      'environments.production.databases.orders.scripts: "scripts" means nothing here: production is never a target. Remove the line.',
    ],
  },
  {
    set: 'environments.uat.alignment',
    to: { tolerance: '30m', clockOffset: '30m' },
    faults: [
      'environments.uat.alignment.clockOffset: It is not less than the tolerance, so that nothing would ever be aligned; expected less.',
    ],
  },
];
