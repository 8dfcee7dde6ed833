import assert from 'node:assert/strict';
import type { RequestId } from '../../src/domain/ids.ts';
import { bot, channels, dana, project, quinn, sam } from '../../src/sandbox/cast.ts';
import { statusIds } from '../../src/sandbox/jira/workflow.ts';
import type { Message } from '../../src/sandbox/slack/workspace.ts';
import { agreement } from '../../src/sandbox/story/agreement.ts';
import { isOf } from '../../src/sandbox/story/stage.ts';
import { checkInvariants } from '../rig/invariants.ts';
import { startMs, startRig, stopRigs, type Rig } from '../rig/rig.ts';
import { backupIn, contentAfter, contentOf } from '../rig/targets.ts';
import { until } from '../rig/until.ts';
import { needs } from '../skip.ts';

const rounds = 20;

describe('messages that come many times, late, never or forged', function () {
  this.timeout(120_000);
  let rig: Rig;
  let old: string;

  before(async function () {
    this.timeout(startMs);
    needs(this, 'postgresql', 'openssh-server');
    rig = await startRig({ serve: [], indexDelayMs: 300 });
    old = await contentOf(rig, 'orders_uat');
  });
  after(stopRigs);
  afterEach(async () => {
    rig.sandbox.jira.faults.reset();
    rig.sandbox.slack.faults.reset();
    // What a failed test left open must not stand in the way of the next one.
    const { requests } = await rig.store.requests.list({ states: ['pending'] }, { limit: 10, offset: 0 });
    for (const { id } of requests) await reject(id);
  });

  /** A request for UAT that has its card and its issue. */
  async function pending(): Promise<{ request: RequestId; key: string; card: Message }> {
    const request = await rig.ask('uat');
    const key = await rig.stage.issue(request, 'Waiting for approval');
    return { request, key, card: await rig.stage.card(request, /approv/i) };
  }

  async function reject(request: RequestId): Promise<void> {
    await rig.sandbox.slack.command(quinn.slack, channels.refreshes, `reject ${request}`, {
      command: '/refresh',
    });
    await rig.until(request, ['rejected']);
  }

  /** Approved; its run begins at once. */
  const yes = ['approved', 'running'] as const;

  async function decisions(request: RequestId): Promise<string[]> {
    return (await rig.store.approvals.of(request)).map(({ decision }) => decision);
  }

  function button(card: Message, words: RegExp): string {
    for (const block of card.blocks as {
      type: string;
      elements?: { text?: { text: string }; action_id?: string }[];
    }[]) {
      const found = block.elements?.find((element) => words.test(element.text?.text ?? ''));
      if (block.type === 'actions' && found?.action_id !== undefined) return found.action_id;
    }
    throw new Error(`no button ${words.source}`);
  }

  async function cancelled(request: RequestId): Promise<void> {
    await rig.sandbox.slack.command(dana.slack, channels.refreshes, `cancel ${request}`, {
      command: '/refresh',
    });
    await rig.until(request, ['cancelled']);
  }

  it('the same slash command 50 times makes one request, one card, one issue', async () => {
    const count = async () => (await rig.store.requests.list({}, { limit: 1, offset: 0 })).total;
    const before = await count();
    const fault = rig.sandbox.slack.faults.onDelivery('slash_commands', {
      kind: 'repeat',
      copies: 50,
      times: 1,
    });
    const { request } = await pending();
    assert.equal(fault.used, 1);
    // The card can be there before the last copy is out.
    await until('50 copies were sent', () => rig.sandbox.slack.deliveries().some(({ sent }) => sent === 50));
    // A later command has come through: so have all copies of this one.
    await reject(request);
    assert.equal(await count(), before + 1);
    await agreed();
  });

  it('the same press of a button 50 times is one decision', async () => {
    const { request, card } = await pending();
    rig.sandbox.slack.faults.onDelivery('interactive', { kind: 'repeat', copies: 50, times: 1 });
    await rig.sandbox.slack.click(quinn.slack, card, button(card, /reject/i), { confirm: true });
    await rig.until(request, ['rejected']);
    await rig.stage.issue(request, 'Rejected');
    assert.deepEqual(await decisions(request), ['rejected']);
    const events = (await rig.store.events.ofRequest(request)).map(({ type }) => type);
    assert.deepEqual(events, ['request-created', 'request-rejected']);
  });

  it('the same webhook 20 times, and again later, is one decision', async () => {
    const { request, key } = await pending();
    const { jira } = rig.sandbox;
    jira.faults.webhooks({ kind: 'repeat', copies: 19, issueKey: key, times: 1 });
    jira.moveIssue(quinn.jira, key, 'Rejected');
    await rig.until(request, ['rejected']);
    const delivery = await until('the webhook was sent 20 times', () =>
      jira.deliveries.find((one) => one.issueKey === key && one.attempts.length >= 20),
    );
    assert.deepEqual([...new Set(delivery.attempts.map(({ result }) => result))], [200]);
    assert.equal(await jira.replayWebhook(delivery), 200);
    await quiet();
    assert.deepEqual(await decisions(request), ['rejected']);
    const events = (await rig.store.events.ofRequest(request)).map(({ type }) => type);
    assert.deepEqual(events, ['request-created', 'request-rejected']);
  });

  it('a lost webhook is found by the poller alone', async () => {
    const { request, key } = await pending();
    const lost = rig.sandbox.jira.faults.webhooks({ kind: 'lose', times: Infinity });
    rig.sandbox.jira.moveIssue(quinn.jira, key, 'Approved');
    await rig.until(request, yes, 30);
    assert.ok(lost.hits > 0, 'a webhook was lost');
    assert.deepEqual(await decisions(request), ['approved']);
    await cancelled(request);
  });

  it('a forged or unsigned webhook is refused; a signed lie changes nothing', async () => {
    const { request, key } = await pending();
    const { jira } = rig.sandbox;
    const claim = { issueKey: key, accountId: quinn.jira, toStatusId: statusIds.approved };
    for (const signature of ['none', 'wrong', 'sha1'] as const) {
      assert.equal(await jira.forgeWebhook({ ...claim, signature }), 401, signature);
    }
    assert.equal(await jira.forgeWebhook({ ...claim, signature: 'right' }), 200);
    assert.equal(await jira.forgeWebhook({ ...claim, issueKey: `${project}-9999`, signature: 'right' }), 200);
    await quiet();
    assert.equal((await rig.store.requests.get(request))?.state, 'pending');
    assert.deepEqual(await decisions(request), []);
    assert.equal(jira.issue(key).status, 'Waiting for approval');
    await reject(request);
  });

  it('a webhook that is ahead of the API is not forgotten: the decision counts when the API shows it', async () => {
    const { request, key } = await pending();
    const stale = rig.sandbox.jira.faults.staleReads({ lagMs: 3_000, issueKey: key });
    rig.sandbox.jira.moveIssue(quinn.jira, key, 'Approved');
    await rig.until(request, yes, 30);
    assert.ok(stale.hits > 0, 'an old state was read');
    assert.deepEqual(await decisions(request), ['approved']);
    await cancelled(request);
  });

  it('a create that timed out after it had worked makes one issue', async () => {
    const fault = rig.sandbox.jira.faults.api({
      kind: 'lost-after',
      method: 'POST',
      path: '/issue',
      times: 1,
    });
    const { request } = await pending();
    assert.equal(fault.hits, 1);
    await quiet();
    const own = rig.sandbox.jira
      .issues()
      .filter(({ labels }) => labels.some((label) => isOf(label, request)));
    assert.equal(own.length, 1);
    await reject(request);
  });

  it('a transition by a stranger, by the requester or by an author that is gone starts nothing and is moved back', async () => {
    const { request, key } = await pending();
    const { jira } = rig.sandbox;
    for (const person of [sam.jira, dana.jira, { kind: 'missing' } as const]) {
      const comments = jira.issue(key).comments.length;
      jira.moveIssue(person, key, 'Approved');
      await jira.waitFor(
        (now) =>
          now.issue(key).status === 'Waiting for approval' && now.issue(key).comments.length > comments,
        20_000,
      );
      assert.equal((await rig.store.requests.get(request))?.state, 'pending');
    }
    assert.deepEqual(await decisions(request), []);
    await reject(request);
  });

  it(`approve and reject at once, over Slack and Jira, ${rounds} times: one counts, and all sides agree`, async function () {
    this.timeout(180_000);
    const won = { approved: 0, rejected: 0 };
    for (let round = 0; round < rounds; round += 1) {
      const { request, key, card } = await pending();
      const [inSlack, inJira] = round % 2 === 0 ? [/approve/i, 'Rejected'] : [/reject/i, 'Approved'];
      const pressed = rig.sandbox.slack.click(quinn.slack, card, button(card, inSlack), { confirm: true });
      rig.sandbox.jira.moveIssue(quinn.jira, key, inJira);
      await pressed;
      const { state } = await rig.until(request, [...yes, 'rejected']);
      const given = await decisions(request);
      assert.equal(given.length, 1, `${request}: ${given.join(', ')}`);
      won[state === 'rejected' ? 'rejected' : 'approved'] += 1;
      assert.equal(given[0], state === 'rejected' ? 'rejected' : 'approved');
      if (state === 'rejected') await rig.stage.issue(request, 'Rejected');
      else await cancelled(request);
    }
    assert.equal(won.approved + won.rejected, rounds);
  });

  it('after all this a run goes from request to swap, and nothing ran that was not approved', async () => {
    const { request, key } = await pending();
    rig.sandbox.jira.moveIssue(quinn.jira, key, 'Approved');
    const { state } = await rig.until(request, ['succeeded', 'failed', 'fenced'], 60);
    assert.equal(state, 'succeeded', JSON.stringify(await rig.store.events.ofRequest(request)));
    await rig.stage.issue(request, 'Done');
    const wanted = await contentAfter(rig, await backupIn(rig, 'anonymised', '.dump'), 'uat');
    assert.notEqual(wanted, old);
    await until('every request has ended', async () => (await rig.store.runs.active()).length === 0, 30);
    await agreed();
    const swaps = (await rig.store.events.after(undefined, 10_000)).events.filter(
      ({ type }) => type === 'item-swapped',
    );
    assert.deepEqual(
      swaps.map((event) => event.request),
      [request],
    );
    await checkInvariants(rig, { targets: { orders_uat: [wanted] } });
    assert.ok(
      rig.sandbox.jira.issues().every(({ history }) => history.every(({ author }) => author !== bot.email)),
    );
  });

  /** Jira and the cards follow the state within moments, not at once. */
  async function agreed(): Promise<void> {
    await until(
      'all sides agree',
      async () => (await agreement(rig.stage)).every(({ differs }) => differs === undefined),
      30,
      async () => JSON.stringify(await agreement(rig.stage)),
    );
  }

  /** Everything that came in was looked at, and the poller has been round once more. */
  async function quiet(): Promise<void> {
    const since = await rig.store.note('jira poller');
    await until('the poller has been round', async () => {
      const now = await rig.store.note('jira poller');
      return JSON.stringify(now) !== JSON.stringify(since);
    });
    await until('every delivery was looked at', async () => (await rig.waitingInbox()) === 0);
  }
});
