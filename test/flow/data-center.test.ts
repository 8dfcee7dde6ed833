import assert from 'node:assert/strict';
import type { RequestId } from '../../src/domain/ids.ts';
import { dana, quinn, sam } from '../../src/sandbox/cast.ts';
import { statusIds } from '../../src/sandbox/jira/workflow.ts';
import { startMs, startRig, stopRigs, type Rig } from '../rig/rig.ts';
import { backupIn, contentAfter, contentOf } from '../rig/targets.ts';
import { until } from '../until.ts';
import { needs } from '../skip.ts';

describe('with Jira Data Center', function () {
  this.timeout(120_000);
  let rig: Rig;
  let wanted: string;

  before(async function () {
    this.timeout(startMs);
    needs(this, 'postgresql', 'openssh-server');
    rig = await startRig({
      serve: [],
      jiraKind: 'data-center',
      indexDelayMs: 300,
      site: (site) => {
        const jira = site['jira'] as Record<string, unknown>;
        Object.assign(jira, { pollEvery: '1s', issue: { priority: 'High', assignee: 'approver' } });
      },
    });
    wanted = await contentAfter(rig, await backupIn(rig, 'anonymised', '.dump'), 'uat');
  });
  after(stopRigs);

  async function pending(reason: string): Promise<{ request: RequestId; key: string }> {
    const request = await rig.ask('uat', { reason });
    return { request, key: await rig.stage.issue(request, 'Waiting for approval') };
  }

  const refusals = async (request: RequestId) =>
    (await rig.store.events.ofRequest(request, ['decision-refused'])).length;

  it('asked in Slack, read in wiki text, refused to a stranger, approved by a transition, and done', async () => {
    const { jira } = rig.sandbox;
    const old = await contentOf(rig, 'orders_uat');
    const { request, key } = await pending('{code}[~quinn]*now*{code}');
    const issue = jira.issue(key);
    assert.match(issue.description, /“\{code\}\[~quinn\]\*now\*\{code\}”/);
    assert.equal(issue.details['Assignee'], quinn.name);
    assert.equal(issue.details['Priority'], 'High');
    for (const [index, person] of [sam, dana].entries()) {
      jira.moveIssue(person.jira, key, 'Approved');
      await until('the move is refused', async () => (await refusals(request)) === index + 1);
      await rig.stage.issue(request, 'Waiting for approval');
    }
    const forged = { issueKey: key, accountId: quinn.jira, toStatusId: statusIds.approved };
    for (const signature of ['none', 'wrong'] as const) {
      assert.equal(await jira.forgeWebhook({ ...forged, signature }), 401);
    }
    assert.equal(await contentOf(rig, 'orders_uat'), old);
    jira.moveIssue(quinn.jira, key, 'Approved');
    await rig.until(request, ['succeeded'], 90);
    await rig.stage.issue(request, 'Done');
    assert.equal(await contentOf(rig, 'orders_uat'), wanted);
    const [approval] = await rig.store.approvals.of(request);
    assert.deepEqual([approval?.by, approval?.front], ['quinn', 'jira']);
    assert.match(jira.issue(key).comments.at(-1)?.text ?? '', /^Done in /);
  });

  it('without any webhook the poller hears a no and its reason, and tells Slack', async () => {
    const { jira } = rig.sandbox;
    jira.setWebhook(undefined);
    const { request, key } = await pending('once more');
    jira.moveIssue(quinn.jira, key, 'Rejected', { comment: 'Not *today* <!channel>' });
    await rig.until(request, ['rejected']);
    await rig.stage.card(request, /Reason: Not/);
    const [event] = await rig.store.events.ofRequest(request, ['request-rejected']);
    assert.ok(event?.type === 'request-rejected' && event.reason === 'Not *today* <!channel>');
  });

  it('check finds nothing wrong, and says which statuses and transitions there are', async () => {
    const said = await rig.says(['check']);
    assert.match(said, /ok +jira statuses: .*pending is "Waiting for approval" \(10010\)/);
    assert.match(said, /ok +jira transitions: .*from "Rejected" "Send back" to "Waiting for approval"/);
    assert.match(said, /ok +jira issue fields: given: priority/);
  });

  it('check --workflow goes all its ways with issues of its own, and leaves none open', async () => {
    const known = rig.sandbox.jira.issues().map(({ key }) => key);
    const said = await rig.says(['check', '--workflow']);
    assert.match(said, /ok +jira workflow, .*"Waiting for approval" to "Approved"/);
    assert.match(said, /ok +jira workflow, .*"In progress" to "Done"/);
    const made = rig.sandbox.jira.issues().filter(({ key }) => !known.includes(key));
    assert.ok(made.length > 0);
    for (const issue of made) {
      assert.ok(['Done', 'Cancelled'].includes(issue.status), `${issue.key} is ${issue.status}`);
      assert.match(issue.summary, /^Dry run /);
    }
  });
});
