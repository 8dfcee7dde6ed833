import assert from 'node:assert/strict';
import type { RequestId } from '../../src/domain/ids.ts';
import { until } from '../until.ts';
import { freshStore, newRun, soon, type Stored } from './stored.ts';

describe('Store: outbox and inbox', function () {
  let store: Stored['store'];
  let request: Stored['request'];

  before(async () => {
    ({ store, request } = await freshStore());
  });
  after(() => store?.close());

  describe('outbox', () => {
    it('keeps the order per front and request, through failures and leases; requests do not wait for one another', async () => {
      const [one, two] = [await request(), await request()];
      const front = `f-${newRun()}`;
      const tell = (id: RequestId, ...kinds: string[]) =>
        store.write((tx) =>
          tx.events.append(
            { type: 'request-created', request: id },
            kinds.map((kind) => ({ front, kind })),
          ),
        );
      await tell(one.id, 'a', 'b');
      await tell(two.id, 'x');
      await tell(one.id, 'c');
      const take = async (leaseSeconds = 30) => {
        const effects = await store.outbox.take(front, 10, leaseSeconds);
        return effects.map((effect) => ({ id: effect.id, kind: effect.kind, attempts: effect.attempts }));
      };
      const first = await take();
      assert.deepEqual(
        first.map(({ kind }) => kind),
        ['a', 'x'],
      );
      assert.deepEqual(await take(), []);
      assert.equal((await store.outbox.lag(front)).waiting, 4);
      await store.outbox.later(first[0]!.id, soon(60), 'Slack is away');
      await store.outbox.done(first[1]!.id);
      assert.deepEqual(await take(), [], 'b waits for a, which is due later');
      await store.outbox.later(first[0]!.id, soon(-1), 'it is back');
      const second = await take(0.01);
      assert.deepEqual(
        second.map(({ kind, attempts }) => [kind, attempts]),
        [['a', 2]],
      );
      const third = await until('its holder is given up', async () => {
        const taken = await take();
        return taken.length > 0 && taken;
      });
      assert.deepEqual(
        third.map(({ kind, attempts }) => [kind, attempts]),
        [['a', 3]],
        'its holder died',
      );
      await store.outbox.dead(third[0]!.id, 'no such channel');
      const fourth = await take();
      assert.deepEqual(
        fourth.map(({ kind }) => kind),
        ['b'],
      );
      await store.outbox.done(fourth[0]!.id);
      const fifth = await take();
      assert.deepEqual(
        fifth.map(({ kind }) => kind),
        ['c'],
      );
      await store.outbox.done(fifth[0]!.id);
      assert.deepEqual(await store.outbox.lag(front), { waiting: 0 });
    });

    it('gives the card of a request before what is said about others, and never before what is its own', async () => {
      const [one, two] = [await request(), await request()];
      const front = `f-${newRun()}`;
      const tell = (id: RequestId, ...kinds: string[]) =>
        store.write((tx) =>
          tx.events.append(
            { type: 'request-created', request: id },
            kinds.map((kind) => ({ front, kind })),
          ),
        );
      await tell(one.id, 'thread', 'card');
      await tell(two.id, 'card', 'thread');
      const take = (limit: number) => store.outbox.take(front, limit, 30);
      const [first] = await take(1);
      assert.deepEqual([first?.request, first?.kind], [two.id, 'card']);
      await store.outbox.done(first!.id);
      assert.deepEqual(
        (await take(9)).map(({ request: of, kind }) => [of, kind]),
        [
          [one.id, 'thread'],
          [two.id, 'thread'],
        ],
      );
    });

    it('gives each effect to one of many takers, in order, also when they fail now and then', async () => {
      const front = `f-${newRun()}`;
      const requests = await Promise.all(Array.from({ length: 5 }, () => request()));
      for (let n = 0; n < 6; n++) {
        for (const { id } of requests) {
          await store.write((tx) =>
            tx.events.append({ type: 'request-created', request: id }, [{ front, kind: `k${n}` }]),
          );
        }
      }
      const sent = new Map<string, string[]>();
      let tries = 0;
      const taker = async () => {
        while ((await store.outbox.lag(front)).waiting > 0) {
          for (const effect of await store.outbox.take(front, 2, 30)) {
            tries += 1;
            if (tries % 4 === 0) {
              await store.outbox.later(effect.id, new Date(), 'try again');
              continue;
            }
            sent.set(effect.request!, [...(sent.get(effect.request!) ?? []), effect.kind]);
            await store.outbox.done(effect.id);
          }
        }
      };
      await Promise.all(Array.from({ length: 4 }, taker));
      for (const { id } of requests) assert.deepEqual(sent.get(id), ['k0', 'k1', 'k2', 'k3', 'k4', 'k5']);
    });
  });

  describe('inbox', () => {
    it('accepts one of fifty equal deliveries, as it came', async () => {
      const source = `s-${newRun()}`;
      const body = { text: 'with \0 and \ud800', list: [1, null] };
      const accepted = await Promise.all(
        Array.from({ length: 50 }, () => store.inbox.accept(source, 'k', body)),
      );
      assert.equal(accepted.filter(Boolean).length, 1);
      const [delivery, ...rest] = await store.inbox.take(source, 10, 30);
      assert.deepEqual(rest, []);
      assert.deepEqual(delivery!.body, body);
      await store.inbox.done(delivery!.id);
      assert.equal(await store.inbox.accept(source, 'k', body), false);
      assert.deepEqual(
        [
          await store.inbox.knows(source, 'k'),
          await store.inbox.knows(source, 'l'),
          await store.inbox.knows('x', 'k'),
        ],
        [true, false, false],
      );
      assert.deepEqual(await store.inbox.take(source, 10, 30), []);
      assert.ok((await store.inbox.forget(soon(1))) >= 1);
    });

    it('keeps one that was dealt with elsewhere: known, taken by nobody, and forgotten in its time', async () => {
      const source = `s-${newRun()}`;
      await store.inbox.settled(source, 'k', {});
      await store.inbox.settled(source, 'k', {});
      assert.equal(await store.inbox.accept(source, 'k', {}), false);
      assert.deepEqual(await store.inbox.take(source, 10, 30), []);
      assert.ok((await store.inbox.forget(soon(1))) >= 1);
      assert.equal(await store.inbox.knows(source, 'k'), false);
    });

    it('gives deliveries in order, back when their holder dies, later when told so', async () => {
      const source = `s-${newRun()}`;
      for (const key of ['a', 'b', 'c']) await store.inbox.accept(source, key, key);
      const [a] = await store.inbox.take(source, 1, 30);
      assert.equal(a!.body, 'a');
      const dying = await store.inbox.take(source, 9, 0.01);
      assert.deepEqual(
        dying.map((one) => one.body),
        ['b', 'c'],
      );
      await store.inbox.later(a!.id, soon(60), 'Jira is away');
      const again = await until('their holder is given up', async () => {
        const taken = await store.inbox.take(source, 9, 30);
        return taken.length > 0 && taken;
      });
      assert.deepEqual(
        again.map((one) => [one.body, one.attempts]),
        [
          ['b', 2],
          ['c', 2],
        ],
      );
      assert.deepEqual(await store.inbox.take(source, 9, 30), []);
    });
  });
});
