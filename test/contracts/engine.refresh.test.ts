import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { appendFile, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { postgres } from '../../runners/postgres/index.ts';
import { contentHash } from '../../src/sandbox/hosts/content-hash.ts';
import { generateShop } from '../../src/sandbox/hosts/shop/generate.ts';
import type { Outcome } from '../../runners/execute.ts';
import { type Rig, startRig } from '../runners/postgres/rig.ts';
import { needs } from '../skip.ts';

const odd = `Orders "of" l'été ${'ü'.repeat(21)}x`;

describe('engine contract: refresh (postgres)', function () {
  this.timeout(60_000);
  let rig: Rig;
  let wanted: string;

  before(async function () {
    needs(this, 'postgresql', 'openssh-server', 'zstd');
    rig = await startRig({
      databases: { uat: 'orders_uat', odd, empty: 'orders_empty' },
    });
    await rig.sql('postgres', 'CREATE DATABASE source; ');
    await rig.inside('source', (client) =>
      generateShop(client, { seed: 1, scale: 0.02, fullAt: new Date('2026-11-23T02:00:00Z') }),
    );
    await rig.sql('postgres', 'CREATE DATABASE orders_uat OWNER shop_owner');
    // What a restore by hand gives, without any code of ours.
    const { path } = await rig.dump('source', 'pg-custom');
    await rig.sql('postgres', 'CREATE DATABASE independent');
    await rig.command('pg_restore', ['-d', 'independent', join(rig.near.root, path)]);
    wanted = await hash('independent');
  });

  after(async () => {
    await rig?.stop();
  });

  const hash = async (database: string) => (await rig.inside(database, (client) => contentHash(client))).hash;

  function assertFailed(outcome: Outcome, code: string): Extract<Outcome, { end: 'failed' }> {
    assert.ok(outcome.end === 'failed', JSON.stringify(outcome));
    assert.equal(outcome.code, code);
    return outcome;
  }

  for (const format of postgres.formats) {
    it(`restores ${format} to what an independent restore gives`, async () => {
      const backup = await rig.dump('source', format);
      const plan = rig.planOf(rig.context('uat', { backup }));
      const before = await rig.value('postgres', `SELECT oid FROM pg_database WHERE datname = 'orders_uat'`);
      const { outcome, checkpoint } = await rig.walk(plan);
      assert.deepEqual(outcome, { end: 'succeeded' });
      assert.equal(await hash('orders_uat'), wanted);
      const swapped = checkpoint.swapped.get('uat')!;
      assert.equal(swapped.keptRef, String(before));
      assert.ok(Number(swapped.outageSeconds) > 0 && Number(swapped.outageSeconds) < 0.5, 'a short outage');
      assert.equal(
        await rig.value(
          'postgres',
          `SELECT datallowconn FROM pg_database WHERE datname = '${plan.items[0]!.oldName}'`,
        ),
        false,
        'nobody works on in the kept copy',
      );
      assert.deepEqual((await rig.here.program.runs()).runs, [], 'nothing is left on the host');
      await rig.drop(plan.items[0]!.oldName);
    });
  }

  it('fetches from another host, and compares what arrived', async () => {
    for (const format of ['pg-directory', 'pg-plain-zstd'] as const) {
      const backup = await rig.dump('source', format, rig.far);
      const plan = rig.planOf(rig.context('uat', { backup }));
      const { outcome } = await rig.walk(plan);
      assert.deepEqual(outcome, { end: 'succeeded' });
      assert.equal(await hash('orders_uat'), wanted);
      await rig.drop(plan.items[0]!.oldName);
    }
    const grants = await readFile(join(rig.far.folder, 'host/keys/grants'), 'utf8').catch(() => '');
    assert.equal(grants, '', 'the key of the run opens nothing any more');
  });

  it('copes with odd names of databases, schemas, tables and roles', async () => {
    assert.equal(Buffer.byteLength(odd), 63);
    await rig.sql('postgres', `CREATE ROLE "o'dd ""ro\\le" NOLOGIN; GRANT "o'dd ""ro\\le" TO freshet_admin`);
    await rig.inside('postgres', (client) =>
      client.query(`CREATE DATABASE ${client.escapeIdentifier(odd)} OWNER "o'dd ""ro\\le"`),
    );
    await rig.sql('postgres', 'CREATE DATABASE strange');
    const objects = `CREATE SCHEMA "sch ""ema"; CREATE TABLE "sch ""ema"."ta'b;le" ("co\\l" int GENERATED ALWAYS AS IDENTITY, "ü\n" text);
      CREATE FUNCTION "sch ""ema"."f $$"("a b" text) RETURNS text LANGUAGE sql AS $f$ SELECT 'x' $f$;`;
    await rig.sql(
      'strange',
      `${objects} INSERT INTO "sch ""ema"."ta'b;le" ("ü\n") VALUES ('\\.'), ('it''s')`,
    );
    await rig.inside(odd, (client) =>
      client.query(`SET ROLE "o'dd ""ro\\le"; ${objects} GRANT SELECT ON "sch ""ema"."ta'b;le" TO "readers";
        GRANT UPDATE ("co\\l") ON "sch ""ema"."ta'b;le" TO shop_app`),
    );
    for (const format of ['pg-custom', 'pg-plain'] as const) {
      const backup = await rig.dump('strange', format);
      const plan = rig.planOf(rig.context('odd', { backup }));
      const { outcome, checkpoint } = await rig.walk(plan);
      assert.deepEqual(outcome, { end: 'succeeded' });
      assert.deepEqual(checkpoint.swapped.get('odd')!.notCarried, []);
      assert.equal(await hash(odd), await hash('strange'));
      const grants = await rig.value(odd, `SELECT relacl::text FROM pg_class WHERE relname = 'ta''b;le'`);
      assert.match(String(grants), /readers=r\//);
    }
  });

  it('restores an empty database', async () => {
    await rig.sql('postgres', 'CREATE DATABASE nothing');
    await rig.sql('postgres', 'CREATE DATABASE orders_empty OWNER shop_owner');
    for (const format of ['pg-directory', 'pg-plain-gzip'] as const) {
      const backup = await rig.dump('nothing', format);
      const { outcome } = await rig.walk(rig.planOf(rig.context('empty', { backup })));
      assert.deepEqual(outcome, { end: 'succeeded' });
    }
  });

  it('runs the scripts of the environment in order, and verifies after them', async () => {
    const backup = await rig.dump('source', 'pg-custom');
    const placed = {
      scripts: [
        {
          path: 'sql/one.sql',
          sha256: '',
          text: 'CREATE TABLE shop.marks (n int); INSERT INTO shop.marks VALUES (1);',
        },
        { path: 'sql/two.sql', sha256: '', text: 'UPDATE shop.marks SET n = n + 1;\nSELECT 1;\n' },
      ],
      minimumRows: { 'shop.customer': 10 },
      sentinels: [{ name: 'marks', sql: 'SELECT n FROM shop.marks', expect: '2' }],
    };
    const { outcome } = await rig.walk(rig.planOf(rig.context('uat', { backup, placed })));
    assert.deepEqual(outcome, { end: 'succeeded' });
    assert.equal(await rig.value('orders_uat', 'SELECT n FROM shop.marks'), 2);
  });

  describe('leaves the target as it was when', () => {
    let before: string;
    let there: string[];

    beforeEach(async () => {
      before = await hash('orders_uat');
      there = await rig.databases();
    });

    afterEach(async () => {
      assert.equal(await hash('orders_uat'), before);
      assert.deepEqual(await rig.databases(), there, 'no new database is left');
      const privilege = `SELECT has_database_privilege('shop_owner', 'orders_uat', 'CONNECT')`;
      assert.equal(await rig.value('postgres', privilege), true);
    });

    const failing = [
      [
        'a script fails',
        { scripts: [script('SELECT 1; SELECT * FROM nowhere')] },
        'statement-failed',
        /sql\/x\.sql: a table .* does not exist \(SQLSTATE 42P01\)/,
      ],
      [
        'a script fails half-way',
        { scripts: [script('CREATE TABLE a(); SELECT 1/0')] },
        'statement-failed',
        /SQLSTATE 22012/,
      ],
      [
        'a script holds a command for psql',
        { scripts: [script('\\! touch /tmp/owned')] },
        'restricted-command',
        /only SQL and COPY/,
      ],
      [
        'a script names a role that is missing',
        { scripts: [script('GRANT USAGE ON SCHEMA shop TO nobody_here')] },
        'statement-failed',
        /SQLSTATE 42704/,
      ],
      [
        'a table has too few rows',
        { minimumRows: { 'shop.customer': 1e9 } },
        'rows-missing',
        /shop\.customer has \d+ rows/,
      ],
      [
        'a table is missing',
        { minimumRows: { 'shop.nowhere': 1 } },
        'table-missing',
        /no table shop\.nowhere/,
      ],
      [
        'a sentinel answers otherwise',
        { sentinels: [{ name: 'one', sql: 'SELECT 1', expect: '2' }] },
        'sentinel-differs',
        /"one" does not answer "2"/,
      ],
      [
        'a sentinel would write',
        { sentinels: [{ name: 'one', sql: 'DELETE FROM shop.review RETURNING 1', expect: '1' }] },
        'sentinel-failed',
        /SQLSTATE 25006/,
      ],
      [
        'a sequence is behind',
        { scripts: [script("SELECT setval('shop.customer_customer_id_seq', 1)")] },
        'sequence-behind',
        /the next insert would fail/,
      ],
    ] as const;

    for (const [title, placed, code, cause] of failing) {
      it(title, async () => {
        const backup = await rig.dump('source', 'pg-custom');
        const { outcome } = await rig.walk(rig.planOf(rig.context('uat', { backup, placed })));
        const failed = assertFailed(outcome, code);
        assert.match(failed.cause, cause);
        assert.equal(failed.targetTouched, false);
      });
    }

    it('the backup has changed since it was approved', async () => {
      for (const where of [rig.near, rig.far]) {
        const backup = await rig.dump('source', 'pg-custom', where);
        await appendFile(join(where.root, backup.path), 'x');
        const { outcome } = await rig.walk(rig.planOf(rig.context('uat', { backup })));
        assertFailed(outcome, where === rig.near ? 'backup-changed' : 'source-differs');
      }
    });

    it('an archive is cut off', async () => {
      const whole = await rig.dump('source', 'pg-custom');
      await truncate(join(rig.near.root, whole.path), Math.floor(whole.bytes * 0.7));
      const backup = await rig.backupAt(rig.near, whole.path, 'pg-custom');
      const { outcome } = await rig.walk(rig.planOf(rig.context('uat', { backup })));
      assert.equal(outcome.end, 'failed');
    });

    it('a plain dump is cut off, where psql alone would end with code 0', async () => {
      const whole = await rig.dump('source', 'pg-plain');
      const file = join(rig.near.root, whole.path);
      const text = await readFile(file, 'utf8');
      await writeFile(file, text.slice(0, text.indexOf('COPY shop.orders ') + 2000));
      const backup = await rig.backupAt(rig.near, whole.path, 'pg-plain');
      const { outcome } = await rig.walk(rig.planOf(rig.context('uat', { backup })));
      assertFailed(outcome, 'archive-truncated');
    });

    it('a plain dump holds a shell line', async () => {
      const whole = await rig.dump('source', 'pg-plain-gzip');
      const file = join(rig.near.root, whole.path);
      const sql = file.slice(0, -3);
      await promisify(execFile)('gzip', ['-d', file]);
      const text = await readFile(sql, 'utf8');
      const mark = join(rig.folder, 'owned');
      await writeFile(sql, text.replace('CREATE TABLE', `\\! touch ${mark}\nCREATE TABLE`));
      const backup = await rig.backupAt(rig.near, whole.path.slice(0, -3), 'pg-plain');
      const { outcome } = await rig.walk(rig.planOf(rig.context('uat', { backup })));
      assertFailed(outcome, 'restricted-command');
      await assert.rejects(readFile(mark), { code: 'ENOENT' });
    });

    it('the backup wants an extension that is not allowed', async () => {
      await rig.sql('postgres', 'CREATE DATABASE wants TEMPLATE nothing');
      await rig.sql('wants', 'CREATE EXTENSION hstore; CREATE TABLE h (v hstore)');
      for (const format of ['pg-directory', 'pg-plain'] as const) {
        const backup = await rig.dump('wants', format);
        const { outcome } = await rig.walk(rig.planOf(rig.context('uat', { backup })));
        assert.match(assertFailed(outcome, 'extension-not-allowed').cause, /"hstore"/);
      }
      await rig.drop('wants');
    });

    it('the backup is of a newer server', async () => {
      const backup = { ...(await rig.dump('source', 'pg-custom')), engineVersion: '99.1' };
      const { outcome } = await rig.walk(rig.planOf(rig.context('uat', { backup })));
      assertFailed(outcome, 'server-version-old');
    });
  });

  it('leaves out what would tie the copy to its source, and says so', async () => {
    await rig.sql('postgres', 'CREATE DATABASE tied');
    await rig.sql(
      'tied',
      `CREATE TABLE t (a int); CREATE PUBLICATION p FOR ALL TABLES;
       CREATE SUBSCRIPTION s CONNECTION 'host=127.0.0.1 dbname=nowhere' PUBLICATION p WITH (connect = false);
       CREATE EXTENSION citext; COMMENT ON EXTENSION citext IS 'ours';
       CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
ALTER TABLE nothing OWNER TO nobody;

END $$; CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION e(); ALTER EVENT TRIGGER e DISABLE`,
    );
    for (const format of ['pg-custom', 'pg-plain'] as const) {
      const backup = await rig.dump('tied', format);
      const { outcome, checkpoint } = await rig.walk(rig.planOf(rig.context('uat', { backup })));
      assert.deepEqual(outcome, { end: 'succeeded' });
      const said = String(checkpoint.swapped.get('uat')!.notCarried);
      for (const kind of ['event trigger', 'publication', 'subscription'])
        assert.match(said, new RegExp(kind));
      assert.equal(await rig.value('orders_uat', 'SELECT count(*)::int FROM pg_publication'), 0);
      const body = String(await rig.value('orders_uat', `SELECT prosrc FROM pg_proc WHERE proname = 'e'`));
      assert.match(body, /ALTER TABLE nothing OWNER TO nobody;\n\nEND/, 'function bodies are left alone');
    }
    await rig.sql('tied', 'DROP SUBSCRIPTION IF EXISTS s').catch(() => undefined);
  });

  it('tells of progress that grows to its end', async () => {
    const backup = await rig.dump('source', 'pg-directory');
    const { checkpoint } = await rig.walk(rig.planOf(rig.context('uat', { backup })));
    assert.deepEqual(
      checkpoint.fractions,
      [...checkpoint.fractions].sort((a, b) => a - b),
    );
    assert.equal(checkpoint.fractions.at(-1), 1);
  });
});

function script(text: string) {
  return { path: 'sql/x.sql', sha256: '', text };
}
