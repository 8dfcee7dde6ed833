import assert from 'node:assert/strict';
import { eventually, openStage, quinn, stranger, token, type Stage } from './stage.ts';

describe('Jira: when it is away, slow or says to wait', () => {
  let stage: Stage;
  before(async function () {
    stage = await openStage({
      deps: { pace: { settleSeconds: 0.4, callSeconds: 0.5, staleSeconds: 0.05, cardSeconds: 0 } },
    });
  });
  afterEach(() => {
    stage.jira.faults.reset();
    return stage.paper.drain();
  });
  after(() => stage.close());

  it('delays only itself, and then hears everything in order', async () => {
    const { paper, jira } = stage;
    const down = jira.faults.api({ kind: 'error', status: 503, times: Infinity });
    const request = await stage.ask();
    await paper.service.decide(paper.actor('quinn'), { request: request.id, decision: 'approved' });
    await paper.drain();
    assert.equal(await stage.state(request.id), 'succeeded');
    assert.ok(down.hits > 0);
    down.off();
    const key = await stage.issueOf(request.id);
    await stage.shows(key, 'Done');
    await stage.told();
    const said = stage.comments(key).map((text) => text.split(' ')[0]);
    assert.deepEqual(said, ['Approved', 'Started.', 'orders', 'Swapped.\n-', 'Done']);
    // Straight to where the request stands, over the statuses that the workflow has in between.
    assert.deepEqual(
      jira.issue(key).history.map(({ to }) => to),
      ['Approved', 'In progress', 'Done'],
    );
  });

  for (const kind of ['lost-after', 'lost-before', 'slow'] as const) {
    it(`every comment and move that meets "${kind}" happens exactly once`, async () => {
      const { paper, jira } = stage;
      const request = await stage.ask();
      const key = await stage.issueOf(request.id);
      await stage.told();
      const fault = { kind, method: 'POST', ...(kind === 'slow' ? { delayMs: 900 } : {}) };
      const comments = jira.faults.api({ ...fault, path: '/issue/*/comment', times: 2 });
      const moves = jira.faults.api({ ...fault, path: '/issue/*/transitions', times: 2 });
      await paper.service.decide(paper.actor('rosa'), { request: request.id, decision: 'approved' });
      await paper.drain();
      await eventually(() => Promise.resolve(jira.issue(key).status === 'Done'), 'done', undefined, 20);
      await eventually(
        async () => (await paper.store.outbox.lag('jira')).waiting === 0,
        'told',
        undefined,
        20,
      );
      assert.deepEqual([comments.hits, moves.hits], [2, 2]);
      const said = stage.comments(key).map((text) => text.split(' ')[0]);
      assert.deepEqual(said, ['Approved', 'Started.', 'orders', 'Swapped.\n-', 'Done']);
      const moved = jira.issue(key).history.map(({ to }) => to);
      assert.deepEqual(moved.slice(-2), ['In progress', 'Done']);
      assert.equal(new Set(moved).size, moved.length);
    });
  }

  it('a refusal whose comment was lost is told once, and the issue is moved back', async () => {
    const request = await stage.ask();
    const key = await stage.issueOf(request.id);
    await stage.told();
    stage.jira.faults.api({ kind: 'lost-after', method: 'POST', path: '/issue/*/comment' });
    stage.jira.moveIssue(stranger, key, 'Approved');
    await stage.shows(key, 'Waiting for approval');
    await stage.told();
    assert.equal(stage.comments(key).length, 1);
  });

  it('Retry-After is kept: nobody calls before its time', async () => {
    const { jira } = stage;
    const request = await stage.ask();
    const key = await stage.issueOf(request.id);
    await stage.told();
    const limit = jira.faults.api({ kind: 'rate-limit', retryAfterSeconds: 1 });
    jira.moveIssue(quinn, key, 'Approved');
    await eventually(() => Promise.resolve(limit.hits === 1), 'a 429');
    const at = jira.calls.findLast((call) => call.status === 429)!.at;
    await stage.reaches(request.id, 'running');
    // By arrival: a call that an earlier test gave up may still be answered now.
    const [next] = jira.calls
      .filter((call) => call.arrivedAt > at)
      .toSorted((a, b) => a.arrivedAt - b.arrivedAt);
    assert.ok(
      next !== undefined && next.arrivedAt - at >= 950,
      `called again after ${(next?.arrivedAt ?? 0) - at} ms: ${next?.method} ${next?.path}`,
    );
    await stage.told();
  });

  it('no log line holds the token, whatever went wrong', () => {
    assert.match(stage.logged(), /Jira answered 503/);
    assert.ok(!stage.logged().includes(token));
    assert.ok(!stage.logged().includes(Buffer.from(`bot@paper.example:${token}`).toString('base64')));
  });
});

describe('Jira: a token that is not taken any more', () => {
  it('nothing is given up: what was not told is told when the token is mended', async () => {
    const stage = await openStage();
    try {
      const [bot] = [...stage.jira.site.accounts.values()].filter(
        ({ accountId }) => accountId === '70121:bot',
      );
      stage.jira.setAccount({ ...bot!, active: false });
      const request = await stage.ask();
      await eventually(
        () => Promise.resolve(stage.jira.calls.some(({ status }) => status === 401)),
        'the call is refused',
      );
      stage.jira.setAccount(bot!);
      const key = await stage.issueOf(request.id);
      await stage.told();
      assert.equal(stage.jira.issue(key).status, 'Waiting for approval');
    } finally {
      await stage.close();
    }
  });
});

for (const kind of ['cloud', 'data-center'] as const) {
  describe(`Jira, ${kind}: away just when it is asked who the bot is`, () => {
    it('is asked again, and everything is told once', async function () {
      const stage = await openStage({ kind });
      try {
        const { paper, jira } = stage;
        jira.faults.api({ kind: 'lost-before', method: 'POST', path: '/issue' });
        jira.faults.api({ kind: 'lost-before', method: 'POST', path: '/issue/*/comment' });
        const who = jira.faults.api({ kind: 'error', status: 503, path: '/myself' });
        const request = await stage.ask();
        const key = await stage.issueOf(request.id);
        await paper.service.decide(paper.actor('quinn'), { request: request.id, decision: 'approved' });
        await paper.drain();
        await stage.shows(key, 'Done');
        await stage.told();
        assert.equal(who.hits, 1);
        const said = stage.comments(key).map((text) => text.split(/\s/)[0]);
        assert.deepEqual(said, ['Approved', 'Started.', 'orders', 'Swapped.', 'Done']);
      } finally {
        await stage.close();
      }
    });
  });
}
