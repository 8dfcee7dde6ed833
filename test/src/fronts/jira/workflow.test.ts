import assert from 'node:assert/strict';
import {
  oneWayWorkflow,
  screenWorkflow,
  standardWorkflow,
  statusIds,
} from '../../../../src/sandbox/jira/workflow.ts';
import { dana, eventually, openStage, quinn, rest, stranger, type Stage } from './stage.ts';

describe('Jira: workflows that lack a way', () => {
  let stage: Stage;
  afterEach(() => stage.close());

  it('no way back from Approved: the bot says so, the operators are told once, and nothing starts', async () => {
    stage = await openStage({ workflow: oneWayWorkflow() });
    const { jira, paper } = stage;
    const request = await stage.ask();
    const key = await stage.issueOf(request.id);
    jira.moveIssue(dana, key, 'Approved');
    await eventually(() => Promise.resolve(stage.comments(key).length === 2), 'both comments');
    await stage.told();
    assert.match(stage.comments(key)[0]!, /nobody approves an own request/);
    assert.match(
      stage.comments(key)[1]!,
      /DBR-1 can't be moved from "Approved" to "Waiting for approval": no transition of the workflow leads there[^]*The request itself is pending/,
    );
    assert.equal(await stage.state(request.id), 'pending');
    assert.equal((await stage.events(request.id, 'front-alert')).length, 1);
    // Whatever else happens in the same place is not told again.
    await paper.service.refuseStranger(request.id, 'slack', 'Sam');
    await stage.told();
    assert.equal((await stage.events(request.id, 'front-alert')).length, 1);
    // Approved elsewhere it goes on from where it is.
    await paper.service.decide(paper.actor('quinn'), { request: request.id, decision: 'approved' });
    await stage.shows(key, 'In progress');
  });

  it('a transition that asks for a field is named', async () => {
    stage = await openStage({ workflow: screenWorkflow('41', 'resolution') });
    const { jira, paper } = stage;
    const request = await stage.ask('ci');
    const key = await stage.issueOf(request.id);
    await stage.shows(key, 'In progress');
    await paper.drain();
    await eventually(async () => (await stage.events(request.id, 'front-alert')).length === 1, 'an alert');
    await stage.told();
    assert.match(stage.comments(key).at(-1)!, /the transition "Finish" asks for "Resolution"/);
    assert.equal(jira.issue(key).status, 'In progress');
    assert.equal(await stage.state(request.id), 'succeeded');
  });

  it('without the permission to move issues the alert says that there are no transitions', async () => {
    stage = await openStage();
    const bot = [...stage.jira.site.accounts.values()].find(({ accountId }) => accountId === '70121:bot')!;
    stage.jira.setAccount({
      ...bot,
      permissions: ['BROWSE_PROJECTS', 'CREATE_ISSUES', 'EDIT_ISSUES', 'ADD_COMMENTS'],
    });
    const request = await stage.ask('ci');
    await eventually(async () => (await stage.events(request.id, 'front-alert')).length === 1, 'an alert');
    const [alert] = await stage.events(request.id, 'front-alert');
    assert.ok(alert?.type === 'front-alert');
    assert.match(alert.cause, /Jira offers the bot no transition there/);
  });

  it('an answer as of some seconds ago is looked at again before anybody is told', async () => {
    stage = await openStage({ deps: { pace: { doubtSeconds: 3 } } });
    const { jira } = stage;
    const request = await stage.ask();
    const key = await stage.issueOf(request.id);
    await stage.told();
    jira.moveIssue(quinn, key, 'Approved');
    await stage.shows(key, 'In progress');
    await stage.told();
    // The issue itself has to be there, also as of then.
    await rest(1.3);
    // Done and told, while Jira still answers as it was when nothing had been moved.
    const stale = jira.faults.staleReads({ lagMs: 1200, issueKey: key });
    await stage.paper.drain();
    await stage.told();
    stale.off();
    await stage.shows(key, 'Done');
    assert.deepEqual(await stage.events(request.id, 'front-alert'), []);
  });

  it('what Jira says of a refusal ends in one full stop', async () => {
    stage = await openStage();
    const request = await stage.ask();
    const key = await stage.issueOf(request.id);
    await stage.told();
    stage.jira.faults.api({
      kind: 'error',
      status: 400,
      method: 'POST',
      path: '/issue/*/transitions',
      times: 2,
    });
    await stage.paper.service.decide(stage.paper.actor('quinn'), {
      request: request.id,
      decision: 'approved',
    });
    await eventually(async () => (await stage.events(request.id, 'front-alert')).length === 1, 'an alert');
    const [alert] = await stage.events(request.id, 'front-alert');
    assert.ok(alert?.type === 'front-alert');
    assert.match(alert.cause, /can't be moved from "Waiting for approval" .*[^.]\.$/);
    await stage.shows(key, 'In progress');
  });

  it('global transitions and a second approved status do as well', async () => {
    const extra = { id: '10020', name: 'Approved by QA', category: 'indeterminate' as const };
    const { statuses } = standardWorkflow();
    const all = [...statuses, extra];
    stage = await openStage({
      workflow: {
        initialStatusId: statusIds.waiting,
        statuses: all,
        transitions: all.map(({ id, name }, index) => ({ id: String(index + 1), name, from: 'any', to: id })),
      },
      site: (site) => ({
        ...site,
        jira: { ...site.jira, statuses: { ...site.jira.statuses, approved: ['10011', '10020'] } },
      }),
    });
    const request = await stage.ask();
    const key = await stage.issueOf(request.id);
    stage.jira.moveIssue(stranger, key, 'Done');
    await eventually(() => Promise.resolve(stage.comments(key).length === 1), 'the refusal');
    await stage.shows(key, 'Waiting for approval');
    stage.jira.moveIssue(quinn, key, 'Approved by QA');
    await stage.reaches(request.id, 'running');
    await stage.paper.drain();
    await stage.shows(key, 'Done');
  });
});
