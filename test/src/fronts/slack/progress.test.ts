import assert from 'node:assert/strict';
import { keepProgress, paceOf } from '../../../../src/fronts/slack/progress.ts';
import type { RequestId } from '../../../../src/domain/ids.ts';
import { createService } from '../../../../src/service/service.ts';
import { dana, openStages, quinn } from './stage.ts';
import { held, untilHolds } from '../../../until.ts';

const first: RequestId = 'REQ-1';

describe('the card of a run', function () {
  this.timeout(60_000);
  const open = openStages();

  it('shows how far it is, and ends with the end, however slow an edit is', async () => {
    const stage = await open();
    await stage.paper.backup();
    await stage.refresh(dana, 'ci orders');
    await stage.card(first);
    await untilHolds(() => stage.paper.jobs.length > 0);
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
    // The next edit is of progress, and lands when the run has ended.
    const { until, letGo } = held();
    const late = stage.slack.faults.onCall('chat.update', { kind: 'held', until, times: 1 });
    await stage.paper.store.progress({ ...progress, fraction: 0.9, secondsLeft: 5 });
    await untilHolds(() => late.used === 1);
    await stage.work();
    letGo();
    await stage.cardReads(first, /· done/);
    await new Promise((resolve) => setTimeout(resolve, 500));
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
    const { until, letGo } = held();
    const late = stage.slack.faults.onCall('chat.update', { kind: 'held', until, times: 1 });
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
      await untilHolds(() => late.used === 1);
      await stage.work();
      await theirs.cards.bring(request.id, theirs.front.clients.cards);
      const card = await stage.cardReads(first, /· done/);
      letGo();
      await stage.cardReads(first, /90 %/);
      await stage.cardReads(first, /· done/);
      assert.equal(card.versions.length, 4);
    } finally {
      letGo();
      stopping.abort();
      await keeping;
    }
  });

  it('is left to the next process as soon as this one is told to stop', async () => {
    const stage = await open({ idle: true });
    const { front, cards } = stage.keeper();
    const next = createService({ ...stage.paper.deps, worker: 'paper-2' });
    const stopping = new AbortController();
    const keeping = keepProgress(front, cards, stopping.signal);
    await untilHolds(async () => !(await next.lease('slack-progress', 0.001)));
    stopping.abort();
    await keeping;
    assert.equal(await next.lease('slack-progress', 1), true);
  });

  it('is edited every 5 s or 1.2 s for each that runs, whichever is longer', async () => {
    for (const [running, period] of [
      [0, 5],
      [1, 5],
      [4, 5],
      [5, 6],
      [50, 60],
    ] as const) {
      assert.deepEqual(paceOf(running, 5), { period, between: 1.2 }, `${running} running`);
    }
    const stage = await open({ idle: true });
    const { paper } = stage;
    await paper.backup();
    const { front, cards } = stage.keeper();
    for (const environment of ['ci', 'dev']) {
      const { id } = await paper.ask(environment);
      await cards.bring(id, front.clients.cards);
    }
    const runs = await Promise.all(
      (['REQ-1', 'REQ-2'] as const).map(async (id) => (await paper.store.runs.ofRequest(id))!.id),
    );
    // By their beginnings: how long each is on its way is not the bot's to say.
    const edits: { id: RequestId; at: number }[] = [];
    const change: typeof cards.change = (id, ...rest) => {
      edits.push({ id, at: performance.now() });
      return cards.change(id, ...rest);
    };
    const stopping = new AbortController();
    const keeping = keepProgress(front, { ...cards, change }, stopping.signal);
    try {
      // Progress comes much faster than it may be shown.
      for (let step = 0; edits.length < 3; step++) {
        for (const run of runs)
          await paper.store.progress({
            run,
            step: 'x',
            title: `Load ${step}`,
            fraction: Math.min(1, step / 1000),
            at: new Date(),
          });
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    } finally {
      stopping.abort();
      await keeping;
    }
    for (const [at, edit] of edits.slice(1).entries()) {
      assert.notEqual(edit.id, edits[at]!.id, `each card has its turn: ${JSON.stringify(edits)}`);
      assert.ok(edit.at - edits[at]!.at >= 1190, `edits keep apart: ${JSON.stringify(edits)}`);
    }
  });

  it('no card is edited before the time when Slack asks to wait, whoever was asked; people are answered meanwhile', async () => {
    const stage = await open();
    await stage.paper.backup();
    await stage.refresh(dana, 'uat orders');
    const card = await stage.card(first);
    await untilHolds(async () => (await stage.paper.service.mirrors.get(first, 'slack')) !== undefined);
    stage.slack.faults.onCall('chat.update', { kind: 'ratelimit', retryAfterSeconds: 4, times: 1 });
    await stage.slack.click(quinn, card, 'approve', { confirm: true });
    const edits = () => stage.slack.calls().filter(({ method }) => method === 'chat.update');
    const refused = await stage.slack.waitFor(() => edits().find(({ error }) => error === 'ratelimited'));
    await stage.refresh(dana, 'status REQ-1');
    await stage.told(dana, /REQ-1 · refresh orders on uat · (?:running|approved)/);
    await stage.cardReads(first, /· running/);
    const next = edits().find(({ at }) => at > refused.at)!;
    assert.ok(next.at.getTime() - refused.at.getTime() >= 3_950, 'Slack was asked before its time');
  });

  it('one card that Slack refuses keeps no other from being edited', async () => {
    const stage = await open();
    await stage.paper.backup();
    for (const [environment, id] of [
      ['ci', 'REQ-1'],
      ['dev', 'REQ-2'],
    ] as const) {
      await stage.refresh(dana, `${environment} orders`);
      await stage.cardReads(id, /running/);
    }
    await untilHolds(async () => (await stage.paper.store.outbox.lag('slack')).waiting === 0);
    // Whichever has its turn first is refused, each time.
    const refused = stage.slack.faults.onCall('chat.update', {
      kind: 'error',
      error: 'cant_broadcast',
      times: 1,
    });
    for (const id of ['REQ-1', 'REQ-2'] as const)
      await stage.paper.store.progress({
        run: (await stage.paper.store.runs.ofRequest(id))!.id,
        step: 'x',
        title: 'Load half of it',
        fraction: 0.5,
        at: new Date(),
      });
    await untilHolds(() => refused.used === 1);
    const at = stage.slack.calls().findIndex(({ error }) => error === 'cant_broadcast');
    const { ts } = stage.slack.calls()[at]!.args;
    const next = await stage.slack.waitFor(() =>
      stage.slack
        .calls()
        .slice(at + 1)
        .find(({ method }) => method === 'chat.update'),
    );
    assert.notEqual(next.args['ts'], ts, 'the other one is next');
    await stage.cardReads('REQ-1', /50 %/);
    await stage.cardReads('REQ-2', /50 %/);
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
