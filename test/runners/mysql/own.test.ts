import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerAccess } from '../../../runners/engine.ts';
import { mysql } from '../../../runners/mysql/index.ts';
import type { ActStep } from '../../../runners/plan.ts';
import { needs, skip } from '../../skip.ts';
import { named } from './base.ts';
import { type Rig, startRig } from './rig.ts';
import { accounts } from './server.ts';
import { severed } from './sever.ts';

/** All that a database can hold. */
const source = (isMariadb: boolean) => `
  CREATE TABLE \`select\` (\`from\` int PRIMARY KEY AUTO_INCREMENT, \`a b\` varchar(40), \`ü"'\` json, blob_ blob, made timestamp NULL,
    long_ int AS (CHAR_LENGTH(\`a b\`)) STORED, KEY \`by a b\` (\`a b\`)) AUTO_INCREMENT = 500;
  CREATE TABLE \`64 ${'x'.repeat(61)}\` (id int PRIMARY KEY, up int,
    CONSTRAINT \`up " there\` FOREIGN KEY (up) REFERENCES \`select\` (\`from\`), CONSTRAINT above CHECK (id > 0));
  CREATE TABLE parts (id int, on_ date, PRIMARY KEY (id, on_)) PARTITION BY RANGE (YEAR(on_))
    (PARTITION p0 VALUES LESS THAN (2020), PARTITION p1 VALUES LESS THAN MAXVALUE);
  CREATE TABLE old_words (w varchar(20)) CHARACTER SET latin1; CREATE TABLE not_inno (id int) ENGINE=MyISAM; ${isMariadb ? 'CREATE SEQUENCE counting START WITH 7;' : ''}
  INSERT INTO \`select\` (\`a b\`, \`ü"'\`, blob_, made) VALUES
    ('one; USE orders_uat;', '{"a": [1]}', x'0022275c0a0dff1a', '2026-03-29 01:30:00'), (concat('two', char(10), 'USE \`orders_uat\`;', char(10), '-- Dump completed'), NULL, NULL, NULL);
  INSERT INTO \`64 ${'x'.repeat(61)}\` VALUES (1, 500); INSERT INTO parts VALUES (1, '2019-01-01'), (2, '2021-01-01');
  INSERT INTO old_words VALUES ('Bäume'); INSERT INTO not_inno VALUES (3);
  CREATE VIEW \`z y\` AS SELECT \`a b\` FROM \`select\`; CREATE VIEW a_y AS SELECT * FROM \`z y\`;
  CREATE TRIGGER \`t 1\` BEFORE INSERT ON \`select\` FOR EACH ROW SET NEW.\`a b\` = TRIM(NEW.\`a b\`);
  DELIMITER ;;
  CREATE PROCEDURE \`p 1\`(IN a int) COMMENT 'it''s' BEGIN /* USE it; */ SELECT a; END;;
  CREATE FUNCTION f1(a int) RETURNS int DETERMINISTIC SQL SECURITY INVOKER RETURN a + 1;;
  CREATE EVENT \`e 1\` ON SCHEDULE EVERY 1 MINUTE ON COMPLETION PRESERVE COMMENT 'x' DO DELETE FROM parts WHERE id < 0;;
  DELIMITER ;`;

describe('what is MySQL’s own: backups', function () {
  this.timeout(120_000);
  let rig: Rig;

  before(async function () {
    needs(this, 'mariadb-server', 'openssh-server');
    rig = await startRig({ databases: { uat: 'orders_uat' } });
    await rig.client(`CREATE DATABASE source; USE source; ${source(rig.server.isMariadb)}`);
    await rig.client('CREATE DATABASE empty_one');
  });

  after(async () => {
    await rig?.stop();
  });

  beforeEach(async () => {
    const names = await rig.databases();
    await rig.drop(...names.filter((name) => name !== 'source' && name !== 'empty_one'));
    await rig.client(
      `CREATE DATABASE orders_uat; USE orders_uat; CREATE TABLE was (a int); INSERT INTO was VALUES (1);
       GRANT ALL ON orders_uat.* TO shop_app@'127.0.0.1'`,
    );
  });

  it('has all triggers in their order again, where it dies while rows are kept', async () => {
    const triggers = `SELECT GROUP_CONCAT(CONCAT(trigger_name, ' ', action_order, ' ', definer) ORDER BY action_order) FROM information_schema.triggers`;
    await rig.client(
      `CREATE DATABASE firing; USE firing; CREATE TABLE was (a int); INSERT INTO was VALUES (2);
       CREATE TRIGGER z BEFORE INSERT ON was FOR EACH ROW SET NEW.a = NEW.a + 1; CREATE TRIGGER a BEFORE INSERT ON was FOR EACH ROW SET NEW.a = NEW.a * 2;`,
    );
    const backup = await rig.dump('firing', 'mysql-plain');
    const plan = rig.planOf(rig.context('uat', { backup }));
    const item = plan.items[0]!;
    await rig.walk({ ...plan, steps: plan.steps.filter(({ stage }) => stage === 'load') });
    const there = () => rig.value(`${triggers} WHERE trigger_schema = '${item.newName}'`);
    const before = await there();
    const keep = { name: 'keep-rows', title: '', args: { keep: [{ table: 'was' }] } } as unknown as ActStep;
    const keepOver = (access: ServerAccess) =>
      mysql.act(keep, {
        access,
        program: () => access.program,
        run: plan.run,
        fence: 1,
        item,
        results: {},
        signal: new AbortController().signal,
        progress: () => undefined,
      });
    for (const last of ['DROP TRIGGER', 'DELETE', 'CREATE DEFINER']) {
      await assert.rejects(keepOver(severed(rig.access, (statement) => statement.startsWith(last))), {
        code: 'connection-lost',
      });
      assert.notEqual(await there(), before, last);
    }
    assert.deepEqual((await keepOver(rig.access)).keeps, ['was: 1 row']);
    assert.equal(await there(), before);
    assert.equal(await rig.value(`SELECT a FROM \`${item.newName}\`.was`), 1, 'none has fired');
    await mysql.abandon(rig.access, item, plan.run, 1);
    await rig.drop('firing');
  });

  it('brings partitions, sequences, other character sets and engines, and events that do not run', async () => {
    const backup = await rig.dump('source', 'mysql-plain');
    const { outcome } = await rig.walk(rig.planOf(rig.context('uat', { backup })));
    assert.deepEqual(outcome, { end: 'succeeded' }, JSON.stringify(outcome));
    await rig.server.restoreByHand(join(rig.near.root, backup.path), 'by_hand');
    // With the client, whose collation it then has.
    await rig.client('ALTER EVENT by_hand.`e 1` DISABLE');
    assert.deepEqual(await rig.contentOf('orders_uat'), await rig.contentOf('by_hand'));
    if (rig.server.isMariadb) assert.equal(Number(await rig.value('SELECT NEXTVAL(orders_uat.counting)')), 7);
  });

  it('takes a dump that names its database, and makes and drops it', async () => {
    const named = await rig.dumped('--hex-blob', '--add-drop-database', '--databases', 'source');
    const { outcome } = await rig.walk(rig.planOf(rig.context('uat', { backup: await rig.written(named) })));
    assert.deepEqual(outcome, { end: 'succeeded' });
    assert.equal(await rig.value('SELECT COUNT(*) FROM orders_uat.parts'), 2);
    assert.equal(await rig.value('SELECT COUNT(*) FROM source.parts'), 2);
  });

  it('refuses a folder of mydumper whose columns would end empty', async function () {
    needs(this, 'mydumper');
    if (!rig.server.isMariadb) skip(this, 'MySQL has no column of that kind');
    await rig.client(
      `CREATE DATABASE plain; USE plain; CREATE TABLE a (id int PRIMARY KEY, ip inet6); INSERT INTO a VALUES (1, '::1');`,
    );
    const { outcome } = await rig.walk(
      rig.planOf(rig.context('uat', { backup: await rig.dump('plain', 'mydumper') })),
    );
    assert.equal(outcome.end === 'failed' && outcome.code, 'values-lost', JSON.stringify(outcome));
  });

  it('brings triggers, routines and events of folders of mydumper', async function () {
    needs(this, 'mydumper');
    if (!rig.server.isMariadb)
      skip(this, 'mydumper 0.10 writes routines of MySQL 8 so that no client takes them');
    await rig.client(`CREATE DATABASE plain; USE plain; CREATE TABLE a (id int PRIMARY KEY, w varchar(20));
      INSERT INTO a VALUES (1, 'x;'), (2, CONCAT('y;', CHAR(10)));
      CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM a WHERE id < 0;
      DELIMITER ;;
      CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN SET NEW.w = TRIM(NEW.w);\nSET NEW.id = NEW.id; END;;
      CREATE FUNCTION f() RETURNS int DETERMINISTIC BEGIN /* kept; */ SET @a = 1;\nRETURN 2; END;;
      DELIMITER ;`);
    const backup = await rig.dump('plain', 'mydumper');
    const { outcome } = await rig.walk(rig.planOf(rig.context('uat', { backup })));
    assert.deepEqual(outcome, { end: 'succeeded' }, JSON.stringify(outcome));
    await rig.sql("INSERT INTO orders_uat.a VALUES (3, ' z ')");
    assert.equal(await rig.value('SELECT w FROM orders_uat.a WHERE id = 3'), 'z');
    assert.equal(await rig.value('SELECT orders_uat.f()'), 2);
    const body = await rig.value(
      `SELECT routine_definition FROM information_schema.routines WHERE routine_schema = 'orders_uat'`,
    );
    assert.match(String(body), /kept/);
    assert.equal(
      await rig.value(`SELECT status FROM information_schema.events WHERE event_schema = 'orders_uat'`),
      'DISABLED',
    );
  });

  it('runs nothing of a dump but what concerns the new database', async () => {
    const end = '\n-- Dump completed on 2026-01-01\n';
    const hostile = {
      'permission-denied': [
        'USE orders_uat ;\nDROP TABLE was;',
        'DROP TABLE orders_uat.was;',
        'INSERT INTO orders_uat.was VALUES (2);',
        'DROP DATABASE orders_uat;',
        "CREATE USER evil@'%' IDENTIFIED BY 'x';",
        'SELECT 1; SET GLOBAL max_connections = 5;',
      ],
      'statement-failed': [
        `\\! touch ${rig.folder}/touched\n;`,
        `system touch ${rig.folder}/touched\n;`,
        `SELECT 1; \\! touch ${rig.folder}/touched\nSELECT x;`,
        `source ${rig.folder}/loader.cnf\n;`,
        `LOAD DATA LOCAL INFILE '${rig.folder}/loader.cnf' INTO TABLE t;`,
      ],
    };
    for (const [code, texts] of Object.entries(hostile)) {
      for (const text of texts) {
        const backup = await rig.written(`CREATE TABLE t (a text);\n${text}${end}`);
        const { outcome } = await rig.load(backup);
        assert.equal(outcome.end, 'failed', text);
        if (outcome.end === 'failed' && code === 'permission-denied') assert.equal(outcome.code, code, text);
        assert.doesNotMatch(JSON.stringify(outcome), /touch|evil|x'/, 'nothing of the text comes back');
      }
    }
    const leftOut = await rig.written(
      `USE \`orders_uat\`;\nDROP TABLE IF EXISTS was;\nCREATE DATABASE other;\nSET GLOBAL max_connections = 5;${end}`,
    );
    assert.deepEqual((await rig.load(leftOut)).outcome, { end: 'succeeded' });
    await rig.drop((await rig.databases()).find((name) => name.includes('__new_')) ?? 'none');
    await assert.rejects(readFile(join(rig.folder, 'touched')), { code: 'ENOENT' });
    assert.equal(await rig.value('SELECT COUNT(*) FROM orders_uat.was'), 1);
    assert.deepEqual(await rig.databases(), ['empty_one', 'orders_uat', 'source']);
  });

  it('leaves nothing of a backup that throws away what says whose its schema is', async () => {
    const text = 'CREATE TABLE t (a text);\nDROP TABLE `freshet copy`;\n-- Dump completed on 2026-01-01\n';
    const backup = await rig.written(text);
    const plan = rig.planOf(rig.context('uat', { backup }));
    const { outcome } = await rig.walk(plan);
    assert.ok(outcome.end === 'failed' && outcome.code === 'new-database-gone', JSON.stringify(outcome));
    assert.deepEqual(await rig.databases(), ['empty_one', 'orders_uat', 'source']);
    const rights = `SELECT COUNT(*) FROM mysql.db WHERE RIGHT(db, 8) = '${plan.run}'`;
    assert.equal(Number(await rig.value(rights)), 0);
  });

  it('the host lets its client into the new database alone, and with no option of ours', async () => {
    const backup = await rig.dump('empty_one', 'mysql-plain');
    const fence = (await rig.load(backup)).fence + 1;
    rig.skipFences(1);
    const { run, items } = rig.planOf(rig.context('uat', { backup }));
    await rig.here.program.claim('uat', run, fence);
    const submit = (tool: string, args: string[], database = items[0]!.newName) =>
      rig.here.program.submit({
        run,
        step: 'uat.try',
        fence,
        target: 'uat',
        connection: { server: 'my', identity: 'loader', database },
        pipe: [{ tool, args }],
        report: 'none',
      });
    for (const option of ['--init-command=DROP', '--host=other', '-e', '--user=root', '--local-infile=1']) {
      await assert.rejects(submit('mariadb', [option]), { code: 'host-refused' }, option);
    }
    await assert.rejects(submit('mariadb', [], 'orders_uat'), { code: 'host-refused' });
    await assert.rejects(submit('psql', []), { code: 'host-refused' });
    await rig.here.program.release('uat', run, fence);
  });

  it('gives views, triggers, routines and events the definers of the target, and runs events where it says so', async () => {
    await rig.client(`USE orders_uat; CREATE TABLE parts (a int);
      CREATE DEFINER=shop_app@'127.0.0.1' PROCEDURE old_one() SELECT 1;
      CREATE DEFINER=reporting@'%' FUNCTION f1(a int) RETURNS int DETERMINISTIC RETURN 0;
      CREATE VIEW a_y AS SELECT 1; CREATE VIEW m_1 AS SELECT 1; CREATE VIEW m_2 AS SELECT 1; CREATE VIEW m_3 AS SELECT 1;
      ${['g_1', 'g_2', 'g_3', 'g_4'].map((name) => `CREATE DEFINER=gone@localhost VIEW ${name} AS SELECT 1;`).join(' ')}
      CREATE DEFINER=shop_app@'127.0.0.1' EVENT \`e 1\` ON SCHEDULE EVERY 1 DAY DO DELETE FROM parts;
      CREATE DEFINER=shop_app@'127.0.0.1' VIEW seen AS SELECT 1;`);
    const backup = await rig.dump('source', 'mysql-plain');
    const { outcome, checkpoint } = await rig.walk(
      rig.planOf(rig.context('uat', { backup, placed: { events: 'as-live' } })),
    );
    assert.deepEqual(outcome, { end: 'succeeded' });
    const definers = await rig.sql<{ name: string; definer: string }>(
      `SELECT routine_name AS name, definer AS definer FROM information_schema.routines WHERE routine_schema = 'orders_uat'
       UNION ALL SELECT trigger_name, definer FROM information_schema.triggers WHERE trigger_schema = 'orders_uat'
       UNION ALL SELECT table_name, definer FROM information_schema.views WHERE table_schema = 'orders_uat' ORDER BY 1`,
    );
    assert.deepEqual(Object.fromEntries(definers.map(({ name, definer }) => [name, definer])), {
      // As it was; what is new is nobody's who may do more than this schema, and nobody's who is gone.
      a_y: await rig.value('SELECT CURRENT_USER()'),
      f1: 'reporting@%',
      'p 1': 'shop_app@127.0.0.1',
      't 1': 'shop_app@127.0.0.1',
      'z y': 'shop_app@127.0.0.1',
    });
    const event = () =>
      rig.value(`SELECT status FROM information_schema.events WHERE event_schema = 'orders_uat'`);
    assert.equal(await event(), 'ENABLED');
    assert.deepEqual([...checkpoint.swapped.get('uat')!.notCarried].sort(), [
      'procedure "old_one" of the old database: it stays with the old copy',
      ...['g_1', 'g_2', 'g_3', 'g_4', 'm_1', 'm_2', 'm_3', 'seen'].map(
        (name) => `view "${name}" of the old database: it stays with the old copy`,
      ),
    ]);
    const quiet = await rig.walk(rig.planOf(rig.context('uat', { backup })));
    assert.deepEqual(quiet.outcome, { end: 'succeeded' });
    assert.equal(await event(), 'DISABLED', 'though that of the live database ran');
  });

  it('has no event run, and gives each routine its definer, whatever they are called and however names are quoted', async () => {
    await rig.sql('CREATE DEFINER=shop_app@`127.0.0.1` VIEW orders_uat.seen AS SELECT 1');
    const every = 'ON SCHEDULE EVERY 1 HOUR ON COMPLETION PRESERVE';
    // Nothing of it in the line of CREATE: of that the host leaves out a definer, and disables the event.
    const written = "RETURN\n'DEFINER=`root`@`localhost` ON COMPLETION PRESERVE ENABLE'";
    const backup = await rig.written(`CREATE TABLE t (a int);
DELIMITER ;;
CREATE
EVENT \`e ON COMPLETION PRESERVE ENABLE\` ${every} ENABLE DO DELETE FROM t;;
CREATE FUNCTION plain() RETURNS text DETERMINISTIC ${written};;
SET sql_mode = 'ANSI_QUOTES';;
CREATE
EVENT "f ON COMPLETION PRESERVE ENABLE" ${every} DO DELETE FROM "t";;
CREATE FUNCTION "of ""ansi"() RETURNS text DETERMINISTIC ${written};;
DELIMITER ;
-- Dump completed on 2026-01-01
`);
    const { outcome } = await rig.walk(rig.planOf(rig.context('uat', { backup })));
    assert.deepEqual(outcome, { end: 'succeeded' }, JSON.stringify(outcome));
    const there = await rig.sql<{ name: string; definer: string; text: string; status: string }>(
      `SELECT event_name AS name, definer AS definer, '' AS text, status AS status FROM information_schema.events WHERE event_schema = 'orders_uat'
       UNION ALL SELECT routine_name, definer, routine_definition, '' FROM information_schema.routines WHERE routine_schema = 'orders_uat' ORDER BY 1`,
    );
    const definer = 'shop_app@127.0.0.1';
    assert.deepEqual(there, [
      { name: 'e ON COMPLETION PRESERVE ENABLE', definer, text: '', status: 'DISABLED' },
      { name: 'f ON COMPLETION PRESERVE ENABLE', definer, text: '', status: 'DISABLED' },
      { name: 'of "ansi', definer, text: written, status: '' },
      { name: 'plain', definer, text: written, status: '' },
    ]);
  });

  // Only a server that somebody named can be a MySQL.
  if (named !== undefined)
    it('says before a swap that nobody without SYSTEM_USER can put up what one who has it has made', async function () {
      if (rig.server.isMariadb) skip(this, 'MariaDB has no such right');
      const admin = `${accounts.admin}@'127.0.0.1'`;
      const context = rig.context('uat', { backup: await rig.dump('source', 'mysql-plain') });
      const problems = async () =>
        (await mysql.inspect(rig.access, context)).problems.map(({ code, message }) => `${code}: ${message}`);
      await rig.sql(`REVOKE SYSTEM_USER ON *.* FROM ${admin}`);
      try {
        assert.deepEqual(await problems(), []);
        await rig.client('CREATE VIEW orders_uat.by_root AS SELECT 1');
        const [problem, ...others] = await problems();
        assert.match(
          problem ?? '',
          /^right-missing: .* of "orders_uat" are of root@127\.0\.0\.1, .*SYSTEM_USER/,
        );
        assert.deepEqual(others, []);
        const { outcome } = await rig.walk(rig.planOf(context));
        assert.ok(outcome.end === 'failed' && !outcome.targetTouched, JSON.stringify(outcome));
        assert.equal(Number(await rig.value('SELECT * FROM orders_uat.by_root')), 1);
      } finally {
        await rig.sql(`GRANT SYSTEM_USER ON *.* TO ${admin}`);
      }
    });
});
