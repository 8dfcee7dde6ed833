import { createHash } from 'node:crypto';
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { Client } from 'pg';
import { fillBilling, BILLING_ENVIRONMENTS, playBilling } from './billing/billing.ts';
import { createProductionRoles, createTestRoles, freshetPassfile, passwordFile } from './accounts.ts';
import { ensureCluster, findPgBin, startCluster, superuser } from './cluster.ts';
import { endHosts, HOST_NAMES, type HostName, hostRoot } from './ending.ts';
import { ENVIRONMENTS, fillEnvironment } from './environments.ts';
import { claim, noteWatchdog, release } from './ownership.ts';
import { type Ended, MARK, run } from './process.ts';
import {
  backupFolder,
  installJobs,
  type ProductionHost,
  newestMoment,
  playProduction,
  REPOSITORIES,
  type RepositoryName,
} from './production.ts';
import { authoriseKey, ensureKey, sshdFiles, startSshd } from './sshd.ts';
import { startWatchdog } from './watchdog.ts';

export type { HostName } from './ending.ts';
export type { RepositoryName } from './production.ts';

/** How a sandbox is made. */
export type HostsOptions = {
  /** Everything lies in `<folder>/hosts`; made where missing. Any depth, 0700 or not, as root or not. */
  folder: string;
  /** False: databases don't sync to disk; for tests. Default true. */
  durable?: boolean;
  /** Size of the shop: 1 is 200,000 rows in production. Default 1. */
  scale?: number;
  /** Whether there is a second database, `billing`, in production, uat and ci. Default false. */
  billing?: boolean;
  /** Chooses other people and orders. Default 1. */
  seed?: number;
  /** The moment that counts as now when the data is made; kept in a folder that exists. Default: the clock. */
  now?: Date;
  /** Told what is being done, in a sentence. */
  log?: (sentence: string) => void;
};

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
  readonly files: {
    readonly authorizedKeys: string;
    /** Where `freshet-host`'s configuration belongs; the sandbox doesn't write it. */
    readonly hostConf: string;
    /** libpq's password file for `freshet_admin` and `freshet_loader`; on `test-db` only. */
    readonly pgpass: string;
    readonly backups: Readonly<Record<RepositoryName, string>>;
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

/** A running sandbox. */
export type SandboxHosts = {
  readonly folder: string;
  readonly hosts: Readonly<Record<HostName, SandboxHost>>;
  /** What the bot itself holds: nothing of it lies below a host's root. */
  readonly bot: {
    readonly privateKeyFile: string;
    readonly publicKey: string;
    readonly adminPasswordFile: string;
    readonly loaderPasswordFile: string;
  };
  /** The moment that the newest backup tells of. */
  readonly newestAt: Date;
  /** Ends everything and waits until it is gone. Data stays. May be repeated. */
  stop(): Promise<void>;
};

/** What decides the data of a sandbox, besides its moment. */
type Shop = { seed: number; scale: number; billing: boolean };

type State = {
  version: string;
  newestAt: string;
  ports: Partial<Record<HostName, { ssh: number; pg: number }>>;
  done: string[];
};

/**
 * Starts the two database hosts, made on first use (about 12 s), found again later (below a second). What an earlier
 * run left running is adopted, what it left unfinished is done anew. When this process dies, in whatever way, everything
 * ends. Throws `Conflict` (`sandbox-in-use`) while another process owns the folder, `Unavailable` with the remedy
 * where sshd or PostgreSQL are missing.
 */
export async function startHosts(options: HostsOptions): Promise<SandboxHosts> {
  const log = options.log ?? (() => undefined);
  await mkdir(join(options.folder, 'hosts'), { recursive: true, mode: 0o700 });
  const folder = await realpath(join(options.folder, 'hosts'));
  await claim(folder);
  const watchdog = startWatchdog(folder);
  let stopping: Promise<void> | undefined;
  const stop = () => (stopping ??= stopAll());
  async function stopAll(): Promise<void> {
    await endHosts(folder);
    await watchdog.dismiss();
    await release(folder);
  }
  try {
    await noteWatchdog(folder, watchdog.pid);
    return { ...(await bringUp(folder, options, log)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function bringUp(
  folder: string,
  options: HostsOptions,
  log: (sentence: string) => void,
): Promise<Omit<SandboxHosts, 'stop'>> {
  const pgBin = await findPgBin();
  const shop = { seed: options.seed ?? 1, scale: options.scale ?? 1, billing: options.billing ?? false };
  const version = await versionOf(shop);
  let state = await readState(folder);
  if (state !== undefined && state.version !== version) {
    log('The sandbox was made by another version: making it anew.');
    await endHosts(folder);
    for (const name of [...HOST_NAMES, 'bot']) await rm(join(folder, name), { recursive: true, force: true });
    state = undefined;
  }
  const now = state ?? {
    version,
    newestAt: newestMoment(options.now ?? new Date()).toISOString(),
    ports: {},
    done: [],
  };
  const bot = {
    privateKeyFile: join(folder, 'bot/id_ed25519'),
    publicKey: await ensureKey(join(folder, 'bot/id_ed25519'), 'freshet-sandbox'),
    adminPasswordFile: join(folder, 'bot/freshet_admin.password'),
    loaderPasswordFile: join(folder, 'bot/freshet_loader.password'),
  };
  const fullAt = new Date(now.newestAt);
  const finish = (what: string) => {
    now.done.push(what);
    writeState(folder, now);
  };
  const up = await settled(
    HOST_NAMES.map(async (name) => {
      const host = await startHost(
        folder,
        name,
        { pgBin, durable: options.durable ?? true },
        now.ports[name],
      );
      now.ports[name] = { ssh: host.port, pg: host.pgPort };
      writeState(folder, now);
      if (!now.done.includes(name)) {
        log(
          `Filling ${name}: ${name === 'prod-db' ? 'the webshop and three weeks of backups' : 'uat, ci and dev'}.`,
        );
        await (name === 'prod-db'
          ? fillProduction(host, folder, shop, fullAt)
          : fillTest(host, bot, shop, fullAt));
        finish(name);
      }
      if (name === 'prod-db') await installJobs(productionOf(host, folder));
      return host;
    }),
  );
  const [production, test] = up as [SandboxHost, SandboxHost];
  return { folder, hosts: { 'prod-db': production, 'test-db': test }, bot, newestAt: fullAt };
}

async function startHost(
  folder: string,
  name: HostName,
  options: { pgBin: string; durable: boolean },
  ports: { ssh: number; pg: number } | undefined,
): Promise<SandboxHost> {
  const root = hostRoot(folder, name);
  for (const below of ['etc/ssh', 'etc/freshet', 'run', 'var/log', 'var/lib']) {
    await mkdir(join(root, below), { recursive: true, mode: 0o755 });
  }
  const hostKey = await ensureKey(sshdFiles(root).hostKey, name);
  const cluster = { ...options, mark: folder };
  await ensureCluster(root, cluster);
  const port = await startSshd(root, folder, ports?.ssh);
  const pgPort = await startCluster(root, cluster, ports?.pg);
  const connect = (database: string) => superuser(root, pgPort, database);
  return {
    name,
    address: '127.0.0.1',
    port,
    user: userInfo().username,
    hostKey,
    root,
    pgPort,
    pgBin: options.pgBin,
    files: {
      authorizedKeys: sshdFiles(root).authorizedKeys,
      hostConf: join(root, 'etc/freshet/host.conf'),
      pgpass: freshetPassfile(root),
      backups: {
        nightly: backupFolder(root, 'nightly'),
        weekly: backupFolder(root, 'weekly'),
        anonymised: backupFolder(root, 'anonymised'),
      },
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

async function fillProduction(host: SandboxHost, folder: string, shop: Shop, fullAt: Date): Promise<void> {
  await withClient(host, (client) => createProductionRoles(host.root, client));
  await playProduction(productionOf(host, folder), { ...shop, fullAt });
  if (shop.billing) await playBilling(productionOf(host, folder), { ...shop, fullAt });
}

function productionOf(host: SandboxHost, folder: string): ProductionHost {
  return {
    root: host.root,
    port: host.pgPort,
    pgBin: host.pgBin,
    environment: { [MARK]: folder },
    connect: (database: string) => host.connect(database),
  };
}

async function fillTest(
  host: SandboxHost,
  bot: SandboxHosts['bot'],
  shop: Shop,
  fullAt: Date,
): Promise<void> {
  await withClient(host, (client) =>
    createTestRoles(
      host.root,
      client,
      ENVIRONMENTS.map(({ roles }) => roles),
    ),
  );
  await copyFile(passwordFile(host.root, 'freshet_admin'), bot.adminPasswordFile);
  await copyFile(passwordFile(host.root, 'freshet_loader'), bot.loaderPasswordFile);
  const connect = (database: string) => host.connect(database);
  for (const target of ENVIRONMENTS) await fillEnvironment(connect, target, { ...shop, fullAt });
  if (!shop.billing) return;
  for (const target of BILLING_ENVIRONMENTS) await fillBilling(connect, target, { ...shop, fullAt });
}

async function withClient(host: SandboxHost, work: (client: Client) => Promise<void>): Promise<void> {
  const client = await host.connect('postgres');
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

/** Waits for all before it rejects: nobody works on behind the back of who tidies up. */
async function settled<T>(work: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(work);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return results.map((result) => (result as PromiseFulfilledResult<T>).value);
}

/** Changes with everything that decides what the data is. */
async function versionOf(shop: Shop): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([shop, REPOSITORIES]));
  const sources = ['accounts.ts', 'environments.ts', 'production.ts', 'qa-cases.ts'];
  for (const folder of ['shop', 'billing', 'jobs']) {
    const names = await readdir(new URL(`${folder}/`, import.meta.url));
    sources.push(...names.sort().map((name) => `${folder}/${name}`));
  }
  for (const name of sources) hash.update(await readFile(new URL(name, import.meta.url)));
  return hash.digest('hex').slice(0, 16);
}

async function readState(folder: string): Promise<State | undefined> {
  const file = join(folder, 'state.json');
  if (!existsSync(file)) return undefined;
  return JSON.parse(await readFile(file, 'utf8')) as State;
}

/** Without a pause in between: both hosts write it, at the same time. */
function writeState(folder: string, state: State): void {
  const file = join(folder, 'state.json');
  writeFileSync(`${file}.new`, JSON.stringify(state, undefined, 2), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
