import type { Case } from '../case.ts';

/** Production that is read, and where what is taken goes and stays. */
export const sources: readonly Case[] = [
  {
    set: 'servers.production-postgres.reader',
    to: undefined,
    faults: [
      'servers.production-postgres.admin: It is missing; expected an account: a mapping with "user" and "password". Only a server that names a "reader" and neither of both is read and nothing else.',
      'servers.production-postgres.loader: It is missing; expected an account: a mapping with "user" and "password". Only a server that names a "reader" and neither of both is read and nothing else.',
      'environments.production.databases.orders.server: "production-postgres" has no "reader", under whom backups are taken. Give it one, or remove "target".',
    ],
  },
  {
    set: 'servers.test-postgres.loader',
    to: undefined,
    faults: [
      'servers.test-postgres.loader: It is missing; expected an account: a mapping with "user" and "password". Only a server that names a "reader" and neither of both is read and nothing else.',
    ],
  },
  {
    set: 'environments.uat.databases.stock.server',
    to: 'production-postgres',
    faults: [
      'environments.uat.databases.stock.server: "production-postgres" has a reader alone, and nothing on it can be a target. Name another server, or give it "admin" and "loader".',
    ],
  },
  {
    set: 'environments.production.databases.orders.server',
    to: undefined,
    faults: [
      'environments.production.databases.orders.server: It is missing; expected the name of a server.',
    ],
  },
  {
    set: 'environments.production.databases.stock',
    to: { databaseName: 'shop_stock', jobs: 2 },
    faults: [
      'environments.production.databases.stock.jobs: "jobs" means nothing here: backups are taken of what has a "target". Remove the line.',
    ],
  },
  {
    set: 'environments.production.databases.orders',
    to: { databaseName: 'shop_orders' },
    faults: [
      'environments.production.approvers: "approvers" means nothing here: production is never a target. Remove the line.',
      'repositories.taken-production.takes: Where the databases of "production" are is not known here. Say "server" and "target" of those that may be read; or leave it to jobs of its own.',
      'schedules.nightly-backup.databases[0]: "orders" of "production" has no "target", so it can\'t be read. Say "server" and "target" of it.',
    ],
  },
  {
    set: 'environments.production.approvers',
    to: undefined,
    faults: [
      'environments.production: It is protected, and "approvers" names no role; no request could ever be approved. Add "approvers", or "protected: false".',
    ],
  },
  {
    set: 'schedules.nightly-backup.kind',
    to: undefined,
    faults: ['schedules.nightly-backup.environment: Production is never a target. Name a test environment.'],
  },
  {
    set: 'schedules.nightly-backup.environment',
    to: 'uat',
    faults: [
      'schedules.nightly-backup.kind: No repository takes backups of "uat". Set "takes: true" of a repository of it.',
    ],
  },
  {
    set: 'repositories.taken.takes',
    to: undefined,
    faults: [
      'repositories.taken.retention: Only what Freshet took is ever removed, and it takes nothing into this repository. Say "takes: true", or leave the retention to the job that writes here.',
    ],
  },
  {
    set: 'repositories.taken.retention',
    to: {},
    faults: ['repositories.taken.retention: A mapping is not allowed; expected at least one of its keys.'],
  },
];
