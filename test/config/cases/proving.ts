import type { Case } from '../case.ts';

export const proving: readonly Case[] = [
  {
    set: 'servers.test-postgres.proves',
    to: undefined,
    faults: ['repositories.masked.proveEvery: No server proves backups. Set "proves" of a server that may.'],
  },
  {
    set: 'servers.test-postgres.proves.databaseName',
    to: 'uat_orders',
    faults: [
      'servers.test-postgres.proves.databaseName: "uat_orders" is environments.uat.databases.orders; a proof has a name of its own.',
    ],
  },
  {
    set: 'servers.test-postgres.proves.databaseName',
    to: 'postgres',
    faults: [
      'servers.test-postgres.proves.databaseName: "postgres" is a database of the server itself and never a target.',
    ],
  },
  {
    set: 'servers.test-postgres.proves.target',
    to: 'uat-orders',
    faults: [
      'servers.test-postgres.proves.target: "uat-orders" is the target of environments.uat.databases.orders; a proof has one of its own.',
    ],
  },
  {
    set: 'environments.production.databases.orders.server',
    to: 'test-postgres',
    faults: [
      'servers.test-postgres.proves: Its host "db-test" has a server of production; whole restores would take it the disk and the memory. Prove on another host, or say "besideProduction: true".',
    ],
  },
  {
    set: 'repositories.nightly.proveEvery',
    to: '1d',
    faults: [
      'repositories.nightly.proveEvery: Its backups are raw, and a host that proves may not hold raw data. Prove on a host that may, or on request only.',
    ],
  },
  {
    set: 'databases.orders.proof.minimumRows.customers',
    to: 'many',
    faults: [
      'databases.orders.proof.minimumRows.customers: "many" is not allowed; expected a whole number, 0 or more.',
    ],
  },
];
