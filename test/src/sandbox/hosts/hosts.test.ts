import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { postmaster } from '../../../../src/sandbox/hosts/cluster.ts';
import { contentDifferences, contentHash } from '../../../../src/sandbox/hosts/content-hash.ts';
import { type SandboxHost, type SandboxHosts, startHosts } from '../../../../src/sandbox/hosts/hosts.ts';
import { gone, processesOf } from '../../../../src/sandbox/hosts/process.ts';
import { QA_CASES } from '../../../../src/sandbox/hosts/qa-cases.ts';
import { CANARIES } from '../../../../src/sandbox/hosts/shop/canaries.ts';
import { column, on, search, sha256, ssh } from './look.ts';

const NOW = new Date('2026-11-23T09:00:00Z');
const SETTINGS = { durable: false, scale: 0.1, now: NOW };

describe('the sandbox hosts', function () {
  this.timeout(120_000);
  let folder: string;
  let sandbox: SandboxHosts;
  let production: SandboxHost;
  let test: SandboxHost;

  async function start(): Promise<void> {
    sandbox = await startHosts({ folder, ...SETTINGS });
    production = sandbox.hosts['prod-db'];
    test = sandbox.hosts['test-db'];
  }

  before(async () => {
    // A blank and a quote in the path: what users' folders have.
    folder = await mkdtemp(join(tmpdir(), "freshet hosts' "));
    await start();
  });
  after(async () => {
    await sandbox?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('fills production with a shop of 20 tables', async () => {
    await on(production, 'orders', async (client) => {
      const names = await column(
        client,
        `SELECT relname FROM pg_class WHERE relnamespace = 'shop'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition`,
      );
      assert.equal(names.length, 20);
      let rows = 0;
      for (const name of names.map(String)) {
        const [count] = await column(client, `SELECT count(*)::int FROM shop.${name}`);
        assert.ok(Number(count) > 0, `shop.${name} is empty`);
        rows += Number(count);
      }
      assert.ok(rows > 18_000 && rows < 30_000, `${rows} rows at a tenth of the full size`);
      const [newest] = await column(client, 'SELECT max(placed_at)::timestamptz(0) FROM shop.orders');
      assert.ok(NOW.getTime() - new Date(String(newest)).getTime() < 12 * 3_600_000, String(newest));
    });
  });

  it('has a deferrable cycle of foreign keys, and every constraint holds', async () => {
    await on(production, 'orders', async (client) => {
      const cycle = await column(
        client,
        `SELECT conname FROM pg_constraint WHERE contype = 'f' AND condeferrable AND convalidated
           AND (conrelid, confrelid) IN (('shop.customer'::regclass, 'shop.address'::regclass),
                                         ('shop.address'::regclass, 'shop.customer'::regclass)) ORDER BY 1`,
      );
      assert.deepEqual(cycle, ['address_of_customer', 'customer_default_address']);
      const strangers = await column(
        client,
        `SELECT count(*)::int FROM shop.orders o JOIN shop.address a ON a.address_id = o.ship_to_id WHERE a.customer_id <> o.customer_id`,
      );
      assert.deepEqual(strangers, [0]);
      const wrongTotals = await column(
        client,
        `SELECT count(*)::int FROM shop.orders o WHERE total <> (SELECT sum(line_total) FROM shop.order_line l WHERE l.order_id = o.order_id)`,
      );
      assert.deepEqual(wrongTotals, [0]);
    });
  });

  it('lets the application place an order through its own function, triggers and sequences', async () => {
    await on(test, 'orders_dev', async (client) => {
      await client.query('BEGIN; SET LOCAL ROLE shop_dev_app');
      const { rows } = await client.query('SELECT shop.place_order(5, 7, 2::smallint) AS id');
      const made = await client.query(
        `SELECT o.total = 2 * p.price AS right_total, (SELECT count(*)::int FROM shop.order_event e WHERE e.order_id = o.order_id) AS events
         FROM shop.orders o, shop.product p WHERE o.order_id = $1 AND p.product_id = 7`,
        [rows[0].id],
      );
      assert.deepEqual(made.rows, [{ right_total: true, events: 1 }]);
      await client.query('ROLLBACK');
    });
  });

  it('leaves nothing of a person in anonymised backups, while raw ones hold them', async () => {
    const marks = await on(production, 'orders', (client) =>
      column(
        client,
        `SELECT lower(x::text) FROM shop.customer, LATERAL (VALUES (email::text), (phone), (iban), (password_hash)) v (x)
         WHERE x IS NOT NULL UNION SELECT lower(tracking_code) FROM shop.shipment`,
      ),
    );
    const names = CANARIES.map(({ last }) => last.toLowerCase());
    const raw = await search(
      production,
      join(production.files.backups.nightly, 'orders_2026-11-23T0200Z.dump'),
    );
    assert.ok(names.filter((name) => raw.includes(name)).length === names.length, 'the search finds people');
    for (const name of ['orders_2026-11-23T0400Z.dump', 'orders_2026-11-22T0400Z.dir']) {
      const text = await search(production, join(production.files.backups.anonymised, name));
      assert.ok(text.includes('@anonymous.invalid'));
      const words = new Set(text.split(/[\s,;"]+/));
      const found = marks.filter(
        (mark) => words.has(String(mark)) || (String(mark).includes(' ') && text.includes(String(mark))),
      );
      assert.deepEqual(found, []);
      assert.deepEqual(
        names.filter((each) => text.includes(each)),
        [],
      );
      assert.doesNotMatch(text, /@[a-z]+\.example|frsh\d|\+31 6/);
    }
  });

  it('keeps backups of different moments, two of them broken', async () => {
    const { nightly, weekly, anonymised } = production.files.backups;
    assert.equal((await readdir(nightly)).length, 4);
    assert.deepEqual((await readdir(weekly)).map((name) => name.replace(/^[^.]*/, '')).sort(), [
      '.sql',
      '.sql.gz',
      '.sql.zst',
    ]);
    const states: Record<string, boolean> = {};
    for (const name of (await readdir(anonymised)).sort()) {
      const path = join(anonymised, name);
      states[name] = await production
        .exec([join(production.pgBin, 'pg_restore'), '-f', '/dev/null', path])
        .then(
          () => true,
          () => false,
        );
      const { stdout } = await production.exec([join(production.pgBin, 'pg_restore'), '-l', path]);
      assert.match(stdout, new RegExp(`Archive created at ${name.slice(7, 17)} 04:00:00`));
      assert.equal((await stat(path)).mtime.toISOString().slice(0, 16), `${name.slice(7, 17)}T04:01`);
    }
    assert.deepEqual(states, {
      'orders_2026-11-20T0400Z.dump': false,
      'orders_2026-11-21T0400Z.dump': false,
      'orders_2026-11-22T0400Z.dir': true,
      'orders_2026-11-23T0400Z.dump': true,
    });
  });

  it('fills uat with an older shop, its own settings and the test cases of QA', async () => {
    await on(test, 'orders_uat', async (client) => {
      const cases = await column(
        client,
        `SELECT first_name FROM shop.customer WHERE preferences ? 'qa' ORDER BY 1`,
      );
      assert.deepEqual(
        cases,
        QA_CASES.map(({ code }) => code),
      );
      const settings = await column(
        client,
        `SELECT unnest(setconfig) FROM pg_db_role_setting WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = 'orders_uat')`,
      );
      assert.ok(settings.includes('lock_timeout=10s') && settings.includes('search_path=shop, public'));
      const [owners] = await column(
        client,
        `SELECT array_agg(DISTINCT relowner::regrole::text) FROM pg_class WHERE relnamespace = 'shop'::regnamespace`,
      );
      assert.deepEqual(owners, ['shop_uat']);
    });
  });

  it('gives Freshet two identities that are no superusers', async () => {
    const password = (await readFile(sandbox.bot.adminPasswordFile, 'utf8')).trim();
    const admin = new Client({
      host: '127.0.0.1',
      port: test.pgPort,
      user: 'freshet_admin',
      password,
      database: 'postgres',
    });
    await admin.connect();
    try {
      await admin.query('CREATE DATABASE try_it OWNER freshet_loader');
      await admin.query('ALTER DATABASE try_it RENAME TO tried');
      await admin.query('ALTER DATABASE tried OWNER TO shop_uat');
      await admin.query("ALTER ROLE shop_uat_app IN DATABASE tried SET lock_timeout = '1s'");
      await admin.query('DROP DATABASE tried');
      await assert.rejects(admin.query('CREATE ROLE evil SUPERUSER'), { code: '42501' });
    } finally {
      await admin.end();
    }
    assert.equal((await stat(sandbox.bot.adminPasswordFile)).mode & 0o777, 0o600);
  });

  it('lets an authorised key in over SSH, and no other', async () => {
    await test.authorise(
      `restrict,command="echo $FRESHET_SANDBOX; echo for-you" ${sandbox.bot.publicKey} bot`,
    );
    const { stdout } = await ssh(sandbox, test);
    assert.match(stdout, /for-you/);
    await assert.rejects(ssh(sandbox, production), /Permission denied/);
  });

  it('tells databases with the same content from others', async () => {
    const dump = join(production.files.backups.anonymised, 'orders_2026-11-23T0400Z.dump');
    const restore = async (name: string, jobs: string) => {
      await test.sql('postgres', `CREATE DATABASE ${name} TEMPLATE template0`);
      const password = (await readFile(join(test.root, 'etc/postgresql/superuser.password'), 'utf8')).trim();
      const target = ['-h', '127.0.0.1', '-p', String(test.pgPort), '-U', 'postgres', '-d', name];
      await test.exec([join(test.pgBin, 'pg_restore'), '-e', '-O', '-x', '-j', jobs, ...target, dump], {
        env: { PGPASSWORD: password },
      });
      return on(test, name, (client) => contentHash(client));
    };
    const [one, other] = [await restore('hash_one', '1'), await restore('hash_two', '2')];
    assert.deepEqual(contentDifferences(one, other), []);
    assert.equal(one.hash, other.hash);
    const changes: [string, string[]][] = [
      ["UPDATE shop.country SET vat_rate = 22 WHERE country_code = 'NL'", ['table shop.country']],
      ["SELECT nextval('shop.order_number_seq')", ['sequences']],
      ['DROP INDEX shop.ticket_open', ['indexes']],
      [
        'ALTER TABLE shop.review DISABLE TRIGGER ALL; ALTER TABLE shop.customer DISABLE TRIGGER customer_touched',
        ['triggers'],
      ],
      ['ALTER TABLE shop.coupon DROP CONSTRAINT coupon_percent', ['constraints']],
      ['ALTER TABLE shop.coupon ALTER percent SET DEFAULT 5', ['columns']],
    ];
    let before = other;
    for (const [sql, expected] of changes) {
      await test.sql('hash_two', sql);
      const now = await on(test, 'hash_two', (client) => contentHash(client));
      assert.deepEqual(contentDifferences(before, now), expected, sql);
      before = now;
    }
    await test.sql('postgres', 'DROP DATABASE hash_one');
    await test.sql('postgres', 'DROP DATABASE hash_two');
  });

  it('refuses a folder that is in use', async () => {
    await assert.rejects(startHosts({ folder, ...SETTINGS }), { code: 'sandbox-in-use' });
  });

  it('finds data, ports and keys again after a stop that left no process', async () => {
    const before = { ports: [production.port, production.pgPort, test.port, test.pgPort], key: test.hostKey };
    await test.sql('orders_ci', 'CREATE TABLE shop.left_behind ()');
    const backup = join(production.files.backups.nightly, 'orders_2026-11-23T0200Z.dump');
    const digest = await sha256(backup);
    await sandbox.stop();
    assert.deepEqual(await processesOf(sandbox.folder), []);
    await start();
    assert.deepEqual([production.port, production.pgPort, test.port, test.pgPort], before.ports);
    assert.equal(test.hostKey, before.key);
    assert.equal(await sha256(backup), digest);
    await test.sql('orders_ci', 'DROP TABLE shop.left_behind');
  });

  it('ends everything when its owner is killed, and starts again', async () => {
    await sandbox.stop();
    const owner = await otherOwner(folder);
    const running = await processesOf(sandbox.folder);
    assert.ok(running.length >= 10, `${running.length} processes`);
    owner.kill('SIGKILL');
    assert.ok(await gone(running, 20_000), 'processes outlive their owner');
    await start();
    await on(test, 'orders_uat', async (client) => {
      assert.ok(Number((await column(client, 'SELECT count(*)::int FROM shop.orders'))[0]) > 100);
    });
  });

  it('adopts what runs on when its owner and the watchdog are both killed', async () => {
    await sandbox.stop();
    const owner = await otherOwner(folder);
    const claimed = JSON.parse(await readFile(join(sandbox.folder, 'owner.json'), 'utf8')) as {
      watchdog: number;
    };
    process.kill(claimed.watchdog, 'SIGKILL');
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    const before = await postmaster(production.root);
    await start();
    assert.ok(before !== undefined);
    assert.deepEqual(await postmaster(production.root), before);
    assert.equal(production.pgPort, before.port);
  });
});

async function otherOwner(folder: string): Promise<ChildProcess> {
  const program = fileURLToPath(new URL('./owner.ts', import.meta.url));
  const owner = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), program, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface(owner.stdout), 'line')) as [string];
  assert.equal(line, 'up');
  return owner;
}
