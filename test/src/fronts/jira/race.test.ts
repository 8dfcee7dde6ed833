import assert from 'node:assert/strict';
import { isFreshetError } from '../../../../src/domain/errors.ts';
import { eventually, openStage, quinn, rosa, type Stage } from './stage.ts';

describe('Jira and another front at the same moment', () => {
  let stage: Stage;
  before(async function () {
    stage = await openStage({ deps: { pace: { cardSeconds: 0 } } });
  });
  after(() => stage.close());

  it('approve here and reject there, 50 times: one decision each, and both sides show it', async function () {
    this.timeout(60_000);
    const { paper, jira } = stage;
    const requests = [];
    for (let i = 0; i < 50; i++) requests.push(await stage.ask());
    const keys = await Promise.all(requests.map(({ id }) => stage.issueOf(id)));
    await stage.told();
    await Promise.all(
      requests.map(async ({ id }, i) => {
        const inJira = () =>
          void jira.moveIssue(i % 2 === 0 ? quinn : rosa, keys[i]!, i % 3 === 0 ? 'Rejected' : 'Approved');
        const inSlack = () =>
          paper.service
            .decide(paper.actor(i % 2 === 0 ? 'rosa' : 'quinn', 'slack'), {
              request: id,
              decision: i % 3 === 0 ? 'approved' : 'rejected',
            })
            .catch((error: unknown) => assert.ok(isFreshetError(error, 'Conflict')));
        inJira();
        // Sometimes the webhook is well on its way before the other front speaks.
        if (i % 2 === 0) await new Promise((resolve) => setTimeout(resolve, i * 3));
        await inSlack();
      }),
    );
    for (const { id } of requests) {
      await eventually(async () => (await stage.state(id)) !== 'pending', `${id} is decided`, undefined, 20);
    }
    await stage.told();
    let rejected = 0;
    for (const [i, { id }] of requests.entries()) {
      const decisions = await paper.store.approvals.of(id);
      assert.equal(decisions.length, 1, `${id} has ${decisions.length} decisions`);
      if (decisions[0]!.decision === 'rejected') rejected++;
      const sides = { request: await stage.state(id), issue: () => jira.issue(keys[i]!).status };
      const no = decisions[0]!.decision === 'rejected';
      // There is one target: the others wait behind the first.
      assert.ok((no ? ['rejected'] : ['approved', 'running']).includes(sides.request!), sides.request);
      const fine = no ? ['Rejected'] : ['Approved', 'In progress'];
      await eventually(
        () => Promise.resolve(fine.includes(sides.issue())),
        `${keys[i]} shows ${fine.join(' or ')}`,
      );
    }
    assert.ok(rejected > 0 && rejected < 50, `${rejected} of 50 rejected`);
    await stage.told();
  });
});
