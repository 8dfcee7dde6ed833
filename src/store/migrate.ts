import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { Client } from 'pg';
import { configError } from '../domain/errors.ts';
import { connected } from './connect.ts';
import { silent, type StoreLog } from './log.ts';
import { grantTo } from './roles.ts';

export type Migration = { number: number; title: string; sql: string; checksum: string };

/** Ours among the advisory locks of the database: "FRES". */
const lockKey = 0x46_52_45_53;

const folder = new URL('./migrations/', import.meta.url);

/**
 * Brings the database to this program's version. Safe when several processes do it at once: each migration is one
 * transaction under a lock, and who comes second finds it done. Throws Config `store-newer` (the database is ahead of
 * the program), `store-migration-changed`, `store-refused` or `store-version`, or Unavailable `store-unavailable`.
 * Returns the titles of what it applied. `runtimeRole`: another role, which may use the store afterwards and change nothing that was
 * written down (`grantTo`, and what that throws).
 */
export async function migrate(
  connectionString: string,
  log: StoreLog = silent,
  runtimeRole?: string,
): Promise<string[]> {
  const migrations = await bundled();
  return connected(connectionString, async (client) => {
    const applied: string[] = [];
    for (let next = await applyNext(client, migrations); next !== undefined;) {
      log.info({ migration: next }, 'Migrated the store');
      applied.push(next);
      next = await applyNext(client, migrations);
    }
    if (runtimeRole !== undefined) await grantTo(client, runtimeRole);
    return applied;
  });
}

/** Titles of what `migrate` would apply; touches nothing. Throws as `migrate` does. */
export async function pendingMigrations(connectionString: string): Promise<string[]> {
  const migrations = await bundled();
  return connected(connectionString, async (client) => {
    const done = await recorded(client);
    check(done, migrations);
    return migrations.slice(done.length).map(named);
  });
}

/** The files of migrations/, in order. */
export async function bundled(): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name, index) => {
      const match = /^(\d{4})-([a-z0-9-]+)\.sql$/.exec(name);
      if (match === null || Number(match[1]) !== index + 1) {
        throw new Error(`Migration ${name} is out of order; expected number ${index + 1}`);
      }
      const sql = (await readFile(new URL(name, folder), 'utf8')).replaceAll('\r\n', '\n');
      const checksum = createHash('sha256').update(sql).digest('hex');
      return { number: index + 1, title: match[2]!, sql, checksum };
    }),
  );
}

function named(migration: Migration): string {
  return `${String(migration.number).padStart(4, '0')}-${migration.title}`;
}

/** One transaction, one migration: the lock ends with it, whatever happens to this process. */
async function applyNext(client: Client, migrations: readonly Migration[]): Promise<string | undefined> {
  await client.query('begin');
  try {
    await client.query('select pg_advisory_xact_lock($1)', [lockKey]);
    await client.query(`
      create schema if not exists freshet;
      create table if not exists freshet.migrations (
        number      integer primary key,
        title       text not null,
        checksum    text not null,
        applied_at  timestamptz(3) not null default clock_timestamp()
      )`);
    const done = await recorded(client);
    check(done, migrations);
    const next = migrations[done.length];
    if (next !== undefined) {
      await client.query(next.sql);
      await client.query('insert into freshet.migrations (number, title, checksum) values ($1, $2, $3)', [
        next.number,
        next.title,
        next.checksum,
      ]);
    }
    await client.query('commit');
    return next === undefined ? undefined : named(next);
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}

type Recorded = Pick<Migration, 'number' | 'title' | 'checksum'>;

async function recorded(client: Client): Promise<Recorded[]> {
  const { rows: there } = await client.query<{ there: boolean }>(
    `select to_regclass('freshet.migrations') is not null as there`,
  );
  if (!there[0]!.there) return [];
  const { rows } = await client.query<Recorded>(
    'select number, title, checksum from freshet.migrations order by number',
  );
  return rows;
}

function check(done: readonly Recorded[], migrations: readonly Migration[]): void {
  if (done.length > migrations.length) {
    throw configError(
      'store-newer',
      `The database is at migration ${done.at(-1)!.number}, and this program knows ${migrations.length}.`,
      'Start the newer program; going back needs the backup that was made before the upgrade.',
    );
  }
  for (const [index, one] of done.entries()) {
    const mine = migrations[index]!;
    if (one.number === mine.number && one.checksum === mine.checksum) continue;
    throw configError(
      'store-migration-changed',
      `Migration ${named(mine)} is not the one that the database got as ${one.number} "${one.title}".`,
      'Run an unchanged release; a migration that was applied is never edited, a new one is added.',
    );
  }
}
