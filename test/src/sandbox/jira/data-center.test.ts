import assert from 'node:assert/strict';
import { startJira, type JiraStandIn } from '../../../../src/sandbox/jira/jira.ts';
import { readWiki } from '../../../../src/sandbox/jira/v2/wiki.ts';

type Answer = { status: number; body: Record<string, unknown> };

describe('the Jira stand-in as Data Center', () => {
  let jira: JiraStandIn;
  before(async () => {
    jira = await startJira({
      kind: 'data-center',
      indexDelayMs: 0,
      accounts: [
        {
          accountId: 'JIRAUSER1',
          username: 'ada',
          displayName: 'Ada',
          email: 'ada@x.example',
          token: 'pat-ada',
        },
        { accountId: 'bob', displayName: 'Bob', email: 'bob@x.example', token: 'pat-bob' },
      ],
    });
  });
  after(() => jira.close());

  async function call(
    method: string,
    path: string,
    body?: unknown,
    authorization = 'Bearer pat-ada',
  ): Promise<Answer> {
    const response = await fetch(`${jira.url}/rest/api/${path}`, {
      method,
      headers: { Authorization: authorization, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Answer['body']) };
  }

  const make = async (more: object = {}) => {
    const fields = { project: { key: 'REF' }, issuetype: { name: 'Task' }, summary: 'A', ...more };
    return call('POST', '2/issue', { fields });
  };

  it('takes a personal access token and nothing else', async () => {
    assert.equal((await call('GET', '2/myself')).body['key'], 'JIRAUSER1');
    const basic = `Basic ${Buffer.from('ada@x.example:pat-ada').toString('base64')}`;
    for (const wrong of ['Bearer other', 'Bearer ', basic]) {
      assert.equal((await call('GET', '2/myself', undefined, wrong)).status, 401);
    }
  });

  it('has no v3, and what only Cloud has is not there either', async () => {
    const { body } = await make();
    const key = String(body['key']);
    for (const path of [
      '3/myself',
      '2/search/jql?jql=project=REF',
      `2/issue/${key}/changelog`,
      '2/statuses/search',
      '2/comment/1/properties',
    ]) {
      assert.equal((await call('GET', path)).status, 404, path);
    }
  });

  it('Cloud has no v2 and no search by offset', async () => {
    const other = await startJira({
      accounts: [{ accountId: 'a', displayName: 'A', email: 'a@x.example', token: 't' }],
    });
    try {
      const headers = { Authorization: `Basic ${Buffer.from('a@x.example:t').toString('base64')}` };
      const status = async (path: string) =>
        (await fetch(`${other.url}/rest/api/${path}`, { headers })).status;
      assert.deepEqual(
        await Promise.all(['3/myself', '2/myself', '3/search?jql=project=REF'].map(status)),
        [200, 404, 404],
      );
    } finally {
      await other.close();
    }
  });

  it('shows users by key and name, and takes them by name', async () => {
    const { body: found } = await call('GET', '2/user?username=ada');
    assert.deepEqual([found['key'], found['name'], found['accountId']], ['JIRAUSER1', 'ada', undefined]);
    assert.equal((await call('GET', '2/user?key=JIRAUSER1')).body['name'], 'ada');
    assert.equal((await call('GET', '2/user?key=ada')).status, 404);
    assert.equal((await call('GET', '2/user?accountId=JIRAUSER1')).status, 400);
    assert.equal((await make({ assignee: { name: 'ada' } })).status, 201);
    for (const wrong of [{ accountId: 'JIRAUSER1' }, { name: 'JIRAUSER1' }]) {
      assert.equal((await make({ assignee: wrong })).status, 400);
    }
  });

  it('takes wiki text, not documents, and no properties', async () => {
    assert.equal((await make({ description: '*a*' })).status, 201);
    assert.equal((await make({ description: { type: 'doc', version: 1, content: [] } })).status, 400);
    assert.equal((await make({ description: 'x'.repeat(32_768) })).status, 400);
    const { body } = await make();
    const path = `2/issue/${String(body['key'])}/comment`;
    assert.equal((await call('POST', path, { body: 'h3. a' })).status, 201);
    assert.equal((await call('POST', path, { body: ' ' })).status, 400);
    assert.equal((await call('POST', path, { body: 'a', properties: [{ key: 'k', value: 1 }] })).status, 400);
  });

  it('searches by offset, and shows the whole changelog in an issue, oldest first', async () => {
    const { body } = await make();
    const key = String(body['key']);
    for (const [index, to] of ['Approved', 'Waiting for approval', 'Rejected'].entries()) {
      jira.moveIssue(index === 1 ? 'bob' : 'JIRAUSER1', key, to);
    }
    const { body: issue } = await call('GET', `2/issue/${key}?expand=changelog`);
    const { histories, total } = issue['changelog'] as {
      histories: Record<string, unknown>[];
      total: number;
    };
    assert.equal(total, 3);
    assert.deepEqual(
      histories.map((each) => (each['author'] as { key: string }).key),
      ['JIRAUSER1', 'bob', 'JIRAUSER1'],
    );
    const [item] = histories[0]!['items'] as Record<string, unknown>[];
    assert.deepEqual(
      [item!['field'], item!['fieldId'], item!['toString']],
      ['status', undefined, 'Approved'],
    );
    const page = async (startAt: number) =>
      (await call('POST', '2/search', { jql: 'project = REF', startAt, maxResults: 2 })).body;
    const all = Number((await page(0))['total']);
    assert.ok(all > 2);
    assert.equal(((await page(all - 1))['issues'] as unknown[]).length, 1);
    assert.equal((await call('POST', '2/search', { jql: 'project = REF', nextPageToken: 'x' })).status, 400);
  });

  it('describes new issues in "values"', async () => {
    const { body } = await call('GET', '2/issue/createmeta/REF/issuetypes');
    const [type] = body['values'] as { id: string }[];
    const { body: fields } = await call('GET', `2/issue/createmeta/REF/issuetypes/${type!.id}`);
    assert.ok((fields['values'] as { fieldId: string }[]).some(({ fieldId }) => fieldId === 'summary'));
    assert.equal((await call('GET', '2/issue/createmeta')).status, 404);
  });
});

describe('the Jira stand-in reads wiki text', () => {
  const cases: [string, string, string[]][] = [
    ['*bold* and _em_', 'bold and em', ['strong bold', 'emphasis em']],
    ['snake_case_name and a*b*c', 'snake_case_name and a*b*c', []],
    ['\\*not bold\\*', '*not bold*', []],
    [
      '[~ada] and [x|http://x.example]',
      '@ada and x <http://x.example>',
      ['mention ada', 'link http://x.example'],
    ],
    ['see http://x.example/a.', 'see http://x.example/a.', ['link http://x.example/a.']],
    ['{code}rm{code}', 'rm', ['macro code', 'macro code']],
    ['!pic.png!', '', ['image pic.png']],
    ['fixes HR-12', 'fixes HR-12', ['issue HR-12']],
    ['a :) b', 'a :) b', ['emoticon :)']],
    ['a\\\\b', 'a\nb', []],
    ['&#42;&amp;', '*&', []],
    ['* one\n* two', '- one\n- two', []],
    ['||A||B||\n|1| |', 'A | B\n1 |', []],
    ['h3. Title', 'Title', []],
    ['{panel:bgColor=#fff}\nInside\n{panel}', 'Inside', []],
  ];
  for (const [source, plain, active] of cases) {
    it(JSON.stringify(source), () => assert.deepEqual(readWiki(source), { plain, active }));
  }
});
