import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Front } from '../../src/domain/person.ts';
import type { RequestId } from '../../src/domain/ids.ts';
import { bot, dana, project, quinn, sam } from '../../src/sandbox/cast.ts';
import { statusIds } from '../../src/sandbox/jira/workflow.ts';
import { isOf } from '../../src/sandbox/story/stage.ts';
import { checkInvariants } from '../rig/invariants.ts';
import { peopleOf, yes, type People } from '../rig/people.ts';
import { startMs, type Rig } from '../rig/rig.ts';
import type { Suite } from '../rig/suites.ts';
import { backupIn, contentAfter, contentOf } from '../rig/targets.ts';
import { until } from '../until.ts';
import { span } from './durations.ts';

const rounds = span(4, 1_000);
/** The first two are decided beforehand, one for each side; of the others so many must go to each. */
const forced: readonly Front[] = ['slack', 'jira'];
const leastWins = span(0, 50);
/** By how much the head start of the longer way grows when it has lost, and shrinks when it has won. */
const headStartStepMs = 30;

export const fromJira: Suite = (rigOf) => {
  describe('what Jira tells many times, late, never, in reverse or forged', function () {
    this.timeout(600_000);
    let rig: Rig;
    let people: People;
    let old: string;
    let swappedBefore: (RequestId | undefined)[];

    before(async function () {
      this.timeout(startMs);
      rig = rigOf();
      people = peopleOf(rig);
      old = await contentOf(rig, 'orders_uat');
      swappedBefore = await swapped();
    });
    // Of what is approved here all but the last is taken back: its run must not come to its swap before.
    beforeEach(() => rig.tools.close('orders.load'));
    afterEach(async () => {
      await people.tidy();
      await checkInvariants(rig, { targets: { orders_uat: [old] } });
    });

    async function swapped(): Promise<(RequestId | undefined)[]> {
      const { events } = await rig.store.events.after(undefined, 10_000);
      return events.filter(({ type }) => type === 'item-swapped').map(({ request }) => request);
    }

    it('the same webhook 20 times, and again later, is one decision', async () => {
      const { request, key } = await people.pending();
      const { jira } = rig.sandbox;
      jira.faults.webhooks({ kind: 'repeat', copies: 19, issueKey: key, times: 1 });
      jira.moveIssue(quinn.jira, key, 'Rejected');
      await rig.until(request, ['rejected']);
      const delivery = await until('the webhook was sent 20 times', () =>
        jira.deliveries.find((one) => one.issueKey === key && one.attempts.length >= 20),
      );
      assert.deepEqual([...new Set(delivery.attempts.map(({ result }) => result))], [200]);
      assert.equal(await jira.replayWebhook(delivery), 200);
      await people.quiet();
      assert.deepEqual(await people.decisions(request), ['rejected']);
      assert.deepEqual(await people.events(request), ['request-created', 'request-rejected']);
    });

    it('reject and approve delivered in reverse: the order of what was done counts', async () => {
      const { request, key } = await people.pending();
      const { jira } = rig.sandbox;
      const untold = tellNothing(rig);
      jira.moveIssue(quinn.jira, key, 'Rejected');
      jira.moveIssue(quinn.jira, key, 'Waiting for approval');
      jira.moveIssue(quinn.jira, key, 'Approved');
      untold.release('reversed');
      await rig.until(request, ['rejected']);
      untold.end();
      await people.quiet();
      assert.deepEqual(await people.decisions(request), ['rejected']);
      await rig.stage.issue(request, 'Rejected');
      assert.ok(!(await people.events(request)).includes('request-approved'));
      assert.equal(await rig.store.runs.ofRequest(request), undefined);
    });

    it('a lost webhook is found by the poller alone', async () => {
      const { request, key } = await people.pending();
      const lost = rig.sandbox.jira.faults.webhooks({ kind: 'lose', times: Infinity });
      rig.sandbox.jira.moveIssue(quinn.jira, key, 'Approved');
      await rig.until(request, yes);
      assert.ok(lost.hits > 0, 'a webhook was lost');
      assert.deepEqual(await people.decisions(request), ['approved']);
      await people.cancelled(request);
    });

    it('a forged or unsigned webhook is refused; a signed lie changes nothing', async () => {
      const { request, key } = await people.pending();
      const { jira } = rig.sandbox;
      const claim = { issueKey: key, accountId: quinn.jira, toStatusId: statusIds.approved };
      for (const signature of ['none', 'wrong', 'sha1'] as const) {
        assert.equal(await jira.forgeWebhook({ ...claim, signature }), 401, signature);
      }
      assert.equal(await jira.forgeWebhook({ ...claim, signature: 'right' }), 200);
      assert.equal(
        await jira.forgeWebhook({ ...claim, issueKey: `${project}-9999`, signature: 'right' }),
        200,
      );
      await people.quiet();
      assert.equal((await rig.store.requests.get(request))?.state, 'pending');
      assert.deepEqual(await people.decisions(request), []);
      assert.equal(jira.issue(key).status, 'Waiting for approval');
      await people.cancelled(request);
    });

    it('a webhook that is ahead of the API is not forgotten: the decision counts when the API shows it', async () => {
      const { request, key } = await people.pending();
      // Longer than the test takes, until the old state was read: a machine that is busy looks late.
      const stale = rig.sandbox.jira.faults.staleReads({ lagMs: 600_000, issueKey: key });
      rig.sandbox.jira.moveIssue(quinn.jira, key, 'Approved');
      await until('an old state was read', () => stale.hits > 0);
      assert.deepEqual(await people.decisions(request), []);
      stale.off();
      await rig.until(request, yes);
      assert.deepEqual(await people.decisions(request), ['approved']);
      await people.cancelled(request);
    });

    it('a create that timed out after it had worked makes one issue', async () => {
      const fault = rig.sandbox.jira.faults.api({
        kind: 'lost-after',
        method: 'POST',
        path: '/issue',
        times: 1,
      });
      const { request } = await people.pending();
      assert.equal(fault.hits, 1);
      await people.quiet();
      const own = rig.sandbox.jira
        .issues()
        .filter(({ labels }) => labels.some((label) => isOf(label, request)));
      assert.equal(own.length, 1);
      await people.cancelled(request);
    });

    it('a transition by a stranger, by the requester or by an author that is gone starts nothing and is moved back', async () => {
      const { request, key } = await people.pending();
      const { jira } = rig.sandbox;
      for (const person of [sam.jira, dana.jira, { kind: 'missing' } as const]) {
        const comments = jira.issue(key).comments.length;
        jira.moveIssue(person, key, 'Approved');
        await jira.waitFor(
          (now) =>
            now.issue(key).status === 'Waiting for approval' && now.issue(key).comments.length > comments,
          120_000,
        );
        assert.equal((await rig.store.requests.get(request))?.state, 'pending');
      }
      assert.deepEqual(await people.decisions(request), []);
      await people.cancelled(request);
    });

    it('an approver who approves an own request in Jira is refused, it is kept and said, and moved back', async () => {
      const { request, key } = await people.pending({ who: quinn });
      const { jira } = rig.sandbox;
      jira.moveIssue(quinn.jira, key, 'Approved');
      await jira.waitFor(
        (now) => now.issue(key).comments.some(({ text }) => /own request/.test(text)),
        120_000,
      );
      await rig.stage.issue(request, 'Waiting for approval');
      assert.deepEqual(await people.decisions(request), []);
      assert.deepEqual(await people.events(request), ['request-created', 'approval-own-request']);
      await people.cancelled(request, quinn);
    });

    it(`approve and reject at once, over Slack and Jira, ${rounds} times: one counts, and all sides agree`, async function () {
      this.timeout(300_000 + rounds * 15_000);
      const won = { slack: 0, jira: 0 };
      let headStartMs = 0;
      // A thousand rounds say more than a channel takes in an hour, and each waits for its card.
      const lifted = rig.sandbox.slack.faults.liftLimits();
      for (let round = 0; round < rounds; round += 1) {
        const { request, key, card } = await people.pending();
        const [inSlack, inJira] = round % 2 === 0 ? ['approve', 'Rejected'] : ['reject', 'Approved'];
        const version = card.versions.length - 1;
        const press = () => rig.sandbox.slack.click(quinn.slack, card, inSlack, { confirm: true, version });
        const move = () => rig.sandbox.jira.moveIssue(quinn.jira, key, inJira);
        // Once each is told for sure before the other; then Jira, whose way is the longer one, begins so much earlier that
        // both are told at about the same moment, on a quick machine and on a slow one.
        const untold = round === 0 ? tellNothing(rig) : undefined;
        move();
        if (round === 1) await rig.until(request, [...yes, 'rejected']);
        if (round >= forced.length) await sleep(headStartMs);
        await press();
        if (untold !== undefined) {
          await rig.until(request, [...yes, 'rejected']);
          untold.end();
        }
        const { state } = await rig.until(request, [...yes, 'rejected']);
        const given = await people.decisions(request);
        assert.equal(given.length, 1, `${request}: ${given.join(', ')}`);
        const { front } = (await rig.store.approvals.of(request))[0]!;
        assert.ok(front === 'slack' || front === 'jira', front);
        if (round < forced.length) assert.equal(front, forced[round], 'the one that was told');
        else {
          won[front] += 1;
          headStartMs = Math.max(0, headStartMs + (front === 'slack' ? headStartStepMs : -headStartStepMs));
        }
        assert.equal(given[0], state === 'rejected' ? 'rejected' : 'approved');
        if (state === 'rejected') await rig.stage.issue(request, 'Rejected');
        else await people.cancelled(request);
      }
      lifted.remove();
      // In the short form only what was forced says that each can win.
      assert.ok(Math.min(won.slack, won.jira) >= leastWins, JSON.stringify({ ...won, headStartMs }));
    });

    it('after all this a run goes from request to swap, and nothing ran that was not approved', async () => {
      await rig.tools.openAll();
      const { request, key } = await people.pending();
      rig.sandbox.jira.moveIssue(quinn.jira, key, 'Approved');
      const { state } = await rig.until(request, ['succeeded', 'failed', 'fenced']);
      assert.equal(state, 'succeeded', JSON.stringify(await rig.store.events.ofRequest(request)));
      await rig.stage.issue(request, 'Done');
      const wanted = await contentAfter(rig, await backupIn(rig, 'anonymised', '.dump'), 'uat');
      assert.notEqual(wanted, old);
      await until('every request has ended', async () => (await rig.store.runs.active()).length === 0);
      await people.agreed();
      assert.deepEqual(await swapped(), [...swappedBefore, request]);
      old = wanted;
      assert.ok(
        rig.sandbox.jira.issues().every(({ history }) => history.every(({ author }) => author !== bot.email)),
      );
    });
  });
};

/** Jira keeps to itself what happens in it, until it is released; the poller, which must not be faster, finds nothing until the end. */
function tellNothing({ sandbox: { jira } }: Rig) {
  const held = jira.holdWebhooks();
  const search = jira.faults.api({ kind: 'error', status: 503, path: /^\/search/, times: Infinity });
  return {
    release: (order: 'sent' | 'reversed') => held.release(order),
    end() {
      search.off();
      held.release();
    },
  };
}
