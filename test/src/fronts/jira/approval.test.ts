import assert from 'node:assert/strict';
import { commandError } from '../../../../src/domain/errors.ts';
import type { RequestId } from '../../../../src/domain/ids.ts';
import { automation, dana, eventually, openStage, quinn, rosa, stranger, type Stage } from './stage.ts';

describe('Jira: who may decide, and what becomes of it', () => {
  let stage: Stage;
  before(async function () {
    stage = await openStage();
  });
  // A run that goes on would hold the target of the next test.
  afterEach(() => stage.paper.drain());
  after(() => stage.close());

  async function asked(environment = 'uat') {
    const request = await stage.ask(environment);
    return { id: request.id, request, key: await stage.issueOf(request.id) };
  }

  it('an approver moves it: it starts, and the issue is moved on to the end', async () => {
    const { paper, jira } = stage;
    const { id, key, request } = await asked();
    assert.equal(jira.issue(key).status, 'Waiting for approval');
    assert.equal(jira.issue(key).summary, `Refresh orders on uat from ${request.items[0]?.backup?.id}`);
    jira.moveIssue(quinn, key, 'Approved');
    await stage.reaches(id, 'running');
    await stage.shows(key, 'In progress');
    await paper.drain();
    await stage.told();
    assert.equal(jira.issue(key).status, 'Done');
    assert.deepEqual(await stage.events(id, 'decision-refused', 'front-alert'), []);
    const [approval] = await paper.store.approvals.of(id);
    assert.deepEqual(
      { by: approval?.by, front: approval?.front, digest: approval?.digest },
      { by: 'quinn', front: 'jira', digest: request.digest },
    );
    const said = stage.comments(key);
    assert.match(said[0]!, /^Approved by Quinn in Jira/);
    assert.match(said.at(-1)!, /^Done in .* \/refresh undo REQ-/);
    assert.equal(new Set(said).size, said.length, 'nothing is said twice');
  });

  it('links to the card as soon as there is one', async () => {
    const { key } = await asked();
    await stage.told();
    assert.match(stage.jira.issue(key).description, /Card in Slack <https:\/\/paper\.slack\.example/);
  });

  const refused: [string, Parameters<Stage['jira']['moveIssue']>[0], string, RegExp][] = [
    ['the requester', dana, 'Approved', /nobody approves an own request/],
    [
      'somebody whom the site does not know',
      stranger,
      'Approved',
      /"Sam" is nobody that the site file knows/,
    ],
    ['automation', automation, 'Approved', /"Automation for Jira" is nobody/],
    ['an author that Jira left out', { kind: 'missing' }, 'Approved', /Somebody whom Jira does not name/],
    ['an author without an account id', { kind: 'null-id' }, 'Approved', /"Anonymous" is nobody/],
    ['an operator without an approver’s role', '70121:otto', 'Approved', /may not decide on "uat"/],
    ['the requester, to rejected', dana, 'Rejected', /nobody approves an own request/],
    ['a stranger, to rejected', stranger, 'Rejected', /"Sam" is nobody/],
  ];
  for (const [who, person, to, why] of refused) {
    it(`moved by ${who}: nothing starts, the bot says why and moves it back`, async () => {
      const { id, key } = await asked();
      stage.jira.moveIssue(person, key, to);
      await stage.shows(key, 'Waiting for approval');
      await stage.told();
      assert.equal(await stage.state(id), 'pending');
      assert.equal(stage.comments(key).length, 1);
      assert.match(stage.comments(key)[0]!, why);
      assert.equal((await stage.events(id, 'run-started')).length, 0);
    });
  }

  it('approved after somebody else described it: refused, described anew, and approved as it is then', async () => {
    const { jira } = stage;
    const { id, key, request } = await asked();
    await stage.told();
    const own = jira.issue(key);
    jira.editIssue(dana, key, {
      summary: 'Look at the orders on ci',
      text: 'Reads only. Nothing is overwritten.',
    });
    jira.moveIssue(quinn, key, 'Approved');
    await eventually(async () => (await stage.events(id, 'decision-refused')).length > 0, 'a refusal');
    await stage.shows(key, 'Waiting for approval');
    await stage.told();
    assert.equal(await stage.state(id), 'pending');
    assert.deepEqual(await stage.events(id, 'request-approved', 'run-started'), []);
    const [refusal] = await stage.events(id, 'decision-refused');
    assert.ok(refusal?.type === 'decision-refused' && refusal.code === 'description-changed');
    assert.match(stage.comments(key).join('\n'), /Quinn approved DBR-\d+ after Dana had edited its summary/);
    const anew = jira.issue(key);
    assert.equal(anew.summary, own.summary);
    assert.ok(anew.description.endsWith(own.description), 'the bot’s own words stand there again');
    assert.match(anew.description, /^.*Freshet wrote this again .* because Dana had edited it/);
    jira.moveIssue(quinn, key, 'Approved');
    await stage.reaches(id, 'running');
    const [approval] = await stage.paper.store.approvals.of(id);
    assert.equal(approval?.digest, request.digest);
  });

  for (const [what, fields] of [
    ['the summary', { summary: 'Nothing to see' }],
    ['the description', { text: 'Nothing to see.' }],
  ] as const) {
    it(`${what} put back by hand, and edited once more by the approver: still not the bot’s words`, async () => {
      const { jira } = stage;
      const { id, key } = await asked();
      await stage.told();
      jira.editIssue(stranger, key, fields);
      jira.editIssue(quinn, key, 'text' in fields ? { text: '' } : { summary: 'Mine' });
      jira.moveIssue(quinn, key, 'Approved');
      await stage.shows(key, 'Waiting for approval');
      await stage.told();
      assert.equal(await stage.state(id), 'pending');
      assert.match(stage.comments(key).join(), /after Quinn had edited/);
      assert.match(jira.issue(key).summary, /^Refresh orders on uat/);
      assert.match(jira.issue(key).description, /orders_uat on server test-pg/);
    });
  }

  it('an edit of the description does not keep anybody from rejecting', async () => {
    const { id, key } = await asked();
    stage.jira.editIssue(dana, key, { summary: 'Please' });
    stage.jira.moveIssue(quinn, key, 'Rejected');
    await stage.reaches(id, 'rejected');
  });

  it('an approver rejects: the request ends, and the issue stays where it was put', async () => {
    const { id, key } = await asked();
    stage.jira.moveIssue(rosa, key, 'Rejected');
    await stage.reaches(id, 'rejected');
    await stage.told();
    assert.equal(stage.jira.issue(key).status, 'Rejected');
    assert.match(stage.comments(key).join(), /Rejected by Rosa in Jira/);
  });

  it('the requester cancels, a stranger does not', async () => {
    const first = await asked();
    stage.jira.moveIssue(dana, first.key, 'Cancelled');
    await stage.reaches(first.id, 'cancelled');
    await stage.told();
    assert.equal(stage.jira.issue(first.key).status, 'Cancelled');
    const second = await asked();
    stage.jira.moveIssue(stranger, second.key, 'Cancelled');
    await eventually(() => Promise.resolve(stage.comments(second.key).length === 2), 'both comments');
    assert.match(stage.comments(second.key)[0]!, /"Sam" is nobody/);
    // Nothing leads out of Cancelled in this workflow.
    assert.match(stage.comments(second.key)[1]!, /can't be moved from "Cancelled" to "Waiting for approval"/);
    assert.equal(await stage.state(second.id), 'pending');
  });

  it('moved on by hand: refused, and put back to where the request stands', async () => {
    const { id, key } = await asked();
    await stage.paper.service.decide(stage.paper.actor('quinn'), { request: id, decision: 'approved' });
    await stage.shows(key, 'In progress');
    await stage.told();
    stage.jira.moveIssue(quinn, key, 'Failed');
    await stage.shows(key, 'In progress');
    await stage.told();
    assert.match(stage.comments(key).at(-1)!, /Quinn moved DBR-\d+ to "Failed"; only Freshet moves it there/);
    assert.equal(await stage.state(id), 'running');
  });

  it('decided in Slack: the issue is moved and says by whom', async () => {
    const { id, key } = await asked();
    await stage.paper.service.decide(stage.paper.actor('rosa', 'slack'), {
      request: id,
      decision: 'approved',
    });
    await stage.shows(key, 'In progress');
    await stage.told();
    assert.match(stage.comments(key)[0]!, /^Approved by Rosa in Slack/);
    assert.deepEqual(await stage.events(id, 'decision-refused'), []);
  });

  it('an unprotected environment is approved at once by rule, and mirrored all the same', async () => {
    const { id, key } = await asked('ci');
    await stage.shows(key, 'In progress');
    await stage.paper.drain();
    await stage.told();
    assert.equal(await stage.state(id), 'succeeded');
    assert.equal(stage.jira.issue(key).status, 'Done');
    assert.match(stage.comments(key)[0]!, /^Approved by rule: ci is not protected/);
    assert.deepEqual(
      stage.jira.issue(key).history.map(({ to }) => to),
      ['Approved', 'In progress', 'Done'],
    );
  });

  it('a failure is told with host, step and cause; a retry leads from failed to the end', async () => {
    const { paper, jira } = stage;
    paper.engine.failing.set(
      'load orders',
      commandError('command-failed', 'pg_restore ended with exit code 1.', 'Look at the host.'),
    );
    const { id, key } = await asked('ci');
    await stage.reaches(id, 'running');
    await paper.drain();
    await stage.told();
    assert.equal(jira.issue(key).status, 'Failed');
    const said = stage.comments(key).at(-1)!;
    assert.match(said, /pg_restore ended with exit code 1/);
    assert.match(said, /Host: test-db/);
    assert.match(said, /Step: orders\.load/);
    assert.match(said, /The live database was not touched/);
    paper.engine.failing.clear();
    await paper.service.retry(paper.actor('otto'), id);
    await paper.drain();
    await stage.told();
    assert.equal(jira.issue(key).status, 'Done');
    assert.match(stage.comments(key).join('\n'), /asked for by Otto in Slack[^]*attempt 2/);
    assert.deepEqual(await stage.events(id, 'front-alert'), []);
  });
});

describe('Jira: who may decide, at the edges', () => {
  let stage: Stage;
  afterEach(() => stage.close());

  it('an automation account in the site file still decides nothing', async () => {
    stage = await openStage({
      site: (site) => ({
        ...site,
        people: {
          ...site.people,
          robot: { id: 'robot', name: 'Robot', roles: ['qa-manager'], jiraAccountId: automation },
        },
      }),
    });
    const { id } = await stage.ask();
    const key = await stage.issueOf(id);
    stage.jira.moveIssue(automation, key, 'Approved');
    await stage.shows(key, 'Waiting for approval');
    await stage.told();
    assert.equal(await stage.state(id), 'pending');
    assert.equal((await stage.events(id, 'decision-refused')).length, 1);
  });

  it('an approval that its approver took back before it was seen does not count', async () => {
    stage = await openStage({ deaf: true, pollEvery: 0.2 });
    const { id } = await stage.ask();
    const key = await stage.issueOf(id);
    await stage.told();
    stage.jira.moveIssue(quinn, key, 'Approved');
    stage.jira.moveIssue(quinn, key, 'Waiting for approval');
    await eventually(async () => (await stage.events(id, 'decision-refused')).length === 1, 'a refusal');
    await stage.told();
    assert.equal(await stage.state(id), 'pending');
    assert.match(stage.comments(key)[0]!, /was moved to "Waiting for approval" before that took effect/);
    stage.jira.moveIssue(quinn, key, 'Approved');
    await stage.reaches(id, 'running');
  });

  it('a yes to what has changed meanwhile is refused, and the next one counts for what the issue shows then', async () => {
    stage = await openStage();
    const { paper, jira } = stage;
    const request = await stage.ask();
    const { id } = request;
    const key = await stage.issueOf(id);
    // What is approved changes after it was shown.
    const bound = { ...paper.site.environments.uat!, drainSeconds: 99 };
    (paper.deps.site.environments as Record<string, unknown>).uat = bound;
    jira.moveIssue(quinn, key, 'Approved');
    await stage.shows(key, 'Waiting for approval');
    await stage.told();
    assert.equal(await stage.state(id), 'pending');
    assert.match(stage.comments(key).join('\n'), /has changed since you saw it/);
    const rebound = await paper.store.requests.get(id);
    assert.notEqual(rebound?.digest, request.digest);
    assert.ok(jira.issue(key).description.includes(rebound!.digest.slice(0, 12)));
    jira.moveIssue(quinn, key, 'Approved');
    await stage.reaches(id, 'running');
  });

  it('an approval that what stays has voided shows the new figures, and a yes counts for those', async () => {
    stage = await openStage();
    const { paper, jira } = stage;
    const moment = (day: number) => new Date(Date.UTC(2026, 9, day));
    const refreshed = async (database: string, dataAt: Date, startAt?: Date) => {
      const { id: backup } = await paper.backup({ database, dataAt });
      return paper.service.requestRefresh(paper.actor('dana'), {
        environment: 'uat',
        databases: [{ database, backup }],
        reason: '',
        ...(startAt === undefined ? {} : { startAt }),
      });
    };
    const approve = (id: RequestId) =>
      paper.service.decide(paper.actor('rosa'), { request: id, decision: 'approved' });
    await approve((await refreshed('billing', moment(1))).id);
    await paper.drain();
    const startAt = new Date(paper.deps.now().getTime() + 1_800_000);
    const { id, digest } = await refreshed('orders', moment(1), startAt);
    const key = await stage.issueOf(id);
    assert.match(jira.issue(key).description, /The data is of the same moment: /);
    await approve(id);
    await approve((await refreshed('billing', moment(7))).id);
    await paper.drain();
    paper.pass(1801);
    await paper.service.reconcile();
    await eventually(
      () =>
        Promise.resolve(
          /The data is 6 days apart, .*orders is 6 days older/.test(jira.issue(key).description),
        ),
      'the new figures',
    );
    await stage.told();
    const rebound = (await paper.store.requests.get(id))!;
    assert.notEqual(rebound.digest, digest);
    assert.match(stage.comments(key).at(-1)!, /What stays in .uat. has changed since/);
    jira.moveIssue(quinn, key, 'Approved');
    await stage.reaches(id, 'running');
  });
});
