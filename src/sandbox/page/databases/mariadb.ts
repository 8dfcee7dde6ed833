import type { Connection, RowDataPacket } from 'mysql2/promise';
import { loginOf } from '../../hosts/catalog/accounts.ts';
import type { SandboxHost } from '../../hosts/hosts.ts';
import { administrator } from '../../hosts/mariadb.ts';
import type { Portrait } from './portraits.ts';
import type { Listed, Watched } from './server.ts';
import type { Sample } from './state.ts';

// Tables keep their number when they are renamed, also into another schema; schemas have none. During a swap, when nothing can be
// reached, tables have names that begin with "freshet"; so has the mark in what is not live. Moments of writes are of whole seconds.
const databases = `
  SELECT s.schema_name AS name,
    COALESCE((SELECT CAST(MIN(i.table_id) AS CHAR) FROM information_schema.innodb_sys_tables i
      WHERE SUBSTRING_INDEX(i.name, '/', 1) = s.schema_name AND i.name NOT LIKE '%/freshet%'), s.schema_name) AS lasting,
    COALESCE((SELECT SUM(t.data_length + t.index_length) FROM information_schema.tables t
      WHERE t.table_schema = s.schema_name), 0) AS bytes,
    EXISTS (SELECT 1 FROM information_schema.tables t WHERE t.table_schema = s.schema_name AND t.table_type = 'BASE TABLE'
      AND t.table_name NOT LIKE 'freshet %') AS open,
    (SELECT CONCAT_WS('/', MAX(t.update_time), IF(MAX(t.update_time) > NOW() - INTERVAL 2 SECOND, UUID(), NULL), SUM(t.table_rows))
      FROM information_schema.tables t WHERE t.table_schema = s.schema_name) AS written
  FROM information_schema.schemata s WHERE SUBSTRING_INDEX(s.schema_name, '__', 1) IN (?) ORDER BY 1`;
const sessions = `
  SELECT db AS \`database\`, 'session' AS application, user, COUNT(*) AS count FROM information_schema.processlist
  WHERE db IN (?) AND id <> CONNECTION_ID() GROUP BY 1, 2, 3 ORDER BY 4 DESC, 3 LIMIT 60`;

type Found = Omit<Listed, 'sessions' | 'bytes' | 'open'> & { bytes: number | string; open: number };
type Who = { database: string; application: string; user: string; count: number };

/** MariaDB knows no names of applications: sessions are told by their account alone. */
export function watchMariadb(host: SandboxHost): Watched {
  const { root, mariadbPort: port } = host;
  if (port === undefined) throw new Error(`${host.name} has no MariaDB`);
  let connection: Connection | undefined;

  async function connected(): Promise<Connection> {
    if (connection !== undefined) return connection;
    const fresh = await administrator(root, port!);
    fresh.on('error', () => (connection = undefined));
    await fresh.query('SET SESSION lock_wait_timeout = 5, max_statement_time = 5');
    return (connection = fresh);
  }

  return {
    async list(live) {
      const own = await connected();
      const [found] = await own.query<(Found & RowDataPacket)[]>(databases, [live]);
      const [who] = await own.query<(Who & RowDataPacket)[]>(sessions, [live]);
      return found.map(({ name, lasting, bytes, open, written }) => ({
        name,
        lasting,
        bytes: Number(bytes),
        open: open === 1,
        written,
        sessions: who
          .filter(({ database }) => database === name)
          .map(({ application, user, count }) => ({ application, user, count })),
      }));
    },
    sample: (database, account, portrait) => sampleOf({ root, port }, database, account, portrait),
    async close() {
      const last = connection;
      connection = undefined;
      await last?.end();
    },
  };
}

async function sampleOf(
  at: { root: string; port: number },
  database: string,
  account: string,
  { counts, headings, rows }: Portrait,
): Promise<Sample> {
  const connection = await loginOf(at.root, { port: at.port, database, name: account });
  connection.on('error', () => undefined);
  try {
    await connection.query(`SET SESSION lock_wait_timeout = 5, max_statement_time = 5, time_zone = '+00:00'`);
    type Counted = { what: string; count: number; newestAt: Date | null };
    const [counted] = await connection.query<(Counted & RowDataPacket)[]>(counts);
    const [some] = await connection.query<({ cells: string; isCase: number } & RowDataPacket)[]>(rows);
    return {
      counts: counted.map(({ what, count, newestAt }) => ({
        what,
        count,
        newestAt: newestAt?.getTime(),
      })),
      headings,
      rows: some.map(({ cells, isCase }) => ({
        cells: JSON.parse(cells) as string[],
        isCase: isCase === 1,
      })),
    };
  } finally {
    await connection.end();
  }
}
