import { mkdir } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { Client } from 'pg';
import { freshetPassfile } from './accounts.ts';
import { type ClusterOptions, ensureCluster, startCluster, superuser } from './cluster.ts';
import { type HostName, hostRoot } from './ending.ts';
import { ensureMariadb, type MariadbOptions, type MariadbPrograms, startMariadb } from './mariadb.ts';
import { type Ended, MARK, run } from './process.ts';
import { backupFolder, type RepositoryName } from './production.ts';
import { settled } from './settled.ts';
import { authoriseKey, ensureKey, sshdFiles, startSshd } from './sshd.ts';
import type { Ports } from './state.ts';

/** A host of the sandbox: what a site file says about it, and what only its own administrator may do. */
export type SandboxHost = {
  readonly name: HostName;
  readonly address: '127.0.0.1';
  readonly port: number;
  readonly user: string;
  /** The pinned public host key, `ssh-ed25519 AAAA...`. */
  readonly hostKey: string;
  readonly root: string;
  readonly pgPort: number;
  readonly pgBin: string;
  /** Where it has one. */
  readonly mariadbPort?: number;
  readonly files: {
    readonly authorizedKeys: string;
    /** Where `freshet-host`'s configuration belongs; the sandbox doesn't write it. */
    readonly hostConf: string;
    /** libpq's password file for `freshet_admin` and `freshet_loader`; on `test-db` only. */
    readonly pgpass: string;
    readonly backups: Readonly<Record<RepositoryName, string>>;
    /** Where Freshet puts what it takes of uat; on `test-db`, in sandboxes that take. */
    readonly taken: string;
  };
  /** Puts a line into the authorized_keys; replaces an earlier line of the same key. */
  authorise(line: string): Promise<void>;
  /** Runs a command on the host as its local administrator: for setting up and for tests, never for the bot. */
  exec(argv: readonly string[], options?: { env?: Record<string, string>; input?: string }): Promise<Ended>;
  /** Runs SQL as superuser. */
  sql(database: string, text: string): Promise<void>;
  /** Connects as superuser; the caller ends the connection. */
  connect(database: string): Promise<Client>;
};

/** Brings up a host: folders, keys, sshd and its database servers. */
export async function startHost(
  folder: string,
  name: HostName,
  options: { pgBin: string; durable: boolean; mariadb?: MariadbPrograms },
  ports: Ports | undefined,
): Promise<SandboxHost> {
  const root = hostRoot(folder, name);
  for (const below of ['etc/ssh', 'etc/freshet', 'run', 'var/log', 'var/lib']) {
    await mkdir(join(root, below), { recursive: true, mode: 0o755 });
  }
  const hostKey = await ensureKey(sshdFiles(root).hostKey, name);
  const { pgBin, durable, mariadb } = options;
  const cluster = { pgBin, durable, mark: folder };
  const port = await startSshd(root, folder, ports?.ssh);
  const [pgPort = 0, mariadbPort] = await settled([
    bringUpCluster(root, cluster, ports?.pg),
    ...(mariadb === undefined
      ? []
      : [bringUpMariadb(root, { programs: mariadb, durable, mark: folder }, ports?.mariadb)]),
  ]);
  const connect = (database: string) => superuser(root, pgPort, database);
  return {
    name,
    address: '127.0.0.1',
    port,
    user: userInfo().username,
    hostKey,
    root,
    pgPort,
    pgBin,
    ...(mariadbPort === undefined ? {} : { mariadbPort }),
    files: {
      authorizedKeys: sshdFiles(root).authorizedKeys,
      hostConf: join(root, 'etc/freshet/host.conf'),
      pgpass: freshetPassfile(root),
      backups: {
        nightly: backupFolder(root, 'nightly'),
        weekly: backupFolder(root, 'weekly'),
        anonymised: backupFolder(root, 'anonymised'),
      },
      taken: join(root, 'srv/backups/taken'),
    },
    authorise: (line) => authoriseKey(root, line),
    exec: (argv, more) => run(argv, { ...more, cwd: root, env: { ...more?.env, [MARK]: folder } }),
    async sql(database, text) {
      const client = await connect(database);
      try {
        await client.query(text);
      } finally {
        await client.end();
      }
    },
    connect,
  };
}

async function bringUpCluster(root: string, options: ClusterOptions, wanted?: number): Promise<number> {
  await ensureCluster(root, options);
  return startCluster(root, options, wanted);
}

async function bringUpMariadb(root: string, options: MariadbOptions, wanted?: number): Promise<number> {
  await ensureMariadb(root, options);
  return startMariadb(root, options, wanted);
}

export function portsOf({ port, pgPort, mariadbPort }: SandboxHost): Ports {
  return { ssh: port, pg: pgPort, ...(mariadbPort === undefined ? {} : { mariadb: mariadbPort }) };
}
