import assert from 'node:assert/strict';
import { onEachShell, ran } from '../runners/host-program/on-each-shell.ts';
import { dump, foot, marked, routine, rows, table } from './mysql-dump.ts';

/** The same rows as mariadb-dump writes them, a line each, and as mysqldump does, all of a statement on one. */
const inserts = {
  'MariaDB’s': (name: string, all: readonly string[]) => [
    `INSERT INTO ${name} VALUES`,
    `${all.join(',\n')};`,
  ],
  'MySQL’s': (name: string, all: readonly string[]) => [`INSERT INTO ${name} VALUES ${all.join(',')};`],
};

const odd = [
  "(1,'a),(b')",
  "(2,'ends;')",
  "(3,'it''s),(''')",
  "(4,'it\\'s),(\\'')",
  "(5,'\\\\')",
  "(6,'\\n(6),(\\r\\n(7);')",
  "(7,'\\\\\\'),(\\\\')",
  "(8,_binary 'x),(\\0\\Zy')",
  '(9,0x29)',
  '(-1.5e10,NULL)',
  "(11,'INSERT INTO `t` VALUES\\n(1);')",
  "(12,'-- \\n-- Dump completed on 2020-01-01  0:00:00')",
  "(13,'')",
  `(14,'"),(" \`),(\` /* ),( */ ${marked}')`,
];

const view = [
  'SET @saved_cs_client     = @@character_set_client;',
  '/*!50001 CREATE VIEW `v` AS SELECT',
  ' 1 AS `id`,',
  '  1 AS `text` */;',
  '/*!50001 DROP VIEW IF EXISTS `v`*/;',
  '/*!50001 CREATE ALGORITHM=UNDEFINED */',
  '/*!50013 DEFINER=`root`@`localhost` SQL SECURITY DEFINER */',
  '/*!50001 VIEW `v` AS select `t`.`id` AS `id`,`t`.`text` AS `text` from `t` */;',
];

const trigger = [
  'DELIMITER ;;',
  '/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`localhost`*/ /*!50003 TRIGGER `after` AFTER INSERT ON `t` FOR EACH ROW begin',
  'INSERT INTO `log` VALUES',
  "(1,'a'),",
  "(2,'b');",
  'INSERT INTO `log` VALUES (3),(4);',
  'CREATE TABLE `made` (',
  ') ENGINE=InnoDB AUTO_INCREMENT=7;',
  'end */;;',
  'DELIMITER ;',
];

const columns = ['  `id` int(11) NOT NULL AUTO_INCREMENT', '  `text` text', '  PRIMARY KEY (`id`)'];
const t = table('`t`', columns, 'ENGINE=InnoDB AUTO_INCREMENT=15 DEFAULT CHARSET=utf8mb4');
const sequence = [
  'CREATE SEQUENCE `s` start with 1 minvalue 1 increment by 1 ENGINE=InnoDB;',
  'DO SETVAL(`s`, 9, 0);',
];

onEachShell('host program: what is counted of a dump of MySQL', {}, (on) => {
  /** What is told of it, and how many rows of which table stand beside it for the manifest. */
  async function tallied(text: string) {
    const ended = await ran(on, [{ tool: 'mysql-tally', args: [] }], { stdin: { text }, report: 'taken' });
    const counted = ended.output.split('\n').flatMap((line) => {
      const [, count, name] = /^in (\d+) (.*)$/.exec(line) ?? [];
      return name === undefined ? [] : [[Buffer.from(name, 'latin1').toString(), Number(count)] as const];
    });
    return { ...ended, counted: Object.fromEntries(counted) };
  }
  const schemaOf = async (...parts: string[][]) => (await tallied(dump(...parts))).report.schema;

  for (const [whose, insert] of Object.entries(inserts)) {
    it(`counts rows that are written in ${whose} way, whatever is in them`, async () => {
      const names = [
        '`we``ird`',
        '`a b`',
        "`a VALUES it's (`",
        '`x),(y`',
        '`select`',
        '`Größe`',
        `\`${'€'.repeat(64)}\``,
      ];
      const others = names.map((name) => [...table(name, columns), ...insert(name, odd)]);
      const parts = [
        t,
        insert('`t`', odd),
        insert('`t`', ['(15,NULL)']),
        ...others,
        table('`none`', columns),
      ];
      const { exitCode, report, counted } = await tallied(dump(...parts, sequence, view, trigger, routine));
      const plain = names.map((name) => name.slice(1, -1).replaceAll('``', '`'));
      assert.deepEqual(counted, {
        t: odd.length + 1,
        ...Object.fromEntries(plain.map((name) => [name, odd.length])),
        none: 0,
      });
      assert.equal(exitCode, 0);
      assert.equal(report.tables, String(names.length + 2));
      assert.equal(report.rows, String(odd.length * (names.length + 1) + 1));
      assert.ok(!JSON.stringify(report).includes('MARKED'), 'a row came back');
    });
  }

  it('counts rows behind the names of columns, which stand there where some are computed', async () => {
    const name = "`t` (`id`, `text VALUES ('`)";
    for (const insert of Object.values(inserts)) {
      assert.deepEqual((await tallied(dump(t, insert(name, odd)))).counted, { t: odd.length });
    }
  });

  it('knows a schema again whatever is in it, and tells every change of it', async () => {
    const all = [t, rows, sequence, view, trigger, routine];
    const schema = await schemaOf(...all);
    assert.match(schema ?? '', /^[0-9a-f]{64}$/);
    const changed = (...changes: [from: string, to: string][]) =>
      all.map((lines) =>
        changes.reduce((text, [from, to]) => text.replace(from, to), lines.join('\n')).split('\n'),
      );
    const grown = changed(
      ['AUTO_INCREMENT=15 ', ''],
      ['DO SETVAL(`s`, 9, 0)', 'SELECT SETVAL(`s`, 1009, 1)'],
      [rows.join('\n'), inserts['MySQL’s']('`t`', odd).join('\n')],
    );
    assert.equal(await schemaOf(['--', '-- Dumped on another day', '--'], ...grown), schema);
    const others: [from: string, to: string][] = [
      ['`text` text', '`text` longtext'],
      ['start with 1', 'start with 2'],
      ['`t`.`text` AS', '`t`.`more` AS'],
      ["(1,'a'),", "(5,'a'),"],
      ['VALUES (3)', 'VALUES (4)'],
      ['AUTO_INCREMENT=7', 'AUTO_INCREMENT=8'],
      ['-- Dump completed on 2019', '-- Dump completed on 2018'],
    ];
    const schemas = await Promise.all(others.map(async (change) => schemaOf(...changed(change))));
    assert.equal(new Set([schema, ...schemas]).size, others.length + 1, JSON.stringify(schemas));
  });

  it('counts nothing where there is nothing', async () => {
    const { exitCode, report, counted } = await tallied(dump());
    assert.deepEqual([exitCode, report.tables, report.rows, counted], [0, '0', '0', {}]);
    assert.match(report.schema ?? '', /^[0-9a-f]{64}$/);
  });

  it('fails with a dump that has no end', async () => {
    const whole = dump(t, rows, trigger, routine);
    const upTo = (piece: string) => whole.slice(0, whole.indexOf(piece) + piece.length);
    const cuts = [
      '',
      upTo('-- Dump completed on 2020-01-01  0:00:00'),
      upTo(rows.at(-1)!),
      upTo('-- Dump completed on 2019-01-01  0:00:00\n'),
      upTo(foot[0]!),
    ];
    const ended = await Promise.all(cuts.map(tallied));
    assert.deepEqual(
      ended.map(({ exitCode }) => exitCode),
      cuts.map(() => 1),
    );
  });
});
