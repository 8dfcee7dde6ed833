import assert from 'node:assert/strict';
import { backup, freshStore, newRun, soon, type Stored } from './stored.ts';

describe('Store: figures', function () {
  let stored: Stored;
  before(async () => {
    stored = await freshStore();
  });
  after(() => stored?.store.close());

  it('are empty where there is nothing', async () => {
    assert.deepEqual(await stored.store.figures(), {
      requests: [],
      runs: { active: 0, unattended: 0 },
      outbox: [],
      inbox: [],
      backups: [],
    });
  });

  it('count what there is, by environment, front, source and database', async () => {
    const { store, request, running } = stored;
    await request();
    await request({ environment: 'ci', state: 'succeeded' });
    const told = await request({ state: 'rejected' });
    const [attended, alone] = [await running(), await running()];
    await store.write(async (tx) => {
      for (const { request: id } of [attended, alone]) await tx.requests.move(id, 'approved', 'running');
      await tx.runs.lease(attended.id, 'w-1', 600);
      await tx.events.append({ type: 'request-created', request: told.id }, [
        { front: 'jira', kind: 'sync' },
        { front: 'slack', kind: 'card' },
        { front: 'slack', kind: 'thread' },
      ]);
    });
    const [card] = await store.outbox.take('slack', 1, 60);
    await store.outbox.dead(card!.id, 'no such channel');
    await store.inbox.accept('slack', newRun(), {});
    await store.inbox.accept('slack', newRun(), {});
    const [done] = await store.inbox.take('slack', 1, 60);
    await store.inbox.done(done!.id);
    const [older, newer] = [new Date('2026-11-01T00:00:00Z'), new Date('2026-11-02T00:00:00Z')];
    await store.write(async (tx) => {
      const usable = { checksum: 'a'.repeat(64), anonymisation: 'declared' as const };
      await tx.backups.put(backup({ path: 'a', takenAt: older, ...usable }));
      await tx.backups.put(backup({ path: 'b', takenAt: newer, ...usable }));
      await tx.backups.put(backup({ path: 'c', takenAt: soon(0), ...usable, state: 'missing' }));
      await tx.backups.put(backup({ path: 'd', takenAt: soon(0) }));
    });

    const found = await store.figures();
    const count = (environment: string, state: string) =>
      found.requests.find((one) => one.environment === environment && one.state === state)?.count;
    assert.equal(count('uat', 'pending'), 1);
    assert.equal(count('uat', 'rejected'), 1);
    assert.equal(count('uat', 'running'), 2);
    assert.equal(count('ci', 'succeeded'), 1);
    assert.deepEqual(found.runs, { active: 2, unattended: 1 });
    const outbox = (front: string) => found.outbox.find((one) => one.front === front);
    assert.equal(outbox('jira')?.waiting, 1);
    assert.equal(outbox('jira')?.givenUp, 0);
    assert.ok(outbox('jira')!.lagSeconds >= 0);
    assert.deepEqual([outbox('slack')?.waiting, outbox('slack')?.givenUp], [1, 1]);
    assert.deepEqual(
      found.inbox.map(({ source, waiting }) => [source, waiting]),
      [['slack', 1]],
    );
    assert.deepEqual(found.backups, [{ database: 'orders', anonymisation: 'declared', newestAt: newer }]);
  });
});
