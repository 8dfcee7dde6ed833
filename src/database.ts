import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from '../config/environment.ts';
import type { Secrets } from '../config/secrets.ts';
import { configError, isFreshetError } from './domain/errors.ts';
import type { Finding } from './domain/probe.ts';
import { migrateQueue } from './queue/migrate.ts';
import { asRuntime, findEmbedded, startEmbedded } from './store/embedded.ts';
import type { StoreLog } from './store/log.ts';
import { migrate, pendingMigrations } from './store/migrate.ts';
import { rolesOf } from './store/roles.ts';

/** The store's database, as the roles that this process may be there. */
export type Database = {
  /** As whoever serves and works. Absent where only the owner was named. */
  url?: string;
  /** As the owner, where that is another one. */
  ownerUrl?: string;
  /** This process keeps the server, and so may bring the store up to date as its owner. */
  embedded: boolean;
  /** Lets go of a server that this process runs itself. */
  stop: () => Promise<void>;
};

type Around = { log: StoreLog; secrets: Secrets };

/** The database that the variables or `--embedded` name. Throws Config `store-unnamed`. */
export async function database(
  environment: Environment,
  embedded: string | undefined,
  { log, secrets }: Around,
  own: 'start' | 'find',
): Promise<Database> {
  if (embedded === undefined) {
    const { databaseUrl, migrateDatabaseUrl } = environment;
    if (databaseUrl !== undefined || migrateDatabaseUrl !== undefined) {
      return {
        ...(databaseUrl === undefined ? {} : { url: databaseUrl }),
        ...(migrateDatabaseUrl === undefined ? {} : { ownerUrl: migrateDatabaseUrl }),
        embedded: false,
        stop: () => Promise.resolve(),
      };
    }
    throw storeUnnamed();
  }
  const known = (ownerUrl: string, stop: () => Promise<void>) => {
    const url = asRuntime(ownerUrl);
    for (const one of [url, ownerUrl]) secrets.know(new URL(one).password);
    return { url, ownerUrl, embedded: true, stop };
  };
  const found = own === 'find' ? await findEmbedded(embedded) : undefined;
  if (found !== undefined) return known(found, () => Promise.resolve());
  const server = await startEmbedded({ folder: embedded, log });
  return known(server.connectionString, () => server.stop());
}

function storeUnnamed() {
  return configError(
    'store-unnamed',
    'No database for the state of Freshet was named; expected DATABASE_URL or --embedded.',
    'Set DATABASE_URL=postgresql://user@host/freshet, or say --embedded FOLDER to run one from npm packages.',
  );
}

/** As whom a process serves or works; the owner alone is not enough to be named. */
export function runtimeUrl({ url }: Database): string {
  if (url === undefined) throw storeUnnamed();
  return url;
}

/**
 * Brings the store to this version: as its owner, and the other role may use it afterwards. `runtimeRole` names that role where no
 * address does. Returns what was applied, and the role.
 */
export async function bringUp(
  { url, ownerUrl }: Database,
  log: StoreLog,
  { runtimeRole, queue = true }: { runtimeRole?: string; queue?: boolean } = {},
): Promise<{ applied: string[]; role?: string }> {
  const owner = ownerUrl ?? url!;
  const role = runtimeRole ?? (ownerUrl === undefined || url === undefined ? undefined : userOf(url));
  const applied = await migrate(owner, log, role);
  if (role === undefined) return { applied };
  if (queue) await migrateQueue(owner, role);
  return { applied, role };
}

function userOf(url: string): string {
  const user = decodeURIComponent(new URL(url).username);
  if (user !== '') return user;
  throw configError(
    'runtime-role-unnamed',
    'DATABASE_URL names no user; expected the role that "serve" and "worker" log in as.',
    'Add it, postgresql://freshet_bot@host/freshet, or say npx freshet migrate --runtime-role NAME.',
  );
}

/**
 * For a process that serves: the store is brought up to date where its own role is the owner, or the server its own; else it must be.
 * Throws Config `store-not-migrated`. Returns whether another role makes the tables.
 */
export async function readyToServe(database: Database, log: StoreLog): Promise<boolean> {
  const url = runtimeUrl(database);
  if (database.embedded) {
    await bringUp(database, log);
    return true;
  }
  const roles = await rolesOf(url);
  if (roles?.owns === true || (roles === undefined && database.ownerUrl === undefined)) {
    await migrate(url, log);
    return false;
  }
  await assertMigrated(url);
  return true;
}

/**
 * For a process that works. As `readyToServe`, and changes nothing: an embedded store that a `serve` is bringing up at this moment is
 * waited for.
 */
export async function readyToWork(database: Database, log: StoreLog): Promise<boolean> {
  const url = runtimeUrl(database);
  if (database.embedded) await broughtUp(url, log);
  else await assertMigrated(url);
  return (await rolesOf(url))?.owns === false;
}

const comingSeconds = 30;
const lookMs = 200;

async function broughtUp(url: string, log: StoreLog): Promise<void> {
  const end = Date.now() + comingSeconds * 1000;
  for (let told = false; ; told = true) {
    try {
      await assertMigrated(url);
      return;
    } catch (error) {
      // Before the rights are given it is refused, and afterwards it is there.
      const isComing =
        isFreshetError(error) && (error.code === 'store-not-migrated' || error.code === 'store-refused');
      if (!isComing || Date.now() > end) throw error;
      if (!told) log.info({ seconds: comingSeconds }, 'Waits for serve to bring the embedded store up');
    }
    await sleep(lookMs);
  }
}

async function assertMigrated(url: string): Promise<void> {
  const pending = await pendingMigrations(url);
  if (pending.length === 0) return;
  throw configError(
    'store-not-migrated',
    `The store lacks ${pending.length} migrations; expected one that is up to date.`,
    'Run npx freshet migrate, or start npx freshet serve first where one role both owns and uses the store.',
  );
}

/** What `check` says of the store: how it stands, and who may change it. */
export async function lookAtStore(url: string): Promise<Finding> {
  const pending = await pendingMigrations(url);
  if (pending.length > 0) {
    return {
      ok: false,
      says: `it lacks ${pending.length} migrations`,
      remedy: 'Run npx freshet migrate (with --embedded, if you say it here), then check again.',
    };
  }
  const { role, owner, owns } = (await rolesOf(url))!;
  return {
    ok: true,
    says: owns
      ? `it is up to date; one role, "${role}", both owns and uses it: only triggers keep its events from being changed (docs/audit.md)`
      : `it is up to date, owned by "${owner}", used as "${role}", which can change no event`,
  };
}
