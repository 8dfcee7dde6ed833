import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Backup } from '../../../src/domain/backup.ts';
import { isFreshetError } from '../../../src/domain/errors.ts';
import type { BackupId } from '../../../src/domain/ids.ts';
import { openStore } from '../../../src/store/database.ts';
import { startEmbedded } from '../../../src/store/embedded.ts';
import { postmaster } from '../../../src/store/embedded/postmaster.ts';
import { migrate } from '../../../src/store/migrate.ts';
import { freshDatabase } from '../../postgres.ts';
import { held, until, untilHolds } from '../../until.ts';

describe('Store without its server', function () {
  it('says Unavailable when nobody listens, and outlives a server that is killed under it', async () => {
    const nowhere = await openStore({ connectionString: 'postgresql://a:b@127.0.0.1:1/c' });
    await unavailable(nowhere.ping());
    await nowhere.close();

    const folder = await mkdtemp(join(tmpdir(), 'pg-'));
    const data = join(folder, 'cluster', 'data');
    const first = await startEmbedded({ folder });
    const store = await openStore({ connectionString: first.connectionString });
    try {
      await migrate(first.connectionString);
      await store.setNote('kept', 1);
      const waiting = store.events.wait(20);
      await new Promise((resolve) => setTimeout(resolve, 300));
      const writing = store.write(async (tx) => {
        await tx.events.append({ type: 'host-alert', host: 'h', code: 'c', cause: 'c', hint: 'h' });
        process.kill(postmaster(data)!.pid, 'SIGQUIT');
        await untilHolds(() => postmaster(data) === undefined);
      });
      await unavailable(writing);
      await waiting;
      await unavailable(store.ping());

      const again = await startEmbedded({ folder });
      assert.equal(again.connectionString, first.connectionString);
      assert.equal(await store.note('kept'), 1);
      assert.deepEqual((await store.events.after(undefined, 10)).events, []);
      await until('it listens again', async () => {
        const heard = store.events.wait(600).then(() => true);
        await store.inbox.accept('s', randomUUID(), {});
        return Promise.race([heard, sleep(500, false)]);
      });
    } finally {
      await store.close();
      await (await startEmbedded({ folder })).stop();
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('says busy when two transactions wait for each other, and one of them counts', async () => {
    const connectionString = await freshDatabase({ migrated: true });
    const store = await openStore({ connectionString });
    try {
      const ids: BackupId[] = [];
      for (const path of ['a', 'b']) {
        ids.push((await store.write((tx) => tx.backups.put({ ...backup, path }))).id);
      }
      const both = held();
      let arrived = 0;
      const cross = (reason: string, [one, other]: BackupId[]) =>
        store.write(async (tx) => {
          await tx.backups.update(one!, { stateReason: reason });
          arrived += 1;
          if (arrived === 2) both.letGo();
          await both.until;
          await tx.backups.update(other!, { stateReason: reason });
        });
      const ended = await Promise.allSettled([cross('there', ids), cross('back', ids.toReversed())]);
      const failed = ended.filter((one) => one.status === 'rejected');
      assert.equal(failed.length, 1);
      const error: unknown = failed[0]!.reason;
      assert.ok(isFreshetError(error, 'Unavailable') && error.code === 'store-busy', String(error));
      const reasons = await Promise.all(ids.map(async (id) => (await store.backups.get(id))!.stateReason));
      assert.equal(reasons[0], reasons[1]);
    } finally {
      await store.close();
    }
  });
});

const backup: Omit<Backup, 'id'> = {
  database: 'orders',
  environment: 'production',
  repository: 'nightly',
  path: 'a',
  engine: 'postgres',
  format: 'pg-custom',
  dataAtOrigin: 'unknown',
  takenAt: new Date(),
  bytes: 1,
  anonymisation: 'raw',
  scope: 'full',
  state: 'present',
  foundAt: new Date(),
};

async function unavailable(asked: Promise<unknown>): Promise<void> {
  await assert.rejects(asked, (error) => {
    assert.ok(isFreshetError(error, 'Unavailable'), String(error));
    assert.equal(error.code, 'store-unavailable');
    return true;
  });
}
