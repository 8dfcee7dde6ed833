import assert from 'node:assert/strict';
import { provingSite } from '../../../proving-site.ts';
import { openStage, type Stage } from './stage.ts';

describe('a backup that is proven, in Jira', function () {
  this.timeout(60_000);
  let stage: Stage;
  before(async () => {
    stage = await openStage({ site: provingSite });
  });
  after(() => stage.close());

  it('has an issue that says what is restored where, and that nobody is touched; and is told how it went', async () => {
    const { jira, paper } = stage;
    const backup = await paper.backup();
    const { id } = await paper.service.requestProve(paper.actor('otto'), { backup: backup.id }, '');
    const key = await stage.issueOf(id);
    await paper.drain();
    await stage.told();
    const issue = jira.issue(key);
    assert.equal(issue.summary, `Prove ${backup.id} of orders from production`);
    assert.match(issue.description, /server proof-pg/);
    assert.match(issue.description, /verified, and dropped again/);
    assert.doesNotMatch(issue.description, /Overwritten|undo/);
    const comments = stage.comments(key).join('\n');
    assert.match(comments, new RegExp(`${backup.id} was restored and verified: it is proven`));
    assert.doesNotMatch(comments, /swap/i);
  });
});
