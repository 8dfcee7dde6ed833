import assert from 'node:assert/strict';
import {
  dumpReading,
  folderReading,
  folderTrouble,
  readFolder,
  readThrough,
} from '../../../runners/mysql/frame.ts';
import { recognise } from '../../../runners/mysql/read.ts';

const whole = {
  kind: 'mysql-dump',
  'dumped-from': '10.11.18-MariaDB-0+deb12u1',
  database: 'shop',
  databases: '0',
  complete: 'yes',
};

describe('reading backups of MySQL and MariaDB', () => {
  it('takes dumps by the endings of their names, and every folder', () => {
    const names = ['a.sql', 'b.SQL.gz', 'c.sql.zst', 'd.sql.zstd', 'e.dump', 'f.gz', 'g.sql.bz2', 'metadata'];
    const files = names.map((path) => ({ path, kind: 'file' as const }));
    assert.deepEqual(
      recognise([...files, { path: 'h.sql', kind: 'folder' }]).map(({ path, format }) => [path, format]),
      [
        ['a.sql', 'mysql-plain'],
        ['b.SQL.gz', 'mysql-plain-gzip'],
        ['c.sql.zst', 'mysql-plain-zstd'],
        ['d.sql.zstd', 'mysql-plain-zstd'],
        ['h.sql', 'mydumper'],
      ],
    );
  });

  it('reads what is unpacked only as long as it is in proportion', () => {
    const place = { root: 'nightly', path: 'a' };
    for (const format of ['mysql-plain', 'mysql-plain-gzip', 'mysql-plain-zstd'] as const) {
      assert.deepEqual(readThrough(format, place).pipe[1], { tool: 'within', args: [place] });
    }
    assert.deepEqual(readFolder(place).pipe[1], { tool: 'within', args: ['--discard', place] });
  });

  it('knows vendor, version and database of a dump, and not its moment', () => {
    assert.deepEqual(dumpReading(whole, 'abc'), {
      state: 'whole',
      checksum: 'abc',
      engineVersion: '10.11.18-MariaDB',
      databaseName: 'shop',
    });
    const mysql = dumpReading({ ...whole, 'dumped-from': '8.0.36-0ubuntu0.22.04.1' }, 'abc');
    assert.equal(mysql.state === 'whole' && mysql.engineVersion, '8.0.36');
    const odd = dumpReading({ ...whole, 'dumped-from': 'unknown' }, 'abc');
    assert.ok(odd.state === 'whole' && !('engineVersion' in odd));
  });

  it('says that a dump without its last line is cut off or was made without comments', () => {
    const reading = dumpReading({ ...whole, complete: 'no' }, 'abc');
    assert.equal(reading.state, 'corrupt');
    assert.match(reading.state === 'corrupt' ? reading.why : '', /cut off, or was made without comments/);
  });

  it('leaves what is of another vendor to the others', () => {
    assert.equal(dumpReading({ databases: '0', complete: 'no' }, 'abc').state, 'other');
    assert.equal(folderTrouble({})?.state, 'other');
  });

  it('refuses a dump of several databases by their names, whole or not', () => {
    const several = { databases: '2', 'database-1': 'shop', 'database-2': 'live' };
    const sentence = 'It is a dump of several databases ("shop", "live"), not of one.';
    for (const complete of ['yes', 'no']) {
      assert.deepEqual(dumpReading({ ...whole, ...several, complete }, 'abc'), {
        state: 'other',
        why: sentence,
      });
    }
    assert.deepEqual(folderTrouble({ kind: 'mydumper', ...several }), { state: 'other', why: sentence });
    const many = dumpReading({ ...whole, ...several, databases: '9' }, 'abc');
    assert.match(many.state === 'other' ? many.why : '', /\("shop", "live" and 7 more\)/);
  });

  it('takes a dump made with --databases of a single one, under the name that it chooses', () => {
    const reading = dumpReading({ ...whole, database: '', databases: '1', 'database-1': 'catalog' }, 'abc');
    assert.equal(reading.state === 'whole' && reading.databaseName, 'catalog');
  });

  it('takes the moment of a folder from the start of mydumper', () => {
    const report = { kind: 'mydumper', databases: '1', 'database-1': 'shop' };
    assert.deepEqual(folderReading({ ...report, 'started-at': '2026-11-27 01:25:01' }, 'abc'), {
      state: 'whole',
      checksum: 'abc',
      databaseName: 'shop',
      createdAt: { year: 2026, month: 11, day: 27, hour: 1, minute: 25, second: 1 },
    });
    assert.ok(!('createdAt' in folderReading({ ...report, 'started-at': '2026-10-08' }, 'abc')));
    assert.equal(folderTrouble({ ...report, 'started-at': '2026-11-27 01:25:01' }), undefined);
    for (const fault of ['unfinished', 'file-missing', 'cut-off']) {
      assert.equal(folderTrouble({ ...report, fault })?.state, 'corrupt', fault);
    }
  });
});
