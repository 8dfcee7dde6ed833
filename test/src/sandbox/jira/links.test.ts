import assert from 'node:assert/strict';
import { startJira, type JiraStandIn } from '../../../../src/sandbox/jira/jira.ts';
import { memberPermissions } from '../../../../src/sandbox/jira/model.ts';
import { accounts, bot, clientOf, makeIssue, quinn, refusalOf, viewer } from './stage.ts';

describe('Jira stand-in: links between issues, and deleting them', function () {
  let jira: JiraStandIn;
  before(async () => {
    jira = await startJira({
      accounts: [
        ...accounts,
        { ...quinn, accountId: 'hr', email: 'hr@x.example', permissionsIn: { HR: [] } },
      ],
      otherProjects: [
        { id: '10001', key: 'SHOP', name: 'Shop' },
        { id: '10002', key: 'HR', name: 'Human resources' },
      ],
      writeLimits: [],
    });
  });
  after(() => jira.close());

  const link = (name: string, from: string, to: string, account = bot) =>
    clientOf(jira, account).issueLinks.linkIssues({
      type: { name },
      inwardIssue: { key: from },
      outwardIssue: { key: to },
    });

  it('are read outward where they start, once, and leave a word in both histories', async () => {
    const { key } = await makeIssue(clientOf(jira, bot));
    const ticket = jira.createIssue(quinn.accountId, { summary: 'Deploy', project: 'SHOP' }).key;
    assert.match(ticket, /^SHOP-/);
    await link('Blocks', key, ticket);
    await link('Blocks', key, ticket);
    assert.deepEqual(jira.issue(key).issueLinks, [`blocks ${ticket}`]);
    assert.deepEqual(jira.issue(ticket).issueLinks, [`is blocked by ${key}`]);
    const shown = await clientOf(jira, bot).issues.getIssue({ issueIdOrKey: ticket, fields: ['issuelinks'] });
    const [first] = shown.fields.issuelinks;
    assert.equal(first?.type?.inward, 'is blocked by');
    assert.equal(first?.inwardIssue?.key, key);
    assert.equal(jira.issue(ticket).history.at(-1)?.to, `This issue is blocked by ${key}`);
    assert.ok(!jira.board().some(({ issues }) => issues.some((issue) => issue.key === ticket)));
  });

  it('are refused with an unknown type, an issue that is hidden or gone, without the right, and to itself', async () => {
    const { key } = await makeIssue(clientOf(jira, bot));
    const hidden = jira.createIssue(quinn.accountId, { summary: 'Pay', project: 'HR' }).key;
    const hr = jira.site.accounts.get('hr')!;
    assert.match(
      String((await refusalOf(link('Blok', key, key))).messages[0]),
      /No issue link type with name 'Blok'/,
    );
    assert.equal((await refusalOf(link('Blocks', key, 'SHOP-99'))).status, 404);
    assert.equal((await refusalOf(link('Blocks', key, hidden, hr))).status, 404);
    assert.match(
      String((await refusalOf(link('Blocks', key, hidden, viewer))).messages[0]),
      /No Link Issue Permission/,
    );
    assert.equal((await refusalOf(link('Blocks', key, key))).status, 400);
    assert.deepEqual(jira.issue(key).issueLinks, []);
  });

  it('types are listed, unless linking is switched off', async () => {
    const { issueLinkTypes } = await clientOf(jira, bot).issueLinkTypes.getIssueLinkTypes();
    assert.deepEqual(
      issueLinkTypes?.map(({ name }) => name),
      ['Blocks', 'Cloners', 'Duplicate', 'Relates'],
    );
    const off = await startJira({ accounts, linkTypes: [] });
    assert.equal((await refusalOf(clientOf(off, bot).issueLinkTypes.getIssueLinkTypes())).status, 404);
    await off.close();
  });

  it('an issue is deleted by whoever may, with its links', async () => {
    const { key } = await makeIssue(clientOf(jira, bot));
    const { key: other } = await makeIssue(clientOf(jira, bot));
    await link('Relates', key, other);
    const remove = () => clientOf(jira, bot).issues.deleteIssue({ issueIdOrKey: key });
    assert.equal((await refusalOf(remove())).status, 403);
    jira.setAccount({ ...bot, permissions: [...memberPermissions, 'DELETE_ISSUES'] });
    await remove();
    assert.throws(() => jira.issue(key), /No issue/);
    assert.deepEqual(jira.issue(other).issueLinks, []);
  });
});
