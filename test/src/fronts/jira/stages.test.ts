import assert from 'node:assert/strict';
import { ownedSite } from '../../../staged-site.ts';
import { eventually, openStage, quinn, rosa, type Stage } from './stage.ts';

const otto = '70121:otto';
const waiting = 'Waiting for approval';

describe('an approval in stages, in Jira', function () {
  this.timeout(120_000);
  let stage: Stage;
  before(async () => {
    stage = await openStage({ site: ownedSite });
  });
  after(() => stage.close());

  it('a yes that is not the last counts, the issue waits on with a comment that says what is needed, and the last one starts it', async () => {
    const { jira, paper } = stage;
    const { id } = await stage.ask();
    const key = await stage.issueOf(id);
    await stage.told();
    assert.match(
      jira.issue(key).description,
      /It takes several: QA: 0 of 2; then Data owner\. Until the last yes Freshet moves the issue back/,
    );
    jira.moveIssue(quinn, key, 'Approved');
    await eventually(
      async () => (await stage.events(id, 'approval-given')).length === 1,
      'the yes of Quinn counts',
    );
    await stage.told();
    await stage.shows(key, waiting);
    assert.match(
      stage.comments(key).at(-1)!,
      /A yes by Quinn in Jira, for “QA”[^]*QA: 1 of 2, by Quinn; then Data owner\. Until then the issue waits/,
    );
    assert.match(jira.issue(key).description, /QA: 1 of 2, by Quinn; then Data owner[^]*Rosa can approve it/);

    jira.moveIssue(quinn, key, 'Approved');
    await eventually(
      async () => (await stage.events(id, 'decision-refused')).length === 1,
      'the second yes of Quinn is refused',
    );
    await stage.told();
    await stage.shows(key, waiting);
    assert.match(stage.comments(key).at(-1)!, /The yes of Quinn to REQ-\d+ counts already/);

    await paper.service.decide(paper.actor('rosa'), { request: id, decision: 'approved' });
    await stage.told();
    assert.equal(await stage.state(id), 'pending');
    assert.match(
      stage.comments(key).at(-1)!,
      /A yes by Rosa in Slack[^]*QA: 2 of 2, by Quinn and Rosa; Data owner/,
    );
    jira.moveIssue(otto, key, 'Approved');
    await stage.reaches(id, 'running');
    await paper.drain();
    await stage.told();
    assert.equal(jira.issue(key).status, 'Done');
  });

  it('a no of whoever decides now ends it', async () => {
    const { jira } = stage;
    const { id } = await stage.ask();
    const key = await stage.issueOf(id);
    jira.moveIssue(quinn, key, 'Approved');
    await eventually(
      async () => (await stage.events(id, 'approval-given')).length === 1,
      'the yes of Quinn counts',
    );
    await stage.told();
    await stage.shows(key, waiting);
    jira.moveIssue(rosa, key, 'Rejected');
    await stage.reaches(id, 'rejected');
    await stage.told();
    assert.match(stage.comments(key).at(-1)!, /Rejected by Rosa/);
  });
});
