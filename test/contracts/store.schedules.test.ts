import assert from 'node:assert/strict';
import type { StandingApproval } from '../../src/domain/schedule/schedule.ts';
import { soon, freshStore, type Stored } from './stored.ts';

describe('Store: schedules', function () {
  let stored: Stored;

  before(async () => {
    stored = await freshStore();
  });
  after(() => stored?.store.close());

  const at = new Date('2027-01-11T02:00:00Z');
  const schedule = {
    cron: '0 3 * * *',
    timeZone: 'Europe/Berlin',
    wish: { kind: 'refresh' as const, environment: 'ci', databases: ['orders'] },
    reason: 'every night',
    owner: 'ann',
    catchUpSeconds: 3600,
    enabled: true,
  };

  async function add(name: string): Promise<void> {
    const { store } = stored;
    const added = await store.write((tx) =>
      tx.schedules.add({ name, schedule: { name, ...schedule }, since: at }),
    );
    assert.equal(added, true);
  }

  it('keeps each under its name, once, and gives it back as it was', async () => {
    const { store } = stored;
    await add('nightly');
    const again = store.write((tx) => tx.schedules.add({ name: 'nightly', since: soon(0) }));
    assert.equal(await again, false);
    await store.write((tx) => tx.schedules.add({ name: 'declared', since: at }));
    const record = { name: 'nightly', schedule: { name: 'nightly', ...schedule }, since: at, failures: 0 };
    assert.deepEqual(await store.schedules.all(), [
      { record: { name: 'declared', since: at, failures: 0 }, approvals: [] },
      { record, approvals: [] },
    ]);
    const changed = {
      ...record,
      failures: 2,
      skips: soon(60),
      paused: { at: soon(0), by: 'ann', why: 'a \0 holiday' },
    };
    await store.write((tx) => tx.schedules.update(changed));
    const kept = await store.schedules.get('nightly');
    assert.deepEqual(kept?.record, { ...changed, paused: { ...changed.paused, why: 'a \uFFFD holiday' } });
    await store.write((tx) => tx.schedules.update(record));
    assert.deepEqual((await store.schedules.get('nightly'))?.record, record);
    assert.equal(await store.schedules.get('nobody'), undefined);
  });

  it('lets one of many have a slot, and gives it back where the winner dies', async () => {
    const { store } = stored;
    await add('raced');
    const claim = (dies: boolean) =>
      store.write(async (tx) => {
        await tx.schedules.lock('raced');
        const won = await tx.schedules.settle('raced', { at, outcome: 'asked' });
        if (dies && won) throw new Error('killed');
        return won;
      });
    await assert.rejects(claim(true), /killed/);
    const won = await Promise.all(Array.from({ length: 8 }, () => claim(false)));
    assert.deepEqual(won.filter(Boolean).length, 1);
    // Without the lock as well: the key is what holds.
    const slot = { at: soon(60), outcome: 'missed' as const };
    const bare = await Promise.all(
      Array.from({ length: 8 }, () => store.write((tx) => tx.schedules.settle('raced', slot))),
    );
    assert.equal(bare.filter(Boolean).length, 1);
  });

  it('remembers what became of slots, and the requests that were made', async () => {
    const { store, request } = stored;
    await add('told');
    const made = await request({ schedule: { name: 'told', digest: 'e'.repeat(64) } });
    await request();
    const later = new Date(at.getTime() + 86_400_000);
    await store.write(async (tx) => {
      await tx.schedules.settle('told', { at, outcome: 'missed', why: 'too late' });
      await tx.schedules.settle('told', { at: later, outcome: 'asked' });
      await tx.schedules.made('told', later, made.id);
    });
    const newest = { at: later, outcome: 'asked' as const, request: made.id };
    assert.deepEqual(await store.schedules.slots('told', 5), [
      newest,
      { at, outcome: 'missed', why: 'too late' },
    ]);
    assert.deepEqual(await store.schedules.slots('told', 1), [newest]);
    assert.deepEqual((await store.schedules.get('told'))?.last, newest);
    const { requests, total } = await store.requests.list({ schedule: 'told' }, { limit: 9, offset: 0 });
    assert.deepEqual([requests[0]?.schedule, total], [made.schedule, 1]);
  });

  it('counts one yes of each person, until it is void', async () => {
    const { store } = stored;
    await add('approved');
    const yes = (by: string, until: Date): StandingApproval => ({
      decision: 'approved',
      by,
      front: 'slack',
      stage: 'approval',
      digest: 'd'.repeat(64),
      at,
      until,
    });
    const [first, second] = [soon(1000), soon(2000)];
    await store.write((tx) => tx.schedules.approve('approved', yes('ann', first)));
    await store.write((tx) => tx.schedules.approve('approved', yes('bob', first)));
    await store.write((tx) => tx.schedules.approve('approved', yes('ann', second)));
    const approvals = async () => (await store.schedules.get('approved'))?.approvals;
    assert.deepEqual(await approvals(), [yes('bob', first), yes('ann', second)]);
    await store.write((tx) => tx.schedules.voidApprovals('approved', soon(0), 'bob'));
    await store.write((tx) => tx.schedules.reminded('approved', at));
    assert.deepEqual(await approvals(), [{ ...yes('ann', second), remindedAt: at }]);
    await store.write((tx) => tx.schedules.voidApprovals('approved', soon(0)));
    assert.deepEqual(await approvals(), []);
  });

  it('forgets all of one that is removed, but its requests', async () => {
    const { store } = stored;
    const remove = () => store.write((tx) => tx.schedules.remove('told'));
    assert.deepEqual([await remove(), await remove()], [true, false]);
    assert.deepEqual(await store.schedules.slots('told', 5), []);
    const { total } = await store.requests.list({ schedule: 'told' }, { limit: 9, offset: 0 });
    assert.equal(total, 1);
  });
});
