import assert from 'node:assert/strict';
import type { Request } from '../../../../src/domain/request.ts';
import { openPaper, type Paper } from '../../../house-of-paper.ts';

/** More than any page that is read at once. */
const crowd = 1100;

describe('whose turn it is on a target', function () {
  this.timeout(180_000);
  let paper: Paper;
  let looked: string[];
  beforeEach(async () => {
    paper = await openPaper();
    await paper.backup();
    await paper.backup({ database: 'billing' });
    looked = [];
    const { events } = paper.store;
    const ofRequest = events.ofRequest.bind(events);
    events.ofRequest = (id, types) => {
      looked.push(id);
      return ofRequest(id, types);
    };
  });
  afterEach(() => paper.close());

  const stateOf = async ({ id }: Request) => (await paper.store.requests.get(id))!.state;
  const wish = (databases: string[]) => ({
    environment: 'ci',
    databases: databases.map((database) => ({ database })),
    reason: '',
  });

  function ask(person: string, ...databases: string[]): Promise<Request> {
    return paper.service.requestRefresh(paper.actor(person), wish(databases));
  }

  /** Approved requests that nobody has dispatched yet, in one go. */
  async function approved(count: number, person: string, ...databases: string[]): Promise<Request[]> {
    const { bound } = await paper.service.previewRefresh(paper.actor(person), wish(databases));
    const now = paper.deps.now();
    return paper.store.write(async (tx) => {
      const made: Request[] = [];
      for (let at = 0; at < count; at += 1) {
        const request = await tx.requests.create({
          kind: 'refresh',
          environment: 'ci',
          items: bound.items,
          reason: '',
          requestedBy: person,
          front: 'slack',
          state: 'approved',
          digest: bound.digest,
          terms: bound.terms,
          ...(bound.alignment === undefined ? {} : { alignment: bound.alignment }),
          needsApproval: false,
          createdAt: now,
          expiresAt: new Date(now.getTime() + 3_600_000),
        });
        const { id, digest } = request;
        await tx.approvals.add({ request: id, decision: 'approved', front: 'rule', digest, at: now });
        made.push(request);
      }
      return made;
    });
  }

  it('the oldest is started however many newer ones wait, and only the first in line of a taken target is looked at', async () => {
    const holder = await ask('dana', 'orders');
    const [oldest] = await approved(1, 'otto', 'billing');
    const waiting = await approved(crowd, 'otto', 'orders');
    looked = [];
    await paper.service.reconcile();
    assert.equal(await stateOf(oldest!), 'running');
    assert.deepEqual(looked, [oldest!.id, waiting[0]!.id]);
    await paper.drain();
    assert.equal(await stateOf(holder), 'succeeded');
    looked = [];
    await paper.service.reconcile();
    assert.equal(await stateOf(waiting[0]!), 'running');
    assert.deepEqual(looked, [waiting[0]!.id]);
  });

  it('one that wants a taken target as well does not hold up who wants only the other one', async () => {
    await ask('dana', 'orders');
    const [both] = await approved(1, 'otto', 'orders', 'billing');
    const [billing] = await approved(1, 'otto', 'billing');
    await paper.service.reconcile();
    assert.equal(await stateOf(both!), 'approved');
    assert.equal(await stateOf(billing!), 'running');
  });

  it('who comes when a target has just become free does not pass who waited', async () => {
    await ask('dana', 'orders');
    const [waited] = await approved(1, 'otto', 'orders');
    await paper.drain();
    const late = await ask('quinn', 'orders');
    assert.equal(await stateOf(waited!), 'running');
    assert.equal(await stateOf(late), 'approved');
  });

  it('tells whose run has the target now, not who had it when the wait began', async () => {
    await ask('dana', 'orders');
    const second = await ask('otto', 'orders');
    const third = await ask('quinn', 'orders');
    await paper.drain();
    await paper.service.reconcile();
    assert.equal((await paper.service.view(third.id)).behind, second.id);
    const told = await paper.store.events.ofRequest(third.id, ['request-waiting']);
    assert.equal(told.length, 1);
  });
});
