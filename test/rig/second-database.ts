import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import type { SiteText } from './site.ts';

/** The names of a second, small database: in production, and as a target of CI. */
export const stock = { database: 'stock', live: 'stock_ci', target: 'ci-stock' };

/** Makes it on both servers, with one anonymised backup, and lets `freshet-host` touch the target. */
export async function addStock({ hosts }: Sandbox): Promise<void> {
  const { 'prod-db': source, 'test-db': target } = hosts.hosts;
  await source.sql('postgres', 'create database stock');
  await source.sql(
    'stock',
    `create table item (item_id integer primary key, title text not null);
     insert into item select n, 'of production ' || n from generate_series(1, 500) n`,
  );
  await target.sql('postgres', `create database ${stock.live} owner shop_ci`);
  await target.sql(
    stock.live,
    `create table item (item_id integer primary key, title text not null);
     insert into item select n, 'of ci ' || n from generate_series(1, 50) n;
     alter table item owner to shop_ci`,
  );
  const stamp = hosts.newestAt.toISOString().replace(/^(.{13}):(\d\d):.*$/, '$1$2Z');
  const file = join(source.files.backups.anonymised, `stock_${stamp}.dump`);
  await source.exec([join(source.pgBin, 'pg_dump'), '--format=custom', `--file=${file}`, 'stock'], {
    env: {
      PGHOST: '127.0.0.1',
      PGPORT: String(source.pgPort),
      PGUSER: 'backup_operator',
      PGPASSFILE: join(source.root, 'etc/postgresql/backup.pgpass'),
      TZ: 'UTC',
    },
  });
  await appendFile(
    join(target.root, 'opt/freshet/host.conf'),
    `target ${stock.target} server=test-pg database=${stock.live}\n`,
  );
}

/** Tells the site file of it. */
export function tellOfStock(site: SiteText): void {
  site.databases[stock.database] = { engine: 'postgres', title: 'The stock' };
  site.environments.production!.databases[stock.database] = { databaseName: 'stock' };
  site.environments.ci!.databases[stock.database] = {
    server: 'test-pg',
    databaseName: stock.live,
    target: stock.target,
    jobs: 1,
    minimumRows: { 'public.item': 100 },
  };
}
