import assert from 'node:assert/strict';
import type { Link } from '../../src/domain/link.ts';
import { administer } from '../postgres.ts';
import { freshStore, soon, type Stored } from './stored.ts';
import { untilHolds } from '../until.ts';

describe('Store: links, delegations and reminders', function () {
  let stored: Stored;

  before(async () => {
    stored = await freshStore();
  });
  after(() => stored?.store.close());

  const link = (person: string, account: string): Link => ({
    person,
    front: 'jira',
    account,
    name: account,
    at: new Date(),
  });

  it('a reminder is sent once in a wait, by whichever of many; a new wait has its own', async () => {
    const { store } = stored;
    const { id } = await stored.request();
    const since = soon(-60);
    const send = (from: Date) =>
      store.write((tx) => tx.reminders.send({ request: id, since: from, reminder: 'fallback' }, new Date()));
    const sent = await Promise.all(Array.from({ length: 8 }, () => send(since)));
    assert.equal(sent.filter((one) => one).length, 1);
    assert.equal(await send(soon(0)), true);
    const kept = await store.reminders.sent([id]);
    assert.deepEqual(
      kept.map(({ request, reminder }) => [request, reminder]),
      [
        [id, 'fallback'],
        [id, 'fallback'],
      ],
    );
    assert.deepEqual(await store.reminders.sent([]), []);
  });

  it("an account is one person's, and a person has one", async () => {
    const { store } = stored;
    const add = (one: Link) => store.write((tx) => tx.links.add(one));
    const added = await Promise.all(['ann', 'bob', 'cid'].map((person) => add(link(person, 'shared'))));
    assert.equal(added.filter((one) => one).length, 1);
    const [kept] = await store.links.all();
    assert.equal(await add(link(kept!.person, 'another')), false);
    assert.deepEqual(await store.write((tx) => tx.links.remove(kept!.person, 'jira')), kept);
    assert.equal(await store.write((tx) => tx.links.remove(kept!.person, 'jira')), undefined);
  });

  it('of codes the newest is waited for, until somebody writes it or it ends', async () => {
    const { store } = stored;
    const limit = { most: 3, since: soon(-600) };
    const make = (hash: string) =>
      store.write((tx) =>
        tx.links.makeCode(
          { person: 'ann', front: 'jira', hash, madeAt: new Date(), expiresAt: soon(600) },
          limit,
        ),
      );
    const first = await make('one');
    const second = await make('two');
    const { code } = await store.write(async (tx) => ({ code: await tx.links.codeByHash('one') }));
    assert.equal(code?.number, first?.number);
    assert.ok(code?.endedAt !== undefined);
    assert.deepEqual(await store.links.awaited('jira', new Date()), second?.madeAt);
    assert.equal(await store.links.awaited('jira', soon(601)), undefined);
    await store.write((tx) => tx.links.found(second!.number, { account: 'a', name: 'A' }));
    assert.equal(await store.links.awaited('jira', new Date()), undefined);
    await make('three');
    assert.equal(await make('four'), undefined);
  });

  it('of a person one delegation stands, and none when its time is over', async () => {
    const { store } = stored;
    const give = (to: string, until: Date) =>
      store.write(async (tx) => {
        await tx.delegations.end('ann', new Date());
        await tx.delegations.add({ from: 'ann', to, since: soon(-1), until });
      });
    await give('bob', soon(60));
    await give('cid', soon(60));
    assert.deepEqual(
      (await store.delegations.inForce(new Date())).map(({ to }) => to),
      ['cid'],
    );
    assert.deepEqual(await store.delegations.inForce(soon(61)), []);
    const twice = store.write((tx) =>
      tx.delegations.add({ from: 'ann', to: 'dan', since: soon(0), until: soon(60) }),
    );
    assert.equal(await twice, false);
    assert.equal((await store.write((tx) => tx.delegations.end('ann', new Date())))?.to, 'cid');
    assert.equal(await store.write((tx) => tx.delegations.end('ann', new Date())), undefined);
    const since = soon(0);
    await store.write((tx) => tx.delegations.add({ from: 'ann', to: 'bob', since, until: soon(60) }));
    assert.equal(await store.write((tx) => tx.delegations.end('ann', new Date(), soon(-5))), undefined);
    assert.equal((await store.write((tx) => tx.delegations.end('ann', new Date(), since)))?.to, 'bob');
  });

  it('of two delegations of one person in the same moment one stands, and the other is known not to', async () => {
    const { store } = stored;
    let arrived = 0;
    let go: () => void = () => undefined;
    const both = new Promise<void>((resolve) => (go = resolve));
    const give = (to: string) =>
      store.write(async (tx) => {
        await tx.delegations.end('eve', new Date());
        // Each has seen that there is none.
        if (++arrived === 2) go();
        await both;
        return tx.delegations.add({ from: 'eve', to, since: soon(-1), until: soon(60) });
      });
    const added = await Promise.all([give('bob'), give('cid')]);
    assert.deepEqual(added.toSorted(), [false, true]);
    const stand = (await store.delegations.inForce(new Date())).filter(({ from }) => from === 'eve');
    assert.deepEqual(
      stand.map(({ to }) => to),
      [added[0] ? 'bob' : 'cid'],
    );
  });

  it('a delegation that a transaction goes by ends after it, and one that ends is waited for', async () => {
    const { store, database } = stored;
    const give = () =>
      store.write((tx) => tx.delegations.add({ from: 'fay', to: 'bob', since: soon(-1), until: soon(60) }));
    const ofFay = (all: readonly { from: string }[]) => all.filter(({ from }) => from === 'fay').length;
    const somebodyWaits = async () => {
      const sql = `select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
      return (await administer(database, sql))[0]!['n'] === 1;
    };
    const ended: string[] = [];
    await give();
    await store.write(async (tx) => {
      assert.equal(ofFay(await tx.delegations.inForce(new Date())), 1);
      void store.write((other) => other.delegations.end('fay', new Date())).then(() => ended.push('it'));
      await untilHolds(somebodyWaits);
      assert.deepEqual(ended, []);
    });
    await untilHolds(() => ended.length === 1);
    await give();
    let seen: Promise<number> | undefined;
    await store.write(async (tx) => {
      await tx.delegations.end('fay', new Date());
      seen = store.write(async (other) => ofFay(await other.delegations.inForce(new Date())));
      await untilHolds(somebodyWaits);
    });
    assert.equal(await seen, 0);
  });
});
