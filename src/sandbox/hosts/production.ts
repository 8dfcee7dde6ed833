import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, open, readdir, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from 'pg';
import { identifier } from '../../../runners/postgres/quote.ts';
import { PRODUCTION_ROLES } from './accounts.ts';
import { backupDefaults } from './catalog/accounts.ts';
import { setArchiveClock } from './archive-clock.ts';
import { createShopDatabase, grantShop } from './environments.ts';
import type { MariadbPrograms } from './mariadb.ts';
import { run } from './process.ts';
import { advanceShop, generateShop } from './shop/generate.ts';

const DAY = 86_400_000;
export const REPOSITORIES = ['nightly', 'weekly', 'anonymised'] as const;
export type RepositoryName = (typeof REPOSITORIES)[number];

/** Production's databases: the shop's, and the billing and the catalogue where a sandbox has them. */
export type ProductionDatabase = 'orders' | 'billing' | 'catalog';

/** A backup as set-up makes it: which job, in which form, days and hours (UTC) before the newest day. */
export type Job = {
  repository: RepositoryName;
  /** Of the job; by default it is called like the repository. */
  script?: string;
  form: string;
  daysAgo: number;
  hour: number;
  minute: number;
  harm?: Harm;
};
type Harm = 'flip-a-bit' | 'cut-short';

// In order of time: the shop lives on from one to the next.
const ORDERS_JOBS: readonly Job[] = [
  { repository: 'weekly', form: 'gzip', daysAgo: 21, hour: 3, minute: 30 },
  { repository: 'weekly', form: 'zstd', daysAgo: 14, hour: 3, minute: 30 },
  { repository: 'weekly', form: 'plain', daysAgo: 7, hour: 3, minute: 30 },
  { repository: 'nightly', form: 'directory', daysAgo: 3, hour: 2, minute: 0 },
  { repository: 'anonymised', form: 'custom', daysAgo: 3, hour: 4, minute: 0, harm: 'cut-short' },
  { repository: 'nightly', form: 'custom', daysAgo: 2, hour: 2, minute: 0 },
  { repository: 'anonymised', form: 'custom', daysAgo: 2, hour: 4, minute: 0, harm: 'flip-a-bit' },
  { repository: 'nightly', form: 'directory', daysAgo: 1, hour: 2, minute: 0 },
  { repository: 'anonymised', form: 'directory', daysAgo: 1, hour: 4, minute: 0 },
  { repository: 'nightly', form: 'custom', daysAgo: 0, hour: 2, minute: 0 },
  { repository: 'anonymised', form: 'custom', daysAgo: 0, hour: 4, minute: 0 },
];

/** How many backups of the shop there are, broken ones too. */
export const ORDERS_BACKUPS = ORDERS_JOBS.length;

/** Where repositories lie below a host's root. */
export function backupFolder(root: string, repository: RepositoryName): string {
  return join(root, 'srv/backups', repository);
}

/** The newest moment that set-up plays: 04:00 UTC of today, or of yesterday before 04:30. */
export function newestMoment(now: Date): Date {
  const day = new Date(now.getTime() - 4.5 * 3_600_000);
  return new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), day.getUTCDate(), 4));
}

/** A host on which backup jobs run. */
export type JobHost = { root: string; pgBin: string; environment: Record<string, string> };

/** What the production host needs to be filled. */
export type ProductionHost = JobHost & {
  port: number;
  /** Where it has one. */
  mariadb?: MariadbPrograms;
  connect(database: string): Promise<Client>;
};

/** Builds production's database and plays three weeks of business, with the backup jobs run as cron would run them. */
export async function playProduction(
  host: ProductionHost,
  conf: string,
  options: { seed: number; scale: number; fullAt: Date },
): Promise<void> {
  const moments = ORDERS_JOBS.map((job) => momentOf(job, options.fullAt));
  const server = await host.connect('postgres');
  try {
    await createShopDatabase(server, 'orders', PRODUCTION_ROLES, 80);
    await server.query('GRANT CONNECT ON DATABASE orders TO backup_operator');
  } finally {
    await server.end();
  }
  await asOwner(host, 'orders', async (client) => {
    await generateShop(client, { ...options, asOf: moments[0] });
    await grantShop(client, PRODUCTION_ROLES);
  });
  const unfinished: Promise<void>[] = [];
  for (const [i, job] of ORDERS_JOBS.entries()) {
    const from = moments[i - 1];
    const to = moments[i]!;
    if (from !== undefined) {
      await asOwner(host, 'orders', (client) => advanceShop(client, { ...options, from, to }));
    }
    const ended = runJob(host, conf, 'orders', job, to);
    if (job.repository === 'anonymised') {
      unfinished.push(ended);
      // Business goes on as soon as the job has its copy.
      await Promise.race([ended, copyExists(host, to)]);
    } else {
      await ended;
    }
  }
  await Promise.all(unfinished);
}

/** Runs a backup job as cron would, and lets what it made look as old as it is said to be. */
export async function runJob(
  host: JobHost,
  conf: string,
  database: ProductionDatabase,
  job: Job,
  moment: Date,
): Promise<void> {
  const script = join(host.root, 'opt/backup-jobs', `${job.script ?? job.repository}.sh`);
  const { stdout } = await run(['sh', script, '--at', stampOf(moment), '--database', database, job.form], {
    env: { ...host.environment, BACKUP_CONF: conf },
    cwd: host.root,
  });
  const path = stdout.trim();
  const folder = (await stat(path)).isDirectory();
  if (folder || path.endsWith('.dump')) await setArchiveClock(path, moment);
  if (job.harm !== undefined) await harm(host, path, job.harm);
  // A job takes its time: the file is as old as its end, not as its data.
  const endedAt = new Date(moment.getTime() + 95_000);
  if (folder) for (const file of await readdir(path)) await utimes(join(path, file), endedAt, endedAt);
  await utimes(path, endedAt, endedAt);
}

/** Breaks a backup as bad disks and broken copies do, and makes sure that it is really broken. */
async function harm(host: JobHost, path: string, how: Harm): Promise<void> {
  const { size } = await stat(path);
  if (how === 'cut-short') {
    await truncate(path, Math.floor(size * 0.55));
    if (await readable(host, path)) throw new Error(`${path} was cut and can still be read`);
    return;
  }
  const handle = await open(path, 'r+');
  try {
    for (const share of [0.5, 0.4, 0.6, 0.3]) {
      const at = Math.floor(size * share);
      const byte = Buffer.alloc(1);
      await handle.read(byte, 0, 1, at);
      byte[0] = byte[0]! ^ 0x10;
      await handle.write(byte, 0, 1, at);
      if (!(await readable(host, path))) return;
    }
  } finally {
    await handle.close();
  }
  throw new Error(`${path} has flipped bits and can still be read`);
}

async function readable(host: JobHost, path: string): Promise<boolean> {
  try {
    await run([join(host.pgBin, 'pg_restore'), '-f', '/dev/null', path], { env: host.environment });
    return true;
  } catch {
    return false;
  }
}

/** Puts the backup jobs and their settings onto the host; again at each start, as ports may change. Returns the settings. */
export async function installJobs(host: ProductionHost): Promise<string> {
  const folder = join(host.root, 'opt/backup-jobs');
  await mkdir(folder, { recursive: true, mode: 0o755 });
  for (const name of ['backup-lib.sh', 'nightly.sh', 'weekly.sh', 'anonymised.sh', 'catalog.sh']) {
    await copyFile(new URL(`jobs/${name}`, import.meta.url), join(folder, name));
  }
  for (const [database, sql] of Object.entries({ orders: 'shop', billing: 'billing', catalog: 'catalog' })) {
    await copyFile(
      new URL(`${sql}/anonymise.sql`, import.meta.url),
      join(folder, `anonymise-${database}.sql`),
    );
  }
  const key = join(host.root, 'etc/postgresql/anonymisation.key');
  if (!existsSync(key)) await writeFile(key, randomBytes(32).toString('hex'), { mode: 0o600 });
  const settings = {
    PGBIN: host.pgBin,
    BACKUPS: join(host.root, 'srv/backups'),
    PGHOST: '127.0.0.1',
    PGPORT: String(host.port),
    PGUSER: 'backup_operator',
    PGPASSFILE: join(host.root, 'etc/postgresql/backup.pgpass'),
    ANONYMISATION_KEY_FILE: key,
    ...(host.mariadb === undefined
      ? {}
      : {
          MARIADB: host.mariadb.client,
          MARIADB_DUMP: host.mariadb.dump,
          MARIADB_DEFAULTS: backupDefaults(host.root),
        }),
  };
  const conf = join(host.root, 'etc/backup.conf');
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${quoted(value)}`);
  await writeFile(conf, `${lines.join('\n')}\n`, { mode: 0o600 });
  return conf;
}

/** Removes backups and scratch copies that an interrupted set-up left, and installs the jobs. Returns their settings. */
export async function clearProduction(host: ProductionHost): Promise<string> {
  const server = await host.connect('postgres');
  try {
    const { rows } = await server.query<{ datname: string }>(
      `SELECT datname FROM pg_database WHERE datname LIKE '%\\_scratch%'`,
    );
    for (const { datname } of rows) await server.query(`DROP DATABASE ${identifier(datname)} WITH (FORCE)`);
  } finally {
    await server.end();
  }
  for (const repository of REPOSITORIES) {
    await rm(backupFolder(host.root, repository), { recursive: true, force: true });
    await mkdir(backupFolder(host.root, repository), { recursive: true, mode: 0o755 });
  }
  return installJobs(host);
}

/** Works in one of production's databases under the name of its owner. */
export async function asOwner(
  host: ProductionHost,
  database: ProductionDatabase,
  work: (client: Client) => Promise<void>,
): Promise<void> {
  const client = await host.connect(database);
  try {
    await client.query(
      `SET ROLE ${PRODUCTION_ROLES.owner}; SET search_path = public; SET statement_timeout = 0`,
    );
    await work(client);
  } finally {
    await client.end();
  }
}

async function copyExists(host: ProductionHost, moment: Date): Promise<void> {
  const client = await host.connect('postgres');
  try {
    const name = `orders_scratch_${stampOf(moment)}`;
    for (;;) {
      const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
      if (rowCount === 1) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  } finally {
    await client.end();
  }
}

/** When a job ran. */
export function momentOf(job: Job, fullAt: Date): Date {
  const midnight = Date.UTC(fullAt.getUTCFullYear(), fullAt.getUTCMonth(), fullAt.getUTCDate());
  return new Date(midnight - job.daysAgo * DAY + job.hour * 3_600_000 + job.minute * 60_000);
}

function quoted(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}

/** `2026-11-22T0200Z`, as the jobs name their files. */
function stampOf(moment: Date): string {
  return moment.toISOString().replace(/^(.{13}):(\d\d):.*$/, '$1$2Z');
}
