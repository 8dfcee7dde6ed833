import assert from 'node:assert/strict';
import { channels, dana, quinn } from '../../src/sandbox/cast.ts';
import type { Message } from '../../src/sandbox/slack/workspace.ts';
import { checkInvariants } from '../rig/invariants.ts';
import { peopleOf, type People } from '../rig/people.ts';
import { startMs, type Rig } from '../rig/rig.ts';
import type { Suite } from '../rig/suites.ts';
import { backupIn, contentAfter, contentOf } from '../rig/targets.ts';
import { until } from '../until.ts';
import { inLongForm } from './durations.ts';

export const fromSlack: Suite = (rigOf) => {
  describe('what Slack brings many times, half or too late', function () {
    this.timeout(600_000);
    let rig: Rig;
    let people: People;
    let old: string;

    before(async function () {
      this.timeout(startMs);
      rig = rigOf();
      people = peopleOf(rig);
      old = await contentOf(rig, 'orders_uat');
    });
    afterEach(async () => {
      await people.tidy();
      await checkInvariants(rig, { targets: { orders_uat: [old] } });
    });

    const press = (card: Message, action: 'approve' | 'reject') =>
      rig.sandbox.slack.click(quinn.slack, card, action, { confirm: true });

    async function connected(): Promise<void> {
      await rig.sandbox.slack.waitFor(() => rig.sandbox.slack.connections() > 0, 180_000, 'a new socket');
    }

    it('a press approves, and a run goes to its swap; nothing below may swap anything', async () => {
      const backup = await backupIn(rig, 'anonymised', '.dir');
      const { request, card } = await people.pending({ backup: backup.id });
      await people.press(quinn, request, card, 'approve');
      assert.equal((await rig.until(request, ['succeeded', 'failed', 'fenced'])).state, 'succeeded');
      const wanted = await contentAfter(rig, backup, 'uat');
      assert.notEqual(wanted, old);
      old = wanted;
      await people.agreed();
    });

    it('the same slash command 50 times makes one request, one card, one issue', async () => {
      const count = async () => (await rig.store.requests.list({}, { limit: 1, offset: 0 })).total;
      const before = await count();
      const fault = rig.sandbox.slack.faults.onDelivery('slash_commands', {
        kind: 'repeat',
        copies: 50,
        times: 1,
      });
      const { request } = await people.pending();
      assert.equal(fault.used, 1);
      // The card can be there before the last copy is out.
      await until('50 copies were sent', () =>
        rig.sandbox.slack.deliveries().some(({ sent }) => sent === 50),
      );
      // A later command has come through: so have all copies of this one.
      await people.cancelled(request);
      assert.equal(await count(), before + 1);
      await people.agreed();
    });

    it('the same press of a button 50 times is one decision', async () => {
      const { request, card } = await people.pending();
      rig.sandbox.slack.faults.onDelivery('interactive', { kind: 'repeat', copies: 50, times: 1 });
      await press(card, 'reject');
      await rig.until(request, ['rejected']);
      await rig.stage.issue(request, 'Rejected');
      assert.deepEqual(await people.decisions(request), ['rejected']);
      assert.deepEqual(await people.events(request), ['request-created', 'request-rejected']);
    });

    inLongForm(
      'a socket that is cut before the press gets through: nothing is decided, they see it, and the next press counts',
      async () => {
        const { request, card } = await people.pending();
        rig.sandbox.slack.faults.onDelivery('interactive', { kind: 'cut', when: 'unsent', times: 1 });
        const first = await press(card, 'reject');
        assert.equal(first.error, 'operation_timeout', 'Slack itself says that it did not work');
        await connected();
        await people.quiet();
        assert.deepEqual(await people.decisions(request), []);
        assert.equal((await press(card, 'reject')).error, undefined);
        await rig.stage.card(request, /Rejected by/);
        assert.deepEqual(await people.decisions(request), ['rejected']);
      },
    );

    it('a socket that is cut as the acknowledgement is on its way: decided once, and who presses again is told so', async () => {
      const { request, card } = await people.pending();
      rig.sandbox.slack.faults.onDelivery('interactive', { kind: 'cut', when: 'unacknowledged', times: 1 });
      const since = rig.stage.whispers(quinn);
      // To Slack it failed; to us it did not.
      assert.equal((await press(card, 'reject')).error, 'operation_timeout');
      await rig.stage.card(request, /Rejected by/);
      await connected();
      // What a screen that has not been drawn anew still offers.
      await rig.sandbox.slack.click(quinn.slack, card, 'reject', { confirm: true, version: 0 });
      const told = await rig.stage.whispered(quinn, since, new RegExp(`${request} is rejected`));
      assert.equal(told.user, quinn.slack);
      assert.deepEqual(await people.decisions(request), ['rejected']);
      await people.agreed();
    });

    inLongForm(
      'a socket that is cut after the acknowledgement: the decision counts and is shown all the same',
      async () => {
        const { request, card } = await people.pending();
        const pressed = await press(card, 'reject');
        rig.sandbox.slack.cutSockets();
        assert.equal(pressed.error, undefined);
        await rig.stage.card(request, /Rejected by/);
        await connected();
        assert.deepEqual(await people.decisions(request), ['rejected']);
      },
    );

    it('a trigger that has expired opens no form, and they are told how to ask in one line', async () => {
      const { slack } = rig.sandbox;
      const since = rig.stage.whispers(dana);
      // Slack waits for three seconds, and so long a trigger lives.
      slack.faults.onDelivery('slash_commands', { kind: 'slow', delayMs: 3_500, times: 1 });
      await slack.command(dana.slack, channels.refreshes, '', { command: '/refresh' });
      await rig.stage.whispered(dana, since, /more than three seconds ago[^]*--reason/);
      assert.equal(slack.view(dana.slack), undefined);
      await people.cancelled((await people.pending()).request);
    });

    it('a response_url that has expired: they are told in the channel, and where that can not be in a direct message', async () => {
      const { slack } = rig.sandbox;
      const refused = slack.faults.onCall('response_url', { kind: 'error', error: 'expired_url' });
      const since = rig.stage.whispers(quinn);
      await people.type(quinn, 'status REQ-99999');
      await rig.stage.whispered(quinn, since, /REQ-99999/);
      slack.faults.onCall('chat.postEphemeral', { kind: 'error', error: 'user_not_in_channel' });
      const direct = slack.directMessages(quinn.slack).length;
      await people.type(quinn, 'status REQ-99998');
      await slack.waitFor(
        () => /REQ-99998/.test(slack.directMessages(quinn.slack)[direct]?.text ?? ''),
        120_000,
      );
      assert.ok(refused.used >= 2);
    });

    it('the requester approves an own request, by button and by word: refused, kept with the request and told', async () => {
      const { request, card } = await people.pending({ who: quinn });
      const since = rig.stage.whispers(quinn);
      await press(card, 'approve');
      await rig.stage.whispered(quinn, since, /nobody approves an own request/);
      await people.type(quinn, `approve ${request}`);
      await until('both were said', () => rig.stage.whispers(quinn) >= since + 2);
      assert.deepEqual(await people.decisions(request), []);
      assert.ok((await people.events(request)).includes('approval-own-request'));
      assert.equal((await rig.store.requests.get(request))?.state, 'pending');
      await people.cancelled(request, quinn);
    });
  });
};
