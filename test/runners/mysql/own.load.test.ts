import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Backup } from '../../../src/domain/backup.ts';
import { needs, skip } from '../../skip.ts';
import { type Rig, startRig } from './rig.ts';
import { numbers } from '../../../src/sandbox/hosts/catalog/numbers.ts';

/**
 * A table of 3 MB with every type, and in its texts all that a file or a statement could take for its own; beside it one of texts, one whose
 * first rows alone are for a file, and small ones.
 */
const source = `
  CREATE TABLE \`every "type\` (
    id bigint unsigned NOT NULL AUTO_INCREMENT, small tinyint, exact decimal(20, 6), near double, nearer float, flags bit(12),
    words varchar(200), long_words text, old_words varchar(100) CHARACTER SET latin1, fixed char(7), bytes varbinary(40), more blob,
    document json, kind enum('a', 'it''s', ''), kinds set('x', 'y z'), day date, at datetime(3), stamp timestamp NULL, span time, in_ year,
    place point, net decimal(20, 2) AS (ROUND(exact / 1.21, 2)) STORED, loud varchar(200) AS (UPPER(words)) VIRTUAL, after_ int NOT NULL,
    PRIMARY KEY (id), UNIQUE KEY by_after (after_, id), KEY by_words (words), CHECK (after_ >= 0)) AUTO_INCREMENT = 900000;
  CREATE TABLE plain (id int NOT NULL, words varchar(300) NOT NULL, twice int AS (id * 2) STORED, note text, PRIMARY KEY (id), KEY (note(20)));
  CREATE TABLE small (id int AUTO_INCREMENT PRIMARY KEY, plain_id int, FOREIGN KEY (plain_id) REFERENCES plain (id));
  CREATE TABLE late (id int PRIMARY KEY, words varchar(300), bytes blob);
  CREATE TABLE parts (id int NOT NULL, words varchar(300), PRIMARY KEY (id)) PARTITION BY HASH (id) PARTITIONS 3;
  SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO';
  INSERT INTO \`every "type\` (id, small, exact, near, nearer, flags, words, long_words, old_words, fixed, bytes, more, document, kind, kinds,
    day, at, stamp, span, in_, place, after_)
  SELECT seq, IF(seq % 5, CAST(seq % 200 AS SIGNED) - 100, NULL), seq * 1.000001 * IF(seq % 2, 1, -1), IF(seq % 7, 1 / seq, -1.7976931348623157e308), seq / 3, seq % 4096,
    ELT(1 + seq % 8, 'NULL', '\\\\N', '', '),(', "),\\n(1,'x');", NULL, ' x,y ', '-- Dump completed'),
    CONCAT(REPEAT(ELT(1 + seq % 5, '\\\\', '''', '"', '\\t', '\\\\'''), seq % 9), 'ü😀', CHAR(10), CHAR(13), CHAR(26), CHAR(0), REPEAT('a', seq % 60)),
    'Bäume', 'a ', UNHEX(SHA2(seq, 256)), CONCAT(UNHEX(SHA2(seq, 512)), x'00ff5c270a0d1a2c30784142'), JSON_OBJECT('a', CONCAT('"', seq)), 1 + seq % 3, seq % 4,
    IF(seq % 11, '2026-03-29', '0000-00-00'), '2026-03-29 02:30:00.123', FROM_UNIXTIME(1774746000 + seq), '-12:34:56', 1999, POINT(seq, 1), seq
  FROM ${numbers(0, 9000)};
  INSERT INTO plain (id, words, note) SELECT seq, REPEAT(CHAR(97 + seq % 26), 150), IF(seq % 3, CONCAT('_binary ', seq, ',0x41,'), NULL) FROM ${numbers(1, 9000)};
  INSERT INTO late SELECT seq, REPEAT('l', 150), IF(seq < 4, NULL, x'00') FROM ${numbers(1, 5000)};
  INSERT INTO parts SELECT seq, REPEAT('p', 150) FROM ${numbers(1, 5000)};
  INSERT INTO small VALUES (0, 1), (1, 2), (5, NULL);`;

describe('what is MySQL’s own: rows that go to the server as a file', function () {
  this.timeout(120_000);
  let rig: Rig;
  let asByHand: unknown;

  before(async function () {
    needs(this, 'mariadb-server', 'openssh-server');
    rig = await startRig({ databases: { uat: 'orders_uat' } });
    if (!rig.server.isMariadb) skip(this, 'of dumps of MySQL rows go by statements');
    await rig.client(`CREATE DATABASE source CHARACTER SET utf8mb4; USE source; ${source}`);
    asByHand = await byHand(await rig.dump('source', 'mysql-plain'));
  });
  after(() => rig?.stop());
  beforeEach(async () => {
    await rig.drop(...(await rig.databases()).filter((name) => name !== 'source'));
    await rig.client('CREATE DATABASE orders_uat');
  });

  /** What the plain client makes of it. */
  async function byHand(backup: Backup) {
    await rig.server.restoreByHand(join(rig.near.root, backup.path), 'by_hand');
    const content = await rig.contentOf('by_hand');
    await rig.drop('by_hand');
    return content;
  }

  /** Refreshes; how it ended, and how many files the server took on the way. */
  async function refresh(backup: Backup, jobs: number) {
    const files = async () =>
      Number((await rig.sql<{ Value: string }>("SHOW GLOBAL STATUS LIKE 'Com_load'"))[0]?.Value);
    const before = await files();
    const { outcome } = await rig.walk(rig.planOf(rig.context('uat', { backup, placed: { jobs } })));
    return { outcome, files: (await files()) - before };
  }

  /** The text of a dump of the source, with one change. */
  async function changed(what: string | RegExp, by: string): Promise<Backup> {
    const text = await rig.dumped('--hex-blob', 'source');
    const other = text.replace(what, () => by);
    assert.notEqual(other, text);
    return rig.written(other);
  }

  for (const jobs of [1, 3]) {
    it(`makes of large tables what the plain client makes of them, over ${jobs}`, async () => {
      const { outcome, files } = await refresh(await rig.dump('source', 'mysql-plain-zstd'), jobs);
      assert.deepEqual(outcome, { end: 'succeeded' });
      assert.ok(files >= 3, `${files} files`);
      assert.deepEqual(await rig.contentOf('orders_uat'), asByHand);
    });
  }

  it('writes out bytes as digits by statements, where a dump has them so', async () => {
    const { outcome, files } = await refresh(await rig.written(await rig.dumped('--hex-blob', 'source')), 2);
    assert.deepEqual(outcome, { end: 'succeeded' });
    assert.equal(files, 3, 'the two tables that hold none, and rows before the first that does');
    assert.deepEqual(await rig.contentOf('orders_uat'), asByHand);
  });

  it('makes indexes and foreign keys whose names have letters, of a dump in another character set', async () => {
    await rig.client(`CREATE DATABASE old; USE old; SET NAMES utf8mb4;
      CREATE TABLE a (id int PRIMARY KEY, \`größe ü\` int, KEY by_size (\`größe ü\`));
      CREATE TABLE \`bücher\` (id int PRIMARY KEY, \`ä_id\` int, twice int AS (\`ä_id\` * 2) STORED, note varchar(300),
        KEY (\`ä_id\`), FOREIGN KEY (\`ä_id\`) REFERENCES a (id));
      INSERT INTO a VALUES (1, 2); INSERT INTO \`bücher\` (id, \`ä_id\`, note) SELECT seq, 1, REPEAT('ä', 150) FROM ${numbers(1, 5000)};`);
    const file = join(rig.near.root, 'old.sql');
    await rig.dumped('--default-character-set=latin1', `--result-file=${file}`, 'old');
    const backup = await rig.backupAt(rig.near, 'old.sql', 'mysql-plain');
    const { outcome } = await refresh(backup, 2);
    assert.deepEqual(outcome, { end: 'succeeded' });
    assert.deepEqual(await rig.contentOf('orders_uat'), await byHand(backup));
  });

  it('goes by statements where the server takes no files', async () => {
    await rig.sql('SET GLOBAL local_infile = 0');
    try {
      const { outcome, files } = await refresh(await rig.dump('source', 'mysql-plain'), 2);
      assert.deepEqual([outcome, files], [{ end: 'succeeded' }, 0]);
    } finally {
      await rig.sql('SET GLOBAL local_infile = 1');
    }
    assert.deepEqual(await rig.contentOf('orders_uat'), asByHand);
  });

  it('refuses a row that is there twice, and does not leave it out', async () => {
    const { outcome } = await refresh(await changed(/\n\(7000,'[^\n]*/, "\n(6999,'twice',NULL,NULL),"), 2);
    assert.equal(outcome.end === 'failed' && outcome.code, 'constraint-violated', JSON.stringify(outcome));
  });

  it('changes what the plain client would change', async () => {
    const backup = await changed(/\n\(7000,'[^\n]*/, `\n(7000,'${'too long '.repeat(40)}',NULL,NULL),`);
    const { outcome } = await refresh(backup, 2);
    assert.deepEqual(outcome, { end: 'succeeded' });
    assert.deepEqual(await rig.contentOf('orders_uat'), await byHand(backup));
  });

  it('reads no file of the host, whatever stands among the rows', async () => {
    const theft = `LOAD DATA LOCAL INFILE '${rig.folder}/loader.cnf' INTO TABLE plain (words) SET id = 90000`;
    for (const line of [
      `\n(90000,'x',NULL,NULL);${theft};\nINSERT INTO \`plain\` VALUES`,
      `\n(90000,'x',NULL,NULL);\n${theft};\nINSERT INTO \`plain\` VALUES`,
      `\n(90000,'x',NULL,NULL);\nINSERT INTO \`plain\` VALUES (90001,'x',NULL,NULL);${theft};\nINSERT INTO \`plain\` VALUES`,
      `\n(90000,'x',NULL,NULL);\n/*!40101 SET NAMES utf8mb4; ${theft} */;\nINSERT INTO \`plain\` VALUES`,
    ]) {
      const { outcome } = await refresh(await changed(/\n\(7000,'[^\n]*/, line), 2);
      assert.equal(outcome.end, 'failed', `${line} ${JSON.stringify(outcome)}`);
      assert.doesNotMatch(JSON.stringify(outcome), /loader\.cnf|password/);
      for (const name of await rig.databases()) {
        if (!name.includes('__new_')) continue;
        const [stolen] = await rig.sql<{ n: unknown }>(
          `SELECT COUNT(*) AS n FROM \`${name}\`.plain WHERE words LIKE '%password%'`,
        );
        assert.equal(Number(stolen?.n), 0);
        await rig.drop(name);
      }
    }
  });
});
