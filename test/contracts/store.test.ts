import assert from 'node:assert/strict';
import { isFreshetError } from '../../src/domain/errors.ts';
import type { RequestId } from '../../src/domain/ids.ts';
import type { RequestState } from '../../src/domain/request.ts';
import type { Swap } from '../../src/domain/run.ts';
import { until } from '../until.ts';
import { freshStore, item, newRun, soon, type Stored } from './stored.ts';
import { plainTerms } from '../plain-terms.ts';

const page = { limit: 100, offset: 0 };

describe('Store', function () {
  let store: Stored['store'];
  let request: Stored['request'];
  let running: Stored['running'];

  before(async () => {
    ({ store, request, running } = await freshStore());
  });
  after(() => store?.close());

  describe('requests', () => {
    it('keeps every field, numbers them on, and gives back what is absent as absent', async () => {
      const first = await request();
      const second = await request({ reason: 'null \0 and half a \ud800 pair' });
      assert.equal(Number(second.id.slice(4)), Number(first.id.slice(4)) + 1);
      const read = await store.requests.get(first.id);
      assert.deepEqual(read, first);
      assert.ok(!('undoes' in read) && !('backup' in read.items[0]!));
      assert.equal((await store.requests.get(second.id))!.reason, 'null \ufffd and half a \ufffd pair');
      assert.equal(await store.requests.get('REQ-999999'), undefined);
    });

    it('lists by environment, states, requester, target and time of lapse, newest first, in pages', async () => {
      const environment = `e-${newRun()}`;
      const ids: RequestId[] = [];
      for (const state of ['pending', 'approved', 'failed', 'pending'] as RequestState[]) {
        const made = await request({
          environment,
          state,
          requestedBy: state === 'failed' ? 'bob' : 'ann',
          digest: `${environment} ${ids.length}`,
          items: [{ ...item('orders'), databaseName: environment }],
          expiresAt: soon(ids.length === 3 ? -10 : 100),
        });
        ids.push(made.id);
      }
      const listed = async (filter: object, some = page) => {
        const { requests, total } = await store.requests.list({ environment, ...filter }, some);
        return [requests.map(({ id }) => ids.indexOf(id)), total];
      };
      assert.deepEqual(await listed({}), [[3, 2, 1, 0], 4]);
      assert.deepEqual(await listed({}, { limit: 2, offset: 1 }), [[2, 1], 4]);
      assert.deepEqual(await listed({}, { limit: 2, offset: 9 }), [[], 4]);
      assert.deepEqual(await listed({ states: ['pending', 'failed'] }), [[3, 2, 0], 3]);
      assert.deepEqual(await listed({ states: [] }), [[], 0]);
      assert.deepEqual(await listed({ requestedBy: 'bob' }), [[2], 1]);
      assert.deepEqual(await listed({ digest: `${environment} 1` }), [[1], 1]);
      assert.deepEqual(await listed({ on: { server: 'pg-uat', databaseName: environment } }), [
        [3, 2, 1, 0],
        4,
      ]);
      assert.deepEqual(await listed({ on: { server: 'other', databaseName: environment } }), [[], 0]);
      assert.deepEqual(await listed({ expiringBefore: new Date() }), [[3], 1]);
    });

    it('lists those of which a hook failed lately', async () => {
      const environment = `e-${newRun()}`;
      const ids: RequestId[] = [];
      for (let n = 0; n < 3; n++) ids.push((await request({ environment, state: 'succeeded' })).id);
      const failure = { code: 'x', cause: 'x', hint: 'x', hook: 'migrate', left: [] };
      for (const of of [ids[1]!, ids[1]!])
        await store.write((tx) => tx.events.append({ type: 'hook-failed', request: of, ...failure }));
      await store.write((tx) => tx.events.append({ type: 'hooks-done', request: ids[0]!, hooks: [] }));
      const since = async (hookFailedSince: Date) =>
        (await store.requests.list({ environment, hookFailedSince }, page)).requests.map(({ id }) => id);
      assert.deepEqual(await since(soon(-60)), [ids[1]]);
      assert.deepEqual(await since(soon(60)), []);
    });

    it('keeps the moment from which one may start, and lists what starts before another', async () => {
      const environment = `e-${newRun()}`;
      const at = soon(100);
      const made = await request({ environment, state: 'approved', startAt: at });
      assert.deepEqual(made.startAt, at);
      assert.deepEqual(await store.requests.get(made.id), made);
      assert.ok(!('startAt' in (await request({ environment, state: 'approved' }))));
      await request({ environment, state: 'pending', startAt: at });
      const before = async (startingBefore: Date) => {
        const { requests } = await store.requests.list({ environment, startingBefore }, page);
        return requests.map(({ id }) => id);
      };
      assert.deepEqual(await before(soon(200)), [made.id], 'only what is approved');
      assert.deepEqual(await before(at), [], 'before, not at');
    });

    it('lists whose turn it is: approved, due and not lapsed, the oldest first, of a target, from one on', async () => {
      const databaseName = `d-${newRun()}`;
      const on = { server: 'pg-uat', databaseName };
      const items = [{ ...item('orders'), databaseName }];
      const at = soon(100);
      const first = await request({ items, state: 'approved', expiresAt: soon(200) });
      const timed = await request({ items, state: 'approved', startAt: at, expiresAt: soon(300) });
      const last = await request({ items, state: 'approved', expiresAt: soon(300) });
      await request({ items, state: 'pending' });
      const due = async (now: Date, which: object = {}) =>
        (await store.requests.due(now, { on, limit: 10, ...which })).map(({ id }) => id);
      assert.deepEqual(await due(new Date()), [first.id, last.id]);
      assert.deepEqual(await due(at), [first.id, timed.id, last.id]);
      assert.deepEqual(await due(at, { limit: 2 }), [first.id, timed.id]);
      assert.deepEqual(await due(at, { after: first.id }), [timed.id, last.id]);
      assert.deepEqual(await due(soon(250)), [timed.id, last.id]);
      assert.deepEqual(await due(at, { on: { server: 'other', databaseName } }), []);
      assert.deepEqual((await store.requests.due(at, { limit: 1000 }))[0]?.items.length, 1);
    });

    it('moves the moment at which one lapses', async () => {
      const { id, expiresAt } = await request({ expiresAt: soon(-5) });
      const other = await request();
      await store.write((tx) => tx.requests.lapses(id, soon(500)));
      assert.ok((await store.requests.get(id))!.expiresAt > expiresAt);
      assert.deepEqual(await store.requests.get(other.id), other);
    });

    it('lets one of many that decide at once win: 200 times approve against reject', async () => {
      for (let round = 0; round < 200; round++) {
        const { id, digest } = await request();
        const decide = (decision: 'approved' | 'rejected') =>
          store.write(async (tx) => {
            if (!(await tx.requests.move(id, 'pending', decision))) return undefined;
            await tx.approvals.add({
              request: id,
              decision,
              by: 'quinn',
              front: 'slack',
              digest,
              at: new Date(),
            });
            await tx.events.append(
              decision === 'approved'
                ? { type: 'request-approved', request: id, digest }
                : { type: 'request-rejected', request: id },
            );
            return decision;
          });
        const won = (await Promise.all([decide('approved'), decide('rejected'), decide('approved')])).filter(
          Boolean,
        );
        assert.equal(won.length, 1);
        const [approvals, events, after] = await Promise.all([
          store.approvals.of(id),
          store.events.ofRequest(id),
          store.requests.get(id),
        ]);
        assert.deepEqual(
          approvals.map((one) => one.decision),
          won,
        );
        assert.deepEqual(
          events.map((one) => one.type),
          [`request-${won[0]}`],
        );
        assert.equal(after!.state, won[0]);
      }
    });

    it('refuses transitions that do not exist, and a second decision in force even without a move', async () => {
      const { id, digest } = await request();
      await assert.rejects(
        store.write((tx) => tx.requests.move(id, 'pending', 'succeeded')),
        /No transition/,
      );
      const add = () =>
        store.write((tx) =>
          tx.approvals.add({ request: id, decision: 'approved', front: 'rule', digest, at: new Date() }),
        );
      await add();
      await assert.rejects(
        add(),
        (error) => isFreshetError(error, 'Conflict') && error.code === 'request-decided',
      );
      await store.write((tx) => tx.approvals.voidAll(id, new Date()));
      await add();
      const voided = (await store.approvals.of(id)).map((one) => one.voidedAt !== undefined);
      assert.deepEqual(voided, [true, false]);
    });

    it('binds anew only while pending, and undoes everything when the work throws', async () => {
      const { id } = await request();
      const terms = { ...plainTerms, protected: false };
      const bound = (letter: string) => ({ digest: letter.repeat(64), terms, items: [item('billing')] });
      await store.write((tx) => tx.requests.rebind(id, bound('e'), soon(50)));
      const anew = (await store.requests.get(id))!;
      assert.deepEqual([anew.items, anew.terms], [[item('billing')], terms]);
      await assert.rejects(
        store.write(async (tx) => {
          await tx.requests.move(id, 'pending', 'approved');
          await tx.events.append({ type: 'request-created', request: id });
          throw new Error('changed my mind');
        }),
        /changed my mind/,
      );
      assert.equal((await store.requests.get(id))!.state, 'pending');
      assert.deepEqual(await store.events.ofRequest(id), []);
      await store.write((tx) => tx.requests.move(id, 'pending', 'approved'));
      await assert.rejects(
        store.write((tx) => tx.requests.rebind(id, bound('f'), soon(50))),
        (error) => isFreshetError(error, 'Conflict'),
      );
    });
  });

  it('knows the newest swap of a target, what is kept, and forgets one that did not last', async () => {
    const [first, second] = [await running(), await running()];
    const databaseName = `db-${first.id}`;
    const swap = (run: typeof first): Swap => ({
      run: run.id,
      request: run.request,
      database: 'orders',
      environment: 'uat',
      server: 'pg-uat',
      databaseName,
      target: 't',
      at: new Date(),
      liveRef: '1',
      keptRef: '2',
      keptName: 'orders__old',
      keptUntil: soon(-1),
      outageSeconds: 0.014,
    });
    const add = (run: typeof first) => store.write((tx) => tx.swaps.add(swap(run)));
    await add(first);
    await add(first);
    await add(second);
    await add(first);
    assert.equal((await store.swaps.latest('pg-uat', databaseName))!.run, second.id);
    assert.equal((await store.swaps.ofRun(first.id))[0]!.supersededBy, second.id);
    assert.deepEqual(
      (await store.swaps.replacedBy(second.id)).map(({ run }) => run),
      [first.id],
    );
    assert.deepEqual(await store.swaps.replacedBy(first.id), []);
    await store.write((tx) => tx.swaps.remove(second.id, 'orders'));
    const latest = (await store.swaps.latest('pg-uat', databaseName))!;
    assert.deepEqual([latest.run, latest.supersededBy], [first.id, undefined]);
    const due = async () => (await store.swaps.dueForDrop(new Date())).some((one) => one.run === first.id);
    assert.equal(await due(), true);
    const undo = await request({ kind: 'undo', undoes: first.request });
    assert.equal(await due(), false, 'it is still to be brought back');
    await store.write((tx) => tx.requests.move(undo.id, 'pending', 'rejected'));
    assert.equal(await due(), true);
    await store.write((tx) => tx.swaps.dropped(first.id, 'orders', new Date()));
    assert.equal(await due(), false);
  });

  it('keeps mirrors, leases and notes', async () => {
    const [one, two] = [await request(), await request()];
    const key = newRun();
    await store.mirrors.set(one.id, 'jira', `${key}-1`, { issue: 1 });
    await store.mirrors.set(one.id, 'jira', `${key}-2`, { issue: 2 });
    assert.deepEqual(await store.mirrors.get(one.id, 'jira'), { issue: 2 });
    assert.equal(await store.mirrors.byKey('jira', `${key}-2`), one.id);
    assert.equal(await store.mirrors.byKey('jira', `${key}-1`), undefined);
    await assert.rejects(
      store.mirrors.set(two.id, 'jira', `${key}-2`, {}),
      (error) => isFreshetError(error, 'Conflict') && error.code === 'mirror-taken',
    );

    const leader = `leader-${key}`;
    const got = await Promise.all(Array.from({ length: 10 }, (_, n) => store.lease(leader, `w${n}`, 60)));
    assert.equal(got.filter(Boolean).length, 1);
    const holder = `w${got.indexOf(true)}`;
    assert.equal(await store.lease(leader, holder, 60), true);
    assert.equal(await store.lease(leader, 'somebody', 60), false);
    assert.equal(await store.lease(leader, holder, 0.1), true);
    await until('its lease ends by itself', () => store.lease(leader, 'somebody', 60));
    assert.equal(await store.lease(leader, holder, 60), false);

    // Who gives it up in this moment is out of the way of the next, whatever part of a millisecond it is.
    for (let turn = 0; turn < 50; turn += 1) {
      assert.equal(await store.lease(`turns-${key}`, 'one', 5), true);
      await store.lease(`turns-${key}`, 'one', 0);
      assert.equal(await store.lease(`turns-${key}`, 'two', 0), true);
    }

    assert.equal(await store.note(key), undefined);
    await store.setNote(key, { cursor: 5 });
    await store.setNote(key, { cursor: 6 });
    assert.deepEqual(await store.note(key), { cursor: 6 });
  });
});
