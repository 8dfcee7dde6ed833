import assert from 'node:assert/strict';
import type { RunId } from '../../src/domain/ids.ts';
import type { Swap } from '../../src/domain/run.ts';
import { freshStore, type Stored } from './stored.ts';

describe('Store: viewers, and what stands in the environments', function () {
  let stored: Stored;

  before(async () => {
    stored = await freshStore();
  });
  after(() => stored?.store.close());

  it('remembers who looks, what is shown to them, and forgets those who stopped', async () => {
    const { viewers } = stored.store;
    const at = (day: number) => new Date(Date.UTC(2026, 10, day));
    await viewers.seen('page', 'ann', at(3));
    await viewers.seen('page', 'bob', at(5));
    await viewers.seen('other', 'ann', at(9));
    assert.deepEqual(await viewers.list('page'), [
      { who: 'bob', seenAt: at(5) },
      { who: 'ann', seenAt: at(3) },
    ]);
    await viewers.show('page', 'ann', { digest: 'x' });
    await viewers.seen('page', 'ann', at(7));
    // A delivery that comes late makes nobody older.
    await viewers.seen('page', 'ann', at(4));
    assert.deepEqual(await viewers.get('page', 'ann'), {
      who: 'ann',
      seenAt: at(7),
      shown: { digest: 'x' },
    });
    assert.equal(await viewers.forget('page', at(6)), 1);
    assert.deepEqual(
      (await viewers.list('page')).map(({ who }) => who),
      ['ann'],
    );
    await viewers.show('page', 'bob', { digest: 'y' });
    assert.equal(await viewers.get('page', 'bob'), undefined);
    assert.equal((await viewers.list('other')).length, 1);
  });

  it('tells the newest swap of each target, who asked for it, and of how many it was', async () => {
    const { store } = stored;
    const swap = (run: { id: RunId; request: Swap['request'] }, database: string): Swap => ({
      run: run.id,
      request: run.request,
      database,
      environment: 'uat',
      server: 'pg-uat',
      databaseName: `${database}_standing`,
      target: database,
      at: new Date(),
      liveRef: '2',
      keptRef: '1',
      keptName: `${database}_standing__old`,
      keptUntil: new Date(),
      outageSeconds: 0.1,
    });
    const [first, second] = [await stored.running(), await stored.running()];
    await store.write(async (tx) => {
      await tx.swaps.add(swap(first, 'orders'));
      await tx.swaps.add(swap(first, 'billing'));
    });
    await store.write((tx) => tx.swaps.add(swap(second, 'orders')));
    const standing = async () =>
      (await store.swaps.standing()).map(({ swap: one, kind, requestedBy, ofRun }) => [
        one.databaseName,
        one.run,
        kind,
        requestedBy,
        ofRun,
      ]);
    assert.deepEqual(await standing(), [
      ['billing_standing', first.id, 'refresh', 'ann', 2],
      ['orders_standing', second.id, 'refresh', 'ann', 1],
    ]);
    await store.write((tx) => tx.swaps.remove(second.id, 'orders'));
    assert.deepEqual(await standing(), [
      ['orders_standing', first.id, 'refresh', 'ann', 2],
      ['billing_standing', first.id, 'refresh', 'ann', 2],
    ]);
  });
});
