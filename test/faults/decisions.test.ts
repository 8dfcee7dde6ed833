import assert from 'node:assert/strict';
import { isFreshetError } from '../../src/domain/errors.ts';
import type { Front } from '../../src/domain/person.ts';
import { openPaper, type Paper } from '../house-of-paper.ts';
import { assertFacts } from '../rig/request-facts.ts';
import { span } from './durations.ts';

const rounds = span(80, 200);

// On the real store and the real service; over the fronts' whole path it is done in messages-jira.ts.
describe(`decisions at once`, function () {
  this.timeout(900_000);
  let paper: Paper;

  before(async () => {
    paper = await openPaper();
  });
  after(() => paper?.close());
  afterEach(async () => {
    await assertFacts(paper.store, {
      isProtected: (environment) => environment === 'uat',
      isApprover: (person) => person === 'quinn' || person === 'rosa',
    });
  });

  it(`approve and reject, ${rounds} times: the first to commit counts, the other is told so, and nothing runs that was rejected`, async () => {
    await paper.backup();
    const won = { approved: 0, rejected: 0 };
    for (let round = 0; round < rounds; round += 1) {
      const request = await paper.service.requestRefresh(paper.actor('dana'), {
        environment: 'uat',
        databases: [{ database: 'orders' }],
        reason: `round ${round}`,
      });
      const decide = (person: string, front: Front, decision: 'approved' | 'rejected') =>
        paper.service.decide(paper.actor(person, front), { request: request.id, decision });
      const both = [() => decide('quinn', 'slack', 'approved'), () => decide('rosa', 'jira', 'rejected')];
      // Who calls first must not decide who wins.
      if (round % 2 === 1) both.reverse();
      const ends = await Promise.allSettled(both.map((one) => one()));
      const refused = ends.filter((end) => end.status === 'rejected').map((end) => end.reason as unknown);
      assert.equal(refused.length, 1, `${request.id}: exactly one counts`);
      assert.ok(isFreshetError(refused[0], 'Conflict'), String(refused[0]));
      const approvals = await paper.store.approvals.of(request.id);
      assert.equal(approvals.length, 1);
      const decision = approvals[0]!.decision;
      won[decision] += 1;
      const types = (await paper.store.events.ofRequest(request.id)).map(({ type }) => type);
      assert.equal(types.includes('request-approved'), decision === 'approved');
      assert.equal(types.includes('request-rejected'), decision === 'rejected');
      assert.ok(types.includes('decision-refused'));
      await paper.drain();
      const state = (await paper.store.requests.get(request.id))?.state;
      assert.equal(state, decision === 'approved' ? 'succeeded' : 'rejected');
      const ran = await paper.store.runs.ofRequest(request.id);
      assert.equal(ran !== undefined, decision === 'approved');
    }
    assert.ok(won.approved > 0 && won.rejected > 0, `both won now and then: ${JSON.stringify(won)}`);
  });

  it('cancel at the moment of the dispatch counts: what was said to be cancelled is never swapped', async () => {
    await paper.backup();
    let cancelled = 0;
    for (let round = 0; round < rounds / 4; round += 1) {
      const request = await paper.service.requestRefresh(paper.actor('dana'), {
        environment: 'uat',
        databases: [{ database: 'orders' }],
        reason: `moment ${round}`,
      });
      const before = paper.engine.performed.length;
      const [approved, ended] = await Promise.allSettled([
        paper.service.decide(paper.actor('quinn'), { request: request.id, decision: 'approved' }),
        // At another moment in each round, from before the approval to after the start.
        new Promise((resolve) => setTimeout(resolve, round % 10)).then(() =>
          paper.service.cancel(paper.actor('dana'), request.id),
        ),
      ]);
      await paper.drain();
      const state = (await paper.store.requests.get(request.id))?.state;
      assert.equal(ended.status, 'fulfilled', String(ended.status === 'rejected' && ended.reason));
      assert.equal(state, 'cancelled', `${request.id}, approved: ${approved.status}`);
      assert.ok(!paper.engine.performed.slice(before).includes('swap orders'));
      cancelled += 1;
    }
    assert.equal(cancelled, rounds / 4);
  });
});
