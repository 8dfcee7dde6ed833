import { mkdir, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { findPgBin } from './cluster.ts';
import { endHosts, HOST_NAMES, type HostName } from './ending.ts';
import { type BotFiles, fillProduction, fillTest, refreshJobs } from './filling.ts';
import { portsOf, type SandboxHost, startHost } from './host.ts';
import { findMariadb } from './mariadb.ts';
import { claim, noteWatchdog, release } from './ownership.ts';
import { newestMoment } from './production.ts';
import { settled } from './settled.ts';
import { ensureKey } from './sshd.ts';
import { readState, versionOf, writeState } from './state.ts';
import { startWatchdog } from './watchdog.ts';

export type { HostName } from './ending.ts';
export type { SandboxHost } from './host.ts';
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
  /** Whether both hosts have a MariaDB, with the webshop's `catalog` in production, uat and ci. Default false. */
  catalog?: boolean;
  /** Chooses other people and orders. Default 1. */
  seed?: number;
  /** The moment that counts as now when the data is made; kept in a folder that exists. Default: the clock. */
  now?: Date;
  /** Told what is being done, in a sentence. */
  log?: (sentence: string) => void;
};

/** A running sandbox. */
export type SandboxHosts = {
  readonly folder: string;
  readonly hosts: Readonly<Record<HostName, SandboxHost>>;
  readonly bot: BotFiles;
  /** The moment that the newest backup tells of. */
  readonly newestAt: Date;
  /** Ends everything and waits until it is gone. Data stays. May be repeated. */
  stop(): Promise<void>;
};

/**
 * Starts the two database hosts, made on first use (about 12 s), found again later (below a second). What an earlier
 * run left running is adopted, what it left unfinished is done anew. When this process dies, in whatever way, everything
 * ends. Throws `Conflict` (`sandbox-in-use`) while another process owns the folder, `Unavailable` with the remedy
 * where sshd, PostgreSQL or a MariaDB that is asked for are missing.
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
  const shop = {
    seed: options.seed ?? 1,
    scale: options.scale ?? 1,
    billing: options.billing ?? false,
    catalog: options.catalog ?? false,
  };
  const mariadb = shop.catalog ? findMariadb() : undefined;
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
    readerPasswordFile: join(folder, 'bot/freshet_reader.password'),
    ...(shop.catalog
      ? {
          mariadb: {
            adminPasswordFile: join(folder, 'bot/freshet_admin.mariadb.password'),
            loaderPasswordFile: join(folder, 'bot/freshet_loader.mariadb.password'),
            readerPasswordFile: join(folder, 'bot/freshet_reader.mariadb.password'),
          },
        }
      : {}),
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
        { pgBin, durable: options.durable ?? true, ...(mariadb === undefined ? {} : { mariadb }) },
        now.ports[name],
      );
      now.ports[name] = portsOf(host);
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
      if (name === 'prod-db') await refreshJobs(host, folder);
      return host;
    }),
  );
  const [production, test] = up as [SandboxHost, SandboxHost];
  return { folder, hosts: { 'prod-db': production, 'test-db': test }, bot, newestAt: fullAt };
}
