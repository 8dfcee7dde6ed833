import assert from 'node:assert/strict';
import type { Version3Client } from 'jira.js';
import { startJira } from '../../../../src/sandbox/jira/jira.ts';
import type { JiraStandIn } from '../../../../src/sandbox/jira/jira.ts';
import { accounts, bot, clientOf, doc, makeIssue, quinn, raw, refusalOf, viewer } from './stage.ts';

describe('Jira stand-in: comments, properties and links', function () {
  let jira: JiraStandIn;
  let client: Version3Client;
  let key: string;

  before(async function () {
    jira = await startJira({ accounts, writeLimits: [] });
    client = clientOf(jira, bot);
  });
  after(() => jira.close());
  beforeEach(async function () {
    jira.reset();
    ({ key } = await makeIssue(client));
  });

  it('adds, reads, lists and changes comments', async function () {
    const added = await client.issueComments.addComment({
      issueIdOrKey: key,
      comment: doc('Started'),
      properties: [{ key: 'freshet', value: { event: 7 } }],
      expand: 'properties',
    });
    assert.deepEqual(added.properties, [{ key: 'freshet', value: { event: 7 } }]);
    jira.comment(quinn.accountId, key, 'Thanks');
    const id = added.id ?? '';
    await client.issueComments.updateComment({ issueIdOrKey: key, id, body: doc('Done') });
    const one = await client.issueComments.getComment({ issueIdOrKey: key, id });
    assert.deepEqual(one.body, doc('Done'));
    assert.equal(one.author?.accountId, bot.accountId);
    const all = await client.issueComments.getComments({ issueIdOrKey: key });
    assert.equal(all.total, 2);
    assert.deepEqual(
      all.comments?.map((each) => each.author?.displayName),
      ['Freshet', 'Quinn'],
    );
    const newest = await client.issueComments.getComments({
      issueIdOrKey: key,
      orderBy: '-created',
      maxResults: 1,
    });
    assert.equal(newest.comments?.[0]?.author?.displayName, 'Quinn');
    const property = await client.issueCommentProperties.getCommentProperty({
      commentId: id,
      propertyKey: 'freshet',
    });
    assert.deepEqual(property.value, { event: 7 });
  });

  it('refuses empty, long and malformed comments', async function () {
    const add = (comment: object) =>
      refusalOf(
        raw(jira, bot, 'POST', `/issue/${key}/comment`, JSON.stringify({ body: comment })).then(refuse),
      );
    assert.match(String((await add(doc(' '))).errors['comment']), /can not be empty/);
    assert.match(
      String((await add({ type: 'doc', version: 1, content: [] })).errors['comment']),
      /can not be empty/,
    );
    assert.match(String((await add(doc('x'.repeat(32_768)))).errors['comment']), /32,767/);
    assert.equal((await add({ type: 'doc', content: [] })).status, 400);
    assert.deepEqual(jira.issue(key).comments, []);
  });

  const invalid: readonly (readonly [string, object])[] = [
    ['a document without version', { type: 'doc', content: [] }],
    ['text outside a paragraph', node([{ type: 'text', text: 'x' }])],
    ['an empty text node', node([{ type: 'paragraph', content: [{ type: 'text', text: '' }] }])],
    ['an unknown node', node([{ type: 'shout', content: [] }])],
    ['an unknown attribute', node([{ type: 'heading', attrs: { level: 2, colour: 'red' }, content: [] }])],
    ['a heading of level 7', node([{ type: 'heading', attrs: { level: 7 }, content: [] }])],
    ['an unknown mark', text([{ type: 'shout' }])],
    ['code that is bold', text([{ type: 'code' }, { type: 'strong' }])],
    ['a link without address', text([{ type: 'link', attrs: {} }])],
    [
      'a heading in a list',
      node([
        {
          type: 'bulletList',
          content: [{ type: 'listItem', content: [{ type: 'heading', attrs: { level: 1 }, content: [] }] }],
        },
      ]),
    ],
    [
      'a panel of an unknown kind',
      node([{ type: 'panel', attrs: { panelType: 'loud' }, content: [{ type: 'paragraph' }] }]),
    ],
    [
      'a colourless status',
      node([{ type: 'paragraph', content: [{ type: 'status', attrs: { text: 'X' } }] }]),
    ],
  ];
  for (const [what, body] of invalid) {
    it(`refuses ADF with ${what}`, async function () {
      const answer = await raw(jira, bot, 'POST', `/issue/${key}/comment`, JSON.stringify({ body }));
      assert.equal(answer.status, 400);
      assert.deepEqual(jira.issue(key).comments, []);
    });
  }

  it('takes the ADF that a report is made of, and reads it as a person would', async function () {
    const body = node([
      { type: 'heading', attrs: { level: 3 }, content: [{ type: 'text', text: 'Refresh of uat' }] },
      {
        type: 'panel',
        attrs: { panelType: 'warning' },
        content: [
          {
            type: 'paragraph',
            content: [{ type: 'text', text: 'Overwrites uat', marks: [{ type: 'strong' }] }],
          },
        ],
      },
      {
        type: 'bulletList',
        content: ['orders', 'billing'].map((name) => ({
          type: 'listItem',
          content: [
            { type: 'paragraph', content: [{ type: 'text', text: name, marks: [{ type: 'code' }] }] },
          ],
        })),
      },
      {
        type: 'orderedList',
        content: ['load', 'swap'].map((step) => ({
          type: 'listItem',
          content: [{ type: 'paragraph', content: [{ type: 'text', text: step }] }],
        })),
      },
      {
        type: 'table',
        content: [
          {
            type: 'tableRow',
            content: ['Backup', 'BKP-12'].map((cell) => ({
              type: 'tableCell',
              attrs: {},
              content: [{ type: 'paragraph', content: [{ type: 'text', text: cell }] }],
            })),
          },
        ],
      },
      {
        type: 'paragraph',
        content: [
          { type: 'text', text: 'card', marks: [{ type: 'link', attrs: { href: 'https://example.org/c' } }] },
          { type: 'hardBreak' },
          { type: 'mention', attrs: { id: quinn.accountId, text: '@Quinn' } },
          { type: 'text', text: ' ' },
          { type: 'status', attrs: { text: 'WAITING', color: 'yellow' } },
        ],
      },
    ]);
    const answer = await raw(jira, bot, 'POST', `/issue/${key}/comment`, JSON.stringify({ body }));
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    assert.deepEqual(jira.issue(key).comments[0]?.text.split('\n'), [
      'Refresh of uat',
      'Overwrites uat',
      '- orders',
      '- billing',
      '1. load',
      '2. swap',
      'Backup | BKP-12',
      'card <https://example.org/c>',
      '@Quinn WAITING',
    ]);
  });

  it('lets people comment only with the right, and change only their own', async function () {
    const add = clientOf(jira, viewer).issueComments.addComment({ issueIdOrKey: key, comment: doc('x') });
    assert.equal((await refusalOf(add)).status, 403);
    const { id } = jira.comment(quinn.accountId, key, 'mine');
    const change = client.issueComments.updateComment({ issueIdOrKey: key, id, body: doc('yours') });
    assert.equal((await refusalOf(change)).status, 400);
    jira.setAccount({ ...bot, permissions: ['BROWSE_PROJECTS', 'EDIT_ALL_COMMENTS'] });
    await client.issueComments.updateComment({ issueIdOrKey: key, id, body: doc('put right') });
    jira.setAccount(bot);
    assert.equal(jira.issue(key).comments[0]?.text, 'put right');
    const absent = client.issueComments.getComment({ issueIdOrKey: key, id: '1' });
    assert.equal((await refusalOf(absent)).status, 404);
  });

  it('sets, reads and lists issue properties', async function () {
    const property = { issueIdOrKey: key, propertyKey: 'freshet' };
    assert.equal((await refusalOf(client.issueProperties.getIssueProperty(property))).status, 404);
    const first = await raw(jira, bot, 'PUT', `/issue/${key}/properties/freshet`, '{"request":"R1"}');
    const second = await raw(jira, bot, 'PUT', `/issue/${key}/properties/freshet`, '"R2"');
    assert.deepEqual([first.status, second.status], [201, 200]);
    assert.deepEqual(await client.issueProperties.getIssueProperty(property), {
      key: 'freshet',
      value: 'R2',
    });
    const { keys } = await client.issueProperties.getIssuePropertyKeys({ issueIdOrKey: key });
    assert.deepEqual(
      keys?.map((each) => each.key),
      ['freshet'],
    );
    const long = await raw(
      jira,
      bot,
      'PUT',
      `/issue/${key}/properties/freshet`,
      JSON.stringify('x'.repeat(32_768)),
    );
    assert.equal(long.status, 400);
    const forbidden = await raw(jira, viewer, 'PUT', `/issue/${key}/properties/freshet`, '1');
    assert.equal(forbidden.status, 403);
  });

  it('makes a link once for each global id', async function () {
    const link = {
      issueIdOrKey: key,
      globalId: 'freshet=R1',
      object: { url: 'https://example.org/1', title: 'Card' },
    };
    const first = await client.issueRemoteLinks.createOrUpdateRemoteIssueLink(link);
    const second = await client.issueRemoteLinks.createOrUpdateRemoteIssueLink({
      ...link,
      object: { url: 'https://example.org/2', title: 'Card' },
    });
    assert.equal(first.id, second.id);
    assert.deepEqual(jira.issue(key).links, [{ title: 'Card', url: 'https://example.org/2' }]);
    const found: unknown = await client.issueRemoteLinks.getRemoteIssueLinks({
      issueIdOrKey: key,
      globalId: 'freshet=R1',
    });
    assert.ok(JSON.stringify(found).includes('https://example.org/2'));
    const foreign = clientOf(jira, viewer).issueRemoteLinks.createOrUpdateRemoteIssueLink(link);
    assert.equal((await refusalOf(foreign)).status, 403);
    const bad = client.issueRemoteLinks.createOrUpdateRemoteIssueLink({
      issueIdOrKey: key,
      object: { url: '', title: '' },
    });
    assert.deepEqual(Object.keys((await refusalOf(bad)).errors), ['url', 'title']);
  });
});

function node(content: unknown): object {
  return { type: 'doc', version: 1, content };
}

function text(marks: unknown): object {
  return node([{ type: 'paragraph', content: [{ type: 'text', text: 'x', marks }] }]);
}

/** Turns a raw answer into the error that `refusalOf` reads. */
function refuse({ status, body }: { status: number; body: unknown }): never {
  throw Object.assign(new Error(String(status)), { response: { status, data: body } });
}
