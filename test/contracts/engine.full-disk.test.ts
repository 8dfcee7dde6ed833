import assert from 'node:assert/strict';
import { chmod, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine } from '../../runners/engine.ts';
import { folderInMemory } from '../in-memory.ts';
import { mountSmallDisk, type SmallDisk } from '../rig/small-disk.ts';
import { benches } from '../runners/benches.ts';
import { type Rig, startRig } from '../runners/engine-rig.ts';
import { needs, needsRoot, skip } from '../skip.ts';

/** What is left of the disk when the load begins, and what the rows take. */
const blocksLeft = 256;
const rows = 60_000;

for (const bench of benches) {
  const { engine, disk: place } = bench;

  describe(`engine contract: a full disk below the data (${engine.name})`, function () {
    this.timeout(180_000);
    let folder: string;
    let disk: SmallDisk | undefined;
    let rig: Rig;

    before(async function () {
      needs(this, 'openssh-server', ...bench.needs);
      needsRoot(this);
      if (place === undefined) skip(this, 'the server was started by others');
      folder = await folderInMemory('freshet-disk-');
      await chmod(folder, 0o755);
      disk = await mountSmallDisk(join(folder, place.below), place.megabytes).catch(() => undefined);
      if (disk === undefined) skip(this, 'mounts are forbidden here');
      rig = await startRig(bench, { databases: { uat: 'orders_uat' }, folder });
      await rig.server.make('orders_uat', { which: ['old'] });
      await place.move(rig.server, 'orders_uat', disk.folder);
      await rig.server.makeLong('source', rows);
    });

    after(async () => {
      await rig?.stop();
      await disk?.unmount();
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    });

    it('while it loads: it fails and says so, the target is as it was, its room is given back, and the next one succeeds', async () => {
      const backup = await rig.dump('source', bench.formats.quick);
      const before = await rig.server.contentHash('orders_uat');
      const there = await rig.server.databases();
      const free = await disk!.freeBytes();
      const filling: Engine = {
        ...engine,
        async act(step, context) {
          const result = await engine.act(step, context);
          if (step.id === 'uat.create') await disk!.fill(blocksLeft);
          return result;
        },
      };
      const { outcome } = await rig.walk(rig.planOf(rig.context('uat', { backup })), { engine: filling });
      assert.ok(outcome.end === 'failed', JSON.stringify(outcome));
      assert.match(outcome.cause, place!.full);
      assert.equal(outcome.targetTouched, false);
      assert.equal(await rig.server.contentHash('orders_uat'), before);
      assert.deepEqual(await rig.server.databases(), there, 'no new database is left');
      await disk!.clear();
      assert.ok((await disk!.freeBytes()) > free - 4e6, 'its room was given back');
      const next = await rig.walk(rig.planOf(rig.context('uat', { backup })));
      assert.deepEqual(next.outcome, { end: 'succeeded' });
      assert.equal(await rig.server.contentHash('orders_uat'), await rig.server.contentHash('source'));
    });
  });
}
