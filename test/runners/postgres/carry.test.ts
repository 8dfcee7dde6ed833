import assert from 'node:assert/strict';
import { postgres } from '../../../runners/postgres/index.ts';
import { type Rig, startRig } from './rig.ts';
import { needs } from '../../skip.ts';

/** All that a live database has besides its content, as one text. */
const properties = `
  SELECT json_build_object(
    'owner', (SELECT rolname FROM pg_roles WHERE oid = datdba), 'limit', datconnlimit, 'acl', datacl::text,
    'comment', shobj_description(d.oid, 'pg_database'), 'encoding', encoding, 'collate', datcollate,
    'settings', (SELECT json_agg(json_build_array(r.rolname, s.setconfig) ORDER BY r.rolname NULLS FIRST)
      FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole WHERE setdatabase = d.oid),
    'objects', (SELECT json_agg(json_build_array(c.oid::regclass::text, c.relowner::regrole, c.relacl::text) ORDER BY c.relname)
      FROM pg_class c WHERE c.relnamespace = 'shop'::regnamespace AND c.relkind IN ('r', 'v', 'S') AND c.relname NOT IN ('gone', 'roots')),
    'columns', (SELECT json_agg(json_build_array(attname, attacl::text)) FROM pg_attribute WHERE attacl IS NOT NULL
      AND attrelid = 'shop.orders'::regclass),
    'routines', (SELECT json_agg(json_build_array(p.oid::regprocedure::text, p.proowner::regrole, p.proacl::text))
      FROM pg_proc p WHERE p.pronamespace = 'shop'::regnamespace),
    'types', (SELECT json_agg(json_build_array(typname, typowner::regrole, typacl::text)) FROM pg_type
      WHERE typnamespace = 'shop'::regnamespace AND typtype = 'e'),
    'schemas', (SELECT json_agg(json_build_array(nspname, nspowner::regrole, nspacl::text) ORDER BY nspname)
      FROM pg_namespace WHERE nspname IN ('shop', 'public')),
    'defaults', (SELECT json_agg(json_build_array(defaclrole::regrole, defaclnamespace::regnamespace, defaclobjtype,
      defaclacl::text) ORDER BY defaclobjtype, defaclnamespace) FROM pg_default_acl)
  )::text FROM pg_database d WHERE datname = current_database()`;

const objects = `
  CREATE SCHEMA shop; CREATE TYPE shop.state AS ENUM ('new', 'paid');
  CREATE TABLE shop.orders (id serial PRIMARY KEY, state shop.state, note text);
  CREATE TABLE shop.audit (id int); CREATE VIEW shop.paid AS SELECT id FROM shop.orders WHERE state = 'paid';
  CREATE FUNCTION shop.pay(one int) RETURNS int LANGUAGE sql AS 'SELECT one';`;

describe('what PostgreSQL carries over', function () {
  this.timeout(60_000);
  let rig: Rig;

  before(async function () {
    needs(this, 'postgresql', 'openssh-server');
    rig = await startRig({ databases: { uat: 'orders_uat' } });
    await rig.sql('postgres', 'CREATE ROLE auditor NOLOGIN');
    await rig.sql(
      'postgres',
      'GRANT auditor TO freshet_admin; GRANT SET ON PARAMETER app.motto TO freshet_admin',
    );
    await rig.sql('postgres', 'CREATE DATABASE source');
    await rig.sql(
      'source',
      `${objects} CREATE TABLE shop.fresh (id int); CREATE TABLE shop.roots (id int); INSERT INTO shop.orders (state) VALUES ('paid')`,
    );
    await rig.sql(
      'postgres',
      `CREATE DATABASE orders_uat OWNER shop_owner CONNECTION LIMIT 17 TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'`,
    );
    for (const text of [
      `COMMENT ON DATABASE orders_uat IS 'it''s ours'`,
      'REVOKE ALL ON DATABASE orders_uat FROM PUBLIC',
      'GRANT CONNECT, TEMPORARY ON DATABASE orders_uat TO shop_app',
      'GRANT CONNECT ON DATABASE orders_uat TO readers WITH GRANT OPTION',
      `ALTER DATABASE orders_uat SET search_path = shop, "$user", public`,
      `ALTER DATABASE orders_uat SET work_mem = '7MB'`,
      `ALTER DATABASE orders_uat SET app.motto = 'it''s \\ fine'`,
      `ALTER ROLE shop_app IN DATABASE orders_uat SET search_path = "odd one", shop`,
      `ALTER ROLE shop_app IN DATABASE orders_uat SET statement_timeout = '9s'`,
    ]) {
      await rig.sql('postgres', text);
    }
    await rig.sql(
      'orders_uat',
      `SET ROLE shop_owner; ${objects} CREATE TABLE shop.gone (id int); GRANT SELECT ON shop.gone TO readers;
       GRANT USAGE ON SCHEMA shop TO shop_app, readers; GRANT SELECT, INSERT ON shop.orders TO shop_app;
       GRANT SELECT (id, state) ON shop.orders TO readers; GRANT UPDATE (note) ON shop.orders TO readers WITH GRANT OPTION;
       GRANT USAGE ON SEQUENCE shop.orders_id_seq TO shop_app; REVOKE ALL ON FUNCTION shop.pay(int) FROM PUBLIC;
       GRANT EXECUTE ON FUNCTION shop.pay(int) TO shop_app; REVOKE ALL ON TYPE shop.state FROM PUBLIC;
       ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
       ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT SELECT ON TABLES TO readers;
       RESET ROLE; ALTER TABLE shop.audit OWNER TO auditor; GRANT USAGE ON SCHEMA shop TO auditor;
       CREATE TABLE shop.roots (id int); ALTER TABLE shop.roots OWNER TO postgres; GRANT SELECT ON shop.roots TO readers;
       CREATE PUBLICATION changes FOR TABLE shop.orders`,
    );
  });

  after(async () => {
    await rig?.stop();
  });

  it('owner, rights, settings, limits and comment are those of the old database', async () => {
    const before = JSON.parse(String(await rig.value('orders_uat', properties))) as Record<string, unknown>;
    const backup = await rig.dump('source', 'pg-custom');
    const plan = rig.planOf(rig.context('uat', { backup }));
    const { outcome, checkpoint } = await rig.walk(plan);
    assert.deepEqual(outcome, { end: 'succeeded' });
    const now = JSON.parse(String(await rig.value('orders_uat', properties))) as Record<string, unknown>;
    const fresh = (now.objects as [string, string, string][]).find(([name]) => name === 'fresh');
    now.objects = (now.objects as [string][]).filter(([name]) => name !== 'fresh');
    // The order of the entries of an ACL means nothing.
    assert.deepEqual(sorted(now), sorted(before));
    assert.deepEqual(fresh?.[1], 'shop_owner', 'what is new belongs to the owner');
    assert.match(fresh?.[2] ?? '', /readers=r\//, 'with the rights that new objects get');
    const said = (checkpoint.swapped.get('uat')!.notCarried as string[]).join('\n');
    assert.match(said, /grants on shop\.gone/);
    assert.match(said, /publication "changes"/);
    assert.match(said, /owner "postgres" of 1 object: the admin identity is no member/);
    const roots = `SELECT relowner::regrole || ' ' || relacl::text FROM pg_class WHERE relname = 'roots'`;
    assert.match(String(await rig.value('orders_uat', roots)), /^shop_owner .*readers=r\//);
    await rig.drop(plan.items[0]!.oldName);
  });

  it('what only a superuser may set is said, and stops nothing', async () => {
    await rig.sql('postgres', `ALTER DATABASE orders_uat SET log_statement = 'ddl'`);
    for (const where of ['DATABASE orders_uat', 'ROLE shop_app IN DATABASE orders_uat']) {
      await rig.sql(
        'postgres',
        `ALTER ${where} SET app.password = E'it''s \\\\ TO ''very'' "secret" IS ''s3cret'''`,
      );
    }
    await rig.sql('source', 'ALTER TABLE shop.orders ADD CONSTRAINT later CHECK (id > 0) NOT VALID');
    const backup = await rig.dump('source', 'pg-directory');
    const plan = rig.planOf(rig.context('uat', { backup }));
    const { outcome, checkpoint } = await rig.walk(plan);
    assert.deepEqual(outcome, { end: 'succeeded' });
    const said = checkpoint.swapped.get('uat')!.notCarried as string[];
    assert.ok(
      said.some((line) => /log_statement.*a right is missing/.test(line)),
      JSON.stringify(said),
    );
    assert.ok(!/ddl|very|secret|s3cret|it's/.test(said.join()), 'values of settings can be secrets');
    assert.ok(
      said.includes('setting "app.password" of the database: a right is missing (SQLSTATE 42501)'),
      said.join('\n'),
    );
    assert.ok(said.some((line) => /^setting "app.password" of role "shop_app" in the database: /.test(line)));
    assert.ok(said.some((line) => /orders later was never validated/.test(line)));
    await rig.drop(plan.items[0]!.oldName);
  });

  describe('rights are proved beforehand', () => {
    const cases = [
      ['createrole-missing', 'ALTER ROLE freshet_admin NOCREATEROLE', 'ALTER ROLE freshet_admin CREATEROLE'],
      ['createdb-missing', 'ALTER ROLE freshet_admin NOCREATEDB', 'ALTER ROLE freshet_admin CREATEDB'],
      ['owner-not-member', 'REVOKE shop_owner FROM freshet_admin', 'GRANT shop_owner TO freshet_admin'],
      [
        'loader-not-member',
        'REVOKE freshet_loader FROM freshet_admin',
        'GRANT freshet_loader TO freshet_admin',
      ],
      [
        'signal-missing',
        'REVOKE pg_signal_backend FROM freshet_admin',
        'GRANT pg_signal_backend TO freshet_admin',
      ],
      [
        'stats-missing',
        'REVOKE pg_read_all_stats FROM freshet_admin',
        'GRANT pg_read_all_stats TO freshet_admin',
      ],
      ['loader-too-mighty', 'ALTER ROLE freshet_loader SUPERUSER', 'ALTER ROLE freshet_loader NOSUPERUSER'],
      ['loader-owns', 'GRANT shop_owner TO freshet_loader', 'REVOKE shop_owner FROM freshet_loader'],
      [
        'loader-too-mighty',
        'ALTER ROLE freshet_loader REPLICATION',
        'ALTER ROLE freshet_loader NOREPLICATION',
      ],
      ['loader-too-mighty', 'ALTER ROLE freshet_loader BYPASSRLS', 'ALTER ROLE freshet_loader NOBYPASSRLS'],
      [
        'loader-too-mighty',
        'GRANT pg_signal_backend TO freshet_loader',
        'REVOKE pg_signal_backend FROM freshet_loader',
      ],
      [
        'loader-too-mighty',
        // A member that does not inherit says SET ROLE.
        'ALTER ROLE freshet_loader NOINHERIT; GRANT pg_read_server_files TO freshet_loader',
        'ALTER ROLE freshet_loader INHERIT; REVOKE pg_read_server_files FROM freshet_loader',
      ],
      [
        'loader-owns',
        'ALTER ROLE freshet_loader NOINHERIT; GRANT shop_owner TO freshet_loader',
        'ALTER ROLE freshet_loader INHERIT; REVOKE shop_owner FROM freshet_loader',
      ],
      [
        'loader-too-mighty',
        'REVOKE freshet_loader FROM freshet_admin; GRANT freshet_admin TO freshet_loader',
        'REVOKE freshet_admin FROM freshet_loader; GRANT freshet_loader TO freshet_admin',
      ],
      [
        'loader-settings',
        `ALTER ROLE freshet_loader SET search_path = 'elsewhere'`,
        'ALTER ROLE freshet_loader RESET ALL',
      ],
      ['loader-shared', 'GRANT freshet_loader TO shop_app', 'REVOKE freshet_loader FROM shop_app'],
      [
        'live-owned-by-admin',
        'ALTER DATABASE orders_uat OWNER TO freshet_admin',
        'ALTER DATABASE orders_uat OWNER TO shop_owner',
      ],
      ['setup-missing', 'ALTER SCHEMA freshet RENAME TO away', 'ALTER SCHEMA away RENAME TO freshet'],
      ['login-refused', 'ALTER ROLE freshet_loader NOLOGIN', 'ALTER ROLE freshet_loader LOGIN'],
      [
        'live-closed',
        'ALTER DATABASE orders_uat ALLOW_CONNECTIONS false',
        'ALTER DATABASE orders_uat ALLOW_CONNECTIONS true',
      ],
    ] as const;

    for (const [code, take, give] of cases) {
      it(`${code}: ${take}`, async () => {
        await rig.sql('postgres', take);
        try {
          const found = await postgres.inspect(rig.access, rig.context('uat', {}));
          const problem = found.problems.find((one) => one.code === code);
          assert.ok(problem, JSON.stringify(found.problems));
          assert.ok(problem.message.endsWith('.') && problem.hint !== '');
        } finally {
          await rig.sql('postgres', give);
        }
      });
    }

    it('none is found where all is well, and nothing is changed by looking', async () => {
      const before = await rig.databases();
      const found = await postgres.inspect(rig.access, rig.context('uat', {}));
      assert.deepEqual(found.problems, []);
      assert.match(found.serverVersion, /^\d+\.\d+$/);
      assert.ok((found.freeBytes ?? 0) > 1e6 && (found.live?.bytes ?? 0) > 1e6);
      assert.deepEqual(await rig.databases(), before);
    });
  });
});

function sorted(value: unknown): unknown {
  const flat = JSON.stringify(value).replace(
    /\{[^"]*?=[^"]*?\}/g,
    (acl) => `{${acl.slice(1, -1).split(',').sort().join(',')}}`,
  );
  return JSON.parse(flat);
}
