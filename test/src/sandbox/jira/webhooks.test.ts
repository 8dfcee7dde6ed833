import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import type { Version3Client } from 'jira.js';
import { startJira } from '../../../../src/sandbox/jira/jira.ts';
import type { JiraStandIn } from '../../../../src/sandbox/jira/jira.ts';
import { isObject } from '../../../../src/sandbox/jira/value-text.ts';
import { statusIds } from '../../../../src/sandbox/jira/workflow.ts';
import { accounts, bot, clientOf, doc, makeIssue, quinn, startReceiver } from './stage.ts';
import type { Received } from './stage.ts';
import { until } from '../../../until.ts';

const secret = 'webhook-secret';

function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((now, key) => {
    if (Array.isArray(now)) return (now as unknown[])[Number(key)];
    return isObject(now) ? now[key] : undefined;
  }, value);
}

function signedRight({ headers, raw }: Received): boolean {
  return headers['x-hub-signature'] === `sha256=${createHmac('sha256', secret).update(raw).digest('hex')}`;
}

describe('Jira stand-in: webhooks', function () {
  let jira: JiraStandIn;
  let client: Version3Client;
  let receiver: Awaited<ReturnType<typeof startReceiver>>;
  let key: string;

  beforeEach(async function () {
    receiver = await startReceiver();
    jira = await startJira({
      accounts,
      webhook: { url: receiver.url, secret },
      webhookOptions: { retryMs: 10, retries: 3 },
    });
    client = clientOf(jira, bot);
    ({ key } = await makeIssue(client));
    await until('the first delivery', () => receiver.got.length === 1);
    receiver.got.length = 0;
  });
  afterEach(async function () {
    await jira.close();
    receiver.close();
  });

  const events = (): unknown[] => receiver.got.map((each) => each.body['webhookEvent']);
  const ids = (): unknown[] => receiver.got.map((each) => each.headers['x-atlassian-webhook-identifier']);

  it('signs the raw body, and gives each event its identifier', async function () {
    jira.moveIssue(quinn.accountId, key, 'Approved', { comment: 'Go — ja, грейт' });
    await until('two deliveries', () => receiver.got.length === 2);
    assert.ok(receiver.got.every(signedRight));
    assert.equal(new Set(ids()).size, 2);
    assert.deepEqual(events(), ['jira:issue_updated', 'comment_created']);
  });

  it('tells who moved what where', async function () {
    const from = Date.now();
    jira.moveIssue(quinn.accountId, key, 'Approved');
    const to = Date.now();
    await until('a delivery', () => receiver.got.length === 1);
    const body = receiver.got[0]?.body;
    assert.equal(at(body, 'issue', 'key'), key);
    assert.equal(at(body, 'user', 'accountId'), quinn.accountId);
    assert.equal(at(body, 'issue', 'fields', 'status', 'id'), statusIds.approved);
    assert.equal(at(body, 'changelog', 'items', 0, 'to'), statusIds.approved);
    const page = await client.issues.getChangeLogs({ issueIdOrKey: key });
    assert.equal(at(body, 'changelog', 'id'), page.values?.[0]?.id);
    const timestamp = Number(at(body, 'timestamp'));
    assert.ok(from <= timestamp && timestamp <= to, `${from} <= ${timestamp} <= ${to}`);
  });

  it('delivers what the bot does itself, with text where v3 has ADF', async function () {
    await client.issueComments.addComment({ issueIdOrKey: key, comment: doc('Started') });
    await client.issues.doTransition({ issueIdOrKey: key, transition: { id: '11' } });
    await client.issues.editIssue({ issueIdOrKey: key, fields: { description: doc('Text') } });
    await until('three deliveries', () => receiver.got.length === 3);
    assert.deepEqual(events(), ['comment_created', 'jira:issue_updated', 'jira:issue_updated']);
    const [comment, moved, edited] = receiver.got;
    assert.equal(at(comment?.body, 'comment', 'body'), 'Started');
    assert.equal(at(comment?.body, 'comment', 'author', 'accountId'), bot.accountId);
    assert.equal(at(moved?.body, 'user', 'accountId'), bot.accountId);
    assert.equal(at(edited?.body, 'issue', 'fields', 'description'), 'Text');
  });

  it('leaves the user out where the author is unknown', async function () {
    jira.moveIssue({ kind: 'missing' }, key, 'Approved');
    await until('a delivery', () => receiver.got.length === 1);
    assert.ok(receiver.got[0] && !('user' in receiver.got[0].body));
  });

  it('retries with the same identifier and bytes until it is taken', async function () {
    const answers = [503, 429, 200];
    receiver.answer = (response) => {
      response.statusCode = answers.shift() ?? 500;
      response.end();
    };
    jira.comment(quinn.accountId, key, 'x');
    await until('delivered', () => jira.deliveries.at(-1)?.state === 'delivered');
    assert.equal(receiver.got.length, 3);
    assert.equal(new Set(ids()).size, 1);
    assert.equal(new Set(receiver.got.map((each) => each.raw)).size, 1);
    assert.ok(receiver.got.every(signedRight));
    assert.deepEqual(
      receiver.got.map((each) => each.headers['x-atlassian-webhook-retry']),
      [undefined, '1', '2'],
    );
  });

  it('retries after silence and a cut connection, gives up in the end, and takes a 400 as final', async function () {
    let calls = 0;
    receiver.answer = (response) => {
      calls += 1;
      if (calls > 1) response.destroy();
    };
    const impatient = await startJira({
      accounts,
      webhook: { url: receiver.url, secret },
      webhookOptions: { retryMs: 10, retries: 3, timeoutMs: 300 },
    });
    try {
      await makeIssue(clientOf(impatient, bot));
      await until('given up', () => impatient.deliveries.at(-1)?.state === 'failed');
    } finally {
      await impatient.close();
    }
    assert.equal(receiver.got.length, 4, 'the first attempt and three retries');
    receiver.answer = (response) => {
      response.statusCode = 400;
      response.end();
    };
    jira.comment(quinn.accountId, key, 'y');
    await until('refused', () => jira.deliveries.at(-1)?.state === 'failed');
    assert.equal(jira.deliveries.at(-1)?.attempts.length, 1);
  });

  it('sends only the events it was made for, and nothing without an address', async function () {
    jira.setWebhook({ url: receiver.url, events: ['comment_created'] });
    jira.moveIssue(quinn.accountId, key, 'Approved', { comment: 'c' });
    await until('the comment', () => receiver.got.length === 1);
    assert.deepEqual(events(), ['comment_created']);
    assert.equal(receiver.got[0]?.headers['x-hub-signature'], undefined, 'no secret, no signature');
    jira.setWebhook(undefined);
    const before = jira.deliveries.length;
    jira.comment(quinn.accountId, key, 'y');
    assert.equal(jira.deliveries.length, before);
  });

  it('loses, repeats and delays on demand', async function () {
    jira.faults.webhooks({ kind: 'lose', event: 'comment_created' });
    jira.faults.webhooks({ kind: 'repeat', event: 'jira:issue_updated', copies: 20 });
    jira.comment(quinn.accountId, key, 'lost');
    jira.moveIssue(quinn.accountId, key, 'Approved');
    await until('twenty-one deliveries', () => receiver.got.length === 21);
    assert.equal(new Set(ids()).size, 1);
    assert.deepEqual(new Set(events()), new Set(['jira:issue_updated']));
    assert.equal(jira.deliveries.at(-2)?.state, 'lost');
    receiver.got.length = 0;
    jira.faults.webhooks({ kind: 'late', delayMs: 250 });
    jira.comment(quinn.accountId, key, 'late');
    jira.moveIssue(quinn.accountId, key, 'Waiting for approval');
    await until('both', () => receiver.got.length === 2);
    assert.deepEqual(events(), ['jira:issue_updated', 'comment_created']);
  });

  it('holds deliveries back and lets them go in reverse', async function () {
    const held = jira.holdWebhooks();
    jira.moveIssue(quinn.accountId, key, 'Approved');
    jira.moveIssue(quinn.accountId, key, 'Waiting for approval');
    jira.moveIssue(quinn.accountId, key, 'Rejected');
    assert.equal(jira.deliveries.filter((each) => each.state === 'held').length, 3);
    held.release('reversed');
    await until('three deliveries', () => receiver.got.length === 3);
    assert.deepEqual(
      receiver.got.map((each) => at(each.body, 'changelog', 'items', 0, 'toString')),
      ['Rejected', 'Waiting for approval', 'Approved'],
    );
  });

  it('forges claims, and replays real ones', async function () {
    const claim = { issueKey: key, accountId: quinn.accountId, toStatusId: statusIds.approved };
    const results = [];
    for (const signature of ['none', 'wrong', 'sha1', 'right'] as const) {
      results.push(await jira.forgeWebhook({ ...claim, signature }));
    }
    assert.deepEqual(results, [200, 200, 200, 200]);
    assert.deepEqual(receiver.got.map(signedRight), [false, false, false, true]);
    assert.equal(receiver.got[0]?.headers['x-hub-signature'], undefined);
    assert.match(String(receiver.got[2]?.headers['x-hub-signature']), /^sha1=/);
    assert.equal(jira.issue(key).status, 'Waiting for approval', 'nothing happened in Jira');
    receiver.got.length = 0;
    jira.comment(quinn.accountId, key, 'x');
    await until('delivered', () => jira.deliveries.at(-1)?.state === 'delivered');
    const last = jira.deliveries.at(-1);
    assert.ok(last);
    assert.equal(await jira.replayWebhook(last), 200);
    assert.equal(receiver.got.length, 2);
    assert.deepEqual(receiver.got[0]?.raw, receiver.got[1]?.raw);
    assert.equal(new Set(ids()).size, 1);
  });
});
