import assert from 'node:assert/strict';
import type { RequestId } from '../../../../src/domain/ids.ts';
import type { Front } from '../../../../src/domain/person.ts';
import type { Site } from '../../../../src/domain/site.ts';
import { openPaper, type Paper } from '../../../house-of-paper.ts';

/** QA says yes twice on uat; operators may after four hours. It waits for a day. */
function staged(site: Site): Site {
  const approval = {
    stages: [{ name: 'QA', roles: ['qa-manager'], quorum: 2 }],
    fallback: { roles: ['operator'], afterSeconds: 14_400 },
  };
  const uat = { ...site.environments['uat']!, approvalSeconds: 86_400, approval };
  return { ...site, environments: { ...site.environments, uat } };
}

describe('who decides in the place of others', function () {
  this.timeout(60_000);
  let paper: Paper;
  beforeEach(async () => {
    paper = await openPaper(staged);
  });
  afterEach(() => paper.close());

  async function ask(who = 'dana', startAt?: Date): Promise<RequestId> {
    await paper.backup();
    const { id } = await paper.service.requestRefresh(paper.actor(who), {
      environment: 'uat',
      databases: [{ database: 'orders' }],
      reason: '',
      ...(startAt === undefined ? {} : { startAt }),
    });
    return id;
  }

  const approve = (id: RequestId, who: string, front: Front = 'slack') =>
    paper.service.decide(paper.actor(who, front), { request: id, decision: 'approved' });
  const lend = (from: string, to: string, until = 'tomorrow 23:59') =>
    paper.service.delegate(paper.actor(from), { to, until });

  it('a delegate over whichever front, recorded as said for the other; both count once', async () => {
    const id = await ask();
    await assert.rejects(approve(id, 'otto'), { code: 'approval-not-allowed' });
    await lend('quinn', '@Otto');
    assert.deepEqual((await paper.service.view(id)).approvers.map((person) => person.id).toSorted(), [
      'otto',
      'quinn',
      'rosa',
    ]);
    await approve(id, 'otto', 'jira');
    const [given] = await paper.store.events.ofRequest(id, ['approval-given']);
    assert.equal(given?.type === 'approval-given' && given.for, 'quinn');
    await assert.rejects(approve(id, 'quinn'), { code: 'approval-counted' });
    await assert.rejects(approve(id, 'otto'), { code: 'approval-counted' });
    assert.equal((await approve(id, 'rosa')).state, 'running');
    const approvals = await paper.store.approvals.of(id);
    assert.deepEqual(
      approvals.map(({ by, for: principal }) => [by, principal]),
      [
        ['otto', 'quinn'],
        ['rosa', undefined],
      ],
    );
  });

  it('never for their own request, nor for that of who gave it', async () => {
    await lend('quinn', 'dana');
    await assert.rejects(approve(await ask('dana'), 'dana'), { code: 'approval-own-request' });
    await assert.rejects(approve(await ask('quinn'), 'dana'), { code: 'approval-not-allowed' });
  });

  it('not any more when it was taken back or is over; what was said before counts on', async () => {
    const startAt = new Date(paper.deps.now().getTime() + 3_600_000);
    const id = await ask('dana', startAt);
    await lend('quinn', 'otto');
    await approve(id, 'otto');
    await paper.service.endDelegation(paper.actor('quinn'));
    await assert.rejects(paper.service.endDelegation(paper.actor('quinn')), { code: 'delegate-none' });
    assert.equal((await approve(id, 'rosa')).state, 'approved');
    paper.pass(3601);
    assert.equal(await paper.service.dispatch(id), 'started');
    await paper.drain();
    const other = await ask();
    await assert.rejects(approve(other, 'otto'), { code: 'approval-not-allowed' });
  });

  it('not by a right that was taken back in the moment before, however it was read', async () => {
    const id = await ask();
    await lend('quinn', 'otto');
    const { store, service } = paper;
    const write = store.write.bind(store);
    // All that is read before the request is locked has been read by then.
    store.write = async (work) => {
      store.write = write;
      await service.endDelegation(paper.actor('quinn'));
      return write(work);
    };
    await assert.rejects(approve(id, 'otto'), { code: 'approval-not-allowed' });
    assert.deepEqual(await store.approvals.of(id), []);
  });

  it('one at a time of each person: of two in the same moment one is refused', async () => {
    const { store } = paper;
    const write = store.write.bind(store);
    let arrived = 0;
    let go: () => void = () => undefined;
    const both = new Promise<void>((resolve) => (go = resolve));
    // Each has ended what there was before the other gives.
    store.write = (work) =>
      write((tx) => {
        const end: typeof tx.delegations.end = async (...what) => {
          const ended = await tx.delegations.end(...what);
          if (++arrived === 2) go();
          await both;
          return ended;
        };
        return work({ ...tx, delegations: { ...tx.delegations, end } });
      });
    const given = await Promise.allSettled([lend('quinn', 'otto'), lend('quinn', 'rosa')]);
    store.write = write;
    const refused = given.flatMap((one) =>
      one.status === 'rejected' ? [one.reason as { code: string }] : [],
    );
    assert.deepEqual(
      refused.map(({ code }) => code),
      ['delegate-meanwhile'],
    );
    const to = given[0].status === 'fulfilled' ? 'otto' : 'rosa';
    assert.equal((await paper.service.delegationsOf(paper.actor('quinn'))).given?.to, to);
    const { events } = await store.events.after(undefined, 500);
    assert.equal(events.filter(({ type }) => type === 'right-delegated').length, 1);
  });

  it('only with a right of their own to give, to somebody who is known, until a moment ahead', async () => {
    await assert.rejects(lend('dana', 'otto'), { code: 'delegate-nothing' });
    await assert.rejects(lend('quinn', 'oto'), { code: 'delegate-unknown', hint: /"otto"/ });
    await assert.rejects(lend('quinn', 'quinn'), { code: 'delegate-unknown' });
    // Whoever has no account of Slack's is not meant by every name that nobody has.
    const { slackUserId: _, ...withoutSlack } = paper.site.people['dana']!;
    Object.assign(paper.site, { people: { ...paper.site.people, dana: withoutSlack } });
    await assert.rejects(lend('quinn', 'Quinn Miller'), { code: 'delegate-unknown' });
    await assert.rejects(lend('quinn', 'the site'), { code: 'delegate-unknown' });
    for (const [until, message] of [
      ['whenever', /^"whenever" is no moment until which to give it; expected a time/],
      ['2020-01-01 18:00', /^"2020-01-01 18:00" is past; expected/],
      ['2099-01-01 18:00', /^"2099-01-01 18:00" is too far ahead; expected .* at most 30 days ahead\.$/],
    ] as const)
      await assert.rejects(lend('quinn', 'otto', until), { code: 'delegate-until', message });
    // What was given to Otto is not his to give.
    await lend('quinn', 'otto');
    await assert.rejects(lend('otto', 'dana'), { code: 'delegate-nothing' });
    await lend('quinn', 'rosa');
    const { given } = await paper.service.delegationsOf(paper.actor('quinn'));
    assert.equal(given?.to, 'rosa');
    assert.deepEqual((await paper.service.delegationsOf(paper.actor('otto'))).held, []);
  });

  it('the fallback when nobody has for its time, and is told once', async () => {
    const id = await ask();
    await assert.rejects(approve(id, 'otto'), { code: 'approval-not-allowed' });
    paper.pass(14_400);
    await paper.service.reconcile();
    await paper.service.reconcile();
    const told = await paper.store.events.ofRequest(id, ['fallback-opened', 'approver-reminded']);
    assert.deepEqual(
      told.map((event) => (event.type === 'approver-reminded' ? event.to : event.type)),
      ['fallback-opened', 'otto'],
    );
    await approve(id, 'otto');
    assert.equal((await approve(id, 'quinn')).state, 'running');
    const [first] = await paper.store.approvals.of(id);
    assert.deepEqual([first?.by, first?.fallback], ['otto', true]);
  });
});
