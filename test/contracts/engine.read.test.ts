import assert from 'node:assert/strict';
import { readdir, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { postgres } from '../../runners/postgres/index.ts';
import { instantOf } from '../../src/domain/zone.ts';
import { freshRun } from '../runners/host-program/on-each-shell.ts';
import { type Rig, startRig } from '../runners/postgres/rig.ts';
import { needs } from '../skip.ts';

describe('engine contract: reading backups (postgres)', function () {
  this.timeout(60_000);
  let rig: Rig;

  before(async function () {
    needs(this, 'postgresql', 'openssh-server', 'zstd');
    rig = await startRig({ databases: {} });
    await rig.sql('postgres', 'CREATE DATABASE source');
    await rig.sql('source', 'CREATE TABLE t AS SELECT n, md5(n::text) FROM generate_series(1, 5000) n');
  });

  after(async () => {
    await rig?.stop();
  });

  it('reads backups to their end and tells whole from corrupt', async () => {
    for (const format of postgres.formats) {
      const backup = await rig.dump('source', format);
      const [candidate] = postgres.recognise([
        { path: backup.path, kind: format === 'pg-directory' ? 'folder' : 'file' },
      ]);
      assert.ok(candidate?.format === format);
      const reading = await postgres.read(rig.here.program, 'nightly', candidate, freshRun());
      assert.equal(reading.state, 'whole', JSON.stringify(reading));
      assert.equal(reading.state === 'whole' && reading.checksum, backup.checksum);
      assert.match(String(reading.state === 'whole' && reading.engineVersion), /^1\d\.\d+$/);
      if (format === 'pg-directory' || format === 'pg-custom') {
        const clock = reading.state === 'whole' ? reading.createdAt : undefined;
        assert.ok(clock !== undefined, 'archives tell when they were made');
        const { utcOffset } = await rig.here.program.facts();
        const age = Date.now() - (instantOf(clock, utcOffset)?.getTime() ?? 0);
        assert.ok(age > -2000 && age < 60_000, `${age} ms old`);
      }
      const path = join(rig.near.root, backup.path);
      const data = (name: string) => name.endsWith('.dat.gz');
      const file = format === 'pg-directory' ? join(path, (await readdir(path)).find(data)!) : path;
      await truncate(file, Math.floor((await stat(file)).size * 0.6));
      const cut = await postgres.read(rig.here.program, 'nightly', candidate, freshRun());
      assert.equal(cut.state, 'corrupt', format);
      if (format !== 'pg-directory') continue;
      await rm(file);
      const gone = await postgres.read(rig.here.program, 'nightly', candidate, freshRun());
      assert.match(gone.state === 'corrupt' ? gone.why : '', /a file of the folder is missing/);
    }
  });
});
