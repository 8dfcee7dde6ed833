import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ssh2 from 'ssh2';
import { engines, engineSites } from '../../runners/index.ts';
import { loadSite } from '../../config/load.ts';
import { setupSql } from '../../runners/postgres/setup.ts';
import { hostInstallScript } from '../../src/host-install.ts';
import type { Site } from '../../src/domain/site.ts';
import { administer, freshDatabase } from '../postgres.ts';

const page = fileURLToPath(new URL('../../docs/hosts.md', import.meta.url));
const example = fileURLToPath(new URL('../../config/example/site.yaml', import.meta.url));
const words = { root: [], bin: [], passfile: [], data: [], hook: [], state: '/var/lib/freshet/state' };

/** Of the repositories on the host of production. */
const roots = [
  'nightly=/srv/backups/nightly',
  'taken=/srv/backups/taken',
  'taken-production=/srv/production',
];

describe('host install', function () {
  let site: Site;
  let key: string;

  before(async function () {
    ({ site } = await loadSite({ path: example, engines: engineSites }));
    key = ssh2.utils.generateKeyPairSync('ed25519').private;
  });

  it('prints one script with account, file, key, and the SQL of each server', async function () {
    const script = await hostInstallScript(site, 'db-test', key, {
      ...words,
      root: ['masked=/srv/backups/masked'],
      passfile: ['/etc/freshet/pgpass'],
    });
    assert.match(script, /^target uat-orders server=test-postgres database=uat_orders$/m);
    assert.match(script, /^server test-postgres .*reader=freshet_reader/m);
    assert.match(script, /^tool pg_dump \/usr\/bin\/pg_dump$/m);
    assert.match(script, /GRANT pg_read_all_data TO "?freshet_reader/);
    assert.match(script, /^root masked \/srv\/backups\/masked$/m);
    assert.match(script, /^restrict,command="[^"]+",port-forwarding,permitopen="127\.0\.0\.1:5432"/m);
    assert.match(script, /install -o freshet -g freshet -m 0600 \/dev\/null \/etc\/freshet\/pgpass/);
    assert.match(
      script,
      /cat > \/etc\/freshet\/setup-test-postgres\.sql <<'END-OF-FRESHET-SQL'\n[^]*'uat_orders', 'uat_stock', 'dev_orders'/,
    );
    assert.match(script, /test-postgres: psql -f \/etc\/freshet\/setup-test-postgres\.sql/);
    assert.ok(!script.includes(key.split('\n')[1]!), 'the private key stays with the bot');
  });

  it('opens no port and prints no SQL for a host that holds backups only', async function () {
    const { 'production-postgres': _production, ...servers } = site.servers;
    const script = await hostInstallScript({ ...site, servers }, 'db-production', key, {
      ...words,
      root: roots,
    });
    assert.match(script, /^root taken \/srv\/backups\/taken\ntakes taken$/m);
    assert.match(script, /^\[ -d \/srv\/backups\/taken \] \|\| install -d -o freshet -g freshet -m 0700/m);
    assert.doesNotMatch(script, /takes nightly/);
    assert.match(script, /^restrict,command="[^"]+" ssh-ed25519 /m);
    assert.ok(!script.includes('END-OF-FRESHET-SQL'));
    assert.ok(!/^(?:target|server) /m.test(script.split("<<'END-OF-FRESHET-CONF'")[1]!.split('END-OF')[0]!));
  });

  it('lets production be read, by a reader alone, and nothing else', async function () {
    const script = await hostInstallScript(site, 'db-production', key, { ...words, root: roots });
    const conf = script.split("<<'END-OF-FRESHET-CONF'")[1]!.split('END-OF')[0]!;
    assert.match(conf, /^server production-postgres engine=postgres .*reader=freshet_reader production$/m);
    assert.doesNotMatch(conf, /loader=|^target /m);
    assert.match(conf, /^source production-orders server=production-postgres database=shop_orders$/m);
    const sql = script.split("<<'END-OF-FRESHET-SQL'")[1]!.split('END-OF')[0]!;
    assert.match(sql, /default_transaction_read_only = on/);
    assert.doesNotMatch(sql, /freshet_(?:admin|loader)|CREATE (?:SCHEMA|TABLE)/);
  });

  it('of each engine that backups are taken of, a server of production gets a reader and nothing else', async function () {
    const sql = async (engine: string): Promise<string> => {
      const { 'production-postgres': source, ...servers } = site.servers;
      const here = { ...site, servers: { ...servers, 'production-postgres': { ...source!, engine } } };
      const script = await hostInstallScript(here, 'db-production', key, { ...words, root: roots });
      return script.split("<<'END-OF-FRESHET-SQL'")[1]!.split('END-OF')[0]!;
    };
    for (const { name, dumping } of Object.values(engines)) {
      if (dumping === undefined) continue;
      const said = await sql(name);
      assert.match(said, /^GRANT .*shop.{1,2}orders.* TO .*freshet_reader/m, name);
      assert.doesNotMatch(said, /freshet_(?:admin|loader)|CREATE (?:SCHEMA|DATABASE|TABLE)/, name);
    }
  });

  it('takes paths for all, or for the one that is named', async function () {
    const root = ['masked=/srv/backups/masked'];
    const script = await hostInstallScript(site, 'db-test', key, {
      ...words,
      root,
      bin: ['/opt/tools', 'postgres=/opt/pg/bin'],
      data: ['test-postgres=/var/lib/pg'],
    });
    assert.match(script, /^tool psql \/opt\/pg\/bin\/psql$/m);
    assert.match(script, /^server test-postgres .* data=\/var\/lib\/pg$/m);
    const usual = await hostInstallScript(site, 'db-test', key, { ...words, root, bin: ['/opt/tools'] });
    assert.match(usual, /^tool pg_restore \/opt\/tools\/pg_restore$/m);
    const wrong = { ...words, root, data: ['test-postgre=/var/lib/pg'] };
    await assert.rejects(hostInstallScript(site, 'db-test', key, wrong), {
      code: 'install-name-unknown',
      hint: /test-postgres/,
    });
  });

  it('names the hooks that are commands there: with their programs, or for root to fill in', async function () {
    const { uat } = site.environments;
    const command = (name: string, host = 'db-test') =>
      ({ kind: 'command', name, host, command: name, after: ['refresh'], timeoutSeconds: 60 }) as const;
    const hooks = [command('clear-caches'), command('reindex'), command('elsewhere', 'db-production')];
    const here: Site = { ...site, environments: { uat: { ...uat!, hooks } } };
    const told = { ...words, root: ['masked=/srv/backups/masked'], hook: ['reindex=/opt/reindex'] };
    const script = await hostInstallScript(here, 'db-test', key, told);
    assert.match(script, /^hook reindex \/opt\/reindex$/m);
    assert.doesNotMatch(script, /elsewhere/);
    // What the script does to the file, with what root had written into it before, and without.
    const folder = mkdtempSync(join(tmpdir(), 'freshet-install-'));
    try {
      const conf = join(folder, 'host.conf');
      const loop = /^for hook in .*\n.*\ndone.*$/m.exec(script)![0];
      const runs = () => {
        writeFileSync(`${conf}.new`, 'state /x\n');
        execFileSync('/bin/sh', ['-euc', loop.replaceAll('/etc/freshet/host.conf', conf)]);
        return readFileSync(`${conf}.new`, 'utf8');
      };
      assert.equal(runs(), 'state /x\n#hook clear-caches /path/of/the/program\n');
      writeFileSync(conf, 'hook clear-caches-too /no\nhook clear-caches /usr/local/libexec/clear\n');
      assert.equal(runs(), 'state /x\nhook clear-caches /usr/local/libexec/clear\n');
    } finally {
      rmSync(folder, { recursive: true });
    }
    await assert.rejects(hostInstallScript(here, 'db-test', key, { ...told, hook: ['reindx=/x'] }), {
      code: 'install-name-unknown',
      hint: /reindex/,
    });
  });

  it('names roots that were not told, that are not its own, and that are no paths', async function () {
    const told = (root: string[], host = 'db-test') => hostInstallScript(site, host, key, { ...words, root });
    await assert.rejects(told([]), { code: 'root-missing' });
    await assert.rejects(told(['maskde=/srv']), { code: 'root-unknown', hint: /masked/ });
    await assert.rejects(told(['masked=srv']), { code: 'root-path' });
    await assert.rejects(told([], 'db-tset'), { code: 'host-unknown', hint: /db-test/ });
    await assert.rejects(hostInstallScript(site, 'db-test', 'no key', { ...words, root: ['masked=/srv'] }), {
      code: 'key-unreadable',
    });
  });

  it('the SQL makes the admin identity a member of owners, and of no superuser', async function () {
    this.timeout(60_000);
    const url = await freshDatabase();
    const mark = randomBytes(4).toString('hex');
    const [admin, loader, owner] = [`admin_${mark}`, `loader_${mark}`, `owner_${mark}`];
    const [owned, mighty] = [`live_${mark}`, `super_${mark}`];
    await administer(url, `create role ${owner}`);
    await administer(url, `create database ${owned} owner ${owner}`);
    await administer(url, `create database ${mighty}`);
    const sql = setupSql({ admin, loader, owners: [], databases: [owned, mighty, 'not-there-yet'] });
    await administer(url, sql);
    await administer(url, sql);
    const memberships = await administer(
      url,
      `select r.rolname from pg_auth_members m join pg_roles r on r.oid = m.roleid
       where m.member = '${admin}'::regrole order by 1`,
    );
    assert.deepEqual(
      memberships.map(({ rolname }) => rolname),
      [loader, owner, 'pg_read_all_stats', 'pg_signal_backend'],
    );
    const roles = await administer(
      url,
      `select rolname, rolsuper, rolcreatedb, rolcreaterole from pg_roles where rolname in ('${admin}', '${loader}') order by 1`,
    );
    assert.deepEqual(roles, [
      { rolname: admin, rolsuper: false, rolcreatedb: true, rolcreaterole: true },
      { rolname: loader, rolsuper: false, rolcreatedb: false, rolcreaterole: false },
    ]);
  });

  it('docs/hosts.md takes all of it back', async function () {
    this.timeout(60_000);
    const url = await freshDatabase();
    const mark = randomBytes(4).toString('hex');
    const [admin, loader] = [`admin_${mark}`, `loader_${mark}`];
    const removal = [
      ...readFileSync(page, 'utf8')
        .split('## Remove it')[1]!
        .matchAll(/^ {4}(drop .*;)$/gm),
    ].map((match) => match[1]!.replace('freshet_admin', admin).replace('freshet_loader', loader));
    assert.equal(removal.length, 2);
    await administer(url, setupSql({ admin, loader, owners: [] }));
    await administer(url, removal.join('\n'));
    const left = await administer(
      url,
      `select rolname as name from pg_roles where rolname in ('${admin}', '${loader}')
       union all select nspname from pg_namespace where nspname = 'freshet'`,
    );
    assert.deepEqual(left, []);
  });
});
