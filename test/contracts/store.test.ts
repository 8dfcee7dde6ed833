import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { Backup } from '../../src/domain/backup.ts';
import { isFreshetError } from '../../src/domain/errors.ts';
import { runIdFrom, type RequestId, type RunId } from '../../src/domain/ids.ts';
import type { Request, RequestState } from '../../src/domain/request.ts';
import type { Swap } from '../../src/domain/run.ts';
import { openStore } from '../../src/store/database.ts';
import type { Store } from '../../src/store/store.ts';
import { administer, freshDatabase } from '../postgres.ts';

const page = { limit: 100, offset: 0 };
const newRun = (): RunId => runIdFrom(randomBytes(5));
const soon = (seconds: number) => new Date(Date.now() + seconds * 1000);

describe('Store', function () {
  this.timeout(30_000);
  let store: Store;
  let database: string;

  before(async () => {
    database = await freshDatabase({ migrated: true });
    store = await openStore({ connectionString: database, maxConnections: 20 });
  });
  after(() => store?.close());

  function request(change: Partial<Request> = {}): Promise<Request> {
    return store.write((tx) =>
      tx.requests.create({
        kind: 'refresh',
        environment: 'uat',
        items: [item('orders')],
        reason: 'a test',
        requestedBy: 'ann',
        front: 'slack',
        state: 'pending',
        digest: 'd'.repeat(64),
        needsApproval: true,
        createdAt: new Date(),
        expiresAt: soon(3600),
        ...change,
      }),
    );
  }

  /** A run that has its targets; by default some that nobody else has. */
  async function running(
    targets = [`host/${newRun()}`],
  ): Promise<{ id: RunId; request: RequestId; fence: number }> {
    const { id: of } = await request({ state: 'approved' });
    const id = newRun();
    const made = await store.write((tx) =>
      tx.runs.create({ id, request: of, startedAt: new Date() }, targets),
    );
    assert.ok('run' in made);
    return { id, request: of, fence: made.run.fence };
  }

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
      assert.deepEqual(await listed({ on: { server: 'pg-uat', databaseName: environment } }), [
        [3, 2, 1, 0],
        4,
      ]);
      assert.deepEqual(await listed({ on: { server: 'other', databaseName: environment } }), [[], 0]);
      assert.deepEqual(await listed({ expiringBefore: new Date() }), [[3], 1]);
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
      await store.write((tx) => tx.requests.rebind(id, 'e'.repeat(64), [item('billing')], soon(50)));
      assert.deepEqual((await store.requests.get(id))!.items, [item('billing')]);
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
        store.write((tx) => tx.requests.rebind(id, 'f'.repeat(64), [item('billing')], soon(50))),
        (error) => isFreshetError(error, 'Conflict'),
      );
    });
  });

  describe('runs', () => {
    it('gives a target to one of many runs that want it at once; the others learn behind whom they are', async () => {
      const [a, b] = [`h/${newRun()}`, `h/${newRun()}`];
      const made = await Promise.all(
        Array.from({ length: 12 }, async (_, n) => {
          const { id: of } = await request({ state: 'approved' });
          const id = newRun();
          const targets = n % 2 ? [a, b] : [b, a];
          return {
            id,
            of,
            got: await store.write((tx) =>
              tx.runs.create({ id, request: of, startedAt: new Date() }, targets),
            ),
          };
        }),
      );
      const winners = made.filter(({ got }) => 'run' in got);
      assert.equal(winners.length, 1);
      for (const { id, got } of made) {
        if ('run' in got) continue;
        assert.equal(got.behind, winners[0]!.of);
        assert.equal(await store.runs.get(id), undefined);
      }
      await store.write((tx) => tx.runs.end(winners[0]!.id, new Date()));
      const [next] = made.filter(({ got }) => !('run' in got));
      const then = await store.write((tx) =>
        tx.runs.create({ id: next!.id, request: next!.of, startedAt: new Date() }, [a]),
      );
      assert.ok(
        'run' in then && then.run.fence > winners.map(({ got }) => ('run' in got ? got.run.fence : 0))[0]!,
      );
    });

    it('keeps the fence while the same worker renews, and raises it when another takes over', async () => {
      const { id, fence } = await running();
      const lease = (worker: string, now: Date) => store.write((tx) => tx.runs.lease(id, worker, now, 10));
      const begin = new Date();
      const first = (await lease('w1', begin))!;
      assert.ok(first.fence > fence);
      assert.equal((await lease('w1', new Date(begin.getTime() + 9_000)))!.fence, first.fence);
      assert.equal(await lease('w2', new Date(begin.getTime() + 10_000)), undefined);
      const taken = (await lease('w2', new Date(begin.getTime() + 19_000)))!;
      assert.ok(taken.fence > first.fence);
      // The first one was frozen and wakes: neither its clock nor its memory helps it.
      assert.equal(await lease('w1', new Date(begin.getTime() + 9_500)), undefined);
      // Its own lease that ended meanwhile, with nobody else: a new fence all the same.
      assert.ok((await lease('w2', new Date(begin.getTime() + 90_000)))!.fence > taken.fence);
      await store.write((tx) => tx.runs.yieldLease(id, 'w1'));
      assert.equal((await store.runs.get(id))!.worker, 'w2');
      await store.write((tx) => tx.runs.yieldLease(id, 'w2'));
      assert.ok((await lease('w1', begin))!.fence > taken.fence);
      await store.write((tx) => tx.runs.end(id, new Date()));
      assert.equal(await lease('w1', begin), undefined);
    });

    it('hands the lease to one of twenty workers that ask at once', async () => {
      const { id } = await running();
      const now = new Date();
      const got = await Promise.all(
        Array.from({ length: 20 }, (_, n) => store.write((tx) => tx.runs.lease(id, `w${n}`, now, 10))),
      );
      assert.equal(got.filter(Boolean).length, 1);
    });

    it('starts a further attempt with a clean sheet and the same targets, or tells who has them', async () => {
      const target = `h/${newRun()}`;
      const { id, fence } = await running([target]);
      await store.write(async (tx) => {
        await tx.runs.lease(id, 'w', new Date(), 10);
        await tx.runs.plan(id, { version: 1 });
        await tx.runs.requestCancel(id, new Date());
        await tx.runs.barrier(id, new Date());
        await tx.runs.step({
          run: id,
          step: 'a',
          attempt: 1,
          state: 'done',
          startedAt: new Date(),
          result: { oid: 1 },
        });
        await tx.runs.step({ run: id, step: 'b', attempt: 1, state: 'started', startedAt: soon(1) });
        await tx.runs.step({
          run: id,
          step: 'b',
          attempt: 1,
          state: 'failed',
          startedAt: soon(1),
          endedAt: soon(2),
        });
        await tx.runs.end(id, new Date());
      });
      assert.deepEqual(
        (await store.runs.steps(id)).map((one) => [one.step, one.state, one.result]),
        [
          ['a', 'done', { oid: 1 }],
          ['b', 'failed', undefined],
        ],
      );
      const other = await running([target]);
      const again = () => store.write((tx) => tx.runs.again(id, [target], new Date()));
      assert.deepEqual(await again(), { behind: other.request });
      await store.write((tx) => tx.runs.end(other.id, new Date()));
      const made = await again();
      assert.ok('run' in made);
      const { attempt, active, plan, cancelRequestedAt, barrierAt, endedAt, worker } = made.run;
      assert.deepEqual(
        { attempt, active, plan, cancelRequestedAt, barrierAt, endedAt, worker },
        {
          attempt: 2,
          active: true,
          plan: undefined,
          cancelRequestedAt: undefined,
          barrierAt: undefined,
          endedAt: undefined,
          worker: undefined,
        },
      );
      assert.ok(made.run.fence > fence);
      await store.write((tx) => tx.runs.forgetSteps(id, ['b']));
      assert.deepEqual(
        (await store.runs.steps(id)).map((one) => one.step),
        ['a'],
      );
      await assert.rejects(again(), (error) => isFreshetError(error, 'Conflict'));
    });

    it('finds active runs whose lease ended or that never had one', async () => {
      const [fresh, held, late] = [await running(), await running(), await running()];
      await store.write((tx) => tx.runs.lease(held.id, 'w', new Date(), 60));
      await store.write((tx) => tx.runs.lease(late.id, 'w', soon(-60), 30));
      const found = (await store.runs.active({ leaseExpiredAt: new Date() })).map((one) => one.id);
      assert.ok(found.includes(fresh.id) && found.includes(late.id) && !found.includes(held.id));
      assert.ok((await store.runs.active()).some((one) => one.id === held.id));
      assert.equal((await store.runs.ofRequest(held.request))!.id, held.id);
    });

    it('overwrites progress, newest wins', async () => {
      const { id: run } = await running();
      const say = (fraction: number, at: Date) =>
        store.progress({ run, step: 's', title: 'S', fraction, at });
      await say(0.5, soon(10));
      await say(0.4, soon(5));
      assert.equal((await store.runs.progress(run))!.fraction, 0.5);
      await say(0.6, soon(10));
      assert.equal((await store.runs.progress(run))!.fraction, 0.6);
    });
  });

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
      await store.outbox.later(first[0]!.id, soon(0.3), 'Slack is away');
      await store.outbox.done(first[1]!.id);
      assert.deepEqual(await take(), [], 'b waits for a, which is due later');
      await sleep(320);
      const second = await take(0.2);
      assert.deepEqual(
        second.map(({ kind, attempts }) => [kind, attempts]),
        [['a', 2]],
      );
      await sleep(250);
      const third = await take();
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
      assert.deepEqual(await store.inbox.take(source, 10, 30), []);
      assert.ok((await store.inbox.forget(soon(1))) >= 1);
    });

    it('gives deliveries in order, back when their holder dies, later when told so', async () => {
      const source = `s-${newRun()}`;
      for (const key of ['a', 'b', 'c']) await store.inbox.accept(source, key, key);
      const [a, b] = await store.inbox.take(source, 2, 0.2);
      assert.deepEqual([a!.body, b!.body], ['a', 'b']);
      assert.deepEqual(
        (await store.inbox.take(source, 9, 30)).map((one) => one.body),
        ['c'],
      );
      await store.inbox.later(a!.id, soon(60), 'Jira is away');
      await sleep(250);
      const again = await store.inbox.take(source, 9, 30);
      assert.deepEqual(
        again.map((one) => [one.body, one.attempts]),
        [['b', 2]],
      );
    });
  });

  describe('backups', () => {
    it('puts by repository and path, keeping number and first sight, without using up numbers', async () => {
      const repository = newRun();
      const first = await store.write((tx) =>
        tx.backups.put(backup({ repository, path: 'a', checksum: 'c', bytes: 6e9 })),
      );
      for (let scan = 0; scan < 5; scan++) {
        await store.write((tx) =>
          tx.backups.put(backup({ repository, path: 'a', foundAt: soon(99), state: 'missing' })),
        );
      }
      const again = (await store.backups.get(first.id))!;
      assert.deepEqual(
        [again.id, again.foundAt, again.state, again.checksum],
        [first.id, first.foundAt, 'missing', undefined],
      );
      const second = await store.write((tx) =>
        tx.backups.put(backup({ repository, path: 'b', derivedFrom: first.id })),
      );
      assert.equal(Number(second.id.slice(4)), Number(first.id.slice(4)) + 1);
      assert.equal(first.bytes, 6e9);
      assert.deepEqual(
        (await store.backups.ofRepository(repository)).map((one) => one.path),
        ['a', 'b'],
      );
      await store.write((tx) =>
        tx.backups.update(second.id, { state: 'corrupt', stateReason: 'cut short', derivedFrom: undefined }),
      );
      const { state, stateReason, derivedFrom } = (await store.backups.get(second.id))!;
      assert.deepEqual([state, stateReason, derivedFrom], ['corrupt', 'cut short', undefined]);
    });

    it('lists with filters by the moment of the data, and finds the newest that may be used', async () => {
      const repository = newRun();
      const database = `d-${repository}`;
      const at = (day: number) => new Date(Date.UTC(2026, 0, day));
      const put = (path: string, change: Partial<Backup>) =>
        store.write((tx) => tx.backups.put(backup({ repository, database, path, checksum: 'c', ...change })));
      await put('old', {
        dataAt: at(1),
        dataAtOrigin: 'archive-header',
        takenAt: at(20),
        anonymisation: 'declared',
      });
      await put('new', { dataAt: at(9), dataAtOrigin: 'archive-header', takenAt: at(10) });
      await put('file', { takenAt: at(5), anonymisation: 'declared', scope: 'subset' });
      await put('unread', { takenAt: at(11), checksum: undefined });
      await put('gone', { takenAt: at(12), state: 'missing', anonymisation: 'declared' });
      const paths = async (filter: object) => {
        const { backups, total } = await store.backups.list({ database, ...filter }, page);
        assert.equal(total, backups.length);
        return backups.map((one) => one.path).join(' ');
      };
      assert.equal(await paths({}), 'gone unread new file old');
      assert.equal(await paths({ since: at(9) }), 'gone unread new');
      assert.equal(await paths({ usable: true }), 'new file old');
      assert.equal(await paths({ usable: false }), 'gone unread');
      assert.equal(await paths({ anonymised: true, state: 'present' }), 'file old');
      assert.equal(await paths({ anonymised: false }), 'unread new');
      assert.equal(await paths({ scope: 'subset' }), 'file');
      assert.equal((await store.backups.newest(database, ['raw', 'declared']))!.path, 'new');
      assert.equal((await store.backups.newest(database, ['declared', 'proven']))!.path, 'file');
      assert.equal(await store.backups.newest(database, ['proven']), undefined);
      assert.deepEqual((await store.backups.list({ database }, { limit: 2, offset: 2 })).total, 5);
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
    await store.write((tx) => tx.swaps.remove(second.id, 'orders'));
    const latest = (await store.swaps.latest('pg-uat', databaseName))!;
    assert.deepEqual([latest.run, latest.supersededBy], [first.id, undefined]);
    const due = async () => (await store.swaps.dueForDrop(new Date())).some((one) => one.run === first.id);
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
    const got = await Promise.all(Array.from({ length: 10 }, (_, n) => store.lease(leader, `w${n}`, 0.3)));
    assert.equal(got.filter(Boolean).length, 1);
    const holder = `w${got.indexOf(true)}`;
    assert.equal(await store.lease(leader, holder, 0.3), true);
    assert.equal(await store.lease(leader, 'somebody', 0.3), false);
    await sleep(350);
    assert.equal(await store.lease(leader, 'somebody', 0.3), true);
    assert.equal(await store.lease(leader, holder, 0.3), false);

    assert.equal(await store.note(key), undefined);
    await store.setNote(key, { cursor: 5 });
    await store.setNote(key, { cursor: 6 });
    assert.deepEqual(await store.note(key), { cursor: 6 });
  });
});

function item(database: string) {
  return {
    database,
    server: 'pg-uat',
    databaseName: database,
    target: `uat-${database}`,
    state: 'waiting' as const,
  };
}

function backup(change: Partial<Backup>): Omit<Backup, 'id'> {
  return {
    database: 'orders',
    environment: 'production',
    repository: 'nightly',
    path: 'orders.dump',
    engine: 'postgres',
    format: 'pg-custom',
    dataAtOrigin: 'unknown',
    takenAt: new Date(),
    bytes: 1000,
    anonymisation: 'raw',
    scope: 'full',
    state: 'present',
    foundAt: new Date(),
    ...change,
  };
}
