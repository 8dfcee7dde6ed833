import assert from 'node:assert/strict';
import { runSchedules } from '../../../../src/service/schedules/round.ts';
import { setClock } from '../../service/schedules/nightly.ts';
import { openStage, type Stage } from './stage.ts';

describe('requests of schedules, in Jira', function () {
  this.timeout(120_000);
  let stage: Stage;
  before(async () => {
    stage = await openStage();
  });
  after(() => stage.close());

  it('say which schedule asked, for whom, and whose standing approval let it through', async () => {
    const { jira, paper } = stage;
    setClock(paper, '2027-01-10T12:00:00Z');
    await paper.backup();
    await paper.service.addSchedule(paper.actor('dana'), {
      name: 'nightly-uat',
      cron: '0 3 * * *',
      environment: 'uat',
      databases: ['orders'],
      reason: 'fresh every morning',
    });
    await paper.service.approveSchedule(paper.actor('quinn'), { name: 'nightly-uat', until: '30d' });
    setClock(paper, '2027-01-11T02:00:05Z');
    await runSchedules(paper.deps);
    const key = await stage.issueOf('REQ-1');
    await stage.told();
    assert.equal(await stage.state('REQ-1'), 'running');
    const { description } = jira.issue(key);
    assert.match(
      description,
      /Approved by rule: the standing approval of schedule "nightly-uat" by Quinn, until/,
    );
    assert.match(description, /Asked for [^]* by schedule nightly-uat of Dana\./);
    assert.doesNotMatch(description, /can approve it/);
    const comments = stage.comments(key).join('\n');
    assert.match(comments, /Approved by rule: the standing approval of schedule "nightly-uat" by Quinn/);
    await paper.drain();
    await stage.told();
    assert.equal(jira.issue(key).status, 'Done');
  });
});
