import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { isFreshetError } from '../../src/domain/errors.ts';
import { administer, freshDatabase } from '../postgres.ts';
import { until } from '../until.ts';
import { freshStore, type Stored } from './stored.ts';

describe('Store: events', function () {
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
      assert.deepEqual(await read(cursor, 2), [slow.id, quick.id]);
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
        assert.deepEqual(await read(cursor, 1), [id]);
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
      const met: number[] = [];
      const byRequest = new Map<string, number[]>();
      const meetsAll = async () => {
        const last = !writing;
        const batch = await store.events.after(cursor, 7);
        cursor = batch.cursor;
        for (const event of batch.events) {
          met.push(event.id);
          byRequest.set(event.request!, [...(byRequest.get(event.request!) ?? []), event.id]);
        }
        return last && batch.events.length === 0 && met.length >= 200;
      };
      await until('all of them are met', meetsAll, 50, () => `${met.length}`, 0);
      await all;
      assert.equal(met.length, 200);
      assert.deepEqual(new Set(met), new Set(written));
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
      // It listens some time after it was first asked to wait.
      await until('somebody is woken', async () => {
        const woken = store.events.wait(600).then(() => true);
        await store.write((tx) => tx.events.append({ type: 'request-created', request: id }));
        return Promise.race([woken, sleep(1000, false)]);
      });
      const stop = new AbortController();
      const waiting = store.events.wait(600, stop.signal);
      stop.abort();
      await waiting;
    });

    /**
     * The requests of so many events behind the cursor, and of whatever else comes with them. What the server does for itself in
     * this database (it gathers statistics) keeps events back for a moment, as everybody else's transactions do.
     */
    async function read(from: string | undefined, many: number) {
      const requests: unknown[] = [];
      let cursor = from;
      await until(`${many} events`, async () => {
        const batch = await store.events.after(cursor, 10);
        cursor = batch.cursor;
        requests.push(...batch.events.map((one) => one.request));
        return batch.events.length === 0 && requests.length >= many;
      });
      return requests;
    }

    /** Behind all that has been written. */
    async function toTheEnd(): Promise<string | undefined> {
      const { id } = await request();
      const last = await store.write((tx) => tx.events.append({ type: 'request-created', request: id }));
      let cursor: string | undefined;
      await until('the last event', async () => {
        const batch = await store.events.after(cursor, 1000);
        cursor = batch.cursor;
        return batch.events.some((event) => event.id === last.id);
      });
      return cursor;
    }
  });
});
