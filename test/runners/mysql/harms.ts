import { readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { type Failing, scriptOf, type Spoilt } from '../engine-bench.ts';

export const failing: readonly Failing[] = [
  {
    title: 'a script fails',
    placed: { scripts: [scriptOf('SELECT 1; SELECT * FROM nowhere;')] },
    code: 'statement-failed',
    cause: /sql\/x\.sql: a table .* does not exist \(error 1146\)/,
  },
  {
    title: 'a script fails half-way',
    placed: { scripts: [scriptOf("CREATE TABLE a (n int); SIGNAL SQLSTATE '45000';")] },
    code: 'statement-failed',
    cause: /error 1644/,
  },
  {
    title: 'a script reaches for the live database',
    placed: { scripts: [scriptOf('CREATE TABLE orders_uat.mine (n int);')] },
    code: 'permission-denied',
    cause: /right/,
  },
  {
    title: 'a script leaves a row without its partner',
    placed: {
      scripts: [scriptOf("SET foreign_key_checks = 0; INSERT INTO stock VALUES (999999, 'Venlo', 1, 1);")],
    },
    code: 'key-broken',
    cause: /"stock_of_product" of table "stock"/,
  },
  {
    title: 'a table has no number left',
    placed: {
      scripts: [
        scriptOf(
          `CREATE TABLE spent (id bigint AUTO_INCREMENT PRIMARY KEY);
           INSERT INTO spent VALUES (9223372036854775807);`,
        ),
      ],
    },
    code: 'number-behind',
    cause: /"spent"\."id"/,
  },
  {
    title: 'a sentinel would write',
    placed: { sentinels: [{ name: 'one', sql: 'DELETE FROM feature_flag', expect: '1' }] },
    code: 'sentinel-failed',
    cause: /error 1792/,
  },
];

/** A plain dump with another text. */
function plainly(
  title: string,
  code: string | undefined,
  change: (text: string, mark: string) => string,
): Spoilt {
  return {
    title,
    format: 'mysql-plain',
    async spoil(file, mark) {
      await writeFile(file, change(await readFile(file, 'latin1'), mark), 'latin1');
      return { file, format: 'mysql-plain' };
    },
    ...(code === undefined ? {} : { code }),
  };
}

export const spoilt: readonly Spoilt[] = [
  plainly('a dump ends at the end of a statement, with tables missing', 'archive-truncated', (text) =>
    text.slice(0, text.indexOf('UNLOCK TABLES;\n') + 'UNLOCK TABLES;\n'.length),
  ),
  {
    title: 'a packed dump is cut off',
    format: 'mysql-plain-gzip',
    async spoil(file) {
      await truncate(file, Math.floor((await stat(file)).size * 0.7));
      return { file, format: 'mysql-plain-gzip' };
    },
  },
  plainly('a dump holds a shell line', undefined, (text, mark) =>
    text.replace('CREATE TABLE', `\\! touch ${mark}\nCREATE TABLE`),
  ),
  // More than the pipes between both hold: whoever is upstream ends because nobody reads on.
  plainly(
    'a statement fails at the head of a large dump, and it is the server that says why',
    'statement-failed',
    (text) =>
      text.replace(
        'CREATE TABLE',
        () => `INSERT INTO nowhere VALUES (1);\n${'-- much\n'.repeat(300_000)}CREATE TABLE`,
      ),
  ),
  plainly('a dump goes over to the live database', 'permission-denied', (text) =>
    text.replace('CREATE TABLE', 'USE orders_uat ;\nCREATE TABLE'),
  ),
];
