import assert from 'node:assert/strict';
import { keepProgress } from '../../../../src/fronts/slack/progress.ts';
import type { RequestId } from '../../../../src/domain/ids.ts';
import { dana, openStages, until } from './stage.ts';

const first: RequestId = 'REQ-1';

describe('the card of a run', function () {
  this.timeout(60_000);
  const open = openStages();

  it('shows how far it is, and ends with the end, however slow an edit is', async () => {
    const stage = await open();
    await stage.paper.backup();
    await stage.refresh(dana, 'ci orders');
    await stage.card(first);
    await until(() => stage.paper.jobs.length > 0);
    const run = (await stage.paper.store.runs.ofRequest(first))!;
    const progress = {
      run: run.id,
      step: 'orders.load',
      title: 'Load BKP-1 with 2 jobs',
      host: 'test-db',
      at: new Date(),
    };
    await stage.paper.store.progress({ ...progress, fraction: 0.52, secondsLeft: 180 });
    const shown = await stage.cardReads(first, /52 %/);
    assert.match(stage.read(shown), /▓▓▓▓▓░░░░░ 52 % · Load BKP-1 with 2 jobs on test-db · about 3 min left/);
    // The next edit is of progress, and lands a second late.
    stage.slack.faults.onCall('chat.update', { kind: 'slow', delayMs: 1000, times: 1 });
    await stage.paper.store.progress({ ...progress, fraction: 0.9, secondsLeft: 5 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await stage.work();
    await stage.cardReads(first, /· done/);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    await stage.cardReads(first, /· done/);
  });

  it('ends with the end, also when another process tells it while an older edit is under way', async () => {
    const stage = await open({ idle: true });
    await stage.paper.backup();
    const [ours, theirs] = [stage.keeper(), stage.keeper()];
    const request = await stage.paper.service.requestRefresh(stage.paper.actor('dana'), {
      environment: 'ci',
      databases: [{ database: 'orders' }],
      reason: '',
    });
    await theirs.cards.bring(request.id, theirs.front.clients.cards);
    const run = (await stage.paper.store.runs.ofRequest(first))!;
    const slow = stage.slack.faults.onCall('chat.update', { kind: 'slow', delayMs: 700, times: 1 });
    await stage.paper.store.progress({
      run: run.id,
      step: 'x',
      title: 'Load',
      fraction: 0.9,
      at: new Date(),
    });
    const stopping = new AbortController();
    const keeping = keepProgress(ours.front, ours.cards, stopping.signal);
    try {
      await until(() => slow.used === 1);
      await stage.work();
      await theirs.cards.bring(request.id, theirs.front.clients.cards);
      const card = await stage.cardReads(first, /· done/);
      await stage.cardReads(first, /90 %/);
      await stage.cardReads(first, /· done/);
      assert.equal(card.versions.length, 4);
    } finally {
      stopping.abort();
      await keeping;
    }
  });

  it('names its Jira issue as soon as there is one', async () => {
    const stage = await open();
    await stage.paper.backup();
    await stage.refresh(dana, 'uat orders');
    assert.doesNotMatch(stage.read(await stage.card(first)), /DBR-7/);
    stage.issueUrls.set(first, 'https://jira.example/browse/DBR-7');
    await stage.cardReads(first, /DBR-7/);
  });
});
