import assert from 'node:assert/strict';
import { Version3Client } from 'jira.js';
import { startJira } from '../../../../src/sandbox/jira/jira.ts';
import type { JiraStandIn } from '../../../../src/sandbox/jira/jira.ts';
import { accounts, bot, clientOf, doc, makeIssue, quinn, raw, refusalOf, startReceiver } from './stage.ts';
import { until } from '../../../until.ts';

describe('Jira stand-in: faults', function () {
  let jira: JiraStandIn;
  let client: Version3Client;
  /** Its clock stands still unless it is put forward: a slow machine must not make a stale read fresh, nor a window pass. */
  let now = Date.now();
  const later = (ms: number) => (now += ms);

  before(async function () {
    jira = await startJira({ accounts, indexDelayMs: 0, now: () => now });
    client = clientOf(jira, bot);
  });
  after(() => jira.close());
  beforeEach(() => jira.reset());

  it('answers 429 with Retry-After, so many times, and only where it was told to', async function () {
    const { key } = await makeIssue(client);
    const fault = jira.faults.api({
      kind: 'rate-limit',
      method: 'post',
      path: '/issue/*/comment',
      times: 2,
      retryAfterSeconds: 7,
    });
    const body = JSON.stringify({ body: doc('x') });
    const first = await raw(jira, bot, 'POST', `/issue/${key}/comment`, body);
    assert.equal(first.status, 429);
    assert.equal(first.headers.get('retry-after'), '7');
    assert.equal((await raw(jira, bot, 'GET', `/issue/${key}/comment`)).status, 200);
    assert.equal((await raw(jira, bot, 'POST', `/issue/${key}/comment`, body)).status, 429);
    assert.equal((await raw(jira, bot, 'POST', `/issue/${key}/comment`, body)).status, 201);
    assert.equal(fault.hits, 2);
    assert.equal(jira.issue(key).comments.length, 1);
  });

  it('fails with 500 or another status, for one account, after some calls, until switched off', async function () {
    const fault = jira.faults.api({
      kind: 'error',
      status: 503,
      accountId: bot.accountId,
      after: 1,
      times: Infinity,
    });
    const me = (who = bot) => clientOf(jira, who).myself.getCurrentUser();
    await me();
    assert.equal((await refusalOf(me())).status, 503);
    assert.equal((await refusalOf(me())).status, 503);
    await me(quinn);
    fault.off();
    await me();
    jira.faults.api({ kind: 'error', path: /^\/my/ });
    assert.equal((await refusalOf(me())).status, 500);
    jira.faults.api({ kind: 'error', times: Infinity });
    jira.faults.reset();
    await me();
  });

  it('cuts the connection before or after it happened', async function () {
    jira.faults.api({ kind: 'lost-before', path: '/issue' });
    await assert.rejects(makeIssue(client), /socket hang up|ECONNRESET/);
    assert.equal(jira.issues().length, 0);
    jira.faults.api({ kind: 'lost-after', path: '/issue' });
    await assert.rejects(makeIssue(client, { labels: ['freshet-R1'] }), /socket hang up|ECONNRESET/);
    assert.equal(jira.issues().length, 1, 'made, though nobody heard of it');
    const found = await client.issueSearch.searchForIssuesUsingJqlEnhancedSearch({
      jql: 'labels = freshet-R1',
    });
    assert.equal(found.issues?.length, 1);
    assert.deepEqual(
      jira.calls.slice(0, 2).map(({ status, fault }) => [status, fault]),
      [
        [0, 'lost-before'],
        [0, 'lost-after'],
      ],
    );
  });

  it('answers late what happened at once', async function () {
    jira.faults.api({ kind: 'slow', method: 'POST', path: '/issue', delayMs: 1000 });
    const impatient = new Version3Client({
      host: jira.url,
      authentication: { basic: { email: bot.email, apiToken: bot.token } },
      baseRequestConfig: { timeout: 500 },
    });
    await assert.rejects(makeIssue(impatient), /timeout/);
    await until('the issue is there', () => jira.issues().length === 1);
    const begun = Date.now();
    jira.faults.api({ kind: 'slow', delayMs: 100 });
    await client.myself.getCurrentUser();
    assert.ok(Date.now() - begun >= 95);
  });

  it('reads older than its webhooks', async function () {
    const receiver = await startReceiver();
    try {
      const { key } = await makeIssue(client);
      const other = await makeIssue(client);
      later(1001);
      jira.setWebhook({ url: receiver.url });
      const stale = jira.faults.staleReads({ lagMs: 1000, issueKey: key });
      jira.moveIssue(quinn.accountId, key, 'Approved', { comment: 'ok' });
      jira.moveIssue(quinn.accountId, other.key, 'Approved');
      await until('webhooks', () => receiver.got.length === 3);
      const read = async (issueIdOrKey: string): Promise<string | undefined> =>
        (await client.issues.getIssue({ issueIdOrKey })).fields.status?.name;
      assert.equal(await read(key), 'Waiting for approval');
      assert.equal((await client.issues.getChangeLogs({ issueIdOrKey: key })).total, 0);
      assert.equal((await client.issueComments.getComments({ issueIdOrKey: key })).total, 0);
      assert.equal(await read(other.key), 'Approved');
      const both = await client.issues.bulkFetchIssues({ issueIdsOrKeys: [key, other.key] });
      assert.deepEqual(
        both.issues?.map((each) => each.fields.status?.name),
        ['Waiting for approval', 'Approved'],
      );
      later(1000);
      assert.equal(await read(key), 'Approved');
      assert.equal((await client.issues.getChangeLogs({ issueIdOrKey: key })).total, 1);
      jira.moveIssue(quinn.accountId, key, 'Waiting for approval');
      assert.equal(await read(key), 'Approved');
      stale.off();
      assert.equal(await read(key), 'Waiting for approval');
    } finally {
      jira.setWebhook(undefined);
      receiver.close();
    }
  });

  it('limits writes to one issue, and to that one only', async function () {
    const { key } = await makeIssue(client);
    const other = await makeIssue(client);
    const write = (issue: string) => raw(jira, bot, 'PUT', `/issue/${issue}/properties/p`, '1');
    const answers = [];
    for (let at = 0; at < 21; at += 1) answers.push(await write(key));
    assert.deepEqual(
      answers.map((each) => each.status),
      [201, ...Array.from({ length: 19 }, () => 200), 429],
    );
    const last = answers.at(-1);
    assert.equal(last?.headers.get('ratelimit-reason'), 'jira-per-issue-on-write');
    assert.ok(Number(last?.headers.get('retry-after')) >= 1);
    assert.equal((await raw(jira, bot, 'GET', `/issue/${key}`)).status, 200, 'reading goes on');
    assert.equal((await write(other.key)).status, 201);
    assert.doesNotThrow(() => jira.comment(quinn.accountId, key, 'people are not programs'));
  });

  it('counts each limit over its own window', async function () {
    const limits = [
      { count: 1, withinMs: 40 },
      { count: 3, withinMs: 60_000 },
    ];
    const slow = await startJira({ accounts, writeLimits: limits, now: () => now });
    try {
      const { key } = await makeIssue(clientOf(slow, bot));
      const statuses = [];
      for (let at = 0; at < 4; at += 1) {
        statuses.push((await raw(slow, bot, 'PUT', `/issue/${key}/properties/p`, '1')).status);
        later(50);
      }
      assert.deepEqual(statuses, [201, 200, 200, 429]);
    } finally {
      await slow.close();
    }
  });

  it('lets writes on again when the window has passed', async function () {
    const quick = await startJira({ accounts, writeLimits: [{ count: 2, withinMs: 400 }], now: () => now });
    try {
      const { key } = await makeIssue(clientOf(quick, bot));
      const write = async (): Promise<number> =>
        (await raw(quick, bot, 'PUT', `/issue/${key}/properties/p`, '1')).status;
      assert.deepEqual([await write(), await write(), await write()], [201, 200, 429]);
      later(401);
      assert.equal(await write(), 200);
    } finally {
      await quick.close();
    }
  });
});
