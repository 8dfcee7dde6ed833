import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostStep } from '../../runners/host-program/step.ts';
import { failure, onEachShell, ran } from '../runners/host-program/on-each-shell.ts';

const marked = 'MARKED-ROW-4711';

onEachShell('host program: the outline of a dump', {}, (on) => {
  const ended = (pipe: HostStep['pipe'], more: Partial<HostStep>) => ran(on, pipe, more);

  it('tells what a dump makes by names alone, and nothing of rows, defaults and bodies', async () => {
    const heading = (name: string, type: string) =>
      ['--', `-- Name: ${name}; Type: ${type}; Schema: public; Owner: x`, '--', ''].join('\n');
    const forged = `${heading(marked, 'TABLE')}\nCREATE TABLE public.x (\n    ${marked} text\n);`;
    const text = [
      `${heading('orders', 'TABLE')}\nCREATE TABLE public.orders (\n    id integer DEFAULT '${marked}'::text NOT NULL,`,
      `    "a ""b, c" numeric(10,2),\n    CONSTRAINT c CHECK ((id > 0))\n);\n`,
      `${heading('f(integer)', 'FUNCTION')}\nCREATE FUNCTION public.f(integer) RETURNS integer\n    AS $_$\n${forged}\n$_$;\n`,
      `${heading('t; DROP \u0007x', 'VIEW')}\nCREATE VIEW x AS SELECT 1;\n`,
      `COPY public.orders (id, "a ""b, c") FROM stdin;\n1\t${marked}\n${forged}\n\\.\n`,
      `COPY public.flyway_schema_history (version, script, description) FROM stdin;\n7\t${marked}\tuat $(id) \\\\N\n\\N\t\tagain\n\\.\n`,
      `COPY public.migrations (id, name) FROM stdin;\n1\t${marked}\n\\.\n${heading('i', 'INDEX')}\nCREATE INDEX i ON orders (id);`,
    ].join('\n');
    const { report, exitCode } = await ended([{ tool: 'outline', args: [] }], {
      stdin: { text },
      report: 'outline',
    });
    assert.deepEqual(
      [exitCode, report],
      [
        0,
        {
          'table-1': 'public.orders',
          'column-1': '1\tid\tinteger',
          'column-2': '1\ta "b, c\tnumeric(10,2)',
          'routine-1': 'public.f(integer)',
          'view-1': 'public.t; DROP ?x',
          'migration-1': 'flyway 7 uat ?(id) ??N',
          'migration-2': 'flyway again',
          'index-1': 'public.i',
        },
      ],
    );
    const many = Array.from({ length: 501 }, (_, at) => heading(`v${at}`, 'VIEW')).join('\n');
    const most = await ended([{ tool: 'outline', args: [] }], { stdin: { text: many }, report: 'outline' });
    assert.deepEqual(most.report, { 'too-many-view': 'yes' });
    const noisy = [{ tool: 'cat', args: [await on.script('names.sh', `echo "table-1 ${marked}"`)] }];
    assert.equal((await failure(ended(noisy, { report: 'outline' }))).code, 'host-refused');
  });

  it('tells nothing of migrations that it can not read', async () => {
    const inserts = [
      '--\n-- Name: alembic_version; Type: TABLE DATA; Schema: public; Owner: x\n--\n',
      `INSERT INTO public.alembic_version VALUES ('${marked}');`,
    ].join('\n');
    const { report } = await ended([{ tool: 'outline', args: [] }], {
      stdin: { text: inserts },
      report: 'outline',
    });
    assert.deepEqual(report, { 'too-many-migration': 'yes' });
  });

  const made = (name: string, ...lines: string[]) =>
    [`CREATE TABLE ${name} (`, lines.join(',\n'), ') ENGINE=InnoDB;', ''].join('\n');
  const outlineOf = async (text: string) =>
    (await ended([{ tool: 'mysql-outline', args: [] }], { stdin: { text }, report: 'outline' })).report;

  it('tells the same of a dump of mysqldump, whose bodies are as somebody wrote them', async () => {
    const text = [
      made(
        '`or``d"ers`',
        '  `id` int(10) unsigned NOT NULL AUTO_INCREMENT',
        `  \`a \`\`b, c\` enum('x','it''s, (y)','\u0007\\\\') NOT NULL DEFAULT '${marked}' COMMENT '${marked})'`,
        '  PRIMARY KEY (`id`)',
        '  UNIQUE KEY `u ``1` (`a ``b, c`)',
        `  CONSTRAINT \`c\` CHECK (\`id\` <> '${marked}')`,
      ),
      `INSERT INTO \`or\`\`d"ers\` VALUES\n(1,'${marked};\\nCREATE TABLE \`${marked}\` (\\n'),`,
      "(2,'x');",
      '/*!50001 CREATE VIEW `v` AS SELECT\n 1 AS `id` */;',
      'DELIMITER ;;',
      '/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`%`*/ /*!50003 trigger',
      '  shop . "t 1" before insert on x for each row begin',
      made(`\`${marked}\``, `  \`${marked}\` text`),
      `create trigger ${marked} before insert on x for each row set @a = 1; end */;;`,
      'CREATE DEFINER=`trigger x`@`%` PROCEDURE `p`()',
      `CREATE TABLE ${marked} (a int) ;;`,
      '/*!50106 CREATE*/ /*!50117 DEFINER=`a`@`%`*/ /*!50106 EVENT `e` ON SCHEDULE EVERY 1 DAY DO SELECT 1 */ ;;',
      'DELIMITER ;',
      '/*!50001 CREATE ALGORITHM=UNDEFINED */\n/*!50001 VIEW `v` AS select 1 AS `id` */;',
      'CREATE SEQUENCE `s` start with 1;',
    ].join('\n');
    const expected = {
      'trigger-1': 't 1',
      'routine-1': 'procedure p',
      'event-1': 'e',
      'view-1': 'v',
      'table-1': 'or`d"ers',
      'table-2': 's',
      'column-1': '1\tid\tint(10) unsigned',
      'column-2': `1\ta \`b, c\tenum('x','it''s, (y)','???')`,
      'index-1': 'or`d"ers.u `1',
    };
    assert.deepEqual(await outlineOf(text), expected);
    assert.deepEqual(
      await outlineOf(text.replaceAll('\n', '\r\n')),
      expected,
      'with the ends of lines of Windows',
    );
    const unnamed = 'DELIMITER ;;\nCREATE TRIGGER /* x */ `t` BEFORE INSERT ON x FOR EACH ROW SET @a = 1;;\n';
    assert.deepEqual(await outlineOf(unnamed), { 'too-many-trigger': 'yes' });
  });

  it('reads the migrations in such a dump however they are written, and no other column', async () => {
    const table = made(
      '`FLYWAY_schema_history`',
      '  `rank` int',
      '  `VERSION` varchar(9)',
      '  `description` text',
      '  `script` text',
    );
    const tables = Array.from({ length: 2 }, (_, at) => [`table-${at + 1}`, 'FLYWAY_schema_history']);
    const migrations = async (...rows: string[]) =>
      Object.entries(await outlineOf(`${table}${rows.join('\n')}\n`)).flatMap(([key, value]) =>
        key.includes('migration') && !tables.some(([name]) => name === key) ? [value] : [],
      );
    const into = 'INSERT INTO `FLYWAY_schema_history`';
    const rest = `'${marked}'`;
    const odd = `'7','uat $(id) \\\\ \\'it''s\\' ),(\\n;'`;
    const seen = ['flyway 7 uat ?(id) ?? ?it?s? ),(??', 'flyway again', 'flyway 9 '];
    assert.deepEqual(
      await migrations(
        `${into} VALUES (1,${odd},${rest}),(2,NULL,'again',NULL),(-3.5e1,9,_binary '',${rest});`,
      ),
      seen,
    );
    assert.deepEqual(
      await migrations(
        `${into} VALUES`,
        `(1,${odd},${rest}),`,
        '(2,NULL,"again",NULL)',
        `,(3,'9',"",${rest});`,
      ),
      seen,
    );
    assert.deepEqual(
      await migrations(`${into} (\`script\`, \`description\`, \`version\`) VALUES (${rest},'of it','8');`),
      ['flyway 8 of it'],
    );
    for (const unsure of [
      `${into} VALUES (1,0x41,'a',NULL);`,
      `${into} VALUES (1,'8','cut`,
      `${into} SELECT 1;`,
    ])
      assert.deepEqual(await migrations(unsure), ['yes'], unsure);
    const other = made('`migrations`', '  `id` int', '  `name` text');
    assert.deepEqual(await outlineOf(`${other}INSERT INTO \`migrations\` VALUES (1,'${marked}');\n`), {
      'table-1': 'migrations',
      'column-1': '1\tid\tint',
      'column-2': '1\tname\ttext',
    });
  });

  it('of a folder of mydumper reads the definitions, and rows of migrations alone', async () => {
    const folder = `md-${on.shell}`;
    await mkdir(join(on.at.root, folder));
    const files = {
      metadata: '',
      'shop.orders-schema.sql': made('`orders`', '  `id` int'),
      'shop.orders.00000.sql': `INSERT INTO \`orders\` VALUES (1,'${marked}');`,
      'shop.DATABASECHANGELOG-schema.sql': made('`DATABASECHANGELOG`', '  `ID` text', '  `FILENAME` text'),
      'shop.DATABASECHANGELOG.00000.sql': 'INSERT INTO `DATABASECHANGELOG` VALUES\n("7","a.xml");\n',
      'shop.v-schema.sql': made('IF NOT EXISTS `v`', '  `id` int'),
      'shop.v-schema-view.sql':
        'DROP TABLE IF EXISTS `v`;\nCREATE ALGORITHM=UNDEFINED DEFINER=`a`@`%` SQL SECURITY DEFINER VIEW `v` AS select 1;\n',
      'shop-schema-post.sql': 'CREATE DEFINER=`a`@`%` FUNCTION `f`() RETURNS int\nRETURN 1;\n',
    };
    for (const [name, text] of Object.entries(files)) await writeFile(join(on.at.root, folder, name), text);
    const place = { root: 'nightly', path: folder };
    const text = { tool: 'mydumper-text', args: ['--definitions', place] };
    const { report } = await ended([text, { tool: 'mysql-outline', args: [] }], { report: 'outline' });
    assert.deepEqual(report, {
      'migration-1': 'liquibase a.xml 7',
      'view-1': 'v',
      'routine-1': 'function f',
      'table-1': 'DATABASECHANGELOG',
      'table-2': 'orders',
      'column-1': '1\tID\ttext',
      'column-2': '1\tFILENAME\ttext',
      'column-3': '2\tid\tint',
    });
    assert.ok(!(await ended([text], {})).output.includes(marked), 'no other rows leave their files');
  });

  it('takes nothing else for its filters, and their words from nobody else', async () => {
    const place = { root: 'nightly', path: 'x' };
    for (const pipe of [
      [{ tool: 'mysql-outline', args: [place] }],
      [{ tool: 'mysql-outline', args: ['--definitions'] }],
      [{ tool: 'mydumper-text', args: ['--all', place] }],
      [{ tool: 'mydumper-text', args: ['--definitions', place, place] }],
      [{ tool: 'mydumper-text', args: ['--definitions', place] }],
    ])
      assert.equal((await failure(ended(pipe, { report: 'outline' }))).code, 'host-refused');
  });
});
