import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { readdir, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { Connection } from 'mysql2/promise';
import { mysql } from '../../../runners/mysql/index.ts';
import { everythingIn, identifier, literal, qualified } from '../../../runners/mysql/quote.ts';
import { asAdmin, raise, swapOf } from '../../../runners/mysql/records.ts';
import { markName } from '../../../runners/mysql/sql.ts';
import { generateCatalog } from '../../../src/sandbox/hosts/catalog/generate.ts';
import { contentOf } from '../../../src/sandbox/hosts/content-hash.ts';
import { schemaHash } from '../../../src/sandbox/hosts/schema-hash.ts';
import { until } from '../../until.ts';
import { type BenchServer, type EngineBench, type Guest, type Held } from '../engine-bench.ts';
import { named } from './base.ts';
import { failing, spoilt } from './harms.ts';
import { impacts } from './impacts.ts';
import { interruptions } from './interruptions.ts';
import { keeps } from './keeps.ts';
import { rich } from './rich.ts';
import { accounts, type MysqlServer, startServer } from './server.ts';
import { severed } from './sever.ts';
import { takes } from './takes.ts';
import { worlds } from './worlds.ts';
import { numbers } from '../../../src/sandbox/hosts/catalog/numbers.ts';

type Server = BenchServer & MysqlServer;

const oddName = `Zoë's \`best" %_ Läden, l'été ${'ü'.repeat(14)}xx`;

/** What the suites call live databases: an administrator names them when the server is set up. */
const live = ['orders_uat', 'orders_dev', 'orders_empty', 'orders_first', oddName];

/** Mydumper leaves out the modes of what has a body, and writes "; " for a ";" at the end of a line of it. */
const loses = /^(?:(?:function|procedure) .*|triggers|events)$/;

/** Of a server whose disk is small: what it takes at its start is most of it. */
const smallSettings = ['innodb_log_file_size = 16M', 'innodb_buffer_pool_size = 32M'];

async function start(
  folder: string,
  { durable, small = false }: { durable: boolean; small?: boolean },
): Promise<Server> {
  const server = await startServer(folder, { durable, live, settings: small ? smallSettings : [] });
  const { inside, sql, client, login, passwords } = server;
  /** In any database, of whoever's. */
  const first = async (text: string, ...values: string[]): Promise<unknown> =>
    inside(undefined, async (connection) => {
      const [rows] = await connection.query(text, values);
      const [row] = rows as Record<string, unknown>[];
      return row === undefined ? undefined : Object.values(row)[0];
    });
  const isThere = async (name: string) =>
    (await first('SELECT 1 FROM information_schema.schemata WHERE schema_name = ?', name)) !== undefined;
  const tablesOf = async (name: string) => {
    const text = 'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = ?';
    return inside(undefined, async (connection) => {
      const [rows] = await connection.query(text, [name]);
      return (rows as { name: string }[]).map((row) => row.name);
    });
  };
  /** Who has rights in a database, and its tables have the names that they are looked for by. */
  async function mayEnter(name: string) {
    const hidden = (await tablesOf(name)).some((table) => /^freshet [0-9a-f]{12} /.test(table));
    const may = async (user: string) =>
      !hidden &&
      (await first('SELECT 1 FROM mysql.db WHERE user = ? AND ? LIKE db', user, name)) !== undefined;
    return { loader: await may(accounts.loader), application: await may('shop_app') };
  }
  async function isOpen(name: string) {
    if (!(await isThere(name))) return undefined;
    const { loader, application } = await mayEnter(name);
    return loader || application;
  }

  return {
    ...server,
    newerVersion: server.isMariadb ? '99.1-MariaDB' : '9.999.0',
    cannotDump: server.isMariadb
      ? {}
      : { mydumper: 'mydumper 0.10 leaves out of MySQL 8 each value of a column whose default is made up' },

    async make(name, words = {}) {
      await sql(`CREATE DATABASE ${identifier(name)};
        GRANT SELECT, INSERT, UPDATE, DELETE ON ${everythingIn(name)} TO shop_app@'127.0.0.1'`);
      for (const [table, rows] of Object.entries(words)) {
        await sql(`CREATE TABLE ${qualified(name, table)} (one text)`);
        for (const row of rows) await sql(`INSERT INTO ${qualified(name, table)} VALUES (${literal(row)})`);
      }
    },

    async makeShop(name) {
      await sql(`CREATE DATABASE ${identifier(name)}`);
      await inside(name, async (connection) => {
        await generateCatalog(connection, { seed: 1, scale: 0.02, fullAt: new Date('2026-11-23T02:00:00Z') });
        await connection.query(`CREATE TABLE customer (id int PRIMARY KEY AUTO_INCREMENT, name varchar(40));
          INSERT INTO customer (name) SELECT CONCAT('c ', seq) FROM ${numbers(1, 50)}`);
      });
    },

    async makeRich(name) {
      await client(`CREATE DATABASE ${identifier(name)}; USE ${identifier(name)}; ${rich}`);
    },

    async makeLong(name, rows) {
      const digits = Array.from({ length: 10 }, (_, digit) => `SELECT ${digit} AS d`).join(' UNION ALL ');
      const places = [0, 1, 2, 3, 4, 5];
      await client(`CREATE DATABASE ${identifier(name)}; USE ${identifier(name)};
        CREATE TABLE row_of_many (id int PRIMARY KEY, one varchar(60), n int, KEY by_n (n));
        INSERT INTO row_of_many SELECT id, CONCAT('row ', id, ' it''s'), id % 1000 FROM
          (SELECT 1 + ${places.map((at) => `t${at}.d * 1e${at}`).join(' + ')} AS id FROM
            ${places.map((at) => `(${digits}) t${at}`).join(', ')}) r WHERE id <= ${rows};`);
    },

    async makeOdd(name, isLive) {
      const application = `GRANT SELECT, INSERT ON ${everythingIn(name)} TO shop_app@'127.0.0.1';`;
      await client(
        `CREATE DATABASE ${identifier(name)}; ${isLive ? application : ''} USE ${identifier(name)};
         CREATE TABLE \`ta'b;le "\\\\\` (\`co\\l\` int PRIMARY KEY AUTO_INCREMENT, \`ü 'a\` text, \`select\` json, raw blob);
         CREATE TABLE \`64 ${'ü'.repeat(61)}\` (id int, CONSTRAINT \`up " there\` FOREIGN KEY (id) REFERENCES \`ta'b;le "\\\\\` (\`co\\l\`));
         CREATE VIEW \`z y\` AS SELECT \`ü 'a\` FROM \`ta'b;le "\\\\\`; CREATE VIEW \`a y\` AS SELECT * FROM \`z y\`;
         CREATE TRIGGER \`t 1\` BEFORE INSERT ON \`ta'b;le "\\\\\` FOR EACH ROW SET NEW.\`ü 'a\` = TRIM(NEW.\`ü 'a\`);
         CREATE FUNCTION \`f ;;\`(\`a b\` text) RETURNS text DETERMINISTIC COMMENT 'it''s' RETURN 'x';
         ${isLive ? `GRANT SELECT ON \`ta'b;le "\\\\\` TO reporting@'%'; GRANT UPDATE (\`co\\l\`) ON \`ta'b;le "\\\\\` TO shop_app@'127.0.0.1';` : ''}
         INSERT INTO \`ta'b;le "\\\\\` (\`ü 'a\`, \`select\`, raw) VALUES ('it''s; -- Dump completed', '{"a": [1]}', x'0022275c0a0dff1a'),
           (CONCAT('USE x;', CHAR(10), '-- Dump completed'), NULL, NULL);`,
      );
    },

    async rightsInOdd(name) {
      const rights = `SELECT GROUP_CONCAT(line ORDER BY line) FROM (
        SELECT CONCAT_WS(' ', user, table_name, table_priv, column_priv) AS line FROM mysql.tables_priv WHERE db = ?
        UNION ALL SELECT CONCAT_WS(' ', user, table_name, column_name, column_priv) FROM mysql.columns_priv WHERE db = ?
        UNION ALL SELECT CONCAT_WS(' ', user, select_priv, insert_priv, update_priv) FROM mysql.db WHERE ? LIKE db) r`;
      return String(await first(rights, name, name, name));
    },

    shopTable: (table) => table,
    asOwner: async (name, text) => void (await inside(name, (connection) => connection.query(text))),

    async rename(from, to) {
      await sql(`CREATE DATABASE ${identifier(to)}`);
      for (const table of await tablesOf(from))
        await sql(`RENAME TABLE ${qualified(from, table)} TO ${qualified(to, table)}`);
      await sql(`DROP DATABASE ${identifier(from)}`);
    },

    // Whether events run is the environment's to say; it is in the tests of the engine's own.
    contentHash: (name, format) =>
      inside(undefined, async (connection) => {
        const { parts } = await schemaHash(connection, name, { eventStates: false });
        const kept = Object.entries(parts).filter(([what]) => format !== 'mydumper' || !loses.test(what));
        return contentOf(Object.fromEntries(kept)).hash;
      }),

    ask: (name, text) =>
      inside(name, async (connection) => {
        const [rows] = await connection.query(text);
        // What writes answers no rows.
        return [rows].flat().map((row) => String(Object.values(row)[0]));
      }),

    async refOf(name) {
      if (!(await isThere(name))) return undefined;
      const mark =
        'SELECT table_comment FROM information_schema.tables WHERE table_schema = ? AND table_name = ?';
      const ref =
        (await first(mark, name, markName)) ??
        (await first('SELECT ref FROM freshet.live WHERE database_name = ?', name));
      return ref as string | undefined;
    },

    async bytesOf(name) {
      const bytes = `SELECT SUM(data_length + index_length) FROM information_schema.tables
        WHERE table_schema = ? AND table_name <> ?`;
      return Number(await first(bytes, name, markName));
    },

    isOpen,
    mayEnter,

    async restoreByHand(file, name) {
      await sql(`CREATE DATABASE ${identifier(name)}`);
      const text = file.endsWith('.zst') ? zstdOf(file) : readFileSync(file);
      // Of a server with GTIDs: it would not take its own once more.
      const own = text.toString('latin1').replace(/^SET @@GLOBAL\.GTID_PURGED=[^;]*;$/m, '');
      await client(Buffer.from(own, 'latin1'), `--database=${name}`);
    },

    async guest(name): Promise<Guest> {
      const connection = await login('shop_app', 'app', name);
      try {
        // Nobody is kept from connecting: a database is shut by what is in it.
        await connection.query('SELECT COUNT(*) FROM which');
      } catch (error) {
        connection.destroy();
        throw error;
      }
      return {
        ...held(connection),
        async begin() {
          await connection.query('START TRANSACTION');
          await connection.query('SELECT COUNT(*) FROM which');
        },
        write: async (word) => void (await connection.query('UPDATE which SET one = ?', [word])),
        commit: async () => void (await connection.query('COMMIT')),
      };
    },

    visitor: async (name) => held(await login(accounts.loader, passwords.loader, name)),

    // A session that is not in the database, and holds a table of it, is ended by nobody.
    async blocker(name) {
      const connection = await login(server.user, server.secret, 'mysql');
      await connection.query('START TRANSACTION');
      await connection.query(`SELECT COUNT(*) FROM ${qualified(name, 'which')}`);
      return held(connection);
    },

    setZone: async (hoursAhead) => void (await sql(`SET GLOBAL time_zone = '+0${hoursAhead}:00'`)),

    settled: () =>
      until('our sessions are gone', async () => {
        const ours = `SELECT 1 FROM information_schema.processlist WHERE user = '${accounts.admin}'`;
        return (await sql(ours)).length === 0;
      }).then(() => undefined),

    raiseFence: (access, item, run, fence) =>
      asAdmin(access, undefined, (session) => raise(session, item, run, fence)),
    recordedSwap: (access, item, run) =>
      asAdmin(
        access,
        undefined,
        async (session) => (await swapOf(session, run, item.databaseName)) !== undefined,
      ),
  };
}

function zstdOf(file: string): Buffer {
  return execFileSync('zstd', ['-dcq', file], { maxBuffer: 1e9 });
}

function held(connection: Connection): Held {
  return {
    ask: () => connection.query('SELECT 1'),
    end: () => connection.end().catch(() => undefined),
  };
}

/** The file with the rows of table `t`. */
async function dataFileIn(folder: string): Promise<string> {
  const name = (await readdir(folder)).find((one) => /\.t(?:\.\d+)*\.sql\.gz$/.test(one));
  return join(folder, name!);
}

export const mysqlBench: EngineBench<Server> = {
  engine: mysql,
  needs: ['mariadb-server', 'mydumper', 'zstd'],
  start,
  engineVersion: '10.6.1-MariaDB',
  oddName,
  formats: {
    quick: 'mysql-plain',
    fetched: ['mydumper', 'mysql-plain-zstd'],
    odd: ['mysql-plain'],
    empty: ['mysql-plain', 'mysql-plain-gzip'],
    dated: ['mydumper'],
    summed: ['mysql-plain-gzip', 'mysql-plain-zstd'],
    versioned: ['mysql-plain', 'mysql-plain-gzip', 'mysql-plain-zstd'],
  },
  keepsLastingNames: false,
  endsIdleSessions: false,
  async cut(file, format, share = 0.6) {
    const cut = format === 'mydumper' ? await dataFileIn(file) : file;
    await truncate(cut, Math.floor((await stat(cut)).size * share));
  },
  // In its second line: what follows the last one would be more than a dump has.
  alter(file) {
    const text = readFileSync(file, 'latin1');
    writeFileSync(file, text.replace('-- Host:', '-- From:'), 'latin1');
  },
  ...(named === undefined
    ? {
        disk: {
          below: 'var/lib',
          megabytes: 200,
          full: /the disk of "near" is full|its disk may be full \(error 1180\)/,
          move: async () => undefined,
        },
      }
    : {}),
  severed,
  // No `folder`: of old folders of mydumper nothing tells which files there were.
  strangers: [
    {
      path: 'stranger.sql',
      text: `--
-- PostgreSQL database dump
--

-- Dumped from database version 15.14

SET statement_timeout = 0;
CREATE TABLE public.which (one text);
COPY public.which (one) FROM stdin;
backup
\\.

--
-- PostgreSQL database dump complete
--
`,
    },
  ],
  // Definitions commit by themselves, and so does each statement: of a script that fails some may have been done.
  scripts: (part, broken) => ({
    endsItself: [`${part}; ${broken}`, `START TRANSACTION; ${part}; ${broken}`],
  }),
  failing,
  spoilt,
  blocked: 'sessions-remain',
  interruptions,
  impacts,
  keeps,
  worlds,
  takes,
};
