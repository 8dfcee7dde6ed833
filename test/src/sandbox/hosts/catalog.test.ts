import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import type { Connection } from 'mysql2/promise';
import { setupSql } from '../../../../runners/mysql/setup.ts';
import {
  CATALOG_BACKUPS,
  CATALOG_ENVIRONMENTS,
  fillCatalog,
  playCatalog,
} from '../../../../src/sandbox/hosts/catalog/catalog.ts';
import { forgetCatalogRuns } from '../../../../src/sandbox/hosts/catalog/forget.ts';
import { contentDifferences } from '../../../../src/sandbox/hosts/content-hash.ts';
import {
  administrator,
  ensureMariadb,
  findMariadb,
  mariadbFiles,
  runClient,
  startMariadb,
  stopMariadb,
} from '../../../../src/sandbox/hosts/mariadb.ts';
import { installJobs, backupFolder } from '../../../../src/sandbox/hosts/production.ts';
import { schemaHash } from '../../../../src/sandbox/hosts/schema-hash.ts';
import { folderInMemory } from '../../../in-memory.ts';
import { needs } from '../../../skip.ts';

const run = promisify(execFile);
const made = { seed: 1, scale: 0.05, fullAt: new Date('2026-11-26T04:00:00Z') };

describe('the catalogue of the sandbox', function () {
  this.timeout(120_000);
  let root: string;
  let port: number;
  let server: Connection;
  /** Defaults file of the administrator. */
  let administering: string;

  before(async function () {
    needs(this, 'mariadb-server');
    root = await folderInMemory('freshet-catalog-');
    const programs = findMariadb();
    const options = { programs, durable: false, mark: root };
    await ensureMariadb(root, options);
    port = await startMariadb(root, options);
    server = await administrator(root, port);
    for (const repository of ['nightly', 'anonymised'] as const) {
      await mkdir(backupFolder(root, repository), { recursive: true });
    }
    for (const below of ['etc/postgresql', 'etc/mysql']) await mkdir(join(root, below), { recursive: true });
    const host = { root, port, pgBin: '', environment: {} };
    const connect = () => Promise.reject(new Error('there is no PostgreSQL here'));
    await playCatalog(host, await installJobs({ ...host, mariadb: programs, connect }), made);
    for (const target of CATALOG_ENVIRONMENTS) await fillCatalog(host, target, made);
    administering = join(root, 'administrator.cnf');
    const password = (await readFile(mariadbFiles(root).administrator, 'utf8')).trim();
    const login = [
      '[client]',
      'host = 127.0.0.1',
      `port = ${port}`,
      'user = administrator',
      `password = ${password}`,
    ];
    await writeFile(administering, `${login.join('\n')}\n`, { mode: 0o600 });
  });

  after(async () => {
    await server?.end();
    if (root === undefined) return;
    await stopMariadb(root);
    await rm(root, { recursive: true, force: true });
  });

  const backups = async (repository: 'nightly' | 'anonymised') =>
    (await readdir(backupFolder(root, repository))).sort();
  const text = async (repository: 'nightly' | 'anonymised', name: string) =>
    gunzipSync(await readFile(join(backupFolder(root, repository), name))).toString();

  /** Loads a dump into a new schema, with the comments that stand in its routines. */
  async function copyOf(sql: string): Promise<void> {
    await server.query(
      `DROP DATABASE IF EXISTS copy; CREATE DATABASE copy CHARACTER SET utf8mb4; GRANT ALL ON copy.* TO catalog@'127.0.0.1'`,
    );
    const client = run(findMariadb().client, [`--defaults-file=${administering}`, '--comments', 'copy']);
    client.child.stdin?.end(sql);
    await client;
  }

  it('is backed up each night by mariadb-dump, raw and anonymised, under the moment of its data', async () => {
    const nightly = await backups('nightly');
    const anonymised = await backups('anonymised');
    assert.deepEqual(nightly, ['catalog_2026-11-25T0205Z.sql.gz', 'catalog_2026-11-26T0205Z.sql.gz']);
    assert.equal(nightly.length + anonymised.length, CATALOG_BACKUPS);
    for (const name of nightly) assert.match(await text('nightly', name), /\n-- Dump completed on .*\n$/);
    const raw = await text('nightly', nightly[1]!);
    const masked = await text('anonymised', anonymised[1]!);
    for (const secret of ['pk_live_4711', '@webshop.example', '@postvak.example']) {
      assert.ok(raw.includes(secret), secret);
      // The sender of the shop's mail is no person.
      assert.ok(!masked.replaceAll('shop@webshop.example', '').includes(secret), `${secret} is not masked`);
    }
  });

  it('comes back from its newest backup as it is now', async () => {
    await copyOf(await text('nightly', (await backups('nightly'))[1]!));
    const before = await schemaHash(server, 'catalog');
    // The last anonymising job ran two hours later: the catalogue lived on, and a copy of the night did not.
    const differences = contentDifferences(before, await schemaHash(server, 'copy'));
    assert.ok(differences.includes('table product'), String(differences));
    const lives = (part: string) => part.startsWith('table ') || part === 'auto-increments';
    assert.ok(differences.every(lives), String(differences));
    const { stdout } = await run(
      findMariadb().dump,
      [`--defaults-file=${administering}`, '--routines', '--events', '--hex-blob', 'catalog'],
      { maxBuffer: 1e8 },
    );
    await copyOf(stdout);
    assert.deepEqual(contentDifferences(before, await schemaHash(server, 'copy')), []);
  });

  it('has a hash that sees every kind of change, and not what does not count', async () => {
    await copyOf(await text('nightly', (await backups('nightly'))[0]!));
    const hash = () => schemaHash(server, 'copy', { grants: true });
    const changes: readonly [string, string, readonly string[]][] = [
      ['a row', 'UPDATE feature_flag SET rollout_percent = 26 LIMIT 1', ['table feature_flag']],
      ['a byte', "UPDATE product SET thumbnail = x'00' WHERE product_id = 3", ['table product']],
      [
        'a float',
        'UPDATE product SET weight_grams = weight_grams + 0.001 WHERE product_id = 4',
        ['table product'],
      ],
      ['a NULL for an empty text', "UPDATE account SET api_key = '' WHERE account_id = 1", ['table account']],
      ['a next number', 'ALTER TABLE account AUTO_INCREMENT = 5000', ['auto-increments']],
      ['a column', 'ALTER TABLE setting ADD note text', ['definition setting', 'table setting']],
      ['an index', 'ALTER TABLE setting ADD KEY by_value (value)', ['definition setting']],
      ['a view', 'CREATE OR REPLACE VIEW sellable AS SELECT 1 AS n', ['view sellable']],
      ['a routine', 'DROP FUNCTION price_with_vat', ['function price_with_vat']],
      ['a trigger', 'DROP TRIGGER product_price', ['triggers']],
      ['an event', 'ALTER EVENT forget_sent_mail COMMENT "other"', ['events']],
      ['whether it runs', 'ALTER EVENT forget_sent_mail DISABLE', ['event states']],
      ['a grant', "GRANT SELECT ON copy.stock TO catalog_app@'127.0.0.1'", ['grants']],
      ['a character set', 'ALTER DATABASE copy CHARACTER SET latin1', ['schema']],
    ];
    for (const [what, sql, parts] of changes) {
      const before = await hash();
      await server.query(`USE copy; SET sql_mode = ''; ${sql}`);
      const differences = contentDifferences(before, await hash());
      // Who defined what is told beside the grants.
      assert.deepEqual(
        differences.filter((part) => part !== 'grants' || parts.includes('grants')),
        parts,
        what,
      );
    }
    const before = await hash();
    await server.query(
      'CREATE TABLE copy.other LIKE copy.stock; INSERT INTO copy.other SELECT * FROM copy.stock ORDER BY quantity',
    );
    await server.query(
      'SET foreign_key_checks = 0; DELETE FROM copy.stock; INSERT INTO copy.stock SELECT * FROM copy.other ORDER BY quantity DESC; DROP TABLE copy.other; SET foreign_key_checks = 1',
    );
    assert.deepEqual(contentDifferences(before, await hash()), [], 'rows in another order');
  });

  it('has in uat what a refresh would take away: test accounts, a flag, and a migration of its own', async () => {
    const [rows] = await server.query(
      `SELECT (SELECT COUNT(*) FROM catalog_uat.account WHERE is_test) AS tests,
         (SELECT enabled FROM catalog_uat.feature_flag WHERE name = 'new_checkout') AS flag,
         (SELECT COUNT(*) FROM catalog_uat.flyway_schema_history LEFT JOIN catalog.flyway_schema_history p USING (version)
          WHERE p.version IS NULL) AS ahead,
         (SELECT COUNT(*) FROM catalog.account WHERE is_test) AS production`,
    );
    assert.deepEqual(rows, [{ tests: 2, flag: 1, ahead: 1, production: 0 }]);
  });

  it('forgets the runs of a bot whose store is gone, and makes anew what was left in the middle of a swap', async () => {
    const databases = CATALOG_ENVIRONMENTS.map(({ database }) => database);
    await runClient(root, port, setupSql({ admin: 'freshet_admin', loader: 'freshet_loader', databases }));
    const torn = await schemaHash(server, 'catalog_ci');
    await server.query('UPDATE catalog_uat.stock SET quantity = 7 LIMIT 1');
    const changed = await schemaHash(server, 'catalog_uat');
    await server.query(
      `CREATE DATABASE catalog_uat__old_abcd1234; CREATE DATABASE catalog_ci__new_abcd1234;
       INSERT INTO freshet.fence (database_name, fence, run) VALUES ('catalog_uat', 9, 'abcd1234');
       RENAME TABLE catalog_ci.stock TO catalog_ci.\`freshet abcdef012345 0\`;
       INSERT INTO freshet.swap (run, database_name, incoming, outgoing, live_is, not_carried)
       VALUES ('abcd1234', 'catalog_ci', '{}', '{}', 'old-hidden', '[]'), ('abcd1234', 'catalog_uat', '{}', '{}', 'new', '[]')`,
    );
    await forgetCatalogRuns({ root, port }, made);
    assert.deepEqual(contentDifferences(torn, await schemaHash(server, 'catalog_ci')), []);
    assert.deepEqual(
      contentDifferences(changed, await schemaHash(server, 'catalog_uat')),
      [],
      'done by hand',
    );
    const [left] = await server.query(
      `SELECT (SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name LIKE 'catalog%\\_\\_%') AS copies,
         (SELECT COUNT(*) FROM freshet.fence) AS fences, (SELECT COUNT(*) FROM freshet.swap) AS swaps`,
    );
    assert.deepEqual(left, [{ copies: 0, fences: 0, swaps: 0 }]);
  });
});
