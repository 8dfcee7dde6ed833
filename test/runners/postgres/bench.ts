import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { readdir, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from 'pg';
import { exchange } from '../../../runners/postgres/exchange.ts';
import { postgres } from '../../../runners/postgres/index.ts';
import { inMaintenance, raise, swapOf } from '../../../runners/postgres/records.ts';
import { recordClosed, recordSwap } from '../../../runners/postgres/sql.ts';
import { contentHash } from '../../../src/sandbox/hosts/content-hash.ts';
import { generateShop } from '../../../src/sandbox/hosts/shop/generate.ts';
import {
  type BenchServer,
  type EngineBench,
  type Guest,
  type Held,
  type Interruption,
} from '../engine-bench.ts';
import { until } from '../../until.ts';
import { failing, spoilt } from './harms.ts';
import { impacts } from './impacts.ts';
import { keeps } from './keeps.ts';
import { rich } from './rich.ts';
import { type PostgresServer, roles, startServer } from './server.ts';
import { severed } from './sever.ts';
import { takes } from './takes.ts';
import { worlds } from './worlds.ts';

type Server = BenchServer & PostgresServer;

async function start(folder: string, options: { durable: boolean }): Promise<Server> {
  const server = await startServer(folder, options);
  const { inside, sql, value, login, passwords } = server;
  const root = <T>(work: (client: Client) => Promise<T>) => inside('postgres', work);
  const ofDatabase = (name: string, what: string) =>
    root(async (client) => {
      const text = `SELECT ${what} AS it FROM pg_database d WHERE datname = $1`;
      return (await client.query<{ it: unknown }>(text, [name])).rows[0]?.it;
    });
  const create = (name: string, owner?: string) =>
    root(async (client) => {
      const of = owner === undefined ? '' : ` OWNER ${client.escapeIdentifier(owner)}`;
      await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}${of}`);
    });
  const isOpen = async (name: string) => (await ofDatabase(name, 'datallowconn')) as boolean | undefined;
  const allow = (name: string, open: boolean) =>
    root((client) =>
      client.query(`ALTER DATABASE ${client.escapeIdentifier(name)} ALLOW_CONNECTIONS ${String(open)}`),
    );

  return {
    ...server,
    newerVersion: '99.1',
    cannotDump: {},

    async make(name, words = {}) {
      await create(name, roles.owner);
      await inside(name, async (client) => {
        await client.query(`GRANT CONNECT ON DATABASE ${client.escapeIdentifier(name)} TO shop_app`);
        await client.query(`SET ROLE ${roles.owner}`);
        for (const [table, rows] of Object.entries(words)) {
          const quoted = client.escapeIdentifier(table);
          await client.query(`CREATE TABLE ${quoted} (one text); GRANT ALL ON ${quoted} TO shop_app`);
          await client.query(`INSERT INTO ${quoted} SELECT unnest($1::text[])`, [rows]);
        }
      });
    },

    async makeShop(name) {
      await create(name);
      await inside(name, (client) =>
        generateShop(client, { seed: 1, scale: 0.02, fullAt: new Date('2026-11-23T02:00:00Z') }),
      );
    },

    async makeRich(name) {
      await create(name);
      await sql(name, rich);
    },

    async makeLong(name, rows) {
      await create(name);
      await sql(
        name,
        `CREATE TABLE row_of_many (id int PRIMARY KEY, one text, n int); CREATE INDEX by_n ON row_of_many (n);
         INSERT INTO row_of_many SELECT id, format('row %s it''s', id), id % 1000 FROM generate_series(1, ${rows}) id`,
      );
    },

    async makeOdd(name, live) {
      const role = `o'dd "ro\\le`;
      const objects = `CREATE SCHEMA "sch ""ema"; CREATE TABLE "sch ""ema"."ta'b;le" ("co\\l" int GENERATED ALWAYS AS IDENTITY, "ü\n" text);
        CREATE TABLE "sch ""ema"."order" ("select" int, "${'ü'.repeat(31)}x" text); CREATE TABLE "sch ""ema"."${'ü'.repeat(31)}x" (a int);
        CREATE FUNCTION "sch ""ema"."f $$"("a b" text) RETURNS text LANGUAGE sql AS $f$ SELECT 'x' $f$;`;
      if (!live) {
        await create(name);
        await sql(name, `${objects} INSERT INTO "sch ""ema"."ta'b;le" ("ü\n") VALUES ('\\.'), ('it''s')`);
        return;
      }
      await root(async (client) => {
        const quoted = client.escapeIdentifier(role);
        await client.query(`CREATE ROLE ${quoted} NOLOGIN; GRANT ${quoted} TO ${roles.admin}`);
      });
      await create(name, role);
      await inside(name, (client) =>
        client.query(`SET ROLE ${client.escapeIdentifier(role)}; ${objects} GRANT SELECT ON "sch ""ema"."ta'b;le" TO "readers";
          GRANT UPDATE ("co\\l") ON "sch ""ema"."ta'b;le" TO shop_app`),
      );
    },

    async rightsInOdd(name) {
      const rights = `SELECT string_agg(format('%s %s %s', grantee::regrole, what, privilege_type), ', ' ORDER BY 1) FROM (
        SELECT relname AS what, (aclexplode(relacl)).*, relowner AS owner FROM pg_class WHERE relname = 'ta''b;le'
        UNION ALL SELECT attname, (aclexplode(attacl)).*, c.relowner FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
          WHERE relname = 'ta''b;le') x WHERE grantee <> owner`;
      return String(await value(name, rights));
    },

    shopTable: (table) => `shop.${table}`,
    asOwner: async (name, text) => void (await sql(name, `SET ROLE ${roles.owner}; ${text}`)),

    async rename(from, to) {
      await root((client) =>
        client.query(
          `ALTER DATABASE ${client.escapeIdentifier(from)} RENAME TO ${client.escapeIdentifier(to)}`,
        ),
      );
    },

    contentHash: async (name) => (await inside(name, (client) => contentHash(client))).hash,

    async ask(name, text) {
      const closed = (await isOpen(name)) === false;
      if (closed) await allow(name, true);
      try {
        // Of several statements, the last answers.
        const { rows } = [await sql(name, text)].flat().at(-1)!;
        return rows.map((row: object) => String(Object.values(row)[0]));
      } finally {
        if (closed) await allow(name, false);
      }
    },

    refOf: async (name) => (await ofDatabase(name, 'oid::text')) as string | undefined,
    bytesOf: async (name) => Number(await ofDatabase(name, 'pg_database_size(oid)')),
    isOpen,

    async mayEnter(name) {
      const may = (role: string) => ofDatabase(name, `has_database_privilege('${role}', oid, 'CONNECT')`);
      const open = (await isOpen(name)) === true;
      return {
        loader: open && (await may(roles.loader)) === true,
        application: open && ((await may(roles.owner)) === true || (await may('shop_app')) === true),
      };
    },

    async restoreByHand(file, name) {
      await create(name);
      await server.command('pg_restore', ['-d', name, file]);
    },

    async guest(name): Promise<Guest> {
      const client = await login('shop_app', 'app', name);
      return {
        ...held(client),
        begin: async () => void (await client.query('BEGIN; SELECT count(*) FROM which')),
        write: async (word) => void (await client.query('UPDATE which SET one = $1', [word])),
        commit: async () => void (await client.query('COMMIT')),
      };
    },

    visitor: async (name) => held(await login(roles.loader, passwords.loader, name)),
    // Sessions of superusers can be ended by superusers only.
    blocker: async (name) => held(await server.connect(name)),

    // As POSIX has it: what is ahead has a minus.
    setZone: (hoursAhead) =>
      root(async (client) => {
        await client.query(`ALTER SYSTEM SET timezone = '<ahead>-${hoursAhead}'`);
        await client.query('SELECT pg_reload_conf()');
      }),

    settled: () =>
      until('our sessions are gone', async () => {
        const ours = `SELECT count(*)::int FROM pg_stat_activity WHERE usename = '${roles.admin}'`;
        return (await value('postgres', ours)) === 0;
      }).then(() => undefined),

    raiseFence: (access, item, run, fence) =>
      inMaintenance(access, run, undefined, (session) => raise(session, item, run, fence)),
    recordedSwap: (access, item, run) =>
      inMaintenance(
        access,
        run,
        undefined,
        async (session) => (await swapOf(session, run, item.databaseName)) !== undefined,
      ),
  };
}

function held(client: Client): Held {
  return {
    ask: () => client.query('SELECT 1'),
    end: () => client.end().catch(() => undefined),
  };
}

/** Kills the session in the statement that is asked at the moment. */
const suicide = 'SELECT pg_terminate_backend(pg_backend_pid())';

const interruptions = (['closed', 'renamed'] as const).map((point): Interruption<Server> => ({
  title: point,
  stands: 'fenced',
  async die(server, { access, item, run, fence }) {
    await inMaintenance(access, run, undefined, async (session) => {
      await raise(session, item, run, fence);
      const [live, fresh] = [await server.refOf(item.databaseName), await server.refOf(item.newName)];
      await session.rows(recordSwap, [run, item.databaseName, fresh, item.newName, live, item.oldName]);
      await exchange(session, access, {
        item,
        fence,
        incoming: { oid: fresh! },
        outgoing: { oid: live!, name: item.oldName },
        statements: point === 'closed' ? [suicide] : [],
        closed: async () => void (await session.rows(recordClosed, [run, item.databaseName])),
        reopened: async () => undefined,
        done: async () => void (point === 'renamed' ? await session.rows(suicide) : undefined),
      });
    }).then(
      () => assert.fail('it should have died'),
      (error: unknown) => assert.match(String(error), /connection|session/i),
    );
  },
}));

async function dataFileIn(folder: string): Promise<string> {
  return join(
    folder,
    (await readdir(folder)).find((name) => name.endsWith('.dat.gz'))!,
  );
}

export const postgresBench: EngineBench<Server> = {
  engine: postgres,
  needs: ['postgresql', 'zstd'],
  start,
  engineVersion: '15.1',
  oddName: `Orders "of" l'été ${'ü'.repeat(21)}x`,
  formats: {
    quick: 'pg-custom',
    fetched: ['pg-directory', 'pg-plain-zstd'],
    odd: ['pg-custom', 'pg-plain'],
    empty: ['pg-directory', 'pg-plain-gzip'],
    dated: ['pg-directory', 'pg-custom'],
    summed: ['pg-custom', 'pg-plain-gzip', 'pg-plain-zstd'],
    versioned: postgres.formats,
  },
  keepsLastingNames: true,
  endsIdleSessions: true,
  async cut(file, format, share = 0.6) {
    const cut = format === 'pg-directory' ? await dataFileIn(file) : file;
    await truncate(cut, Math.floor((await stat(cut)).size * share));
  },
  alter: (file) => appendFileSync(file, 'altered'),
  // Without room for its log the server itself would end.
  disk: {
    below: 'small',
    megabytes: 64,
    full: /the disk of "near" is full/,
    async move({ sql }, database, path) {
      await sql('postgres', `CREATE TABLESPACE small LOCATION '${path}'`);
      await sql('postgres', `GRANT CREATE ON TABLESPACE small TO ${roles.admin}`);
      await sql('postgres', `ALTER DATABASE ${database} SET TABLESPACE small`);
    },
  },
  severed,
  folder: {
    takeOut: async (folder) => rm(await dataFileIn(folder)),
    says: /a file of the folder is missing/,
  },
  strangers: [
    {
      path: 'stranger.sql',
      text: `/*M!999999\\- enable the sandbox mode */
-- MariaDB dump 10.19-11.8.3-MariaDB, for debian-linux-gnu (x86_64)
--
-- Host: localhost    Database: shop
CREATE TABLE \`which\` (\`one\` text);
INSERT INTO \`which\` VALUES ('backup');
-- Dump completed on 2026-11-23  2:00:07
`,
    },
  ],
  scripts: (part, broken) => ({
    atomic: `DO $$ BEGIN PERFORM 1; END $$; ${part}; ${broken}`,
    endsItself: [`${part}; COMMIT; ${broken}`, `${part};\nEND;\n${broken}`, `${part}; rollback; ${broken}`],
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
