import assert from 'node:assert/strict';
import { eventually, openStage, quinn, rosa, type Stage } from './stage.ts';

describe('a held environment, in Jira', function () {
  this.timeout(120_000);
  let stage: Stage;
  before(async () => {
    stage = await openStage();
  });
  after(() => stage.close());

  it('the issue says what the request waits for; a no of the holder ends it, an approver’s is put back', async () => {
    const { jira, paper } = stage;
    const until = new Date(paper.deps.now().getTime() + 3_600_000);
    const wish = { environment: 'uat', until, reason: 'regression of release 12' };
    await paper.service.placeHold(paper.actor('quinn'), wish);
    const { id } = await stage.ask();
    const key = await stage.issueOf(id);
    await stage.told();
    jira.moveIssue(rosa, key, 'Approved');
    await eventually(async () => (await stage.events(id, 'request-held')).length === 1, 'it is held');
    await stage.told();
    assert.match(
      stage.comments(key).join('\n'),
      /Approved, and it waits: uat is held by Quinn until .*: regression of release 12\. The holder is asked/,
    );
    await stage.shows(key, 'Approved');

    jira.moveIssue(rosa, key, 'Waiting for approval');
    jira.moveIssue(rosa, key, 'Rejected');
    await eventually(
      async () =>
        (await stage.events(id, 'decision-refused')).some(
          (event) => event.type === 'decision-refused' && event.code === 'hold-not-yours',
        ),
      'the no of Rosa is refused',
    );
    await stage.told();
    await stage.shows(key, 'Approved');

    jira.moveIssue(quinn, key, 'Waiting for approval');
    jira.moveIssue(quinn, key, 'Rejected');
    await eventually(
      async () => (await paper.store.requests.get(id))?.state === 'rejected',
      'the no of Quinn counts',
    );
    await stage.told();
    await stage.shows(key, 'Rejected');
    assert.match(stage.comments(key).join('\n'), /Rejected by Quinn in Jira, who holds uat/);
  });
});
