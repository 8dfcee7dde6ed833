import assert from 'node:assert/strict';
import { takingSite } from '../../../taking-site.ts';
import { openStage, quinn, type Stage } from './stage.ts';

describe('a backup that is taken, in Jira', function () {
  this.timeout(60_000);
  let stage: Stage;
  before(async () => {
    stage = await openStage({ site: takingSite });
  });
  after(() => stage.close());

  it('has an issue that says what is read, where it goes and that nothing is changed; and is told the backup', async () => {
    const { jira, paper } = stage;
    const wish = { environment: 'uat', databases: ['orders'] };
    const { id } = await paper.service.requestTake(paper.actor('otto'), wish, 'before the migration');
    const key = await stage.issueOf(id);
    await stage.told();
    const issue = jira.issue(key);
    assert.equal(issue.summary, 'Take a backup of orders on uat');
    assert.match(issue.description, /Backed up on UAT/);
    assert.match(issue.description, /orders_uat on server test-pg/);
    assert.match(issue.description, /Nothing is changed there/);
    assert.doesNotMatch(issue.description, /Overwritten|undo/);
    jira.moveIssue(quinn, key, 'Approved');
    await stage.reaches(id, 'running');
    await paper.drain();
    await stage.told();
    const comments = stage.comments(key).join('\n');
    assert.match(comments, /orders is backed up as BKP-1 in repository taken: 1\.2 GB, 100200 rows\./);
    assert.match(comments, /can be used all the time/);
    assert.doesNotMatch(comments, /swap/i);
  });
});
