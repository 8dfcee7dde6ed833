import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { type Failing, scriptOf, type Spoilt } from '../engine-bench.ts';

export const failing: readonly Failing[] = [
  {
    title: 'a script fails',
    placed: { scripts: [scriptOf('SELECT 1; SELECT * FROM nowhere')] },
    code: 'statement-failed',
    cause: /sql\/x\.sql: a table .* does not exist \(SQLSTATE 42P01\)/,
  },
  {
    title: 'a script fails half-way',
    placed: { scripts: [scriptOf('CREATE TABLE a(); SELECT 1/0')] },
    code: 'statement-failed',
    cause: /SQLSTATE 22012/,
  },
  {
    title: 'a script holds a command for psql',
    placed: { scripts: [scriptOf('\\! touch /tmp/owned')] },
    code: 'restricted-command',
    cause: /only SQL and COPY/,
  },
  {
    title: 'a script names a role that is missing',
    placed: { scripts: [scriptOf('GRANT USAGE ON SCHEMA shop TO nobody_here')] },
    code: 'statement-failed',
    cause: /SQLSTATE 42704/,
  },
  {
    title: 'a sentinel would write',
    placed: { sentinels: [{ name: 'one', sql: 'DELETE FROM shop.review RETURNING 1', expect: '1' }] },
    code: 'sentinel-failed',
    cause: /SQLSTATE 25006/,
  },
  {
    title: 'a sequence is behind',
    placed: { scripts: [scriptOf("SELECT setval('shop.customer_customer_id_seq', 1)")] },
    code: 'sequence-behind',
    cause: /the next insert would fail/,
  },
];

export const spoilt: readonly Spoilt[] = [
  {
    title: 'a plain dump is cut off, where psql alone would end with code 0',
    format: 'pg-plain',
    async spoil(file) {
      const text = await readFile(file, 'utf8');
      await writeFile(file, text.slice(0, text.indexOf('COPY shop.orders ') + 2000));
      return { file, format: 'pg-plain' };
    },
    code: 'archive-truncated',
  },
  {
    title: 'a plain dump holds a shell line',
    format: 'pg-plain-gzip',
    async spoil(file, mark) {
      await promisify(execFile)('gzip', ['-d', file]);
      const plain = file.slice(0, -'.gz'.length);
      const text = await readFile(plain, 'utf8');
      await writeFile(plain, text.replace('CREATE TABLE', `\\! touch ${mark}\nCREATE TABLE`));
      return { file: plain, format: 'pg-plain' };
    },
    code: 'restricted-command',
  },
  {
    title: 'a plain dump goes over to the live database',
    format: 'pg-plain',
    async spoil(file) {
      const text = await readFile(file, 'utf8');
      await writeFile(file, text.replace('CREATE TABLE', '\\connect orders_uat\nCREATE TABLE'));
      return { file, format: 'pg-plain' };
    },
    code: 'restricted-command',
  },
];
