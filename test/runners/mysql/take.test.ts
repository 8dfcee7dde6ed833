import assert from 'node:assert/strict';
import { versions } from '../../../runners/mysql/take.ts';

const access = { site: { name: 'test-my' }, host: { name: 'db-test' } };
const told = (tool: string | undefined, version: string) =>
  versions(tool === undefined ? {} : { 'mariadb-dump': tool }, { version }, access);

const mariadbs = [
  'mariadb-dump  Ver 10.19 Distrib 10.11.18-MariaDB, for debian-linux-gnu (x86_64)',
  'mysqldump  Ver 10.19 Distrib 10.6.1-MariaDB, for Linux (x86_64)',
  'mariadb-dump from 11.8.2-MariaDB, client 10.19 for Linux (x86_64)',
];
const mysqls = [
  'mysqldump  Ver 8.0.36 for Linux on x86_64 (MySQL Community Server - GPL)',
  '/opt/mysql/bin/mysqldump  Ver 9.7.4-2 for Linux on x86_64 ((Debian))',
];

describe('taking a backup of MySQL or MariaDB: whose tool it is', () => {
  it('takes what the vendor of the server made', () => {
    for (const tool of mariadbs) assert.deepEqual(told(tool, '10.11.18-MariaDB'), [], tool);
    for (const tool of mysqls) assert.deepEqual(told(tool, '8.4.2'), [], tool);
  });

  it('refuses the other one’s, and says which', () => {
    for (const tool of mariadbs) {
      const [problem] = told(tool, '8.0.36');
      assert.equal(problem?.code, 'tool-other-vendor', tool);
      assert.match(problem.message, /on host "db-test" is MariaDB's; server "test-my" is MySQL 8\.0\.36/);
      assert.match(problem.hint, /tool mariadb-dump \/usr\/bin\/mysqldump$/);
    }
    for (const tool of mysqls) {
      const [problem] = told(tool, '11.4.2-MariaDB');
      assert.match(problem?.message ?? '', /is MySQL's; server "test-my" is MariaDB 11\.4\.2-MariaDB/, tool);
      assert.match(problem?.hint ?? '', /\/usr\/bin\/mariadb-dump$/);
    }
  });

  it('judges nothing of a tool that does not tell, or that is missing, which is said elsewhere', () => {
    for (const tool of ['', undefined]) assert.deepEqual(told(tool, '8.0.36'), []);
  });
});
