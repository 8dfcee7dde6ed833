import assert from 'node:assert/strict';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { instantOf } from '../../src/domain/zone.ts';
import { benches } from '../runners/benches.ts';
import { type Rig, startRig } from '../runners/engine-rig.ts';
import { freshRun } from '../runners/host-program/on-each-shell.ts';
import { needs } from '../skip.ts';

for (const bench of benches) {
  const { engine, formats, folder } = bench;

  describe(`engine contract: reading backups (${engine.name})`, function () {
    this.timeout(60_000);
    let rig: Rig;

    before(async function () {
      needs(this, 'openssh-server', ...bench.needs);
      rig = await startRig(bench, { databases: {} });
      const rows = Array.from({ length: 5000 }, (_, at) => `${at} ${Math.sin(at)}`);
      await rig.server.make('source', { t: rows });
    });

    after(async () => {
      await rig?.stop();
    });

    it('reads backups to their end and tells whole from corrupt', async () => {
      for (const format of engine.formats) {
        const backup = await rig.dump('source', format);
        const path = join(rig.near.root, backup.path);
        const kind = (await stat(path)).isDirectory() ? 'folder' : 'file';
        const [candidate] = engine.recognise([{ path: backup.path, kind }]);
        assert.ok(candidate?.format === format);
        const read = () => engine.read(rig.here.program, 'nightly', candidate, freshRun());
        const reading = await read();
        assert.ok(reading.state === 'whole', JSON.stringify(reading));
        assert.equal(reading.checksum, backup.checksum);
        if (formats.versioned.includes(format)) {
          assert.match(String(reading.engineVersion), /^\d+\.\d+(?:\.\d+)*(?:-MariaDB)?$/);
        }
        if (formats.dated.includes(format)) {
          assert.ok(reading.createdAt !== undefined, `${format} tells when it was made`);
          const { utcOffset } = await rig.here.program.facts();
          const age = Date.now() - (instantOf(reading.createdAt, utcOffset)?.getTime() ?? 0);
          assert.ok(age > -2000 && age < 60_000, `${age} ms old`);
        }
        await bench.cut(path, format);
        assert.equal((await read()).state, 'corrupt', format);
        if (kind === 'file' || folder === undefined) continue;
        await folder.takeOut(path);
        const gone = await read();
        assert.match(gone.state === 'corrupt' ? gone.why : '', folder.says);
      }
    });

    it('knows a dump of another vendor for what it is, whole or cut', async () => {
      for (const { path, text } of bench.strangers) {
        for (const part of [text, text.slice(0, text.length / 2)]) {
          await writeFile(join(rig.near.root, path), part);
          const [candidate] = engine.recognise([{ path, kind: 'file' }]);
          assert.ok(candidate !== undefined);
          const reading = await engine.read(rig.here.program, 'nightly', candidate, freshRun());
          assert.equal(reading.state, 'other', JSON.stringify(reading));
        }
      }
    });
  });
}
