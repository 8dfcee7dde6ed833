import assert from 'node:assert/strict';
import { hintIn, isSigned } from '../../../../src/fronts/jira/webhook.ts';
import { signature } from '../../../../src/sandbox/jira/webhooks.ts';
import { bot, dana, eventually, openStage, quinn, rest, secret, stranger, type Stage } from './stage.ts';
import { held } from '../../../until.ts';

describe('Jira: webhooks are hints', () => {
  let stage: Stage;
  before(async function () {
    stage = await openStage();
  });
  afterEach(() => {
    stage.jira.faults.reset();
    return stage.paper.drain();
  });
  after(() => stage.close());

  async function asked() {
    const request = await stage.ask();
    const key = await stage.issueOf(request.id);
    await stage.told();
    return { id: request.id, key };
  }

  /** The first delivery that tells of a move. */
  function updateOf(key: string) {
    const sent = stage.jira.deliveries.find(
      (each) => each.event === 'jira:issue_updated' && each.issueKey === key,
    );
    assert.ok(sent);
    return sent;
  }

  it('the same one 20 times counts once', async () => {
    const { id, key } = await asked();
    stage.jira.faults.webhooks({ kind: 'repeat', copies: 20 });
    stage.jira.moveIssue(dana, key, 'Approved');
    await stage.shows(key, 'Waiting for approval');
    await stage.told();
    const sent = updateOf(key);
    for (let i = 0; i < 5; i++) assert.equal(await stage.jira.replayWebhook(sent), 200);
    await rest(0.3);
    await stage.told();
    assert.equal((await stage.events(id, 'decision-refused')).length, 1);
    assert.equal(stage.comments(key).length, 1);
  });

  const forgeries: ['none' | 'wrong' | 'sha1' | 'right', number][] = [
    ['none', 401],
    ['wrong', 401],
    ['sha1', 401],
    ['right', 200],
  ];
  for (const [kind, status] of forgeries) {
    it(`a move that never was, signature ${kind}: ${status}, and nothing starts`, async () => {
      const { id, key } = await asked();
      const claim = { signature: kind, issueKey: key, accountId: quinn, toStatusId: '10011' };
      assert.equal(await stage.jira.forgeWebhook(claim), status);
      assert.equal(await stage.jira.forgeWebhook({ ...claim, issueKey: 'DBR-999' }), status);
      assert.equal(await stage.jira.forgeWebhook({ ...claim, issueKey: 'HR-1' }), status);
      await rest(0.5);
      assert.equal(await stage.state(id), 'pending');
      assert.deepEqual(stage.comments(key), []);
      assert.deepEqual(await stage.events(id, 'decision-refused'), []);
    });
  }

  it('signed, but about a change that Jira does not show: looked for a while, then left', async () => {
    const { key } = await asked();
    const reads = () =>
      stage.jira.calls.filter(
        ({ method, path }) => method === 'GET' && path.endsWith(`/issue/${stage.jira.issue(key).id}`),
      ).length;
    const before = reads();
    await stage.jira.forgeWebhook({
      signature: 'right',
      issueKey: key,
      accountId: quinn,
      toStatusId: '10011',
    });
    await eventually(() => Promise.resolve(reads() - before >= 6), 'six looks');
    await rest(1);
    assert.equal(reads() - before, 6, 'it is left alone then');
  });

  it('ahead of what the API shows: looked at again until it does', async () => {
    const { id, key } = await asked();
    const late = stage.jira.faults.staleReads({ lagMs: 600, issueKey: key });
    stage.jira.moveIssue(quinn, key, 'Approved');
    await stage.reaches(id, 'running');
    late.off();
    await stage.shows(key, 'In progress');
    await stage.told();
    assert.deepEqual(await stage.events(id, 'decision-refused', 'front-alert'), []);
  });

  it('out of order: the changelog’s order counts', async () => {
    const { id, key } = await asked();
    const held = stage.jira.holdWebhooks();
    stage.jira.moveIssue(stranger, key, 'Approved');
    stage.jira.moveIssue(stranger, key, 'Waiting for approval');
    stage.jira.moveIssue(quinn, key, 'Approved');
    held.release('reversed');
    await stage.reaches(id, 'running');
    await stage.told();
    const refusals = await stage.events(id, 'decision-refused');
    assert.equal(refusals.length, 1);
    assert.ok(refusals[0]!.type === 'decision-refused' && refusals[0]!.who === 'Sam');
    const [approved] = await stage.events(id, 'request-approved');
    assert.ok(refusals[0]!.id < approved!.id);
  });

  it('is answered with 200 only when it is stored; a store that is away gets it again', async () => {
    const { id, key } = await asked();
    const { inbox } = stage.paper.service;
    const accept = inbox.accept.bind(inbox);
    let failures = 2;
    inbox.accept = (...args) => (failures-- > 0 ? Promise.reject(new Error('away')) : accept(...args));
    stage.jira.moveIssue(quinn, key, 'Approved');
    await stage.reaches(id, 'running');
    inbox.accept = accept;
    assert.deepEqual(
      updateOf(key).attempts.map(({ result }) => result),
      [503, 503, 200],
    );
  });

  it('one that is not understood is put aside, and keeps none of the others back', async () => {
    const { id, key } = await asked();
    const { inbox } = stage.paper.service;
    await inbox.accept('jira', 'of an older shape', { issue: key });
    stage.jira.moveIssue(quinn, key, 'Approved');
    await stage.reaches(id, 'running');
    await eventually(async () => {
      const waiting = (await stage.paper.service.figures()).inbox.find(({ source }) => source === 'jira');
      return (waiting?.waiting ?? 0) === 0;
    }, 'all are dealt with');
    assert.match(stage.logged(), /a hint from Jira is not understood/);
  }).timeout(60_000);

  it('an issue that Jira is slow to show holds up no other', async () => {
    const slow = await asked();
    const other = await asked();
    const path = `/issue/${stage.jira.issue(slow.key).id}`;
    const { until } = held();
    const fault = stage.jira.faults.api({ kind: 'slow', until, method: 'GET', path, times: 1 });
    stage.jira.moveIssue(quinn, slow.key, 'Approved');
    await eventually(() => Promise.resolve(fault.hits === 1), 'it is looked at');
    stage.jira.moveIssue(quinn, other.key, 'Rejected');
    await stage.reaches(other.id, 'rejected');
    assert.equal(await stage.state(slow.id), 'pending', 'it is still being looked at');
  }).timeout(60_000);

  it('too large, no JSON, or no POST: refused', async () => {
    await asked();
    const post = (body: string) =>
      fetch(stage.url, { method: 'POST', body, headers: { 'X-Hub-Signature': signature(secret, body) } });
    assert.equal((await post('{')).status, 400);
    assert.equal((await post(`"${'x'.repeat(3_000_000)}"`)).status, 413);
    assert.equal((await post('[]')).status, 200);
    assert.equal((await fetch(stage.url)).status, 404);
  });
});

describe('Jira: webhooks without a secret', () => {
  let stage: Stage;
  afterEach(() => stage.close());

  it('none are taken, signed or not: polling finds what was decided', async () => {
    stage = await openStage({ unsigned: true, pollEvery: 0.2 });
    const { id } = await stage.ask();
    const key = await stage.issueOf(id);
    stage.jira.moveIssue(quinn, key, 'Approved');
    await stage.reaches(id, 'running');
    const body = '{}';
    const unsigned: Record<string, string> = {};
    for (const headers of [unsigned, { 'X-Hub-Signature': signature(secret, body) }]) {
      assert.equal((await fetch(stage.url, { method: 'POST', body, headers })).status, 404);
    }
    assert.deepEqual(await stage.paper.service.inbox.take('jira', 10, 1), []);
  });
});

describe('Jira: what a webhook hints at', () => {
  const moved = {
    webhookEvent: 'jira:issue_updated',
    user: { accountId: quinn },
    issue: { key: 'DBR-7' },
    changelog: { id: '10101', items: [{ field: 'status', to: '10011' }] },
  };

  it('a move of one of our issues, and where in its changelog', () => {
    assert.deepEqual(hintIn(moved, 'DBR', bot), { key: 'DBR-7', change: 10_101 });
    assert.deepEqual(hintIn({ ...moved, user: undefined }, 'DBR', bot), { key: 'DBR-7', change: 10_101 });
  });

  const nothing: [string, unknown][] = [
    ['the bot’s own move', { ...moved, user: { accountId: bot } }],
    ['a comment', { ...moved, webhookEvent: 'comment_created' }],
    ['another project', { ...moved, issue: { key: 'HR-7' } }],
    ['a project that begins like ours', { ...moved, issue: { key: 'DBRX-7' } }],
    ['a key that is none', { ...moved, issue: { key: 'DBR-7/../../x' } }],
    ['a change of the summary', { ...moved, changelog: { id: '1', items: [{ field: 'summary' }] } }],
    ['no changelog', { ...moved, changelog: undefined }],
    ['a list', []],
    ['nothing', null],
  ];
  for (const [what, payload] of nothing) {
    it(`${what}: nothing to look at`, () => assert.equal(hintIn(payload, 'DBR', bot), undefined));
  }

  it('a signature is of the bytes', () => {
    const body = Buffer.from('{"a": "ü"}');
    assert.ok(isSigned(body, signature(secret, body.toString()), secret));
    assert.ok(!isSigned(Buffer.from('{"a":"ü"}'), signature(secret, body.toString()), secret));
    assert.ok(!isSigned(body, undefined, secret));
    assert.ok(!isSigned(body, '', secret));
    assert.ok(!isSigned(body, signature('', body.toString()), secret));
  });
});
