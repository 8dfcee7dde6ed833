import assert from 'node:assert/strict';
import { dana, eventually, openStage, quinn, stranger, type Stage } from './stage.ts';

describe('Jira: the poller', () => {
  let stage: Stage;
  afterEach(() => stage.close());

  it('alone suffices: approved, refused and ended without any webhook', async () => {
    stage = await openStage({ deaf: true, pollEvery: 0.2 });
    const request = await stage.ask();
    const key = await stage.issueOf(request.id);
    stage.jira.moveIssue(dana, key, 'Approved');
    await eventually(
      async () => (await stage.events(request.id, 'decision-refused')).length === 1,
      'a refusal',
    );
    await stage.shows(key, 'Waiting for approval');
    stage.jira.moveIssue(quinn, key, 'Approved');
    await stage.reaches(request.id, 'running');
    await stage.paper.drain();
    await stage.shows(key, 'Done');
    assert.equal((await stage.events(request.id, 'decision-refused')).length, 1);
  });

  it('finds what was decided while every webhook was lost', async () => {
    stage = await openStage({ pollEvery: 0.2 });
    stage.jira.faults.webhooks({ kind: 'lose', times: Infinity });
    const request = await stage.ask();
    stage.jira.moveIssue(quinn, await stage.issueOf(request.id), 'Approved');
    await stage.reaches(request.id, 'running');
    assert.ok(stage.jira.deliveries.every(({ state }) => state === 'lost'));
  });

  it('finds what was decided while the bot was away', async () => {
    stage = await openStage({ deaf: true, pollEvery: 0.2 });
    const request = await stage.ask();
    const key = await stage.issueOf(request.id);
    await stage.told();
    await stage.front.stop();
    stage.jira.moveIssue(quinn, key, 'Approved');
    // Moments later than the note it left: more than its overlap.
    await stage.paper.service.setNote('jira poller', { at: new Date(Date.now() - 3_600_000).toISOString() });
    await stage.another().start();
    await stage.reaches(request.id, 'running');
  });

  it('reads an open request’s issue now and then, even when search does not know it', async () => {
    stage = await openStage({
      deaf: true,
      pollEvery: 0.1,
      indexDelayMs: 1_000_000,
      deps: { pace: { unseenSeconds: 0.3, cardSeconds: 0 } },
    });
    const request = await stage.ask();
    stage.jira.moveIssue(quinn, await stage.issueOf(request.id), 'Approved');
    await stage.reaches(request.id, 'running');
  });

  it('is one among all processes, and reads nothing that did not change', async () => {
    stage = await openStage({ deaf: true, pollEvery: 0.1 });
    await stage.another().start();
    await stage.another().start();
    const request = await stage.ask();
    await stage.issueOf(request.id);
    await stage.told();
    const count = (pattern: RegExp) => stage.jira.calls.filter(({ path }) => pattern.test(path)).length;
    await new Promise((resolve) => setTimeout(resolve, 400));
    const before = { searches: count(/search/), reads: count(/issue\/\d+$/) };
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const searches = count(/search/) - before.searches;
    assert.ok(searches > 2 && searches <= 11, `${searches} searches in a second`);
    assert.equal(count(/issue\/\d+$/) - before.reads, 0);
  });

  it('an issue that can’t be read does not hold up the others, and is read in the next round', async () => {
    stage = await openStage({ deaf: true, pollEvery: 0.2 });
    const first = await stage.ask();
    const firstKey = await stage.issueOf(first.id);
    const second = await stage.ask();
    const secondKey = await stage.issueOf(second.id);
    await stage.told();
    const id = stage.jira.issue(firstKey).id;
    const broken = stage.jira.faults.api({
      kind: 'error',
      method: 'GET',
      path: `/issue/${id}`,
      times: Infinity,
    });
    stage.jira.moveIssue(stranger, firstKey, 'Approved');
    stage.jira.moveIssue(quinn, secondKey, 'Rejected');
    await stage.reaches(second.id, 'rejected');
    await eventually(() => Promise.resolve(broken.hits > 0), 'it was tried');
    broken.off();
    await stage.shows(firstKey, 'Waiting for approval');
  });
});
