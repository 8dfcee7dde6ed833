import type { RowDataPacket } from 'mysql2/promise';
import { identifier } from '../../../../runners/mysql/quote.ts';
import { administrator } from '../mariadb.ts';
import { CATALOG_ENVIRONMENTS, type CatalogHost, fillCatalog, type Made } from './catalog.ts';

/**
 * Makes a MariaDB forget the runs of a bot whose store is gone, with the copies that nobody knows of any more. A catalogue that was left
 * in the middle of a swap is made anew: nobody is there to lead out of it.
 */
export async function forgetCatalogRuns(host: CatalogHost, made: Made): Promise<void> {
  const server = await administrator(host.root, host.port);
  const names = async (sql: string): Promise<string[]> => {
    const [rows] = await server.query<RowDataPacket[]>(sql);
    return rows.map((row) => String(row['name']));
  };
  try {
    const torn = await names(`SELECT database_name AS name FROM freshet.swap WHERE live_is LIKE '%-hidden'`);
    const copies = `SELECT schema_name AS name FROM information_schema.schemata WHERE schema_name REGEXP '^(catalog|freshet)_[a-z]+__(old|new)_'`;
    for (const copy of await names(copies)) await server.query(`DROP DATABASE ${identifier(copy)}`);
    for (const table of ['fence', 'live', 'copy', 'program', 'swap'])
      await server.query(`TRUNCATE freshet.${table}`);
    for (const target of CATALOG_ENVIRONMENTS) {
      if (torn.includes(target.database)) await fillCatalog(host, target, made);
    }
  } finally {
    await server.end();
  }
}
