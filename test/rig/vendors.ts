import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import type { Backup } from '../../src/domain/backup.ts';
import { findPgBin, killCluster, startCluster } from '../../src/sandbox/hosts/cluster.ts';
import {
  administrator,
  findMariadb,
  killMariadb,
  mariadbFiles,
  startMariadb,
} from '../../src/sandbox/hosts/mariadb.ts';
import type { SandboxHost } from '../../src/sandbox/hosts/hosts.ts';
import { portIsFree } from '../../src/sandbox/hosts/process.ts';
import { schemaHash } from '../../src/sandbox/hosts/schema-hash.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { type HeldSwap, holdSwap, type SwapPoint, swapPoints } from './held-swap.ts';
import { holdExchange, exchangePoints } from './held-exchange.ts';
import type { Rig } from './rig.ts';
import type { SiteText } from './site.ts';
import { onServer, schemaContent } from './schemas.ts';
import { backupIn, contentAfter, contentOf } from './targets.ts';
import { until } from '../until.ts';

/** Seconds; for a machine that does much else. */
const patience = 120;

/** A target on the test host, and what can happen to it and to its server there: in words that hold for each vendor. */
export type Vendor = {
  /** As titles have it. */
  title: string;
  database: string;
  environment: string;
  /** Name of the live database. */
  live: string;
  /** Two that differ, restorable without an approval. */
  backups(rig: Rig): Promise<readonly Backup[]>;
  contentOf(rig: Rig): Promise<string>;
  /** What a refresh from the backup must come to, restored without Freshet. */
  contentAfter(rig: Rig, backup: Backup): Promise<string>;
  /** Under which key of `Expectation` its hashes go. */
  kept: 'targets' | 'schemas';
  /** Whether anybody gets at its rows. */
  isOpen(rig: Rig): Promise<boolean>;
  /** A trace in the new database of a run: whoever goes on with that half keeps it. */
  leaveHalf(rig: Rig, run: string): Promise<void>;
  dropNew(rig: Rig, run: string): Promise<void>;
  swapPoints: readonly string[];
  holdSwap(rig: Rig, point: string): Promise<HeldSwap>;
  /** Ends the session of a held swap. */
  endSession(rig: Rig, id: number): Promise<void>;
  /** kill -9 below the session of a held swap; the server is up again when it resolves. */
  killBelow(rig: Rig, id: number): Promise<void>;
  /** kill -9 of all of it, and up again. */
  killServer(rig: Rig): Promise<void>;
  /** Whether our admin identity may log in from now on. */
  letIn(rig: Rig, may: boolean): Promise<void>;
  /** Holds the load of a run in its middle; answers how it is let go of. */
  holdLoad(rig: Rig, run: string): Promise<() => Promise<void>>;
  /** Whether the loader waits for that. */
  loadWaits(rig: Rig): Promise<boolean>;
};

const host = ({ sandbox }: Rig): SandboxHost => sandbox.hosts.hosts['test-db'];

async function value<T>(rig: Rig, sql: string): Promise<T | undefined> {
  const client = await host(rig).connect('postgres');
  try {
    return (await client.query<{ value: T }>(sql)).rows[0]?.value;
  } finally {
    await client.end();
  }
}

/** Whoever connects somewhere may have been given it for a moment. */
async function untilFree(port: number): Promise<void> {
  await until(`port ${port} is free`, () => portIsFree(port), patience);
}

/** As its administrator would: the same port, after a moment. */
export async function restartCluster(sandbox: Sandbox): Promise<void> {
  const { root, pgPort } = sandbox.hosts.hosts['test-db'];
  const options = { pgBin: await findPgBin(), durable: false, mark: sandbox.hosts.folder };
  await untilFree(pgPort);
  const port = await startCluster(root, options, pgPort);
  if (port !== pgPort) throw new Error(`PostgreSQL came up on port ${port} and not on ${pgPort}`);
}

export async function restartMariadb(sandbox: Sandbox): Promise<void> {
  const { root, mariadbPort } = sandbox.hosts.hosts['test-db'];
  if (mariadbPort === undefined) return;
  const options = { programs: findMariadb(), durable: false, mark: sandbox.hosts.folder };
  await untilFree(mariadbPort);
  const port = await startMariadb(root, options, mariadbPort);
  if (port !== mariadbPort) throw new Error(`MariaDB came up on port ${port} and not on ${mariadbPort}`);
}

export const onPostgres: Vendor = {
  title: 'PostgreSQL',
  database: 'orders',
  environment: 'dev',
  live: 'orders_dev',
  backups: async (rig) => [
    await backupIn(rig, 'nightly', '.dump'),
    await backupIn(rig, 'anonymised', '.dump'),
  ],
  contentOf: (rig) => contentOf(rig, 'orders_dev'),
  contentAfter: (rig, backup) => contentAfter(rig, backup, 'dev'),
  kept: 'targets',
  isOpen: async (rig) =>
    (await value<boolean>(
      rig,
      `select datallowconn as value from pg_database where datname = 'orders_dev'`,
    )) === true,
  leaveHalf: (rig, run) =>
    host(rig).sql(`orders_dev__new_${run}`, 'create table public.left_behind (n integer)'),
  dropNew: (rig, run) => host(rig).sql('postgres', `drop database "orders_dev__new_${run}" with (force)`),
  swapPoints,
  holdSwap: (rig, point) => holdSwap(host(rig), 'orders_dev', point as SwapPoint),
  endSession: (rig, id) => host(rig).sql('postgres', `select pg_terminate_backend(${id})`),
  async killBelow(_rig, id) {
    process.kill(id, 'SIGKILL');
  },
  async killServer(rig) {
    await killCluster(host(rig).root);
    await restartCluster(rig.sandbox);
  },
  letIn: (rig, may) => host(rig).sql('postgres', `alter role freshet_admin ${may ? '' : 'no'}login`),
  async holdLoad(rig, run) {
    const holder = await host(rig).connect(`orders_dev__new_${run}`);
    await holder.query('begin; lock table pg_catalog.pg_attribute in exclusive mode');
    return () => holder.end().catch(() => undefined);
  },
  loadWaits: async (rig) =>
    (await value<boolean>(
      rig,
      `select true as value from pg_stat_activity where usename = 'freshet_loader' and wait_event_type = 'Lock'`,
    )) === true,
};

const schema = 'catalog_ci';

export const onMariadb: Vendor = {
  title: 'MariaDB',
  database: 'catalog',
  environment: 'ci',
  live: schema,
  async backups(rig) {
    const { backups } = await rig.store.backups.list(
      { database: 'catalog', usable: true },
      { limit: 50, offset: 0 },
    );
    return backups.filter(({ repository }) => repository === 'anonymised');
  },
  contentOf: (rig) => schemaContent(rig, schema),
  async contentAfter(rig, backup) {
    const site = parse(await readFile(rig.siteFile, 'utf8')) as SiteText;
    const names = (site.environments.ci!.databases.catalog!.scripts ?? []) as string[];
    const texts = await Promise.all(
      names.map((name) => readFile(resolve(dirname(rig.siteFile), name), 'utf8')),
    );
    const target = host(rig);
    const { root, mariadbPort } = target;
    const source = rig.sandbox.hosts.hosts['prod-db'];
    const file = join(source.files.backups[backup.repository as 'nightly'], backup.path);
    const password = (await readFile(mariadbFiles(root).administrator, 'utf8')).trim();
    const name = 'independent_restore';
    await onServer(rig, (server) =>
      server.query(`DROP DATABASE IF EXISTS ${name}; CREATE DATABASE ${name} CHARACTER SET utf8mb4`),
    );
    const login = [
      '--no-defaults',
      '--host=127.0.0.1',
      `--port=${mariadbPort}`,
      '--user=administrator',
      '--comments',
    ];
    const { client } = findMariadb();
    await target.exec(
      ['sh', '-c', 'file=$1; shift; gzip -dc "$file" | "$@"', 'sh', file, client, ...login, name],
      {
        env: { MYSQL_PWD: password },
      },
    );
    return onServer(rig, async (server) => {
      for (const text of texts) await server.query(`USE ${name}; ${text}`);
      const { hash } = await schemaHash(server, name, { eventStates: false });
      await server.query(`DROP DATABASE ${name}`);
      return hash;
    });
  },
  kept: 'schemas',
  isOpen: (rig) =>
    onServer(rig, (server) =>
      server.query(`SELECT * FROM ${schema}.product`).then(
        () => true,
        () => false,
      ),
    ),
  leaveHalf: (rig, run) =>
    onServer(rig, async (server) => {
      await server.query(`CREATE TABLE \`${schema}__new_${run}\`.left_behind (n int)`);
    }),
  dropNew: (rig, run) =>
    onServer(rig, async (server) => {
      await server.query(`DROP DATABASE \`${schema}__new_${run}\``);
    }),
  swapPoints: exchangePoints.map(({ title }) => title),
  holdSwap: (rig, point) => holdExchange(rig, point),
  endSession: (rig, id) =>
    onServer(rig, async (server) => {
      await server.query(`KILL CONNECTION ${id}`);
    }),
  killBelow: (rig) => onMariadb.killServer(rig),
  async killServer(rig) {
    await killMariadb(host(rig).root);
    await restartMariadb(rig.sandbox);
  },
  letIn: (rig, may) =>
    onServer(rig, async (server) => {
      await server.query(`ALTER USER freshet_admin@'127.0.0.1' ACCOUNT ${may ? 'UNLOCK' : 'LOCK'}`);
    }),
  async holdLoad(rig) {
    const { root, mariadbPort } = host(rig);
    const holder = await administrator(root, mariadbPort ?? 0);
    await holder.query('FLUSH TABLES WITH READ LOCK');
    return () => holder.end().catch(() => undefined);
  },
  loadWaits: (rig) =>
    onServer(rig, async (server) => {
      const [rows] = await server.query(
        `SELECT 1 FROM information_schema.processlist WHERE user = 'freshet_loader' AND state LIKE 'Waiting for%'`,
      );
      return (rows as unknown[]).length > 0;
    }),
};

export const vendors: readonly Vendor[] = [onPostgres, onMariadb];
