import assert from 'node:assert/strict';
import type { Version3Client } from 'jira.js';
import { startJira } from '../../../../src/sandbox/jira/jira.ts';
import type { JiraStandIn } from '../../../../src/sandbox/jira/jira.ts';
import { project } from '../../../../src/sandbox/jira/site.ts';
import { accounts, bot, clientOf, doc, makeIssue, quinn, raw, refusalOf, stranger, viewer } from './stage.ts';

describe('Jira stand-in: issues', function () {
  let jira: JiraStandIn;
  let client: Version3Client;

  before(async function () {
    const fields = [
      { id: 'customfield_10050', name: 'Environment', kind: 'text', onScreens: true },
      {
        id: 'customfield_10051',
        name: 'Risk',
        kind: 'option',
        onScreens: true,
        options: [{ id: '1', name: 'Low' }],
      },
      { id: 'customfield_10052', name: 'Outcome', kind: 'text' },
    ] as const;
    jira = await startJira({
      accounts,
      project: project({ fields, components: [{ id: '7', name: 'orders' }] }),
      writeLimits: [],
    });
    client = clientOf(jira, bot);
  });
  after(() => jira.close());
  beforeEach(() => jira.reset());

  it('makes an issue with property, label and ADF in one call, and reads it back', async function () {
    const description = doc('Why: to test the release');
    const made = await client.issues.createIssue({
      fields: {
        project: { key: 'REF' },
        issuetype: { name: 'Task' },
        summary: 'Refresh uat',
        labels: ['freshet', 'freshet-R1'],
        description,
        priority: { name: 'High' },
        components: [{ name: 'orders' }],
        assignee: { accountId: quinn.accountId },
        customfield_10050: 'uat',
        customfield_10051: { value: 'Low' },
      },
      properties: [{ key: 'freshet', value: { request: 'R1' } }],
    });
    assert.match(made.key, /^REF-\d+$/);
    assert.equal(made.self, `${jira.url}/rest/api/3/issue/${made.id}`);
    const issue = await client.issues.getIssue({ issueIdOrKey: made.id, properties: ['freshet'] });
    assert.equal(issue.key, made.key);
    assert.equal(issue.fields.summary, 'Refresh uat');
    assert.deepEqual(issue.fields.labels, ['freshet', 'freshet-R1']);
    assert.deepEqual(issue.fields.description, description);
    assert.equal(issue.fields.status?.name, 'Waiting for approval');
    assert.equal(issue.fields.priority?.name, 'High');
    assert.equal(issue.fields.assignee?.accountId, quinn.accountId);
    assert.equal(issue.fields.assignee?.emailAddress, undefined, 'e-mail addresses are hidden');
    assert.equal(issue.fields.reporter?.accountId, bot.accountId);
    assert.equal(issue.fields['customfield_10050'], 'uat');
    assert.deepEqual(issue.fields['customfield_10051'], { id: '1', value: 'Low' });
    assert.match(issue.fields.created, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/);
    assert.deepEqual(issue.properties, { freshet: { request: 'R1' } });
  });

  it('shows only what is asked for', async function () {
    const { key } = await makeIssue(client);
    const some = await client.issues.getIssue({ issueIdOrKey: key, fields: ['status', 'labels'] });
    assert.deepEqual(Object.keys(some.fields).sort(), ['labels', 'status']);
    const most = await client.issues.getIssue({ issueIdOrKey: key, fields: ['-comment'] });
    assert.ok(!('comment' in most.fields) && 'summary' in most.fields);
    assert.equal(some.properties, undefined);
    const refusal = await refusalOf(client.issues.getIssue({ issueIdOrKey: key, expand: 'operations' }));
    assert.equal(refusal.status, 400);
  });

  const refused: readonly (readonly [string, Record<string, unknown>, string, RegExp])[] = [
    [
      'an unknown field',
      { customfield_1: 'x' },
      'customfield_1',
      /not on the appropriate screen, or unknown/,
    ],
    ['a field that is on no screen', { customfield_10052: 'x' }, 'customfield_10052', /appropriate screen/],
    ['no summary', { summary: undefined }, 'summary', /must specify a summary/],
    ['a summary of two lines', { summary: 'a\nb' }, 'summary', /newline/],
    ['a summary of 256 characters', { summary: 'x'.repeat(256) }, 'summary', /less than 255/],
    ['another project', { project: { key: 'NOPE' } }, 'project', /valid project/],
    ['no issue type', { issuetype: undefined }, 'issuetype', /Specify an issue type/],
    ['an unknown issue type', { issuetype: { name: 'Epic' } }, 'issuetype', /valid issue type/],
    ['a label with a space', { labels: ['to do'] }, 'labels', /contains spaces/],
    ['an unknown priority', { priority: { name: 'Blocker' } }, 'priority', /invalid/],
    ['an assignee by name', { assignee: { name: 'quinn' } }, 'assignee', /accountId/],
    [
      'an assignee who can have no issues',
      { assignee: { accountId: viewer.accountId } },
      'assignee',
      /cannot be assigned/,
    ],
    ['an unknown option', { customfield_10051: { value: 'High' } }, 'customfield_10051', /not valid/],
    ['an unknown component', { components: [{ name: 'billing' }] }, 'components', /not valid/],
    [
      'a reporter without the right to name one',
      { reporter: { accountId: quinn.accountId } },
      'reporter',
      /screen/,
    ],
    [
      'a description that is no document',
      { description: { text: 'x' } },
      'description',
      /Atlassian Document/,
    ],
    ['a description over the limit', { description: doc('x'.repeat(32_768)) }, 'description', /32,767/],
  ];
  for (const [what, fields, field, message] of refused) {
    it(`refuses ${what}, and makes nothing`, async function () {
      const refusal = await refusalOf(makeIssue(client, fields));
      assert.equal(refusal.status, 400);
      assert.match(String(refusal.errors[field]), message);
      assert.equal(jira.issues().length, 0);
    });
  }

  it('takes a description at the limit, and names every fault at once', async function () {
    await makeIssue(client, { description: doc('x'.repeat(32_767)) });
    const { errors } = await refusalOf(
      makeIssue(client, { labels: ['a b'], priority: { id: '9' }, nope: 1 }),
    );
    assert.deepEqual(Object.keys(errors).sort(), ['labels', 'nope', 'priority']);
  });

  it('refuses a plain string as description, which jira.js would wrap', async function () {
    const body = JSON.stringify({
      fields: { project: { key: 'REF' }, issuetype: { id: '10002' }, summary: 's', description: 'plain' },
    });
    const { status, body: answer } = await raw(jira, bot, 'POST', '/issue', body);
    assert.equal(status, 400);
    assert.match(JSON.stringify(answer), /"description":"Operation value must be an Atlassian Document/);
  });

  it('hides issues from those who may not browse, and lets nobody create without the right', async function () {
    const { key } = await makeIssue(client);
    const hidden = await refusalOf(clientOf(jira, stranger).issues.getIssue({ issueIdOrKey: key }));
    const absent = await refusalOf(client.issues.getIssue({ issueIdOrKey: 'REF-999999' }));
    assert.equal(hidden.status, 404);
    assert.deepEqual(hidden, absent);
    assert.equal((await refusalOf(makeIssue(clientOf(jira, viewer)))).status, 403);
    assert.match(
      String((await refusalOf(makeIssue(clientOf(jira, stranger)))).errors['project']),
      /valid project/,
    );
  });

  it('edits fields and labels, and writes what changed into the changelog', async function () {
    const { key } = await makeIssue(client, { labels: ['old'] });
    await client.issues.editIssue({
      issueIdOrKey: key,
      fields: { summary: 'Refresh ci', assignee: { accountId: quinn.accountId } },
      update: { labels: [{ add: 'new' }, { remove: 'old' }] },
    });
    const issue = await client.issues.getIssue({ issueIdOrKey: key, expand: 'changelog' });
    assert.deepEqual(issue.fields.labels, ['new']);
    const items = issue.changelog?.histories?.[0]?.items ?? [];
    assert.deepEqual(
      items.map(({ field, from, fromString, to, toString: text }) => [field, from, fromString, to, text]),
      [
        ['summary', null, 'Refresh uat', null, 'Refresh ci'],
        ['assignee', null, null, quinn.accountId, 'Quinn'],
        ['labels', null, 'old', null, 'new'],
      ],
    );
    await client.issues.editIssue({ issueIdOrKey: key, fields: { summary: 'Refresh ci' } });
    assert.equal(jira.issue(key).history.length, 3, 'what does not change is no change');
    await client.issues.assignIssue({ issueIdOrKey: key, accountId: null });
    assert.equal(jira.issue(key).history.at(-1)?.to, '');
  });

  it('refuses edits without the right, of the status, and with nothing to edit', async function () {
    const { key } = await makeIssue(client);
    const edit = (fields: Record<string, unknown>, who = bot) =>
      refusalOf(clientOf(jira, who).issues.editIssue({ issueIdOrKey: key, fields }));
    assert.match(String((await edit({ summary: 'x' }, viewer)).errors['summary']), /appropriate screen/);
    assert.match(String((await edit({ status: { id: '10011' } })).errors['status']), /appropriate screen/);
    assert.equal((await refusalOf(client.issues.editIssue({ issueIdOrKey: key }))).status, 400);
    const both = client.issues.editIssue({
      issueIdOrKey: key,
      fields: { labels: ['a'] },
      update: { labels: [{ add: 'b' }] },
    });
    assert.match(String((await refusalOf(both)).errors['labels']), /both/);
    assert.equal(jira.issue(key).history.length, 0);
  });

  it('pages the changelog oldest first, and shows it newest first inside the issue', async function () {
    const { key } = await makeIssue(client);
    for (const status of ['Approved', 'Waiting for approval', 'Rejected'])
      jira.moveIssue(quinn.accountId, key, status);
    const first = await client.issues.getChangeLogs({ issueIdOrKey: key, maxResults: 2 });
    const second = await client.issues.getChangeLogs({ issueIdOrKey: key, maxResults: 2, startAt: 2 });
    assert.equal(first.isLast, false);
    assert.equal(first.nextPage, `${jira.url}/rest/api/3/issue/${key}/changelog?maxResults=2&startAt=2`);
    assert.equal(second.nextPage, undefined);
    assert.equal(second.isLast, true);
    assert.equal(first.total, 3);
    const paged = [...(first.values ?? []), ...(second.values ?? [])];
    assert.deepEqual(
      paged.map((each) => each.items?.[0]?.toString),
      ['Approved', 'Waiting for approval', 'Rejected'],
    );
    const ids = paged.map((each) => Number(each.id));
    assert.deepEqual(
      ids,
      [...ids].sort((a, b) => a - b),
    );
    assert.equal(new Set(ids).size, 3);
    const issue = await client.issues.getIssue({ issueIdOrKey: key, expand: 'changelog' });
    assert.deepEqual(
      issue.changelog?.histories?.map((each) => each.id),
      paged.map((each) => each.id).toReversed(),
    );
    const [entry] = paged;
    assert.equal(entry?.author?.accountId, quinn.accountId);
    assert.deepEqual(entry?.items?.[0], {
      field: 'status',
      fieldtype: 'jira',
      fieldId: 'status',
      from: '10010',
      fromString: 'Waiting for approval',
      to: '10011',
      toString: 'Approved',
    });
  });

  it('shows 100 changes inside the issue, and all of them in pages', async function () {
    const { key } = await makeIssue(client);
    for (let at = 0; at < 103; at += 1) jira.editIssue(quinn.accountId, key, { summary: `s${at}` });
    const issue = await client.issues.getIssue({ issueIdOrKey: key, expand: 'changelog' });
    assert.equal(issue.changelog?.histories?.length, 100);
    assert.equal(issue.changelog?.total, 103);
    assert.equal(issue.changelog?.histories?.[0]?.items?.[0]?.toString, 's102');
    const page = await client.issues.getChangeLogs({ issueIdOrKey: key, maxResults: 1000 });
    assert.equal(page.maxResults, 100);
    assert.equal(page.isLast, false);
  });

  it('shows authors that Jira does not know any more', async function () {
    const { key } = await makeIssue(client);
    jira.moveIssue({ kind: 'missing' }, key, 'Approved');
    jira.moveIssue({ kind: 'null-id' }, key, 'Waiting for approval');
    const { values } = await client.issues.getChangeLogs({ issueIdOrKey: key });
    assert.ok(values?.[0] && !('author' in values[0]));
    assert.equal(values[1]?.author?.accountId, null);
  });

  it('reads many issues in one call', async function () {
    const made = [await makeIssue(client), await makeIssue(client)];
    const answer = await client.issues.bulkFetchIssues({
      issueIdsOrKeys: [made[0]?.key ?? '', made[1]?.id ?? '', 'REF-99999'],
      fields: ['status'],
    });
    assert.deepEqual(
      answer.issues?.map((each) => each.key),
      made.map((each) => each.key),
    );
  });
});
