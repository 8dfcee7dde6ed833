import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onEachShell } from '../runners/host-program/on-each-shell.ts';
import { dump, foot, head, marked, routine, rows, table } from './mysql-dump.ts';
import { loadHost, loadsOf } from './mysql-loads.ts';

const t = table('`t`', [
  '  `id` int(11) NOT NULL',
  "  `text` text COMMENT 'USE `live`;'",
  '  PRIMARY KEY (`id`)',
]);

/** What goes its own way with the server, and what becomes of it; `undefined` is left out. */
const others: readonly (readonly [string, string | undefined])[] = [
  ['CREATE DATABASE /*!32312 IF NOT EXISTS*/ `live` /*!40100 DEFAULT CHARACTER SET utf8mb4 */;', undefined],
  ['/*!40000 DROP DATABASE IF EXISTS `live`*/;', undefined],
  ['USE `live`;', undefined],
  ['SET @MYSQLDUMP_TEMP_LOG_BIN = @@SESSION.SQL_LOG_BIN;', undefined],
  ['SET @@SESSION.SQL_LOG_BIN= 0;', undefined],
  ["SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ '3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5,", undefined],
  ["4f22fa47-71ca-11e1-9e33-c80aa9429562:1-77';", undefined],
  ["CHANGE MASTER TO MASTER_LOG_FILE='binlog.000009', MASTER_LOG_POS=157;", undefined],
  ["/*!80023 CHANGE REPLICATION SOURCE TO SOURCE_LOG_FILE='binlog.000009' */;", undefined],
  ['/*!50606 SET GLOBAL INNODB_STATS_AUTO_RECALC=OFF */;', undefined],
  ['ALTER DATABASE `live` CHARACTER SET latin1 COLLATE latin1_swedish_ci ;', undefined],
  ['SET character_set_client = utf8mb4;', 'SET character_set_client = utf8mb4;'],
];

/** As they are written into the places of routines, triggers, events and views, and without the definer. */
const definers: readonly (readonly [string, string])[] = [
  ['CREATE DEFINER=`root`@`localhost` FUNCTION `f`() RETURNS int', 'CREATE FUNCTION `f`() RETURNS int'],
  ['CREATE DEFINER=`a``b; c`@`10.0.%` PROCEDURE `p`()', 'CREATE PROCEDURE `p`()'],
  ['CREATE DEFINER=`keeper`@`` PROCEDURE `q`()', 'CREATE PROCEDURE `q`()'],
  ['CREATE DEFINER=`role` PROCEDURE `r`()', 'CREATE PROCEDURE `r`()'],
  [
    '/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`%`*/ /*!50003 TRIGGER `x` BEFORE INSERT ON `t` FOR EACH ROW',
    '/*!50003 CREATE*/ /*!50017 */ /*!50003 TRIGGER `x` BEFORE INSERT ON `t` FOR EACH ROW',
  ],
  [
    '/*!50020 CREATE*/ /*!50020 DEFINER=`root`@`%`*/ /*!50003 FUNCTION `g`() RETURNS int',
    '/*!50020 CREATE*/ /*!50020 */ /*!50003 FUNCTION `g`() RETURNS int',
  ],
  ['/*!50013 DEFINER=`root`@`localhost` SQL SECURITY DEFINER */', '/*!50013 SQL SECURITY DEFINER */'],
];

/** An event whose body says that an event is on. */
const event = (status: string) => [
  'DELIMITER ;;',
  `/*!50106 CREATE*/ /*!50117 DEFINER=\`root\`@\`%\`*/ /*!50106 EVENT \`e\` ON SCHEDULE EVERY 1 DAY STARTS '2026-11-27 01:00:00' ${status} DO set @on = 'ON COMPLETION PRESERVE ENABLE' */ ;;`,
  'DELIMITER ;',
];

/** As a dump of MySQL 8 has a trigger and an event that a driver made as one of several statements, and what looks like them. */
const unended: readonly (readonly [string, string])[] = [
  [
    '/*!50003 CREATE*/ /*!50017 */ /*!50003 TRIGGER `x` BEFORE INSERT ON `t` FOR EACH ROW SET NEW.id = 1; */;;',
    '/*!50003 CREATE*/ /*!50017 */ /*!50003 TRIGGER `x` BEFORE INSERT ON `t` FOR EACH ROW SET NEW.id = 1 */;;',
  ],
  [
    '/*!50106 CREATE*/ /*!50117 */ /*!50106 EVENT `e` ON SCHEDULE EVERY 1 DAY ON COMPLETION PRESERVE DISABLE DO DELETE FROM t; */ ;;',
    '/*!50106 CREATE*/ /*!50117 */ /*!50106 EVENT `e` ON SCHEDULE EVERY 1 DAY ON COMPLETION PRESERVE DISABLE DO DELETE FROM t */;;',
  ],
  ['CREATE PROCEDURE `p`() SELECT 1 /* all; */;;', 'CREATE PROCEDURE `p`() SELECT 1 /* all; */;;'],
];

/** What a body may hold that looks like something else. */
const body = [
  'DELIMITER ;;',
  'CREATE PROCEDURE `says`()',
  'begin',
  'USE `live`;',
  'CREATE DATABASE `live`;',
  '/*!40000 DROP DATABASE IF EXISTS `live`*/;',
  'SET GLOBAL event_scheduler = ON;',
  'SET @@GLOBAL.read_only = 1;',
  "select 'DEFINER=`root`@`localhost` ', '",
  'INSERT INTO `t` VALUES',
  "(1,''a''),",
  "(2,''b'');';",
  '-- Dump completed on 2019-01-01  0:00:00',
  'end ;;',
  'DELIMITER ;',
];

const windows = (text: string) => text.replaceAll('\n', '\r\n');
/** What a load says of its own accord. */
const own = ['SET foreign_key_checks = 0;', 'SET unique_checks = 1;', 'START TRANSACTION;', 'COMMIT;', ''];

onEachShell('host program: what is loaded of a dump of MySQL', loadHost, (on) => {
  const { loaded } = loadsOf(on, 1);

  /** What the one session that has rows was given, and what the last one, a character a byte; of the head and foot of the dump nothing. */
  async function given(text: string | Buffer): Promise<{ first: string[]; last: string[] }> {
    const { exitCode, cause, folder } = await loaded(text);
    assert.deepEqual([exitCode, cause], [0, undefined]);
    const sessions = (await readFile(join(folder, 'sessions'), 'latin1')).match(/(?<=began )\d+/g)!;
    const linesOf = async (session: string | undefined) =>
      (await readFile(join(folder, `${session}.sql`), 'latin1'))
        .split('\n')
        .map((line) => line.replace(/\r$/, '').replace('CREATE TABLE IF NOT EXISTS', 'CREATE TABLE'))
        .filter((line) => ![...own, ...head, ...foot].includes(line));
    // Before the first the server is asked whether it takes files; behind it come indexes and foreign keys.
    return { first: await linesOf(sessions[1]), last: await linesOf(sessions.at(-1)) };
  }
  const left = async (...parts: (readonly string[])[]) => (await given(dump(...parts))).last;
  const bytes = (lines: readonly string[]) => lines.map((line) => Buffer.from(line).toString('latin1'));
  const made = t.slice(1);

  for (const [name, written] of [
    ['', (text: string) => text],
    [', also with the ends of lines of Windows', windows],
  ] as const) {
    it(`closes what its server left open${name}`, async () => {
      const { last } = await given(
        written(
          dump(
            t,
            rows,
            unended.flatMap(([line]) => ['DELIMITER ;;', line, 'DELIMITER ;']),
          ),
        ),
      );
      assert.deepEqual(
        last.filter((line) => line.endsWith(';;') && !line.startsWith('DELIMITER')),
        unended.map(([, becomes]) => becomes),
      );
    });

    it(`leaves out what chooses and makes schemas, and what is of the source’s replication${name}`, async () => {
      const kept = others.flatMap(([, becomes]) => becomes ?? []);
      const { first, last } = await given(
        written(
          dump(
            others.map(([line]) => line),
            t,
            rows,
            body,
          ),
        ),
      );
      assert.deepEqual(first, [...kept, ...made, ...rows]);
      assert.deepEqual(last, [...kept, ...body]);
    });
  }

  it('takes definers out, wherever they stand', async () => {
    const one = (line: string) => [line, ';'];
    const between = (line: string) => ['DELIMITER ;;', line, ' ;;', 'DELIMITER ;'];
    const [is, become] = [definers.map(([line]) => line), definers.map(([, line]) => line)];
    assert.deepEqual(await left(is.flatMap(one), is.flatMap(between)), [
      ...become.flatMap(one),
      ...become.flatMap(between),
    ]);
  });

  it('takes no name for a definer, nor for what an event says of itself', async () => {
    const odd = [
      'DELIMITER ;;',
      'CREATE PROCEDURE `DEFINER=a@b `()',
      'select 1 ;;',
      '/*!50106 CREATE*/ /*!50106 EVENT `ON COMPLETION PRESERVE DISABLE` ON SCHEDULE EVERY 1 DAY ON COMPLETION PRESERVE ENABLE DO select 1 */ ;;',
      'DELIMITER ;',
    ];
    const rests = odd.map((line) => line.replace('PRESERVE ENABLE', 'PRESERVE DISABLE'));
    assert.deepEqual(await left(odd), rests);
  });

  it('lets no event run', async () => {
    for (const kept of ['NOT PRESERVE', 'PRESERVE']) {
      const [runs, rests] = [event(`ON COMPLETION ${kept} ENABLE`), event(`ON COMPLETION ${kept} DISABLE`)];
      const expected = rests.map((line) => line.replace('DEFINER=`root`@`%`', ''));
      assert.deepEqual(await left(runs), expected);
      assert.deepEqual(await left(rests), expected);
    }
  });

  it('leaves rows and bodies as they are, whatever they look like', async () => {
    const strings = [...others, ...definers].map(([line], at) => `(${at},'${line.replaceAll("'", "\\'")}')`);
    const mariadb = ['INSERT INTO `t` VALUES', ...`${strings.join(',\n')};`.split('\n')];
    const mysql = [`INSERT INTO \`t\` VALUES ${strings.join(',')};`];
    const replace = [
      'REPLACE INTO `t` VALUES',
      "(1,'\\\\'),",
      `(2,'${event('ON COMPLETION PRESERVE ENABLE')[1]!.replaceAll("'", "''")}');`,
    ];
    const all = [...mariadb, ...mysql, ...replace, ...rows];
    const { first, last } = await given(dump(t, all, body));
    assert.deepEqual([first, last], [bytes([...made, ...all]), bytes(body)]);
  });

  it('passes every byte on', async () => {
    const every = Buffer.from([...Array(256).keys()].filter((byte) => ![0, 10, 39, 92].includes(byte)));
    const of = (insert: string) => [insert, `(1,'${every.toString('latin1')}'),`, "(2,'');"];
    const all = [...of('INSERT INTO `t` VALUES'), ...of('INSERT  IGNORE INTO `t` VALUES')];
    const { first } = await given(Buffer.from(dump(t, all), 'latin1'));
    assert.deepEqual(first, [...made, ...all]);
  });

  it('takes no line of a body for one of the dump', async () => {
    const altered = 'ALTER DATABASE `live` CHARACTER SET latin1 COLLATE latin1_swedish_ci ;';
    const of = (...lines: string[]) => ['DELIMITER ;;', ...lines, 'DELIMITER ;'];
    const routine = of('CREATE PROCEDURE `p`()', 'begin', altered, 'end ;;');
    assert.deepEqual(await left(of(`${altered};`), routine), [...of(), ...routine]);
  });

  it('fails with a dump that is cut off, wherever that is', async () => {
    const whole = dump(t, rows, routine);
    const upTo = (piece: string) => whole.slice(0, whole.indexOf(piece) + piece.length);
    const cuts = [
      '',
      upTo('`id` int(11)'),
      upTo('-- Dump completed on 2020-01-01  0:00:00'),
      upTo(rows.at(-1)!),
      upTo('-- Dump completed on 2019-01-01  0:00:00\n'),
      upTo(foot[0]!),
      `${upTo('VALUES\n')}-- Dump completed\n`,
      `${upTo('`id` int(11)')}\n-- Dump completed\n`,
      `${whole}select 1;\n`,
    ];
    const ended: Awaited<ReturnType<typeof loaded>>[] = [];
    // A target has one load at a time.
    for (const cut of cuts) ended.push(await loaded(cut));
    for (const [at, { exitCode, cause }] of ended.entries()) {
      assert.deepEqual([exitCode, cause], [1, { code: 'archive-truncated' }], cuts[at]!.slice(-60));
    }
    assert.ok(!JSON.stringify(ended.map(({ cause, report }) => [cause, report])).includes(marked));
  });
});
