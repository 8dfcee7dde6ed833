import assert from 'node:assert/strict';
import type { RequestId } from '../../../../src/domain/ids.ts';
import type { Site } from '../../../../src/domain/site.ts';
import { createService } from '../../../../src/service/service.ts';
import { openPaper, type Paper } from '../../../house-of-paper.ts';

/** uat reminds after one and after four hours, at any hour; it waits for a day. */
function reminding(site: Site): Site {
  const uat = { ...site.environments['uat']!, approvalSeconds: 86_400 };
  return {
    ...site,
    environments: { ...site.environments, uat: { ...uat, reminding: { afterSeconds: [3600, 14_400] } } },
  };
}

describe('those who may decide', function () {
  this.timeout(60_000);
  let paper: Paper;
  before(async () => {
    paper = await openPaper(reminding);
  });
  after(() => paper.close());

  async function ask(): Promise<RequestId> {
    await paper.backup();
    const { id } = await paper.service.requestRefresh(paper.actor('dana'), {
      environment: 'uat',
      databases: [{ database: 'orders' }],
      reason: 'release 12',
    });
    return id;
  }

  /** Who was reminded, and of what, in order. */
  async function told(id: RequestId): Promise<string[]> {
    const events = await paper.store.events.ofRequest(id, [
      'approvers-reminded',
      'approver-reminded',
      'expiry-announced',
    ]);
    return events.map((event) =>
      event.type === 'approver-reminded'
        ? event.to
        : event.type === 'approvers-reminded'
          ? String(event.number)
          : 'last',
    );
  }

  it('are reminded once each time, by two processes and after a restart; the requester before it expires', async () => {
    const id = await ask();
    const other = createService({ ...paper.deps, worker: 'paper-2' });
    const both = () => Promise.all([paper.service.reconcile(), other.reconcile()]);
    await both();
    assert.deepEqual(await told(id), []);
    paper.pass(3600);
    await both();
    await both();
    assert.deepEqual(await told(id), ['1', 'quinn', 'rosa']);
    // Nobody was there at the second; what is missed is sent once.
    paper.pass(6 * 3600);
    await both();
    assert.deepEqual((await told(id)).slice(3), ['2', 'quinn', 'rosa']);
    paper.pass(15 * 3600);
    await both();
    await both();
    assert.deepEqual((await told(id)).slice(6), ['last']);
    paper.pass(3 * 3600);
    await both();
    assert.equal((await paper.store.requests.get(id))?.state, 'expired');
    assert.equal((await told(id)).length, 7);
  });

  it('are left in peace once it is decided', async () => {
    const id = await ask();
    await paper.service.decide(paper.actor('quinn'), { request: id, decision: 'rejected' });
    paper.pass(8 * 3600);
    await paper.service.reconcile();
    assert.deepEqual(await told(id), []);
  });

  it('are those of the stage that is open: who has said yes is not among them', async () => {
    const two = await openPaper((site) => {
      const changed = reminding(site);
      const uat = {
        ...changed.environments['uat']!,
        approval: { stages: [{ name: 'QA', roles: ['qa-manager'], quorum: 2 }] },
      };
      return { ...changed, environments: { ...changed.environments, uat } };
    });
    try {
      await two.backup();
      const { id } = await two.service.requestRefresh(two.actor('dana'), {
        environment: 'uat',
        databases: [{ database: 'orders' }],
        reason: '',
      });
      await two.service.decide(two.actor('quinn'), { request: id, decision: 'approved' });
      two.pass(3600);
      await two.service.reconcile();
      const events = await two.store.events.ofRequest(id, ['approver-reminded']);
      assert.deepEqual(
        events.map((event) => event.type === 'approver-reminded' && event.to),
        ['rosa'],
      );
    } finally {
      await two.close();
    }
  });
});

describe('holders', function () {
  this.timeout(60_000);
  let paper: Paper;
  before(async () => {
    paper = await openPaper(reminding);
    await paper.backup();
  });
  after(() => paper.close());

  it('who have not answered are asked again, each once, from when they were asked; and no more once they have', async () => {
    const wish = { environment: 'uat', reason: 'regression', until: new Date(Date.now() + 7 * 86_400_000) };
    await paper.service.placeHold(paper.actor('quinn'), wish);
    const { id } = await paper.service.requestRefresh(paper.actor('dana'), {
      environment: 'uat',
      databases: [{ database: 'orders' }],
      reason: '',
    });
    await paper.service.decide(paper.actor('rosa'), { request: id, decision: 'approved' });
    const other = createService({ ...paper.deps, worker: 'paper-2' });
    const both = () => Promise.all([paper.service.reconcile(), other.reconcile()]);
    const asked = async () =>
      (await paper.store.events.ofRequest(id, ['holder-reminded'])).map((event) =>
        event.type === 'holder-reminded' ? `${event.holder} ${event.number}` : '',
      );
    await both();
    assert.deepEqual(await asked(), []);
    paper.pass(3601);
    await both();
    assert.deepEqual(await asked(), ['quinn 1']);
    // Of what was missed only the newest.
    await paper.service.placeHold(paper.actor('otto'), {
      ...wish,
      until: new Date(Date.now() + 8 * 86_400_000),
    });
    paper.pass(4 * 3600);
    await both();
    await both();
    assert.deepEqual((await asked()).toSorted(), ['otto 2', 'quinn 1', 'quinn 2']);
    await paper.service.decide(paper.actor('quinn'), { request: id, decision: 'approved' });
    await paper.service.decide(paper.actor('otto'), { request: id, decision: 'approved' });
    paper.pass(86_400);
    await both();
    assert.equal((await asked()).length, 3);
  });
});
