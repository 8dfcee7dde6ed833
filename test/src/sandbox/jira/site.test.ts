import assert from 'node:assert/strict';
import type { Version3Client } from 'jira.js';
import { startJira } from '../../../../src/sandbox/jira/jira.ts';
import type { JiraStandIn } from '../../../../src/sandbox/jira/jira.ts';
import type { Account } from '../../../../src/sandbox/jira/model.ts';
import { isObject } from '../../../../src/sandbox/jira/value-text.ts';
import { accounts, bot, clientOf, makeIssue, quinn, raw, refusalOf, stranger, viewer } from './stage.ts';

async function rightsOf(jira: JiraStandIn, who: Account): Promise<string[]> {
  const { permissions } = await clientOf(jira, who).permissions.getMyPermissions({
    projectKey: 'REF',
    permissions: 'BROWSE_PROJECTS,CREATE_ISSUES,TRANSITION_ISSUES,ADD_COMMENTS',
  });
  return Object.entries(permissions ?? {}).flatMap(([key, each]) =>
    isObject(each) && each['havePermission'] === true ? [key] : [],
  );
}

describe('Jira stand-in: accounts and the site', function () {
  let jira: JiraStandIn;
  let client: Version3Client;

  before(async function () {
    jira = await startJira({ accounts });
    client = clientOf(jira, bot);
  });
  after(() => jira.close());
  afterEach(() => jira.setAccount(bot));

  it('knows each account by its own token', async function () {
    for (const each of [bot, quinn, stranger]) {
      const me = await clientOf(jira, each).myself.getCurrentUser();
      assert.equal(me.accountId, each.accountId);
      assert.equal(me.emailAddress, each.email);
    }
  });

  it('says so when its port is taken', async function () {
    await assert.rejects(startJira({ accounts, port: Number(new URL(jira.url).port) }), /EADDRINUSE/);
  });

  it('refuses wrong, foreign and missing credentials', async function () {
    const { key } = await makeIssue(client);
    const wrong = [
      { ...bot, token: 'x' },
      { ...bot, token: quinn.token },
      { ...bot, email: 'nobody@example.org' },
    ];
    for (const each of wrong) {
      assert.equal(
        (await refusalOf(clientOf(jira, each).issues.getIssue({ issueIdOrKey: key }))).status,
        401,
      );
    }
    assert.equal((await raw(jira, undefined, 'GET', '/myself')).status, 401);
    const bearer = await raw(jira, undefined, 'GET', '/myself', undefined, {
      Authorization: `Bearer ${bot.token}`,
    });
    assert.equal(bearer.status, 401);
    assert.equal((await raw(jira, undefined, 'GET', '/serverInfo')).status, 200, 'open to everybody');
  });

  it('refuses accounts that were switched off, from the next call on', async function () {
    jira.setAccount({ ...quinn, active: false });
    assert.equal((await refusalOf(clientOf(jira, quinn).myself.getCurrentUser())).status, 401);
    assert.equal((await client.users.getUser({ accountId: quinn.accountId })).active, false);
    jira.setAccount(quinn);
  });

  it('shows other people without their e-mail address', async function () {
    const user = await client.users.getUser({ accountId: quinn.accountId });
    assert.equal(user.displayName, 'Quinn');
    assert.equal(user.emailAddress, undefined);
    assert.equal((await refusalOf(client.users.getUser({ accountId: 'nobody' }))).status, 404);
  });

  it('says what an account may do', async function () {
    assert.deepEqual(await rightsOf(jira, bot), [
      'BROWSE_PROJECTS',
      'CREATE_ISSUES',
      'TRANSITION_ISSUES',
      'ADD_COMMENTS',
    ]);
    assert.deepEqual(await rightsOf(jira, viewer), ['BROWSE_PROJECTS']);
    assert.equal((await refusalOf(rightsOf(jira, stranger))).status, 404);
    assert.equal((await refusalOf(client.permissions.getMyPermissions({ permissions: 'FLY' }))).status, 400);
    assert.equal((await refusalOf(client.permissions.getMyPermissions({ projectKey: 'REF' }))).status, 400);
  });

  it('describes the project, its statuses and the fields a new issue needs', async function () {
    const info = await client.serverInfo.getServerInfo();
    assert.equal(info.deploymentType, 'Cloud');
    const found = await client.projects.getProject({ projectIdOrKey: 'REF' });
    assert.equal(found.issueTypes?.[0]?.name, 'Task');
    assert.equal((await refusalOf(client.projects.getProject({ projectIdOrKey: 'NOPE' }))).status, 404);
    const [type] = await client.projects.getAllStatuses({ projectIdOrKey: 'REF' });
    assert.deepEqual(
      type?.statuses?.map((each) => each.name),
      ['Waiting for approval', 'Approved', 'Rejected', 'In progress', 'Done', 'Failed', 'Cancelled'],
    );
    const all = await client.workflowStatuses.getStatuses();
    assert.equal(all.find((each) => each.name === 'Done')?.statusCategory?.key, 'done');
    const fields = await client.issues.getCreateIssueMetaIssueTypeId({
      projectIdOrKey: 'REF',
      issueTypeId: '10002',
    });
    const required = fields.fields?.filter((each) => each.required).map((each) => each.fieldId);
    assert.deepEqual(required, ['project', 'issuetype', 'summary']);
    const foreign = clientOf(jira, viewer).issues.getCreateIssueMetaIssueTypes({ projectIdOrKey: 'REF' });
    assert.equal((await refusalOf(foreign)).status, 404);
    const search = client.status.search({ searchString: 'App' });
    assert.equal((await refusalOf(search)).status, 403);
    jira.setAccount({ ...bot, permissions: ['BROWSE_PROJECTS', 'ADMINISTER_PROJECTS'] });
    const page = await client.status.search({ searchString: 'App' });
    assert.deepEqual(
      page.values?.map((each) => [each.name, each.statusCategory]),
      [
        ['Waiting for approval', 'TODO'],
        ['Approved', 'IN_PROGRESS'],
      ],
    );
  });

  it('refuses unknown resources, other media types and broken JSON', async function () {
    assert.equal((await raw(jira, bot, 'GET', '/issue/REF-1/worklog')).status, 404);
    assert.equal(
      (await raw(jira, bot, 'POST', '/issue', '{}', { 'Content-Type': 'text/plain' })).status,
      415,
    );
    const broken = await raw(jira, bot, 'POST', '/issue', '{');
    assert.equal(broken.status, 400);
    assert.match(JSON.stringify(broken.body), /errorMessages/);
  });

  it('remembers every call and what it answered', async function () {
    jira.reset();
    const { key } = await makeIssue(client);
    await refusalOf(client.issues.getIssue({ issueIdOrKey: 'REF-99999' }));
    assert.deepEqual(
      jira.calls.map(({ method, path, accountId, status }) => [method, path, accountId, status]),
      [
        ['POST', '/rest/api/3/issue', bot.accountId, 201],
        ['GET', '/rest/api/3/issue/REF-99999', bot.accountId, 404],
      ],
    );
    const page = await fetch(`${jira.url}/browse/${key}`);
    assert.match(await page.text(), /Refresh uat {2}\[Waiting for approval\]/);
  });
});
