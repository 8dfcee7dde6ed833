import assert from 'node:assert/strict';
import type { Version3Client } from 'jira.js';
import { startJira } from '../../../../src/sandbox/jira/jira.ts';
import type { JiraStandIn } from '../../../../src/sandbox/jira/jira.ts';
import { accounts, bot, clientOf, makeIssue, quinn, raw, refusalOf, stranger } from './stage.ts';

describe('Jira stand-in: search', function () {
  let jira: JiraStandIn;
  let client: Version3Client;
  let keys: string[];

  before(async function () {
    jira = await startJira({ accounts, indexDelayMs: 0, indexedProperties: ['freshet'] });
    client = clientOf(jira, bot);
    keys = [];
    for (const [at, labels] of [['freshet', 'R-1'], ['freshet', 'R-2'], ['other'], []].entries()) {
      const { key } = await makeIssue(client, { labels, summary: `issue ${at}` });
      await client.issueProperties.setIssueProperty({
        issueIdOrKey: key,
        propertyKey: 'freshet',
        propertyValue: { request: `req-${at}`, items: ['orders', `db${at}`] },
      });
      keys.push(key);
    }
    jira.moveIssue(quinn.accountId, keys[1] ?? '', 'Approved');
  });
  after(() => jira.close());

  async function find(jql: string, who = bot): Promise<(number | string)[]> {
    const answer = await clientOf(jira, who).issueSearch.searchForIssuesUsingJqlEnhancedSearchPost({
      jql,
      fields: ['summary'],
    });
    return (answer.issues ?? []).map((issue) => keys.indexOf(issue.key));
  }

  const queries: readonly (readonly [string, readonly number[]])[] = [
    ['project = REF ORDER BY key ASC', [0, 1, 2, 3]],
    ['project = "Database refreshes" order by created desc', [3, 2, 1, 0]],
    ['project in (REF) AND labels = freshet ORDER BY key', [0, 1]],
    ['labels = "R-2"', [1]],
    ['project = REF AND labels != freshet', [2]],
    ['labels in (R-1, other) ORDER BY key DESC', [2, 0]],
    ['labels not in (freshet)', [2]],
    ['project = REF AND labels is EMPTY', [3]],
    ['project = REF AND labels is not EMPTY ORDER BY key', [0, 1, 2]],
    ['project = REF AND status = Approved', [1]],
    ['project = REF AND status in (10010, "Approved") ORDER BY key', [0, 1, 2, 3]],
    ['project = REF AND status != 10010', [1]],
    ['project = REF AND statusCategory = "In Progress"', [1]],
    ['key in (REF-1, REF-3) ORDER BY key', [0, 2]],
    ['key > REF-3', [3]],
    ['project = REF AND updated >= -5m ORDER BY updated DESC', [1, 3, 2, 0]],
    ['project = REF AND created >= "2020-01-31 12:30" AND created <= now() ORDER BY key', [0, 1, 2, 3]],
    ['project = REF AND created < "2020/01/31"', []],
    ['project = REF AND updated >= 4102444800000', []],
    ['reporter = currentUser() AND project = REF ORDER BY key', [0, 1, 2, 3]],
    [`assignee = "${quinn.accountId}"`, []],
    ['issue.property[freshet].request = "req-1"', [1]],
    ['issue.property[freshet].items = orders ORDER BY key', [0, 1, 2, 3]],
  ];
  for (const [jql, wanted] of queries) {
    it(`answers ${jql}`, async function () {
      assert.deepEqual(await find(jql), wanted);
    });
  }

  const refused: readonly (readonly [string, RegExp])[] = [
    ['', /Unbounded JQL/],
    ['ORDER BY created', /Unbounded JQL/],
    ['project = NOPE', /value 'NOPE' does not exist for the field 'project'/],
    ['status = Limbo AND project = REF', /value 'Limbo' does not exist for the field 'status'/],
    ['colour = red', /Field 'colour' does not exist/],
    ['issue.property[other].request = 1', /does not exist/],
    ['project = REF AND', /before the end of the query/],
    ['project REF', /Expecting operator but got 'REF'/],
    ['labels in freshet', /Expecting '\('/],
    ['project = REF labels = x', /'OR' or 'AND' but got 'labels'/],
    ['project = REF OR labels = x', /stand-in does not know OR/],
    ['(project = REF)', /brackets/],
    ['NOT project = REF', /NOT/],
    ['summary ~ uat', /operator "~"|does not exist/],
    ['project = REF AND updated >= "2026-11-23 11:50:10"', /Date value '2026-11-23 11:50:10'/],
    ['project = REF AND updated = "2026-11-23"', /operator '=' is not supported/],
    ['project > REF', /operator '>' is not supported/],
    ['key = fruit', /issue key 'fruit'/],
    ['project = REF ORDER BY colour', /Not able to sort using field 'colour'/],
    ['reporter = membersOf()', /Unable to find JQL function/],
    ['project = REF; drop', /reserved JQL character|Expecting/],
  ];
  for (const [jql, message] of refused) {
    it(`refuses ${jql === '' ? 'an empty query' : jql}`, async function () {
      const { status, messages } = await refusalOf(find(jql));
      assert.equal(status, 400);
      assert.match(String(messages[0]), message);
    });
  }

  it('gives ids only unless fields are asked for', async function () {
    const bare = await client.issueSearch.searchForIssuesUsingJqlEnhancedSearch({ jql: 'labels = R-1' });
    assert.deepEqual(
      bare.issues?.map((each) => Object.keys(each)),
      [['id']],
    );
  });

  it('pages by token, over GET and POST, and refuses tokens of other queries', async function () {
    const jql = 'project = REF ORDER BY key';
    const got = await client.issueSearch.searchForIssuesUsingJqlEnhancedSearch({
      jql,
      maxResults: 2,
      fields: ['status'],
    });
    assert.equal(got.issues?.length, 2);
    const { nextPageToken } = got;
    const rest = await client.issueSearch.searchForIssuesUsingJqlEnhancedSearchPost({
      jql,
      maxResults: 2,
      nextPageToken,
    });
    assert.equal(rest.issues?.length, 2);
    assert.equal(rest.nextPageToken, undefined);
    const other = client.issueSearch.searchForIssuesUsingJqlEnhancedSearch({
      jql: 'labels = x',
      nextPageToken,
    });
    assert.equal((await refusalOf(other)).status, 400);
    const junk = client.issueSearch.searchForIssuesUsingJqlEnhancedSearch({ jql, nextPageToken: 'junk' });
    assert.equal((await refusalOf(junk)).status, 400);
  });

  it('refuses bounds and names that Jira refuses', async function () {
    for (const maxResults of [0, 5001]) {
      const search = client.issueSearch.searchForIssuesUsingJqlEnhancedSearch({
        jql: 'project = REF',
        maxResults,
      });
      assert.equal((await refusalOf(search)).status, 400);
    }
    const body = JSON.stringify({ jql: 'project = REF', startAt: 0 });
    assert.equal((await raw(jira, bot, 'POST', '/search/jql', body)).status, 400);
  });

  it('shows nothing of a project to those who may not see it', async function () {
    assert.deepEqual(await find('labels = freshet', stranger), []);
    assert.match(String((await refusalOf(find('project = REF', stranger))).messages[0]), /does not exist/);
  });

  it('asks the index for undeclared properties in vain, as Jira does', async function () {
    const plain = await startJira({ accounts });
    try {
      const search = clientOf(plain, bot).issueSearch.searchForIssuesUsingJqlEnhancedSearch({
        jql: 'issue.property[freshet].request = "req-1"',
      });
      assert.match(String((await refusalOf(search)).messages[0]), /does not exist/);
    } finally {
      await plain.close();
    }
  });

  it('finds new and changed issues only after a while, though they can be read at once', async function () {
    let now = Date.now();
    const late = await startJira({ accounts, indexDelayMs: 500, now: () => now });
    try {
      const who = clientOf(late, bot);
      const count = async (jql: string, reconcileIssues?: number[]): Promise<number> => {
        const found = await who.issueSearch.searchForIssuesUsingJqlEnhancedSearchPost({
          jql,
          reconcileIssues,
        });
        return found.issues?.length ?? 0;
      };
      const { key, id } = await makeIssue(who, { labels: ['fresh'] });
      assert.equal(await count('labels = fresh'), 0);
      assert.equal(await count('labels = fresh', [Number(id)]), 1, 'reconciled');
      assert.equal((await who.issues.getIssue({ issueIdOrKey: key })).key, key);
      now += 500;
      assert.equal(await count('labels = fresh'), 1);
      late.moveIssue(quinn.accountId, key, 'Approved');
      assert.equal(await count('labels = fresh AND status = Approved'), 0);
      assert.equal(await count('labels = fresh AND status = Approved', [Number(id)]), 1, 'reconciled');
      assert.equal(await count('labels = fresh AND status = 10010', [Number(id)]), 0, 'reconciled');
      const many = Array.from({ length: 51 }, (_, at) => at + 1);
      assert.equal((await refusalOf(count('labels = fresh', many))).status, 400);
      now += 500;
      assert.equal(await count('status = Approved'), 1, 'the moved issue is in the index');
    } finally {
      await late.close();
    }
  });
});
