import assert from 'node:assert/strict';
import { dana, eventually, openStage, quinn, rest, stranger, token, type Stage } from './stage.ts';

describe('Jira Data Center: requests as issues', () => {
  let stage: Stage;
  before(async function () {
    stage = await openStage({ kind: 'data-center' });
  });
  afterEach(() => {
    stage.jira.faults.reset();
    return stage.paper.drain();
  });
  after(() => stage.close());

  async function asked(environment = 'uat') {
    const request = await stage.ask(environment);
    const key = await stage.issueOf(request.id);
    await stage.told();
    return { id: request.id, request, key };
  }

  it('described in wiki text, approved by a transition, started and brought to the end', async () => {
    const { jira, paper } = stage;
    const { id, key, request } = await asked();
    const { source } = jira.stored().find((issue) => issue.key === key)!.fields['description'] as {
      source: string;
    };
    assert.match(source, /^\{panel:bgColor=#fffae6[^]*\|\|Overwritten\|\|From\|\|/);
    assert.match(jira.issue(key).description, /Quinn and Rosa can approve it[^]*“release 12”/);
    assert.match(jira.issue(key).description, /Card in Slack <https:\/\/paper\.slack\.example/);
    jira.moveIssue(quinn, key, 'Approved');
    await stage.reaches(id, 'running');
    await paper.drain();
    await stage.shows(key, 'Done');
    await stage.told();
    const said = stage.comments(key);
    assert.deepEqual(
      said.map((text) => text.split(/[ .]/)[0]),
      ['Approved', 'Started', 'orders', 'Swapped', 'Done'],
    );
    const [approval] = await paper.store.approvals.of(id);
    assert.deepEqual([approval?.by, approval?.digest], ['quinn', request.digest]);
    assert.deepEqual(await stage.events(id, 'decision-refused', 'front-alert'), []);
  });

  for (const [who, person] of [
    ['the requester', dana],
    ['a stranger', stranger],
    ['nobody that Jira names', { kind: 'null-id' }],
    ['an author that was removed', { kind: 'missing' }],
  ] as const) {
    it(`approved by ${who}: refused, told why, and moved back`, async () => {
      const { id, key } = await asked();
      stage.jira.moveIssue(person, key, 'Approved');
      await stage.shows(key, 'Waiting for approval');
      await stage.told();
      assert.equal(await stage.state(id), 'pending');
      assert.equal(stage.comments(key).length, 1);
      assert.equal((await stage.events(id, 'decision-refused')).length, 1);
    });
  }

  it('the name of a user is not a key: whoever takes over a name decides nothing', async () => {
    const { id, key } = await asked();
    const sam = stage.jira.site.accounts.get(stranger)!;
    stage.jira.setAccount({ ...sam, username: quinn });
    try {
      stage.jira.moveIssue(stranger, key, 'Approved');
      await stage.shows(key, 'Waiting for approval');
      await stage.told();
      assert.equal(await stage.state(id), 'pending');
    } finally {
      stage.jira.setAccount(sam);
    }
  });

  it('described by somebody else before it was approved: refused and described anew', async () => {
    const { id, key } = await asked();
    stage.jira.editIssue(dana, key, { text: '*Nothing* is overwritten.' });
    stage.jira.moveIssue(quinn, key, 'Approved');
    await stage.shows(key, 'Waiting for approval');
    await stage.told();
    const [refusal] = await stage.events(id, 'decision-refused');
    assert.ok(refusal?.type === 'decision-refused' && refusal.code === 'description-changed');
    assert.match(stage.jira.issue(key).description, /^Freshet wrote this again .* because Dana had edited/);
  });

  for (const kind of ['lost-after', 'lost-before', 'error'] as const) {
    it(`creates, comments and moves that meet "${kind}" happen exactly once`, async function () {
      const { jira, paper } = stage;
      const fault = { kind, method: 'POST', times: 2 };
      const creates = jira.faults.api({ ...fault, path: '/issue' });
      const request = await stage.ask();
      const key = await stage.issueOf(request.id);
      await stage.told();
      const comments = jira.faults.api({ ...fault, path: '/issue/*/comment' });
      const moves = jira.faults.api({ ...fault, path: '/issue/*/transitions' });
      await paper.service.decide(paper.actor('rosa'), { request: request.id, decision: 'approved' });
      await paper.drain();
      await stage.shows(key, 'Done');
      await stage.told();
      assert.ok(creates.hits > 0 && comments.hits === 2 && moves.hits === 2);
      const label = `freshet-${request.id}`;
      assert.equal(jira.issues().filter(({ labels }) => labels.includes(label)).length, 1);
      assert.equal(new Set(stage.comments(key)).size, stage.comments(key).length);
      assert.equal(stage.comments(key).length, 5);
    });
  }

  it('a clone has the labels, and is not taken for ours', async () => {
    const first = await asked();
    const { labels } = stage.jira.issue(first.key);
    const next = first.id.replace(/\d+/, (number) => String(Number(number) + 1));
    const clone = stage.jira.createIssue(dana, {
      summary: 'A clone',
      labels: labels.map((label) => label.replace(first.id, next)),
    });
    await rest(0.15);
    stage.jira.faults.api({ kind: 'lost-before', method: 'POST', path: '/issue' });
    const second = await asked();
    assert.equal(second.id, next);
    assert.notEqual(second.key, clone.key);
  });

  it('webhooks that are forged or not signed are refused; a signed one is only a hint', async () => {
    const { id, key } = await asked();
    const claim = { issueKey: key, accountId: quinn, toStatusId: '10011' };
    for (const [signature, status] of [
      ['none', 401],
      ['wrong', 401],
      ['sha1', 401],
      ['right', 200],
    ] as const) {
      assert.equal(await stage.jira.forgeWebhook({ ...claim, signature }), status);
    }
    await rest(0.3);
    assert.equal(await stage.state(id), 'pending');
  });

  it('a delivery without an identifier is taken once', async () => {
    const { id, key } = await asked();
    stage.jira.faults.webhooks({ kind: 'repeat', copies: 5 });
    stage.jira.moveIssue(stranger, key, 'Approved');
    await stage.shows(key, 'Waiting for approval');
    await stage.told();
    assert.equal((await stage.events(id, 'decision-refused')).length, 1);
    assert.ok(stage.jira.deliveries.every((each) => each.attempts.length <= 6));
  });

  it('speaks REST v2 only, by a personal access token that no log holds', () => {
    const paths = stage.jira.calls.map(({ path }) => path);
    assert.ok(paths.length > 0 && paths.every((path) => path.startsWith('/rest/api/2/')));
    assert.ok(!stage.logged().includes(token));
  });
});

describe('Jira Data Center: without a webhook', () => {
  let stage: Stage;
  afterEach(() => stage.close());

  it('nothing that comes to the port is taken, and the poller alone decides', async () => {
    stage = await openStage({ kind: 'data-center', unsigned: true, pollEvery: 0.2 });
    const request = await stage.ask();
    const key = await stage.issueOf(request.id);
    const claim = { issueKey: key, accountId: quinn, toStatusId: '10011', signature: 'none' } as const;
    assert.equal(await stage.jira.forgeWebhook(claim), 404);
    assert.deepEqual(await stage.paper.service.inbox.take('jira', 10, 1), []);
    stage.jira.moveIssue(stranger, key, 'Approved');
    await eventually(async () => (await stage.events(request.id, 'decision-refused')).length === 1, 'a no');
    await stage.shows(key, 'Waiting for approval');
    stage.jira.moveIssue(quinn, key, 'Approved');
    await stage.reaches(request.id, 'running');
    await stage.paper.drain();
    await stage.shows(key, 'Done');
    assert.deepEqual(await stage.paper.service.inbox.take('jira', 10, 1), []);
  });
});
