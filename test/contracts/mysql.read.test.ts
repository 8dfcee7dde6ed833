import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { HostProgram } from '../../runners/host-program/client.ts';
import { connectHostProgram } from '../../runners/host-program/session.ts';
import { read, recognise } from '../../runners/mysql/read.ts';
import { openSshHost } from '../../runners/transport/ssh.ts';
import type { Host } from '../../runners/transport/host.ts';
import type { ArchiveReading } from '../../runners/engine.ts';
import {
  administrator,
  ensureMariadb,
  findMariadb,
  mariadbFiles,
  startMariadb,
  stopMariadb,
} from '../../src/sandbox/hosts/mariadb.ts';
import { freshRun } from '../runners/host-program/on-each-shell.ts';
import { type PrivateHost, startPrivateHost } from '../runners/host-program/private-sshd.ts';
import { needs } from '../skip.ts';
import { numbers } from '../../src/sandbox/hosts/catalog/numbers.ts';

const run = promisify(execFile);

// What can be mistaken for the frame of a dump, in rows and in the body of a routine.
const content = `
  CREATE DATABASE shop; CREATE DATABASE other; USE shop;
  CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, txt longtext, b blob);
  INSERT INTO t (txt, b) VALUES ('a;\\nb\\n-- Dump completed on 2020-01-01  0:00:00\\nc', x'00ff27'),
    ('-- Dump completed\\n\\nUSE \`live\`;\\nCREATE DATABASE x;', NULL);
  INSERT INTO t (txt, b) SELECT REPEAT('long; ', 20000), RANDOM_BYTES(1000) FROM ${numbers(1, 5)};
  CREATE PROCEDURE p() BEGIN
-- Dump completed on 2019-01-01  0:00:00
/*
USE live;
*/
SELECT 1; END;
  CREATE TABLE other.z (a int)`;

describe('reading dumps of mariadb-dump where they lie', function () {
  this.timeout(90_000);
  let near: PrivateHost;
  let root: string;
  let host: Host;
  let program: HostProgram;

  before(async function () {
    needs(this, 'mariadb-server', 'openssh-server', 'zstd');
    root = await mkdtemp(join(tmpdir(), 'freshet-mysql-read-'));
    const options = { programs: findMariadb(), durable: false, mark: root };
    await ensureMariadb(root, options);
    const port = await startMariadb(root, options);
    const server = await administrator(root, port);
    await server.query(content);
    await server.end();
    const password = (await readFile(mariadbFiles(root).administrator, 'utf8')).trim();
    await writeFile(
      join(root, 'administrator.cnf'),
      `[client]\nhost = 127.0.0.1\nport = ${port}\nuser = administrator\npassword = ${password}\n`,
      { mode: 0o600 },
    );
    const tools = { cat: '/bin/cat', gzip: '/bin/gzip', zstd: '/usr/bin/zstd' };
    near = await startPrivateHost({ shell: 'dash', file: { tools } });
    host = openSshHost(near.address);
    program = connectHostProgram(host);
  });

  after(async () => {
    await program?.close();
    await host?.close();
    await near?.stop();
    if (root === undefined) return;
    await stopMariadb(root);
    await rm(root, { recursive: true, force: true });
  });

  async function dumped(...words: string[]): Promise<string> {
    const { stdout } = await run(
      findMariadb().dump,
      [`--defaults-file=${join(root, 'administrator.cnf')}`, '--routines', ...words],
      { encoding: 'latin1', maxBuffer: 1e8 },
    );
    return stdout;
  }

  async function readingOf(name: string, bytes: Buffer | string): Promise<ArchiveReading> {
    await writeFile(join(near.root, name), bytes, 'latin1');
    return again(name);
  }

  async function again(name: string): Promise<ArchiveReading> {
    const [candidate] = recognise([{ path: name, kind: 'file' }]);
    assert.ok(candidate);
    return read(program, 'nightly', candidate, freshRun());
  }

  it('reads them plain and packed, however they were made, and tells version, database and checksum', async () => {
    for (const words of [
      ['shop'],
      ['--hex-blob', 'shop'],
      ['--skip-dump-date', 'shop'],
      ['--databases', 'shop'],
    ]) {
      const text = await dumped(...words);
      const reading = await readingOf('whole.sql', text);
      assert.ok(reading.state === 'whole', `${words.join(' ')}: ${JSON.stringify(reading)}`);
      const { engineVersion = '', ...rest } = reading;
      assert.match(engineVersion, /^1[01]\.\d+\.\d+-MariaDB$/);
      const checksum = createHash('sha256').update(text, 'latin1').digest('hex');
      assert.deepEqual(rest, { state: 'whole', checksum, databaseName: 'shop' }, words.join(' '));
    }
    const text = Buffer.from(await dumped('shop'), 'latin1');
    assert.equal((await readingOf('whole.sql.gz', gzipSync(text))).state, 'whole');
    await writeFile(join(near.root, 'zipped.sql'), text);
    await run('zstd', ['-q', join(near.root, 'zipped.sql')]);
    assert.equal((await again('zipped.sql.zst')).state, 'whole');
  });

  it('finds them cut at any place, in a row, a statement, a body, at a statement’s end and before the last line', async () => {
    const text = await dumped('shop');
    const cuts = [
      text.indexOf('Dump completed on 2020'),
      text.indexOf('long; long; '),
      text.indexOf('\n', text.indexOf('Dump completed on 2019')) + 1,
      text.indexOf('UNLOCK TABLES;\n') + 'UNLOCK TABLES;\n'.length,
      text.lastIndexOf('-- Dump completed'),
    ];
    for (const cut of cuts) {
      assert.ok(cut > 100, String(cut));
      const reading = await readingOf('cut.sql', text.slice(0, cut));
      assert.equal(reading.state, 'corrupt', text.slice(cut - 30, cut));
    }
    await writeFile(join(near.root, 'cut.sql.gz'), gzipSync(Buffer.from(text, 'latin1')));
    await truncate(join(near.root, 'cut.sql.gz'), 600);
    assert.equal((await again('cut.sql.gz')).state, 'corrupt');
  });

  it('says of dumps without comments, of several databases and of other vendors what they are', async () => {
    for (const words of [
      ['--compact', 'shop'],
      ['--skip-comments', 'shop'],
    ]) {
      const reading = await readingOf('bare.sql', await dumped(...words));
      assert.match(reading.state === 'corrupt' ? reading.why : reading.state, /made without comments/);
    }
    for (const words of [['--databases', 'shop', 'other'], ['--all-databases']]) {
      const reading = await readingOf('several.sql', await dumped(...words));
      assert.match(
        reading.state === 'other' ? reading.why : reading.state,
        /several databases \(".*"shop"|several databases \("shop", "other"\)/,
      );
    }
    const postgres =
      '--\n-- PostgreSQL database dump\n--\n\nselect 1;\n--\n-- PostgreSQL database dump complete\n--\n';
    assert.equal((await readingOf('pg.sql', postgres)).state, 'other');
  });
});
