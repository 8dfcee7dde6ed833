import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { asRuntime, startEmbedded, type Embedded } from '../src/store/embedded.ts';
import { migrate } from '../src/store/migrate.ts';

type Server = Embedded & { folder: string };

let server: Promise<Server> | undefined;
let migrated: Promise<string> | undefined;

/**
 * A fresh, empty database on a PostgreSQL server of this mocha process; its connection string. The server is started before the
 * first test of the process (about a second), and it ends after the last one. `migrated: true` gives it the store's tables, which the role
 * of `asRuntime` may use as `serve` does.
 */
export async function freshDatabase(options: { migrated?: boolean } = {}): Promise<string> {
  const { connectionString } = await (server ??= start());
  return create(connectionString, options.migrated ? await template() : 'template1');
}

/** Ends the sessions of a database and removes it. Optional: all go with the server. */
export async function dropDatabase(database: string): Promise<void> {
  const { connectionString } = await (server ??= start());
  await administer(connectionString, `drop database if exists ${nameOf(database)} with (force)`);
}

/** Runs one statement on a database, with whatever rights it takes. */
export async function administer(connectionString: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function start(): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), 'pg-'));
  const settings = {
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    max_wal_size: '64MB',
    // What it has open keeps events and effects back for a moment, and tests take theirs at once.
    autovacuum: 'off',
  };
  return { ...(await startEmbedded({ folder, settings })), folder };
}

async function template(): Promise<string> {
  const { connectionString } = await (server ??= start());
  return (migrated ??= makeTemplate(connectionString));
}

async function makeTemplate(connectionString: string): Promise<string> {
  const database = await create(connectionString, 'template1');
  await migrate(database, undefined, new URL(asRuntime(database)).username);
  return nameOf(database);
}

async function create(connectionString: string, template: string): Promise<string> {
  const name = `t_${randomBytes(5).toString('hex')}`;
  await administer(connectionString, `create database ${name} template ${template}`);
  const url = new URL(connectionString);
  url.pathname = `/${name}`;
  return url.href;
}

function nameOf(connectionString: string): string {
  return new URL(connectionString).pathname.slice(1);
}

// Root hooks: whichever files use the server, it begins and ends once, and no test pays for it out of its own time.
before(async function () {
  this.timeout(300_000);
  await template();
});
after(async function () {
  // It has hundreds of databases by then, and all of them are removed.
  this.timeout(300_000);
  if (server === undefined) return;
  const started = await server;
  await started.stop();
  await rm(started.folder, { recursive: true, force: true });
});
