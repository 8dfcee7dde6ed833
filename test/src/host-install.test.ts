import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ssh2 from 'ssh2';
import { loadSite } from '../../config/load.ts';
import { setupSql } from '../../runners/postgres/setup.ts';
import { hostInstallScript } from '../../src/host-install.ts';
import type { Site } from '../../src/domain/site.ts';
import { administer, freshDatabase } from '../postgres.ts';

const page = fileURLToPath(new URL('../../docs/hosts.md', import.meta.url));
const example = fileURLToPath(new URL('../../config/example/site.yaml', import.meta.url));
const words = { root: [], bin: '/usr/bin', state: '/var/lib/freshet/state' };

describe('host install', function () {
  let site: Site;
  let key: string;

  before(async function () {
    ({ site } = await loadSite({ path: example, engines: ['postgres'] }));
    key = ssh2.utils.generateKeyPairSync('ed25519').private;
  });

  it('prints one script with account, file, key, and the SQL of each server', async function () {
    const script = await hostInstallScript(site, 'db-test', key, {
      ...words,
      root: ['masked=/srv/backups/masked'],
      passfile: '/etc/freshet/pgpass',
    });
    assert.match(script, /^target uat-orders server=test-postgres database=uat_orders$/m);
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
    const script = await hostInstallScript(site, 'db-production', key, {
      ...words,
      root: ['nightly=/srv/backups/nightly'],
    });
    assert.match(script, /^restrict,command="[^"]+" ssh-ed25519 /m);
    assert.ok(!script.includes('END-OF-FRESHET-SQL'));
    assert.ok(!/^(?:target|server) /m.test(script.split("<<'END-OF-FRESHET-CONF'")[1]!.split('END-OF')[0]!));
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
