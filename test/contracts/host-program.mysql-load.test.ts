import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onEachShell } from '../runners/host-program/on-each-shell.ts';
import { until } from '../until.ts';
import { dump, marked, routine, table } from './mysql-dump.ts';
import { loadHost, loadsOf } from './mysql-loads.ts';

/** How many sessions there may be. */
const jobs = 3;

const padding = 'x'.repeat(110_000);
const row = (id: number, more: string) => `(${id},1,'row-${id};),(\\n(0,0,\\'${more}')`;
const statements = 9;
const perStatement = 5;
const ids = Array.from({ length: statements * perStatement }, (_, at) => at + 1);

/** What is in row 23 alone. */
const inOne = (text: string) => (id: number) => (id === 23 ? text : padding);

type Said = { table?: string; row?: (id: number) => string; key?: string; unique?: string; trigger?: string };

/** Children before their parents, as their names would have it, and what somebody wrote into its parts. */
function dumpWith({
  table: ofTable = '',
  row: ofRow = () => padding,
  key = '',
  unique = '',
  trigger = '',
}: Said): string {
  const rows = ids.map((id) => row(id, ofRow(id)));
  const inserts = Array.from({ length: statements }, (_, at) => [
    'INSERT INTO `children` VALUES',
    `${rows.slice(at * perStatement, (at + 1) * perStatement).join(',\n')};`,
  ]);
  return dump(
    table('`children`', [
      '  `id` int(11) NOT NULL AUTO_INCREMENT',
      '  `parent` int(11) NOT NULL',
      `  \`name\` text NOT NULL COMMENT '${ofTable}'`,
      '  PRIMARY KEY (`id`)',
      `  KEY \`by_parent\` (\`parent\`) COMMENT '${key}'`,
      '  CONSTRAINT `child_of` FOREIGN KEY (`parent`) REFERENCES `parents` (`id`)',
    ]),
    ['LOCK TABLES `children` WRITE;', '/*!40000 ALTER TABLE `children` DISABLE KEYS */;'],
    inserts.flat(),
    ['/*!40000 ALTER TABLE `children` ENABLE KEYS */;', 'UNLOCK TABLES;'],
    [
      'DELIMITER ;;',
      `/*!50003 CREATE*/ /*!50017 DEFINER=\`a\`@\`b\`*/ /*!50003 TRIGGER \`born\` AFTER INSERT ON \`children\` FOR EACH ROW begin -- ${trigger}`,
      'INSERT INTO `notes` VALUES',
      "(9,'of a trigger');",
      'end */;;',
      'DELIMITER ;',
    ],
    table('`notes`', ['  `id` int(11)', '  `note` text', '  KEY `by_id` (`id`)'], 'ENGINE=MyISAM'),
    ["INSERT INTO `notes` VALUES (1,'note-1'),(2,'note-2');"],
    table('`parents`', [
      '  `id` int(11) NOT NULL',
      '  `name` varchar(99)',
      '  PRIMARY KEY (`id`)',
      `  UNIQUE KEY \`once\` (\`name\`) COMMENT '${unique}'`,
    ]),
    ['INSERT INTO `parents` VALUES', "(1,'parent-1');"],
    [
      'CREATE SEQUENCE `numbers` start with 1 minvalue 1 increment by 1 ENGINE=InnoDB;',
      'DO SETVAL(`numbers`, 9, 0);',
    ],
    ['SET character_set_client = utf8mb4;', '/*!50001 CREATE VIEW `seen` AS SELECT', ' 1 AS `id` */;'],
    [
      'DELIMITER ;;',
      '/*!50106 CREATE*/ /*!50117 DEFINER=`a`@`b`*/ /*!50106 EVENT `nightly` ON SCHEDULE EVERY 1 DAY ON COMPLETION PRESERVE ENABLE DO begin end */ ;;',
      'DELIMITER ;',
    ],
    routine,
    ['/*!50001 DROP VIEW IF EXISTS `seen`*/;', '/*!50001 VIEW `seen` AS select `id` from `children` */;'],
  );
}

/** Somewhere in what a session was given. */
type Place = { session: string; at: number };

/** What the sessions of a run were given. */
async function sessionsOf(folder: string) {
  const lines = (await readFile(join(folder, 'sessions'), 'utf8')).trimEnd().split('\n');
  const texts = new Map<string, string>();
  for (const file of await readdir(folder)) {
    const [, session] = /^(\d+)\.sql$/.exec(file) ?? [];
    if (session !== undefined) texts.set(session, await readFile(join(folder, file), 'utf8'));
  }
  const find = (what: RegExp): (Place & { found: string })[] =>
    [...texts].flatMap(([session, text]) =>
      [...text.matchAll(new RegExp(what, 'gm'))].map((match) => ({
        session,
        at: match.index,
        found: match[1] ?? match[0],
      })),
    );
  /** Only what a session has carried out to its end, or earlier itself, is surely there. */
  const before = (one: Place, other: Place) =>
    one.session === other.session
      ? one.at < other.at
      : lines.includes(`ended ${one.session}`) &&
        lines.indexOf(`ended ${one.session}`) < lines.indexOf(`began ${other.session}`);
  return { texts: [...texts.values()], find, before };
}

onEachShell('host program: a dump of MySQL over several sessions', loadHost, (on) => {
  const { loading, loaded, gone } = loadsOf(on, jobs);

  it('gives every row to one session, behind the tables and before all that stands on rows', async () => {
    const whole = dumpWith({});
    const { exitCode, folder } = await loaded(whole);
    assert.equal(exitCode, 0);
    const { texts, find, before } = await sessionsOf(folder);

    const rows = find(/^\((\d+),1,'row-\1;/);
    assert.deepEqual(
      rows.map(({ found }) => Number(found)).sort((a, b) => a - b),
      ids,
    );
    const altered = ids.filter((id) => !texts.some((text) => text.includes(row(id, padding))));
    assert.deepEqual(altered, [], 'each row is as it was');
    assert.ok(new Set(rows.map(({ session }) => session)).size > 1, 'several sessions have rows');
    const others = ['note-1', 'note-2', 'parent-1'].map((value) => find(new RegExp(`'${value}'`)));
    assert.deepEqual(
      others.map((found) => found.length),
      [1, 1, 1],
    );
    const all = [...rows, ...others.flat()];

    for (const [name, of] of [
      ['children', rows],
      ['notes', others.slice(0, 2).flat()],
      ['parents', others[2]!],
    ] as const) {
      const made = find(new RegExp(`^CREATE TABLE .*\`${name}\``));
      const early = of.filter((one) => !made.some((table) => before(table, one)));
      assert.deepEqual(early, [], `rows of ${name} have their table`);
    }
    const names = find(/SET NAMES utf8mb4/);
    const unnamed = all.filter((one) => !names.some((name) => before(name, one)));
    assert.deepEqual(unnamed, [], 'rows are read as they are meant');

    const last = {
      'a secondary index': find(/^ALTER TABLE `children`[^;]* KEY `by_parent`/),
      'a unique index': find(/^ALTER TABLE `parents`[^;]* UNIQUE KEY `once`/),
      'a foreign key': find(/^ALTER TABLE `children`[^;]* CONSTRAINT `child_of`/),
      'a trigger': find(/ TRIGGER `born` /),
      'a view': find(/ VIEW `seen` AS select/),
      'a routine': find(/ PROCEDURE `p`/),
      'an event': find(/ EVENT `nightly` /),
    };
    for (const [what, places] of Object.entries(last)) {
      assert.equal(places.length, 1, what);
      const late = all.filter((one) => !before(one, places[0]!));
      assert.deepEqual(late, [], `${what} comes behind all rows`);
    }
    const indexes = [...last['a secondary index'], ...last['a unique index']];
    assert.ok(
      indexes.every((index) => before(index, last['a foreign key'][0]!)),
      'and then foreign keys',
    );
    for (const key of ['by_parent', 'child_of', 'once']) {
      assert.equal(find(new RegExp(`(?:KEY|CONSTRAINT) \`${key}\``)).length, 1, `${key} is made once`);
    }
    assert.equal(find(/^\(9,'of a trigger'\);\nend/).length, 1, 'what a trigger writes is part of it');
  });

  for (const [where, text] of Object.entries({
    'a table': dumpWith({ table: 'fails here' }),
    'a row': dumpWith({ row: inOne('fails here') }),
    'an index': dumpWith({ key: 'fails here' }),
    'a trigger': dumpWith({ trigger: 'fails here' }),
  })) {
    it(`ends with the client’s failure at ${where}, and leaves nothing behind`, async () => {
      const state = await loaded(text);
      assert.notEqual(state.exitCode, 0);
      assert.deepEqual(state.cause, { code: 'constraint-violated' });
      assert.ok(!JSON.stringify(state).includes(marked), 'a row came back');
    });
  }

  it('does not wait for what other sessions are still at when one has failed', async () => {
    const slow = (id: number) => `${id < 5 ? '' : id === 5 ? 'hangs here' : 'fails here'}${padding}`;
    assert.deepEqual((await loaded(dumpWith({ row: slow }))).cause, { code: 'constraint-violated' });
  });

  it('does not wait for indexes that other sessions still build when one has failed', async () => {
    const { cause } = await loaded(dumpWith({ key: 'hangs here', unique: 'fails here' }));
    assert.deepEqual(cause, { code: 'constraint-violated' });
  });

  for (const [where, text] of Object.entries({
    rows: dumpWith({ row: inOne('hangs here') }),
    indexes: dumpWith({ key: 'hangs here' }),
    triggers: dumpWith({ trigger: 'hangs here' }),
  })) {
    it(`is stopped in the middle of ${where}, and leaves nothing behind`, async () => {
      const { run, fence, folder } = await loading(text);
      await until('a session hangs', async () =>
        (await readFile(join(folder, 'sessions'), 'utf8').catch(() => '')).includes('hangs'),
      );
      const state = await on.program.stop(run, 'load', fence);
      assert.ok(state.state === 'ended' && state.exitCode !== 0, JSON.stringify(state));
      await gone(run);
    });
  }

  for (const type of ['uuid', 'inet4', 'inet6']) {
    it(`refuses rows as bytes for a ${type}, of which the server would take none`, async () => {
      const text = (charset: string) =>
        dump(
          [`/*!40101 SET NAMES ${charset} */;`],
          table('`v`', ['  `id` int(11) NOT NULL', `  \`at\` ${type} DEFAULT NULL`]),
        );
      assert.equal((await loaded(text('utf8mb4'))).exitCode, 0);
      const state = await loaded(text('binary'));
      assert.notEqual(state.exitCode, 0);
      assert.deepEqual(state.cause, { code: 'values-lost' });
    });
  }

  it('passes over the transaction that a dump has around the rows of each table', async () => {
    const { exitCode, folder } = await loaded(
      dump(
        table('`v`', ['  `id` int NOT NULL']),
        ['SET @OLD_AUTOCOMMIT=@@AUTOCOMMIT, @@AUTOCOMMIT=0;', 'INSERT INTO `v` VALUES', '(1),', '(2);'],
        ['COMMIT;', 'SET AUTOCOMMIT=@OLD_AUTOCOMMIT;'],
      ),
    );
    assert.equal(exitCode, 0);
    const { find } = await sessionsOf(folder);
    assert.equal(find(/INSERT INTO/).length, 1);
    assert.deepEqual(find(/AUTOCOMMIT/), []);
  });

  it('refuses rows that leave a column out, but for one that is computed of others', async () => {
    const rows = (columns: string) =>
      dump(
        table('`v`', [
          '  `id` int NOT NULL',
          '  `a, b` int DEFAULT NULL',
          '  `made` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP',
          '  `twice` int GENERATED ALWAYS AS (`id` * 2) STORED',
        ]),
        [`INSERT INTO \`v\` ${columns}VALUES`, "(1,2,'2026-11-27 10:00:00');"],
      );
    for (const all of ['', '(`id`,`a, b`,`made`) ', '(`id`, `a, b`, `made`) '])
      assert.equal((await loaded(rows(all))).exitCode, 0, all);
    for (const few of ['(`id`,`a, b`) ', '(`id`, `made`) ']) {
      const state = await loaded(rows(few));
      assert.notEqual(state.exitCode, 0);
      assert.deepEqual(state.cause, { code: 'columns-left-out' }, few);
    }
  });

  it('fails with half a dump, and gives no session the rest of it', async () => {
    const whole = dumpWith({});
    const state = await loaded(whole.slice(0, whole.indexOf('(23,') + 4));
    assert.notEqual(state.exitCode, 0);
    assert.deepEqual(state.cause, { code: 'archive-truncated' });
    const { find } = await sessionsOf(state.folder);
    assert.deepEqual(find(/ADD KEY|TRIGGER|ADD CONSTRAINT/), []);
  });
});
