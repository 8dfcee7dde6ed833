import assert from 'node:assert/strict';
import { startJira } from '../../../../src/sandbox/jira/jira.ts';
import type { JiraOptions, JiraStandIn } from '../../../../src/sandbox/jira/jira.ts';
import { project } from '../../../../src/sandbox/jira/site.ts';
import { oneWayWorkflow, screenWorkflow, statusIds } from '../../../../src/sandbox/jira/workflow.ts';
import { accounts, bot, clientOf, doc, makeIssue, quinn, raw, refusalOf, viewer } from './stage.ts';

describe('Jira stand-in: transitions', function () {
  const running: JiraStandIn[] = [];
  afterEach(async function () {
    await Promise.all(running.splice(0).map((each) => each.close()));
  });

  async function start(options: Partial<JiraOptions> = {}) {
    const jira = await startJira({ accounts, ...options });
    running.push(jira);
    const client = clientOf(jira, bot);
    const { key } = await makeIssue(client);
    const move = (id: string, more: object = {}, who = bot) =>
      clientOf(jira, who).issues.doTransition({ issueIdOrKey: key, transition: { id }, ...more });
    const names = async (who = bot): Promise<(string | undefined)[]> => {
      const { transitions } = await clientOf(jira, who).issues.getTransitions({ issueIdOrKey: key });
      return (transitions ?? []).map((each) => each.to?.name);
    };
    return { jira, client, key, move, names };
  }

  it('offers the ways out of the present status, and takes them', async function () {
    const { jira, key, move, names } = await start();
    assert.deepEqual(await names(), ['Approved', 'Rejected', 'Cancelled']);
    await move('11');
    assert.equal(jira.issue(key).statusId, statusIds.approved);
    assert.deepEqual(await names(), ['In progress', 'Waiting for approval', 'Cancelled']);
    const [entry] = jira.issue(key).history;
    assert.equal(entry?.accountId, bot.accountId);
  });

  it('refuses a way that does not start here, an unknown one, and none', async function () {
    const { jira, key, move } = await start();
    for (const id of ['31', '999']) {
      const refusal = await refusalOf(move(id));
      assert.equal(refusal.status, 400);
      assert.match(String(refusal.messages[0]), new RegExp(`'${id}' is not valid`));
    }
    assert.match(String((await refusalOf(move('Approve'))).messages[0]), /must be an integer/);
    const none = await raw(jira, bot, 'POST', `/issue/${key}/transitions`, '{}');
    assert.equal(none.status, 400);
    assert.equal(jira.issue(key).history.length, 0);
  });

  it('offers nothing to those who may not move issues', async function () {
    const { move, names } = await start();
    assert.deepEqual(await names(viewer), []);
    assert.equal((await refusalOf(move('11', {}, viewer))).status, 400);
  });

  it('has no way back from Approved in the one-way workflow', async function () {
    const { jira, key, move, names } = await start({ workflow: oneWayWorkflow() });
    await move('11');
    assert.deepEqual(await names(), ['In progress', 'Cancelled']);
    assert.throws(() => jira.moveIssue(quinn.accountId, key, 'Waiting for approval'), /can't be moved/);
    assert.equal((await refusalOf(move('61'))).status, 400);
  });

  it('wants the required field of a screen, and shows it beforehand', async function () {
    const reason = { id: 'customfield_10060', name: 'Reason', kind: 'text' } as const;
    const { jira, client, key, move } = await start({
      workflow: screenWorkflow('21', reason.id),
      project: project({ fields: [reason] }),
    });
    const { transitions } = await client.issues.getTransitions({
      issueIdOrKey: key,
      expand: 'transitions.fields',
    });
    const reject = transitions?.find((each) => each.id === '21');
    assert.equal(reject?.hasScreen, true);
    assert.ok(JSON.stringify(reject?.fields).includes('"required":true'));
    assert.equal((await refusalOf(move('21'))).errors[reason.id], 'Reason is required.');
    const two = [{ add: { body: doc('a') } }, { add: { body: doc('b') } }];
    const both = move('21', { fields: { [reason.id]: 'x' }, update: { comment: two } });
    assert.match(String((await refusalOf(both)).messages[0]), /stand-in knows/);
    assert.equal(jira.issue(key).statusId, statusIds.waiting);
    await move('21', {
      fields: { [reason.id]: 'too old' },
      update: { comment: [{ add: { body: doc('No.') } }] },
    });
    const after = jira.issue(key);
    assert.equal(after.status, 'Rejected');
    assert.equal(after.details['Reason'], 'too old');
    assert.deepEqual(
      after.comments.map((each) => each.text),
      ['No.'],
    );
    assert.equal(new Set(after.history.map((each) => each.id)).size, 1, 'one entry for status and field');
    assert.throws(() => jira.moveIssue(quinn.accountId, key, 'Approved'));
  });

  it('drops the comment of a transition without a screen, as Jira does', async function () {
    const { jira, key, move } = await start();
    await move('11', { update: { comment: [{ add: { body: doc('Fine.') } }] } });
    assert.equal(jira.issue(key).status, 'Approved');
    assert.deepEqual(jira.issue(key).comments, []);
  });

  it('refuses fields that are not on the screen', async function () {
    const { jira, key, move } = await start();
    assert.match(
      String((await refusalOf(move('11', { fields: { summary: 'x' } }))).errors['summary']),
      /screen/,
    );
    assert.equal(jira.issue(key).statusId, statusIds.waiting);
  });
});
