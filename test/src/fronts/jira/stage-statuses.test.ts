import assert from 'node:assert/strict';
import { stageStatusIds, stagedWorkflow } from '../../../../src/sandbox/jira/workflow.ts';
import { ownedSite } from '../../../staged-site.ts';
import { automation, bot, eventually, openStage, quinn, rosa, type Stage } from './stage.ts';

const otto = '70121:otto';
const [withQa, withOwner] = ['With QA', 'With the data owner'];

for (const kind of ['cloud', 'data-center'] as const) {
  describe(`stages with statuses of their own, in Jira (${kind})`, function () {
    this.timeout(120_000);
    let stage: Stage;
    before(async () => {
      stage = await openStage({
        kind,
        workflow: stagedWorkflow(),
        site: (site) => {
          const owned = ownedSite(site);
          const stages = { QA: stageStatusIds.qa, 'Data owner': stageStatusIds.owner };
          return { ...owned, jira: { ...owned.jira, statuses: { ...owned.jira.statuses, stages } } };
        },
      });
    });
    after(() => stage.close());

    /** A request whose issue stands with QA. */
    async function asked() {
      const { id } = await stage.ask();
      const key = await stage.issueOf(id);
      await stage.shows(key, withQa);
      await stage.told();
      return { id, key };
    }
    const counts = (
      id: Parameters<Stage['events']>[0],
      type: 'approval-given' | 'decision-refused',
      n: number,
    ) => eventually(async () => (await stage.events(id, type)).length === n, `${n} times ${type}`);
    async function refusalOf(id: Parameters<Stage['events']>[0]) {
      const event = (await stage.events(id, 'decision-refused')).at(-1);
      return event?.type === 'decision-refused' ? event.code : undefined;
    }

    it('the issue is in the status of the open stage; moving it on is a yes, each counts once, and the last starts it', async () => {
      const { jira, paper } = stage;
      const { id, key } = await asked();
      assert.match(jira.issue(key).description, /“QA” has a status of its own: moving the issue on/);
      jira.moveIssue(quinn, key, withOwner);
      await counts(id, 'approval-given', 1);
      // QA takes two: it goes back to that stage.
      await stage.told();
      await stage.shows(key, withQa);
      jira.moveIssue(quinn, key, withOwner);
      await counts(id, 'decision-refused', 1);
      assert.equal(await refusalOf(id), 'approval-counted');
      await stage.told();
      await stage.shows(key, withQa);
      jira.moveIssue(rosa, key, withOwner);
      await counts(id, 'approval-given', 2);
      await stage.told();
      assert.equal(jira.issue(key).status, withOwner);
      jira.moveIssue(otto, key, 'Approved');
      await stage.reaches(id, 'running');
      await paper.drain();
      await stage.told();
      assert.equal(jira.issue(key).status, 'Done');
      const yeses = (await paper.service.view(id)).approvals.map(({ by, stage: name }) => `${by} ${name}`);
      assert.deepEqual(yeses, ['quinn QA', 'rosa QA', 'otto Data owner']);
    });

    it('yeses in Slack move it on', async () => {
      const { jira, paper } = stage;
      const { id, key } = await asked();
      for (const person of ['quinn', 'rosa'])
        await paper.service.decide(paper.actor(person), { request: id, decision: 'approved' });
      await stage.shows(key, withOwner);
      await assert.rejects(
        paper.service.decide(paper.actor('otto'), { request: id, decision: 'approved', stage: 'QA' }),
        { code: 'stage-passed' },
      );
      await paper.service.decide(paper.actor('otto'), { request: id, decision: 'approved' });
      await stage.told();
      const path = jira
        .issue(key)
        .history.filter(({ field }) => field === 'status')
        .map(({ to }) => to);
      assert.deepEqual(path, [withQa, withOwner, 'Approved', 'In progress']);
      await paper.drain();
    });

    it('who may not decide in the stage, and automation, are moved back and answered', async () => {
      const { jira } = stage;
      const { id, key } = await asked();
      jira.moveIssue(otto, key, withOwner);
      await counts(id, 'decision-refused', 1);
      assert.equal(await refusalOf(id), 'approval-other-stage');
      await stage.told();
      await stage.shows(key, withQa);
      assert.match(stage.comments(key).at(-1)!, /waits for "QA" now; Otto decides in "Data owner"/);
      jira.moveIssue(automation, key, withOwner);
      await counts(id, 'decision-refused', 2);
      assert.equal(await refusalOf(id), 'person-unknown');
      await stage.told();
      await stage.shows(key, withQa);
      assert.equal(await stage.state(id), 'pending');
    });

    it('a yes to a stage that was passed in the meantime is none for the next one', async () => {
      const { jira, paper } = stage;
      const { id, key } = await asked();
      // The move is not seen before the stage is over by yeses in Slack.
      const held = jira.holdWebhooks();
      const blocked = jira.faults.api({
        kind: 'error',
        status: 503,
        path: /^\/issue\//,
        accountId: bot,
        times: Infinity,
      });
      jira.moveIssue(otto, key, withOwner);
      jira.moveIssue(otto, key, withQa);
      jira.moveIssue(otto, key, withOwner);
      jira.moveIssue(otto, key, 'Approved');
      for (const person of ['quinn', 'rosa'])
        await paper.service.decide(paper.actor(person), { request: id, decision: 'approved' });
      blocked.off();
      held.release();
      await stage.reaches(id, 'running');
      await stage.told();
      const given = (await paper.service.view(id)).approvals.map(({ by, stage: name }) => `${by} ${name}`);
      // The first two moves, out of QA's status, count for nothing: only the one out of the owner's does.
      assert.deepEqual(given, ['quinn QA', 'rosa QA', 'otto Data owner']);
      await paper.drain();
      await stage.told();

      const second = await asked();
      const again = jira.holdWebhooks();
      const away = jira.faults.api({
        kind: 'error',
        status: 503,
        path: /^\/issue\//,
        accountId: bot,
        times: Infinity,
      });
      // Straight out of QA's status: said for QA, and not for the owner's stage that waits when it is seen.
      jira.moveIssue(otto, second.key, withOwner);
      jira.moveIssue(otto, second.key, withQa);
      for (const person of ['quinn', 'rosa'])
        await paper.service.decide(paper.actor(person), { request: second.id, decision: 'approved' });
      away.off();
      again.release();
      await stage.told();
      await stage.shows(second.key, withOwner);
      assert.equal(await stage.state(second.id), 'pending');
    });

    it('rejected from a stage is a no; back to waiting says nothing, and it is put back', async () => {
      const { jira } = stage;
      const { id, key } = await asked();
      jira.moveIssue(rosa, key, 'Waiting for approval');
      await stage.shows(key, withQa);
      assert.equal((await stage.events(id, 'decision-refused')).length, 0);
      jira.moveIssue(quinn, key, 'Rejected');
      await stage.reaches(id, 'rejected');
      await stage.told();
      assert.equal(jira.issue(key).status, 'Rejected');
    });
  });
}
