import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { isFreshetError } from '../../src/domain/errors.ts';
import { administer, freshDatabase } from '../postgres.ts';
import { freshStore, type Stored } from './stored.ts';

describe('Store: events', function () {
  this.timeout(30_000);
  let store: Stored['store'];
  let request: Stored['request'];
  let database: string;

  before(async () => {
    ({ store, request, database } = await freshStore());
  });
  after(() => store?.close());

  describe('events', () => {
    it('come in final order: one that was begun earlier and commits later is not skipped', async () => {
      let cursor = await toTheEnd();
      const [slow, quick] = [await request(), await request()];
      let finish = () => {};
      const held = new Promise<void>((resolve) => (finish = resolve));
      let begun = () => {};
      const appended = new Promise<void>((resolve) => (begun = resolve));
      const writing = store.write(async (tx) => {
        await tx.events.append({ type: 'request-created', request: slow.id });
        begun();
        await held;
      });
      await appended;
      await store.write((tx) => tx.events.append({ type: 'request-created', request: quick.id }));
      const early = await store.events.after(cursor, 10);
      assert.deepEqual(early.events, [], 'the later one waits for the earlier one');
      cursor = early.cursor;
      const waited = store.events.wait(10);
      finish();
      await writing;
      await waited;
      const late = await store.events.after(cursor, 10);
      assert.deepEqual(
        late.events.map((one) => one.request),
        [slow.id, quick.id],
      );
      assert.deepEqual((await store.events.after(late.cursor, 10)).events, []);
    });

    it('do not wait for a long transaction in another database of the server', async () => {
      const other = new Client({ connectionString: await freshDatabase() });
      await other.connect();
      try {
        await other.query('begin');
        await other.query('select pg_current_xact_id()');
        const cursor = await toTheEnd();
        const { id } = await request();
        await store.write((tx) => tx.events.append({ type: 'request-created', request: id }));
        assert.deepEqual(
          (await store.events.after(cursor, 10)).events.map((one) => one.request),
          [id],
        );
      } finally {
        await other.end();
      }
    });

    it('reach a reader once each and in one order, while many write', async () => {
      let cursor = await toTheEnd();
      const requests = await Promise.all(Array.from({ length: 8 }, () => request()));
      const written: number[] = [];
      let writing = true;
      const writers = requests.map(async ({ id }, n) => {
        for (let turn = 0; turn < 25; turn++) {
          await store.write(async (tx) => {
            if (n % 2 === 0) await tx.requests.lock(requests[0]!.id);
            const { id: number } = await tx.events.append({ type: 'request-created', request: id });
            if (turn % 5 === n % 5) await sleep(3);
            written.push(number);
          });
        }
      });
      const all = Promise.all(writers).then(() => (writing = false));
      const read: number[] = [];
      const byRequest = new Map<string, number[]>();
      for (;;) {
        const last = !writing;
        const batch = await store.events.after(cursor, 7);
        cursor = batch.cursor;
        for (const event of batch.events) {
          read.push(event.id);
          byRequest.set(event.request!, [...(byRequest.get(event.request!) ?? []), event.id]);
        }
        if (last && batch.events.length === 0) break;
      }
      await all;
      assert.equal(read.length, 200);
      assert.deepEqual(new Set(read), new Set(written));
      for (const ids of byRequest.values())
        assert.deepEqual(
          ids,
          ids.toSorted((a, b) => a - b),
        );
    });

    it('carry their data, are found by number and request, and can never be changed', async () => {
      const { id } = await request();
      const event = await store.write((tx) =>
        tx.events.append({
          type: 'request-rejected',
          request: id,
          actor: 'quinn',
          front: 'jira',
          reason: 'no \0',
        }),
      );
      assert.deepEqual(await store.events.get(event.id), event);
      assert.deepEqual(
        { ...event, id: 0, at: 0 },
        {
          type: 'request-rejected',
          request: id,
          actor: 'quinn',
          front: 'jira',
          reason: 'no \ufffd',
          id: 0,
          at: 0,
        },
      );
      assert.deepEqual(await store.events.ofRequest(id, ['request-rejected']), [event]);
      assert.deepEqual(await store.events.ofRequest(id, ['request-approved']), []);
      for (const sql of [
        'update freshet.events set actor = null',
        'delete from freshet.events',
        'truncate freshet.events cascade',
      ]) {
        await assert.rejects(administer(database, sql), /append-only/);
      }
      await assert.rejects(store.events.after('1; drop', 1), (error) => isFreshetError(error, 'Input'));
    });

    it('wake who waits, and let it go after its time or its signal', async () => {
      await store.events.wait(0.2);
      const { id } = await request();
      const begin = Date.now();
      const waiting = store.events.wait(10);
      await store.write((tx) => tx.events.append({ type: 'request-created', request: id }));
      await waiting;
      assert.ok(Date.now() - begin < 2_000);
      const stop = new AbortController();
      setTimeout(() => stop.abort(), 50);
      await store.events.wait(10, stop.signal);
      assert.ok(Date.now() - begin < 4_000);
    });

    async function toTheEnd(): Promise<string | undefined> {
      let cursor: string | undefined;
      for (;;) {
        const batch = await store.events.after(cursor, 1000);
        if (batch.events.length === 0) return cursor;
        cursor = batch.cursor;
      }
    }
  });
});
