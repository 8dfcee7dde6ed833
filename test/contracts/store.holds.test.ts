import assert from 'node:assert/strict';
import type { Hold } from '../../src/domain/calendar/hold.ts';
import { freshStore, soon, type Stored } from './stored.ts';

describe('Store: holds', function () {
  let stored: Stored;

  before(async () => {
    stored = await freshStore();
  });
  after(() => stored?.store.close());

  const place = (more: Partial<Hold> = {}): Promise<Hold> =>
    stored.store.write((tx) =>
      tx.holds.place({
        environment: 'uat',
        by: 'ann',
        front: 'slack',
        from: soon(0),
        until: soon(3600),
        reason: 'a \0 test',
        ...more,
      }),
    );

  it('stand until they are released or over, each environment’s by themselves, the oldest first', async () => {
    const { holds } = stored.store;
    const first = await place();
    const other = await place({ environment: 'ci', by: 'bob' });
    const short = await place({ until: soon(60) });
    const ids = async (at: Date, environment?: string) =>
      (await holds.standing(at, environment)).map(({ id }) => id);
    assert.deepEqual(await ids(soon(1)), [first.id, other.id, short.id]);
    assert.deepEqual(await ids(soon(1), 'uat'), [first.id, short.id]);
    assert.deepEqual(await ids(soon(120), 'uat'), [first.id]);
    assert.equal(first.reason, 'a \uFFFD test');
    const at = soon(5);
    const release = (when: Date) => stored.store.write((tx) => tx.holds.release(first.id, 'bob', when));
    assert.equal(await release(soon(7200)), false, 'it was over by then');
    assert.equal(await release(at), true);
    assert.equal(await release(at), false);
    assert.deepEqual(await ids(soon(1), 'uat'), [short.id]);
    assert.deepEqual(await holds.get(first.id), { ...first, releasedAt: at, releasedBy: 'bob' });
    assert.equal(await holds.get('HLD-999'), undefined);
    await assert.rejects(place({ until: soon(-1) }), /check constraint/);
  });

  it('keep the first answer of a holder for each digest of a request', async () => {
    const { store } = stored;
    const { id: hold } = await place();
    const { id: request } = await stored.request({ state: 'approved', breakGlass: true });
    assert.equal((await store.requests.get(request))?.breakGlass, true);
    const answer = { hold, digest: 'd', by: 'ann', front: 'slack' as const, at: soon(1) };
    await store.write((tx) => tx.holds.answer(request, answer));
    await store.write((tx) => tx.holds.answer(request, { ...answer, front: 'jira' }));
    await store.write((tx) => tx.holds.answer(request, { ...answer, digest: 'e' }));
    const kept = await store.holds.answers(request);
    assert.deepEqual(
      kept.toSorted((a, b) => a.digest.localeCompare(b.digest)),
      [answer, { ...answer, digest: 'e' }],
    );
    assert.deepEqual(await store.holds.answers('REQ-9999'), []);
  });
});
