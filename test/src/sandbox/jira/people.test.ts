import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Version3Client } from 'jira.js';
import { startJira } from '../../../../src/sandbox/jira/jira.ts';
import type { JiraStandIn } from '../../../../src/sandbox/jira/jira.ts';
import { accounts, bot, clientOf, doc, makeIssue, quinn, stranger, viewer } from './stage.ts';

describe('Jira stand-in: people and what they see', function () {
  let jira: JiraStandIn;
  let client: Version3Client;

  before(async function () {
    jira = await startJira({ accounts });
    client = clientOf(jira, bot);
  });
  after(() => jira.close());
  beforeEach(() => jira.reset());

  it('lets people do what their page offers, and no more', async function () {
    const { key } = await makeIssue(client);
    assert.throws(
      () => jira.moveIssue(quinn.accountId, key, 'Done'),
      /can't be moved from "Waiting for approval"/,
    );
    assert.throws(() => jira.moveIssue(viewer.accountId, key, 'Approved'), /TRANSITION_ISSUES/);
    assert.throws(() => jira.comment(stranger.accountId, key, 'x'), /ADD_COMMENTS/);
    assert.throws(() => jira.moveIssue('nobody', key, 'Approved'), /No account "nobody"/);
    assert.throws(() => jira.moveIssue(quinn.accountId, key, 'Limbo'), /No status "Limbo"/);
    jira.moveIssue(quinn.accountId, key, 'approved');
    const own = jira.createIssue(quinn.accountId, {
      summary: 'By hand',
      text: 'One\nTwo',
      labels: ['freshet-R9'],
    });
    assert.equal(
      (await client.issues.getIssue({ issueIdOrKey: own.key })).fields.creator?.accountId,
      quinn.accountId,
    );
    const edited = jira.editIssue(quinn.accountId, own.key, { labels: [] });
    assert.deepEqual(edited.fields['labels'], []);
    assert.equal(jira.issue(own.key).description, 'One\nTwo');
  });

  it('gives what people type to programs as ADF that Jira would take back', async function () {
    const { key } = await makeIssue(client);
    jira.comment(quinn.accountId, key, 'One\n\nTwo');
    const { comments } = await client.issueComments.getComments({ issueIdOrKey: key });
    const [comment] = comments ?? [];
    assert.ok(comment?.body);
    await client.issueComments.addComment({ issueIdOrKey: key, comment: comment.body });
    assert.equal(jira.issue(key).comments[1]?.text, 'One\n\nTwo');
  });

  it('draws the board, a column for each status', async function () {
    const { key } = await makeIssue(client);
    const second = await makeIssue(client);
    jira.moveIssue(quinn.accountId, second.key, 'Approved');
    const board = jira.board();
    assert.equal(board.length, 7);
    assert.deepEqual(
      board
        .filter((each) => each.issues.length > 0)
        .map((each) => [each.status, each.issues.map((one) => one.key)]),
      [
        ['Waiting for approval', [key]],
        ['Approved', [second.key]],
      ],
    );
  });

  it('renders an issue for a transcript', async function () {
    const { key } = await makeIssue(client, { labels: ['freshet'], description: doc('Because of R1') });
    await client.issueRemoteLinks.createOrUpdateRemoteIssueLink({
      issueIdOrKey: key,
      object: { url: 'https://example.org/card', title: 'Card in Slack' },
    });
    jira.moveIssue(quinn.accountId, key, 'Approved', { comment: 'Fine\nby me' });
    await sleep(5);
    await client.issues.editIssue({ issueIdOrKey: key, fields: { description: doc('Because of R2') } });
    await sleep(5);
    jira.comment({ kind: 'missing' }, key, 'Later');
    const text = jira.renderText(key).replaceAll(/\d\d:\d\d:\d\d/g, 'TT:TT:TT');
    assert.deepEqual(text.split('\n'), [
      `${key}  Refresh uat  [Approved]`,
      '  labels: freshet',
      '  link: Card in Slack <https://example.org/card>',
      '',
      '  Because of R2',
      '',
      '  TT:TT:TT  Quinn commented:',
      '              Fine',
      '              by me',
      '  TT:TT:TT  Quinn moved it from Waiting for approval to Approved',
      '  TT:TT:TT  Freshet changed the description',
      '  TT:TT:TT  Anonymous commented:',
      '              Later',
    ]);
  });

  it('tells of changes, and waits for them', async function () {
    let told = 0;
    const stop = jira.onChange(() => (told += 1));
    const waiting = jira.waitFor((now) => now.issues().find((each) => each.status === 'Approved')?.key);
    const { key } = await makeIssue(client);
    jira.moveIssue(quinn.accountId, key, 'Approved');
    assert.equal(await waiting, key);
    assert.equal(told, 2);
    stop();
    jira.comment(quinn.accountId, key, 'x');
    assert.equal(told, 2);
    await assert.rejects(
      jira.waitFor((now) => now.issue(key).status === 'Done', 60),
      new RegExp(`within 60 ms[^]*${key}`),
    );
  });

  it('forgets issues between tests, but never reuses a key or an id', async function () {
    const first = await makeIssue(client);
    let told = 0;
    const stop = jira.onChange(() => (told += 1));
    jira.reset();
    stop();
    assert.equal(told, 1, 'an empty board is a change');
    assert.equal(jira.issues().length, 0);
    assert.equal(jira.calls.length, 0);
    const second = await makeIssue(client);
    assert.notEqual(second.key, first.key);
    assert.ok(Number(second.id) > Number(first.id));
  });
});
