import assert from 'node:assert/strict';
import { startJira, type JiraStandIn } from '../../../../src/sandbox/jira/jira.ts';
import { accounts, bot, clientOf, makeIssue, quinn, stranger, viewer } from './stage.ts';

describe('Jira stand-in: approvals of Jira Service Management', () => {
  let jira: JiraStandIn;
  afterEach(() => jira.close());

  async function approvalsOf(key: string, headers: Record<string, string>, query = '') {
    const response = await fetch(`${jira.url}/rest/servicedeskapi/request/${key}/approval${query}`, {
      headers,
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }
  const basic = ({ email, token }: typeof bot) => ({
    Authorization: `Basic ${Buffer.from(`${email}:${token}`).toString('base64')}`,
  });

  it('are opened, answered by who is asked, and told page by page; the issue stays as it is', async () => {
    jira = await startJira({ accounts, serviceDesk: true });
    const { key } = await makeIssue(clientOf(jira, bot));
    const before = jira.stored()[0];
    for (let n = 0; n < 3; n++) jira.portal.openApproval(key, [quinn.accountId, viewer.accountId]);
    jira.portal.answerApproval(quinn.accountId, key, 'approved');
    jira.portal.answerApproval(viewer.accountId, key, 'declined');
    assert.throws(
      () => jira.portal.answerApproval(bot.accountId, key, 'approved'),
      /no approval that waits for/,
    );
    const first = await approvalsOf(key, basic(quinn), '?limit=2');
    assert.deepEqual([first.status, first.body['isLastPage'], first.body['size']], [200, false, 2]);
    const last = await approvalsOf(key, basic(quinn), '?start=2&limit=2');
    assert.equal(last.body['isLastPage'], true);
    const [approval] = last.body['values'] as Record<string, unknown>[];
    assert.deepEqual([approval?.['finalDecision'], approval?.['canAnswerApproval']], ['declined', false]);
    const said = (
      approval!['approvers'] as { approver: { accountId: string }; approverDecision: string }[]
    ).map(({ approver, approverDecision }) => [approver.accountId, approverDecision]);
    assert.deepEqual(said, [
      [quinn.accountId, 'approved'],
      [viewer.accountId, 'declined'],
    ]);
    assert.equal(jira.stored()[0], before);
  });

  it('are hidden with the issue, take an account, and are not there where it is not installed', async () => {
    jira = await startJira({ accounts, serviceDesk: true });
    const { key } = await makeIssue(clientOf(jira, bot));
    const hidden = await approvalsOf(key, basic(stranger));
    assert.equal(hidden.status, 404);
    assert.match(String(hidden.body['errorMessage']), /do not have permission to view it/);
    assert.equal((await approvalsOf('REF-99', basic(bot))).status, 404);
    assert.equal((await approvalsOf(key, {})).status, 401);
    await jira.close();
    jira = await startJira({ accounts });
    const { key: other } = await makeIssue(clientOf(jira, bot));
    assert.equal((await approvalsOf(other, basic(bot))).status, 404);
    assert.throws(() => jira.portal, /no Jira Service Management/);
  });

  it('in Data Center take the header for what is experimental, and name people by key', async () => {
    jira = await startJira({ kind: 'data-center', accounts, serviceDesk: true });
    const { key } = jira.createIssue(quinn.accountId, { summary: 'Refresh uat' });
    jira.portal.openApproval(key, [quinn.accountId]);
    const bearer = { Authorization: `Bearer ${bot.token}` };
    assert.equal((await approvalsOf(key, bearer)).status, 412);
    const { status, body } = await approvalsOf(key, { ...bearer, 'X-ExperimentalApi': 'opt-in' });
    assert.equal(status, 200);
    const [approval] = body['values'] as { approvers: { approver: Record<string, unknown> }[] }[];
    assert.equal(approval?.approvers[0]?.approver['key'], quinn.accountId);
  });
});
