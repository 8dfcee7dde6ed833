import assert from 'node:assert/strict';
import type { RequestId } from '../../../../src/domain/ids.ts';
import { takenApartText } from '../../../../src/domain/taken-apart.ts';
import type { UndoWish } from '../../../../src/service/asking/previews.ts';
import { openPaper, type Paper } from '../../../house-of-paper.ts';

describe('an undo of a part of what came together', () => {
  let paper: Paper;
  const day = (number: number) => ({ dataAt: new Date(Date.UTC(2026, 10, number)) });
  beforeEach(async () => {
    paper = await openPaper();
    for (const number of [1, 8])
      for (const database of ['orders', 'billing']) await paper.backup({ database, ...day(number) });
  });
  afterEach(() => paper.close());

  /** Both databases, of the first week's end the first time, and of the next after that. */
  async function refreshed(environment = 'ci'): Promise<RequestId> {
    const wish = paper.wish(environment, 'orders', 'billing');
    const asOf = day(asked++ === 0 ? 1 : 8).dataAt;
    const { id, state } = await paper.service.requestRefresh(paper.actor('dana'), { ...wish, asOf });
    if (state === 'pending')
      await paper.service.decide(paper.actor('quinn'), { request: id, decision: 'approved' });
    await paper.drain();
    assert.equal(await paper.stateOf(id), 'succeeded');
    return id;
  }
  let asked: number;
  beforeEach(() => (asked = 0));

  const ask = (what: UndoWish, person = 'dana') => paper.service.requestUndo(paper.actor(person), what, '');
  async function undone(what: UndoWish): Promise<RequestId> {
    const { id } = await ask(what);
    await paper.drain();
    assert.equal(await paper.stateOf(id), 'succeeded');
    return id;
  }
  const billing = (environment = 'ci') => ({ environment, database: 'billing' });
  const held = async (database: string) =>
    (await paper.store.swaps.latest('test-pg', `${database}_ci`))?.contents?.dataAt?.getUTCDate();

  it('says what stays, and how far apart that is', async () => {
    await refreshed();
    const id = await refreshed();
    const undo = await ask(billing());
    assert.deepEqual(undo.alignment?.members, [
      { database: 'orders', behindSeconds: 0, stays: true, left: true },
      { database: 'billing', behindSeconds: 7 * 86_400 },
    ]);
    assert.equal(
      takenApartText(undo),
      `Only billing is taken back: orders came with it in ${id} and stays as it is, so that what fitted together does so no longer.`,
    );
    const whole = await ask({ request: id });
    assert.equal(takenApartText(whole), undefined);
    assert.equal(whole.alignment?.skewSeconds, 0);
  });

  it('says so of a first refresh, too, before which nothing is known', async () => {
    await refreshed();
    assert.match(takenApartText(await ask(billing())) ?? '', /^Only billing is taken back/);
  });

  it('is never refused for how far apart the data lies, and leaves the rest to an undo of the whole', async () => {
    const ci = paper.site.environments['ci']! as { alignment: object };
    ci.alignment = { ...ci.alignment, beyond: 'refuse' };
    await refreshed();
    const id = await refreshed();
    await undone(billing());
    assert.deepEqual([await held('orders'), await held('billing')], [8, 1]);
    const rest = await undone({ request: id });
    const { items, ...request } = (await paper.store.requests.get(rest))!;
    assert.deepEqual(
      items.map(({ database }) => database),
      ['orders'],
    );
    assert.equal(takenApartText({ ...request, items }), undefined);
    assert.deepEqual([await held('orders'), await held('billing')], [1, 1]);
    await assert.rejects(() => ask({ request: id }), { code: 'undo-superseded' });
  });

  it('said once more of the same database brings the newer copy back, and the whole is whole again', async () => {
    await refreshed();
    const id = await refreshed();
    const first = await undone(billing());
    // Fronts show those anew whose copies were replaced, or made live again.
    assert.deepEqual(await paper.service.replacedBy(first), ['REQ-1', id]);
    const again = await undone(billing());
    assert.deepEqual(await paper.service.replacedBy(again), [id, first]);
    assert.equal((await paper.store.requests.get(again))?.undoes, first);
    assert.deepEqual([await held('orders'), await held('billing')], [8, 8]);
    // Orders' copy did not move, billing's has: what was taken back is live again, by a newer swap.
    await assert.rejects(() => ask({ request: id }), { code: 'undo-superseded', message: new RegExp(again) });
    const torn = await ask({ environment: 'ci', database: 'orders' });
    assert.match(takenApartText(torn) ?? '', /billing came with it/);
  });

  it('does not leave to the whole what something else is live on by now', async () => {
    const id = await refreshed();
    await refreshed();
    await assert.rejects(() => ask({ request: id }), { code: 'undo-superseded' });
  });

  it('is offered of what is left, where that can be undone', async () => {
    await refreshed();
    const id = await refreshed();
    const whole = async () => {
      const ci = (await paper.service.standings()).find(({ environment }) => environment.name === 'ci');
      return ci?.databases.map(({ standing }) => [standing?.swap.request, standing?.whole]);
    };
    assert.deepEqual(await whole(), [
      [id, true],
      [id, true],
    ]);
    const undo = await undone(billing());
    assert.deepEqual(await whole(), [
      [id, true],
      [undo, true],
    ]);
    await paper.ask('ci');
    await paper.drain();
    assert.equal((await whole())?.[1]?.[1], true);
  });

  it('loses its approval where it would tear what it was not said to', async () => {
    await refreshed('uat');
    await refreshed('uat');
    const decide = (request: RequestId) =>
      paper.service.decide(paper.actor('quinn'), { request, decision: 'approved' });
    const done = async (what: UndoWish) => {
      const { id } = await ask(what);
      await decide(id);
      await paper.drain();
      return id;
    };
    const orders = { environment: 'uat', database: 'orders' };
    await done(orders);
    const rest = await ask(billing('uat'));
    assert.equal(takenApartText(rest), undefined);
    // The newer copy of orders comes back in between: now billing would be torn from it.
    await done(orders);
    await assert.rejects(() => decide(rest.id), { code: 'approval-outdated' });
    const now = await paper.store.requests.get(rest.id);
    assert.match(takenApartText(now!) ?? '', /^Only billing is taken back/);
    const [revised] = await paper.store.events.ofRequest(rest.id, ['request-revised']);
    assert.match(
      revised?.type === 'request-revised' ? revised.why : '',
      /What stays in "uat" has changed since\. Only billing/,
    );
  });
});
