import assert from 'node:assert/strict';
import type { Link } from '../../src/domain/link.ts';
import { freshStore, soon, type Stored } from './stored.ts';

describe('Store: links, delegations and reminders', function () {
  this.timeout(30_000);
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
    await assert.rejects(twice, /delegations_one_of_person/);
    assert.equal((await store.write((tx) => tx.delegations.end('ann', new Date())))?.to, 'cid');
    assert.equal(await store.write((tx) => tx.delegations.end('ann', new Date())), undefined);
  });
});
