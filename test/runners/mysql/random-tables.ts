import { identifier } from '../../../runners/mysql/quote.ts';
import type { Random } from '../../rig/random.ts';

/** All that a statement, a file of rows or a filter of lines could take for its own. */
const tokens = [
  "'", '"', '`', '\\', "\\'", '\\N', 'NULL', '),(', '),\n(', ');\n', ';', ',', '\n', '\r', '\r\n', '\t', '\0', '\x1a', ' ', '',
  '-- Dump completed on 2026-01-01  0:00:00\n', '/*!40000 ALTER TABLE `t` ENABLE KEYS */;\n', 'UNLOCK TABLES;\n', '*/', '/*!',
  'INSERT INTO `t` VALUES\n(1', 'DELIMITER ;;\n', '\nUSE `live`;\n', '\\! ls\n', '_binary ', '0x41', 'ü', '😀', '漢字', 'ソ', 'é', '%', '_',
]; // prettier-ignore

type Type = { sql(random: Random): string; value(random: Random): string; key?: false };

const whole = (name: string, bits: number): Type => ({
  sql: (random) => `${name}${random.pick(['', '', ' ZEROFILL'])}`.replace('ZEROFILL', 'UNSIGNED ZEROFILL'),
  value: (random) => String(Math.floor(random.next() ** 3 * 2 ** (bits - 1))),
});

const texts: readonly Type[] = [
  'utf8mb4',
  'latin1',
  'utf8mb3',
  'utf16',
  'ucs2',
  'sjis',
  'gbk',
  'ascii',
].flatMap((charset) =>
  ['char(40)', 'varchar(300)', 'text', 'longtext'].map((type) => ({
    sql: () => `${type} CHARACTER SET ${charset}`,
    // What a character set does not have becomes a question mark when it is written; more than fits is cut.
    value: (random) => `LEFT(CONVERT(x'${hexOf(textFrom(random))}' USING utf8mb4), 40)`,
    key: false,
  })),
);

/** No table with one has partitions. */
const point: Type = {
  sql: () => 'point',
  value: (random) => `POINT(${signed(random)}, ${signed(random)})`,
  key: false,
};

const float: Type = {
  sql: () => 'float',
  value: (random) => `${signed(random)}e${Math.floor(random.between(-30, 30))}`,
};

const noBytes: readonly Type[] = [
  { sql: () => 'uuid', value: () => 'UUID()' },
  { sql: () => 'inet6', value: (random) => random.pick([`'::1'`, `'fe80::2'`, `'127.0.0.1'`]) },
];

const types: readonly Type[] = [
  whole('tinyint', 7), whole('smallint', 15), whole('mediumint', 23), whole('int', 31), whole('bigint', 52),
  { sql: () => 'decimal(30, 10)', value: (random) => `${signed(random)}e${Math.floor(random.between(-10, 12))}` },
  { sql: () => 'double', value: (random) => `${signed(random)}e${Math.floor(random.between(-300, 300))}` },
  float,
  { sql: (random) => `bit(${Math.ceil(random.between(0, 64))})`, value: (random) => `b'${random.pick(['0', '1'])}'` },
  { sql: () => 'binary(16)', value: (random) => `x'${bytesFrom(random, 16)}'` },
  { sql: () => 'varbinary(200)', value: (random) => `x'${bytesFrom(random, 90)}'` },
  { sql: () => 'mediumblob', value: (random) => `x'${bytesFrom(random, 120)}${hexOf(textFrom(random))}'`, key: false },
  { sql: () => 'json', value: (random) => `JSON_OBJECT('a', CONVERT(x'${hexOf(textFrom(random))}' USING utf8mb4))`, key: false },
  { sql: () => `enum('a', 'it''s', '\\\\', '),(', '')`, value: (random) => random.pick(['1', '2', '3', '4', '5']) },
  { sql: () => `set('x', 'y''z', '(;')`, value: (random) => random.pick(['0', '1', '3', '7']) },
  { sql: () => 'date', value: (random) => random.pick([`'0000-00-00'`, `'2026-02-28'`, `'1000-01-01'`, `'2026-00-31'`]) },
  { sql: () => 'datetime(6)', value: (random) => random.pick([`'2026-03-29 02:30:00.000001'`, `'0000-00-00'`, `'9999-12-31 23:59:59'`]) },
  { sql: () => 'timestamp(3) NULL', value: (random) => `FROM_UNIXTIME(${random.between(1, 2 ** 31 - 1).toFixed(3)})` },
  { sql: () => 'time(2)', value: (random) => random.pick([`'-838:59:59'`, `'00:00:00.01'`, `'12:00'`]) },
  { sql: () => 'year', value: (random) => random.pick(['1999', '2026', '0']) },
  point,
  ...noBytes,
  ...texts,
]; // prettier-ignore

const names = [
  'id', 'a b', 'x`y', "it's", 'semi;colon', 'pa(ren', 'clo)se', 'com,ma', 'back\\slash', 'ü', 'select', '-- x', '漢字', 'values', '/*!', '"q"',
]; // prettier-ignore

/**
 * How the tables are going to be dumped, as not all can be. `dumpedWith`: in a character set that has not all letters of a name. `inFolder`: by
 * mydumper, which takes names of tables for names of files, forgets to quote those of columns, and shows six digits of a float. What is
 * written as bytes has no `uuid` and `inet6`: it would be refused.
 */
export type TablesAsked = { dumpedWith?: readonly string[]; inFolder?: boolean };

/** Statements that make some tables of random types and names, with enough random rows that those of most go as files. */
export function randomTables(
  random: Random,
  { dumpedWith = [], inFolder = false }: TablesAsked,
): { sql: string; definitions: readonly string[] } {
  const unfit = [
    ...(dumpedWith.includes('--default-character-set=latin1') ? ['漢'] : []),
    ...(inFolder ? ['`'] : []),
  ];
  const ofColumns = names.filter((name) => !unfit.some((letter) => name.includes(letter)));
  const ofTables = inFolder ? ['table'] : ofColumns;
  const asBytes = inFolder || dumpedWith.includes('--default-character-set=binary');
  const ofTypes = types.filter(
    (type) => !(asBytes && noBytes.includes(type)) && !(inFolder && type === float),
  );
  const made = Array.from({ length: 1 + Math.floor(random.next() * 4) }, (_, at) =>
    table(random, `${random.pick(ofTables)}_${at}`, {
      names: ofColumns,
      types: ofTypes,
    }),
  );
  return {
    sql: [`SET NAMES utf8mb4; SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO';`, ...made.map(({ sql }) => sql)].join(
      '\n',
    ),
    definitions: made.map(({ definition }) => definition),
  };
}

function table(
  random: Random,
  called: string,
  of: { names: readonly string[]; types: readonly Type[] },
): { sql: string; definition: string } {
  const name = identifier(called);
  const columns = Array.from({ length: 1 + Math.floor(random.next() * 8) }, (_, at) => ({
    name: identifier(`${random.pick(of.names)}${at}`),
    type: random.pick(of.types),
    nullable: random.next() < 0.6,
  }));
  const parts = columns.map(({ name, type, nullable }) => {
    const words = type.sql(random);
    return `${name} ${words}${nullable || words.endsWith('NULL') ? '' : ' NOT NULL'}`;
  });
  const key = random.pick(['auto', 'auto', 'plain', 'none']);
  if (key === 'auto') parts.unshift('`key` bigint NOT NULL AUTO_INCREMENT PRIMARY KEY');
  if (key === 'plain') parts.push('`key` bigint NOT NULL', 'PRIMARY KEY (`key`)');
  if (key === 'plain' && random.next() < 0.5) parts.push('made bigint AS (`key` * 2) STORED');
  if (key === 'plain' && random.next() < 0.5) parts.push('virtual_ bigint AS (`key` + 1) VIRTUAL');
  for (const { name, type } of columns)
    if (type.key !== false && random.next() < 0.3) parts.push(`KEY (${name})`);
  const engine = random.pick(['InnoDB', 'InnoDB', 'InnoDB', 'Aria', 'MyISAM']);
  const place = columns.some(({ type }) => type === point);
  const split =
    key !== 'none' && !place && random.next() < 0.2 ? ' PARTITION BY HASH (`key`) PARTITIONS 3' : '';
  const definition = `CREATE TABLE ${name} (${parts.join(', ')}) ENGINE=${engine} DEFAULT CHARACTER SET utf8mb4${split};`;

  const into = columns.map(({ name }) => name);
  if (key !== 'none') into.unshift('`key`');
  const count = Math.floor(random.pick([0, 3, 6000, 6000, 12000]) / Math.sqrt(columns.length));
  const rows = Array.from({ length: count }, (_, at) => {
    const values = columns.map(({ type, nullable }) =>
      nullable && random.next() < 0.2 ? 'NULL' : type.value(random),
    );
    if (key !== 'none') values.unshift(String(at));
    return `(${values.join(', ')})`;
  });
  const inserts: string[] = [];
  for (let from = 0; from < rows.length; from += 500)
    inserts.push(
      `INSERT IGNORE INTO ${name} (${into.join(', ')}) VALUES ${rows.slice(from, from + 500).join(',\n')};`,
    );
  return { sql: [definition, ...inserts].join('\n'), definition };
}

const dumpOptions = [
  '--hex-blob', '--complete-insert', '--skip-extended-insert', '--skip-add-locks', '--skip-disable-keys', '--no-autocommit',
  '--order-by-primary', '--skip-tz-utc', '--replace', '--insert-ignore', '--skip-opt', '--single-transaction', '--skip-set-charset',
  '--skip-dump-date', '--net-buffer-length=4096', '--skip-add-drop-table', '--default-character-set=latin1',
  '--default-character-set=binary', '--default-character-set=gbk',
]; // prettier-ignore

/** How somebody may have taken a dump. Without its last line none is a backup, so nothing here leaves that out. */
export const randomDumpOptions = (random: Random): string[] => dumpOptions.filter(() => random.next() < 0.08);

const hexOf = (text: string) => Buffer.from(text, 'utf8').toString('hex');

function textFrom(random: Random): string {
  const length = Math.floor(random.next() * 12);
  return Array.from({ length }, () => random.pick(tokens)).join('');
}

/** Bytes of any kind, those often that mean something in a text. */
function bytesFrom(random: Random, most: number): string {
  const bytes = Array.from({ length: Math.floor(random.next() * most) }, () =>
    random.next() < 0.4
      ? random.pick([0, 0x27, 0x5c, 0x22, 0x0a, 0x0d, 0x1a, 0x2c, 0x28, 0x29, 0x3b, 0x4e, 0x09])
      : Math.floor(random.next() * 256),
  );
  return Buffer.from(bytes).toString('hex');
}

const signed = (random: Random) => (random.next() * 2 - 1).toPrecision(12);
