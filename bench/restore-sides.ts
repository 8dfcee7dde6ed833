import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import type { TakenResult } from '../runners/execute.ts';
import type { Backup } from '../src/domain/backup.ts';
import { generateCatalog } from '../src/sandbox/hosts/catalog/generate.ts';
import { generateShop } from '../src/sandbox/hosts/shop/generate.ts';
import { until } from '../test/until.ts';
import type { Rig as EngineRig } from '../test/runners/engine-rig.ts';
import { startRig as startMysql } from '../test/runners/mysql/rig.ts';
import { startRig as startPostgres, type Rig as PostgresRig } from '../test/runners/postgres/rig.ts';
import { taking } from '../test/runners/taking.ts';
import { probe } from './restore-probe.ts';

// Each engine as the benchmark of restores knows it: a live database, a backup of the same data, and the vendor's own way to restore it.

export type Side = {
  rig: EngineRig;
  /** Database and target, and the live name. */
  target: string;
  live: string;
  backup: Backup;
  /** What the database takes on the server. */
  bytes: number;
  plainly: string;
  /** What was written before is on the disk, and nothing of an earlier restore is left. */
  settle(): Promise<void>;
  /** With the vendor's own tool, into a new database. */
  restorePlainly(): Promise<void>;
  /** Watches from the barrier on for how long nobody can get in. */
  watch?(): { end(): Promise<number> };
  stop(): Promise<void>;
};

const fullAt = new Date('2026-11-23T02:00:00Z');

/** The webshop. Scale 26 is 1 GB. */
export async function postgresSide(scale: number, say: (line: string) => void): Promise<Side> {
  const rig = await startPostgres({ databases: { orders: 'orders_uat' }, durable: true });
  try {
    return await withShop(rig, scale, say);
  } catch (error) {
    await rig.stop();
    throw error;
  }
}

async function withShop(rig: PostgresRig, scale: number, say: (line: string) => void): Promise<Side> {
  say(`PostgreSQL: generating the webshop at scale ${scale}`);
  await rig.sql('postgres', 'CREATE DATABASE source');
  await rig.inside('source', (client) => generateShop(client, { seed: 1, scale, fullAt }));
  const bytes = Number(await rig.value('source', 'SELECT pg_database_size(current_database())::float8'));
  const archive = join(rig.near.root, 'source');
  await rig.command('pg_dump', ['-Fd', '-j2', '-Z1', '-f', archive, 'source']);
  const backup = await rig.backupAt(rig.near, 'source', 'pg-directory');
  tell('PostgreSQL', bytes, backup, say);
  await rig.drop('source');
  await rig.sql('postgres', 'CREATE DATABASE orders_uat OWNER shop_owner');
  return {
    rig,
    target: 'orders',
    live: 'orders_uat',
    backup,
    bytes,
    plainly: 'bare pg_restore -Fd -j2',
    async settle() {
      await rig.drop('bare');
      await rig.sql('postgres', 'CHECKPOINT');
    },
    async restorePlainly() {
      await rig.sql('postgres', 'CREATE DATABASE bare TEMPLATE template0');
      await rig.command('pg_restore', ['-Fd', '-j2', '-d', 'bare', archive]);
    },
    watch: () => probe(rig, 'orders_uat'),
    stop: () => rig.stop(),
  };
}

/** The catalogue of the webshop, dumped by a take of our own. Scale 320 is 1 GB. */
export async function mysqlSide(scale: number, say: (line: string) => void): Promise<Side> {
  const rig = await startMysql({
    databases: { catalog: 'orders_uat', source: 'orders_dev' },
    durable: true,
    near: 'near-my',
  });
  try {
    return await withCatalog(rig, scale, say);
  } catch (error) {
    await rig.stop();
    throw error;
  }
}

async function withCatalog(
  rig: Awaited<ReturnType<typeof startMysql>>,
  scale: number,
  say: (line: string) => void,
): Promise<Side> {
  say(`MariaDB: generating the catalogue at scale ${scale}`);
  await rig.sql('CREATE DATABASE orders_dev; CREATE DATABASE orders_uat');
  await rig.inside('orders_dev', (connection) => generateCatalog(connection, { seed: 1, scale, fullAt }));
  await rig.sql('ANALYZE TABLE orders_dev.mail_queue, orders_dev.product, orders_dev.stock');
  const bytes = await rig.bytesOf('orders_dev');
  const { outcome, checkpoint } = await rig.walk(rig.planOf(taking(rig, 'source')), { sliceSeconds: 3600 });
  if (outcome.end !== 'succeeded') throw new Error(JSON.stringify(outcome));
  const { path, format, engineVersion } = checkpoint.taken.get('source') as TakenResult;
  const backup = { ...(await rig.backupAt(rig.near, path, format)), engineVersion };
  tell('MariaDB', bytes, backup, say);
  const plain = join(rig.folder, 'plain.sql');
  await promisify(execFile)('zstd', ['-dqf', join(rig.near.root, path), '-o', plain]);
  await rig.drop('orders_dev');
  return {
    rig,
    target: 'catalog',
    live: 'orders_uat',
    backup,
    bytes,
    plainly: 'mariadb < dump',
    async settle() {
      await rig.drop('bare');
      await rig.sql('SET GLOBAL innodb_max_dirty_pages_pct = 0');
      const dirty = `SELECT variable_value FROM information_schema.global_status WHERE variable_name = 'innodb_buffer_pool_pages_dirty'`;
      await until('what was written is on the disk', async () => Number(await rig.value(dirty)) < 50, 120);
      await rig.sql('SET GLOBAL innodb_max_dirty_pages_pct = DEFAULT');
    },
    async restorePlainly() {
      await rig.sql('CREATE DATABASE bare');
      const child = spawn(rig.programs.client, [`--defaults-file=${rig.own}`, '--binary-mode', 'bare'], {
        stdio: ['pipe', 'ignore', 'inherit'],
      });
      const text = createReadStream(plain, { highWaterMark: 2 ** 20 });
      const [[code]] = await Promise.all([
        once(child, 'close'),
        // A client that ends early closes the pipe; its code says more.
        pipeline(text, child.stdin).catch(() => undefined),
      ]);
      if (code !== 0) throw new Error(`the client ended with ${String(code)}`);
    },
    stop: () => rig.stop(),
  };
}

function tell(engine: string, bytes: number, backup: Backup, say: (line: string) => void): void {
  say(`${engine}: database ${(bytes / 1e9).toFixed(2)} GB, backup ${(backup.bytes / 1e6).toFixed(0)} MB`);
}
