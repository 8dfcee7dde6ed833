import assert from 'node:assert/strict';
import { dana, openStage, quinn, type Stage } from './stage.ts';

describe('Jira: a request from its issue to its end', () => {
  let stage: Stage;
  beforeEach(async function () {
    this.timeout(30_000);
    stage = await openStage();
  });
  afterEach(() => stage.close());

  it('starts with the transition of an approver, and the issue is moved on to the end', async () => {
    const { paper, jira } = stage;
    const request = await stage.ask();
    const key = await stage.issueOf(request.id);
    assert.equal(jira.issue(key).status, 'Waiting for approval');
    jira.moveIssue(quinn, key, 'Approved');
    await stage.reaches(request.id, 'running');
    await stage.shows(key, 'In progress');
    await paper.drain();
    await stage.told();
    assert.equal(jira.issue(key).status, 'Done');
    assert.deepEqual(await stage.events(request.id, 'decision-refused', 'front-alert'), []);
    const [approval] = await paper.store.approvals.of(request.id);
    assert.equal(approval?.by, 'quinn');
    assert.equal(approval?.front, 'jira');
    assert.equal(jira.issues().length, 1);
  });

  it('moved by the requester: nothing starts, the bot says why and moves it back', async () => {
    const { jira } = stage;
    const request = await stage.ask();
    const key = await stage.issueOf(request.id);
    jira.moveIssue(dana, key, 'Approved');
    await stage.shows(key, 'Approved');
    await stage.shows(key, 'Waiting for approval');
    await stage.told();
    assert.equal(await stage.state(request.id), 'pending');
    assert.equal(stage.comments(key).filter((text) => /nobody approves an own request/.test(text)).length, 1);
  });
});
