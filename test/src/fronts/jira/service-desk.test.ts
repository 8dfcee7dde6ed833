import assert from 'node:assert/strict';
import type { RequestId } from '../../../../src/domain/ids.ts';
import type { Site } from '../../../../src/domain/site.ts';
import { ownedSite } from '../../../staged-site.ts';
import { deskCalls, lookerAt, withDesk } from './desk.ts';
import { automation, dana, eventually, openStage, quinn, rosa, stranger, type Stage } from './stage.ts';
import { held } from '../../../until.ts';

const otto = '70121:otto';
async function refusals(stage: Stage, id: RequestId): Promise<string[]> {
  const events = await stage.events(id, 'decision-refused');
  return events.flatMap((event) =>
    event.type === 'decision-refused' && event.front === 'jira' ? [event.code] : [],
  );
}

for (const kind of ['cloud', 'data-center'] as const) {
  describe(`approvals of Jira Service Management (${kind})`, function () {
    this.timeout(240_000);
    let stage: Stage;
    let looks: ReturnType<typeof lookerAt>;
    before(async () => {
      stage = await openStage({ kind, serviceDesk: true, site: withDesk });
      looks = lookerAt(stage);
    });
    afterEach(() => {
      stage.jira.faults.reset();
      return stage.paper.drain();
    });
    after(() => stage.close());

    /** A request whose issue asks these people, and was seen to. */
    async function asked(...approvers: string[]) {
      const request = await stage.ask();
      const key = await stage.issueOf(request.id);
      await stage.told();
      stage.jira.portal.openApproval(key, approvers);
      await looks(request.id);
      return { id: request.id, key, request };
    }

    it('a yes counts as that person’s, for what was shown: the run starts', async () => {
      const { jira, paper } = stage;
      const { id, key, request } = await asked(quinn, rosa);
      assert.equal(await stage.state(id), 'pending');
      jira.portal.answerApproval(quinn, key, 'approved');
      await looks(id);
      await stage.reaches(id, 'running');
      const [approval] = await paper.store.approvals.of(id);
      assert.deepEqual([approval?.by, approval?.front, approval?.digest], ['quinn', 'jira', request.digest]);
      // What the other one says now changes nothing, and is no refusal.
      jira.portal.answerApproval(rosa, key, 'declined');
      await looks(id);
      await paper.drain();
      await stage.shows(key, 'Done');
      await stage.told();
      assert.match(stage.comments(key)[0]!, /^Approved by Quinn in Jira/);
      assert.deepEqual(await stage.events(id, 'decision-refused', 'front-alert'), []);
    });

    it('a no ends it, also where it is seen together with a yes', async () => {
      const { jira } = stage;
      const { id, key } = await asked(quinn, rosa);
      jira.portal.answerApproval(quinn, key, 'approved');
      jira.portal.answerApproval(rosa, key, 'declined');
      await looks(id);
      assert.equal(await stage.state(id), 'rejected');
      await stage.shows(key, 'Rejected');
      await stage.told();
      assert.match(stage.comments(key).join(), /Rejected by Rosa in Jira/);
      assert.deepEqual(await stage.events(id, 'run-started', 'decision-refused'), []);
    });

    for (const [who, person, decision, code, why] of [
      ['the requester', dana, 'approved', 'approval-own-request', /nobody approves an own request/],
      ['the requester, a no', dana, 'declined', 'approval-own-request', /nobody approves an own request/],
      ['a stranger', stranger, 'approved', 'person-unknown', /"Sam" is nobody that the site file knows/],
      ['a stranger, a no', stranger, 'declined', 'person-unknown', /"Sam" is nobody/],
      ['automation', automation, 'approved', 'person-unknown', /"Automation for Jira" is nobody/],
      ['who may not decide', otto, 'approved', 'approval-not-allowed', /may not decide on "uat"/],
    ] as const) {
      it(`answered by ${who}: refused once, told, and nothing starts`, async () => {
        const { id, key } = await asked(person);
        stage.jira.portal.answerApproval(person, key, decision);
        for (let times = 0; times < 3; times++) await looks(id);
        await stage.told();
        assert.equal(await stage.state(id), 'pending');
        assert.deepEqual(await refusals(stage, id), [code]);
        assert.equal(stage.comments(key).length, 1);
        assert.match(stage.comments(key)[0]!, why);
        assert.equal(stage.jira.issue(key).status, 'Waiting for approval');
      });
    }

    for (const [when, edited] of [
      ['between the last look and the answer', 'after'],
      ['before it was seen to be asked for', 'before'],
    ] as const) {
      it(`described by somebody else ${when}: refused, described anew, and approved as it is then`, async () => {
        const { jira, paper } = stage;
        const { id, key, request } = await asked();
        const edit = () => jira.editIssue(dana, key, { summary: 'Look at ci', text: 'Reads only.' });
        if (edited === 'before') edit();
        jira.portal.openApproval(key, [quinn]);
        await looks(id);
        if (edited === 'after') edit();
        jira.portal.answerApproval(quinn, key, 'approved');
        await looks(id);
        assert.deepEqual(await refusals(stage, id), ['description-changed']);
        await stage.told();
        assert.equal(await stage.state(id), 'pending');
        assert.match(stage.comments(key)[0]!, /Quinn approved DBR-\d+ after Dana had edited its summary/);
        assert.match(jira.issue(key).summary, /^Refresh orders on uat/);
        jira.portal.openApproval(key, [quinn]);
        await looks(id);
        jira.portal.answerApproval(quinn, key, 'approved');
        await looks(id);
        await stage.reaches(id, 'running');
        assert.equal((await paper.store.approvals.of(id))[0]?.digest, request.digest);
      });
    }

    it('an edit by which nothing seems changed, and that no look saw, is one all the same', async () => {
      const { jira } = stage;
      const { id, key } = await asked(quinn);
      const { summary } = jira.issue(key);
      jira.editIssue(dana, key, { summary: 'Look at ci' });
      jira.portal.answerApproval(quinn, key, 'approved');
      jira.editIssue(dana, key, { summary });
      await looks(id);
      assert.deepEqual(await refusals(stage, id), ['description-changed']);
      assert.equal(await stage.state(id), 'pending');
    });

    it('an edit and an answer after the issue was read, and before its approvals were: refused as well', async () => {
      const { jira } = stage;
      const { id, key } = await asked(quinn);
      const { until, letGo } = held();
      const slow = jira.faults.api({ kind: 'slow', path: /^\/issue\/\d+$/, method: 'get', until });
      const looking = looks(id);
      await eventually(() => Promise.resolve(slow.hits === 1), 'the issue is read');
      jira.editIssue(dana, key, { summary: 'Look at ci' });
      jira.portal.answerApproval(quinn, key, 'approved');
      letGo();
      await looking;
      await looks(id);
      assert.deepEqual(await refusals(stage, id), ['description-changed']);
      assert.equal(await stage.state(id), 'pending');
    });

    it('what is asked for changed since: outdated, also where it was never seen to be awaited', async () => {
      const { jira, paper } = stage;
      const { id, key, request } = await asked(quinn);
      const environments = paper.deps.site.environments as Record<string, Site['environments'][string]>;
      const uat = environments['uat']!;
      try {
        environments['uat'] = { ...uat, approvers: ['qa-manager', 'operator'] };
        // Whoever decides brings it to the rules of now, also in vain.
        const own = paper.service.decide(paper.actor('dana'), { request: id, decision: 'approved' });
        await assert.rejects(own, { code: 'approval-own-request' });
        await stage.told();
        const now = (await paper.store.requests.get(id))!.digest;
        assert.notEqual(now, request.digest);
        jira.portal.answerApproval(quinn, key, 'approved');
        await looks(id);
        assert.deepEqual(await refusals(stage, id), ['approval-outdated']);
        jira.portal.openApproval(key, [rosa]);
        jira.portal.answerApproval(rosa, key, 'approved');
        await looks(id);
        assert.deepEqual(await refusals(stage, id), ['approval-outdated', 'approval-outdated']);
        assert.equal(await stage.state(id), 'pending');
        await stage.told();
        assert.match(
          stage.comments(key).at(-1)!,
          /Rosa approved DBR-\d+ in Jira Service Management, and what it/,
        );
        jira.portal.openApproval(key, [rosa]);
        await looks(id);
        jira.portal.answerApproval(rosa, key, 'approved');
        await looks(id);
        await stage.reaches(id, 'running');
        assert.deepEqual(
          (await paper.store.approvals.of(id)).map(({ by, digest }) => [by, digest]),
          [['rosa', now]],
        );
      } finally {
        environments['uat'] = uat;
      }
    });

    it('never seen to be awaited, and nothing changed since the first description: counts', async () => {
      const { id, key } = await asked();
      stage.jira.portal.openApproval(key, [quinn]);
      stage.jira.portal.answerApproval(quinn, key, 'approved');
      await looks(id);
      await stage.reaches(id, 'running');
    });

    it('Jira moves the issue by itself with the last answer: that is no move of a stranger', async () => {
      const { jira } = stage;
      const { id, key } = await asked(quinn);
      jira.portal.answerApproval(quinn, key, 'approved');
      jira.moveIssue(automation, key, 'Approved');
      await stage.reaches(id, 'running');
      await stage.shows(key, 'In progress');
      await stage.told();
      assert.deepEqual(await refusals(stage, id), []);
    });

    it('the fifty-first approval is read as well', async () => {
      const { id, key } = await asked();
      for (let n = 0; n < 50; n++) stage.jira.portal.openApproval(key, [otto]);
      stage.jira.portal.openApproval(key, [quinn]);
      stage.jira.portal.answerApproval(quinn, key, 'approved');
      await looks(id);
      await stage.reaches(id, 'running');
    });

    it('refused with 403 or 404: there are none, and moves count as ever', async () => {
      for (const status of [403, 404]) {
        const { id, key } = await asked(quinn);
        stage.jira.portal.answerApproval(quinn, key, 'approved');
        stage.jira.faults.api({ kind: 'error', status, path: /servicedeskapi/, times: Infinity });
        await looks(id);
        assert.equal(await stage.state(id), 'pending');
        stage.jira.moveIssue(rosa, key, 'Approved');
        await stage.reaches(id, 'running');
        assert.deepEqual(
          (await stage.paper.store.approvals.of(id)).map(({ by }) => by),
          ['rosa'],
        );
        await stage.paper.drain();
        stage.jira.faults.reset();
      }
    });

    it('was only ever asked, never answered', () => {
      const calls = deskCalls(stage);
      assert.ok(calls.length > 20);
      assert.deepEqual([...new Set(calls.map(({ method }) => method))], ['GET']);
      assert.deepEqual(new Set(calls.map(({ status }) => status)), new Set([200, 403, 404]));
    });
  });

  describe(`approvals of Jira Service Management, found by the poller (${kind})`, function () {
    this.timeout(240_000);
    let stage: Stage;
    before(async () => {
      stage = await openStage({
        kind,
        serviceDesk: true,
        deaf: true,
        pollEvery: 0.1,
        deps: { pace: { unseenSeconds: 0.1, cardSeconds: 0 } },
        site: (site) => withDesk(ownedSite(site)),
      });
    });
    after(() => stage.close());

    it('a yes that was read again, by a new process or after a crash, counts once', async () => {
      const { jira, paper } = stage;
      const { id } = await stage.ask();
      const key = await stage.issueOf(id);
      jira.portal.openApproval(key, [quinn, rosa]);
      jira.portal.answerApproval(quinn, key, 'approved');
      const given = async (n: number) => (await stage.events(id, 'approval-given')).length === n;
      await eventually(() => given(1), 'a yes of the two that QA takes');
      await stage.front.stop();
      // It died after the decision and before it was written down that it was made.
      const ref = (await paper.service.mirrors.get(id, 'jira')) as { approvers?: unknown };
      await paper.service.mirrors.set(id, 'jira', key, { ...ref, approvers: undefined });
      await stage.another({ pace: { unseenSeconds: 0.1, cardSeconds: 0 } }).start();
      const before = deskCalls(stage).length;
      await eventually(() => Promise.resolve(deskCalls(stage).length > before + 3), 'more looks');
      assert.ok(await given(1));
      jira.portal.answerApproval(rosa, key, 'approved');
      await eventually(() => given(2), 'the second yes');
      jira.portal.openApproval(key, [otto]);
      jira.portal.answerApproval(otto, key, 'approved');
      await stage.reaches(id, 'running');
      const yeses = (await paper.service.view(id)).approvals.map(({ by, stage: name }) => `${by} ${name}`);
      assert.deepEqual(yeses, ['quinn QA', 'rosa QA', 'otto Data owner']);
      assert.deepEqual(await refusals(stage, id), []);
    });
  });
}
