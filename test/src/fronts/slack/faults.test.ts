import assert from 'node:assert/strict';
import { isFreshetError } from '../../../../src/domain/errors.ts';
import type { RequestId } from '../../../../src/domain/ids.ts';
import { cards, channel, dana, openStages, operators, otto, quinn, type Stage } from './stage.ts';
import { untilHolds } from '../../../until.ts';

const first: RequestId = 'REQ-1';

describe("Slack's faults", function () {
  this.timeout(60_000);
  const open = openStages();

  async function approved(stage: Stage): Promise<void> {
    await stage.paper.backup();
    await stage.refresh(dana, 'uat orders');
    await stage.slack.click(quinn, await stage.card(first), 'approve', { confirm: true });
    await stage.cardReads(first, /Approved by @Quinn/);
  }

  it('a storm of 429 and 500 loses neither the last state of the card nor the message to the requester', async () => {
    const stage = await open();
    await approved(stage);
    stage.slack.faults.onCall('chat.update', { kind: 'status', status: 500, times: 1 });
    stage.slack.faults.onCall('chat.update', { kind: 'ratelimit', retryAfterSeconds: 1, times: 2 });
    stage.slack.faults.onCall('chat.postMessage', { kind: 'lost-before', times: 1 });
    stage.slack.faults.onCall('chat.postMessage', { kind: 'ratelimit', retryAfterSeconds: 1, times: 1 });
    await stage.work();
    await stage.cardReads(first, /· done/);
    await stage.slack.waitFor(() => stage.slack.directMessages(dana)[0], 20_000);
    assert.equal(stage.slack.directMessages(dana).length, 1);
    assert.equal(cards(stage), 1);
  });

  it('a lost answer makes no second card, and no second line in the thread', async () => {
    const stage = await open();
    await stage.paper.backup();
    stage.slack.faults.onCall('chat.postMessage', { kind: 'lost-after', times: 1 });
    await stage.refresh(dana, 'uat orders');
    const card = await stage.card(first);
    await untilHolds(async () => (await stage.paper.service.mirrors.get(first, 'slack')) !== undefined);
    stage.slack.faults.onCall('chat.postMessage', { kind: 'lost-after', times: 1 });
    await stage.slack.click(quinn, card, 'approve', { confirm: true });
    await stage.work();
    await stage.cardReads(first, /· done/);
    await stage.slack.waitFor(() => /Done after/.test(stage.slack.thread(card).at(-1)?.text ?? ''), 20_000);
    assert.equal(cards(stage), 1);
    const lines = stage.slack.thread(card).map((one) => one.text);
    assert.equal(new Set(lines).size, lines.length, lines.join('\n'));
  });

  it('without the scope to look for a lost card it is posted again: twice is better than never', async () => {
    const stage = await open({ app: { botScopes: ['chat:write', 'commands'] } });
    await stage.paper.backup();
    stage.slack.faults.onCall('chat.postMessage', { kind: 'lost-after', times: 1 });
    await stage.refresh(dana, 'uat orders');
    await untilHolds(() => cards(stage) === 2);
    const kept = (await stage.paper.service.mirrors.get(first, 'slack')) as { ts: string } | undefined;
    assert.notEqual(kept?.ts, stage.slack.messages(channel)[0]?.ts);
  });

  it('a card that somebody deleted comes back with the next change', async () => {
    const stage = await open();
    await stage.paper.backup();
    await stage.refresh(dana, 'uat orders');
    const card = await stage.card(first);
    card.deletedAt = new Date();
    await stage.refresh(dana, 'cancel REQ-1');
    await stage.cardReads(first, /· cancelled/);
  });

  it('cards that wait hold up no alert', async () => {
    const stage = await open();
    await approved(stage);
    stage.slack.faults.onCall('chat.update', { kind: 'ratelimit', retryAfterSeconds: 60 });
    stage.paper.engine.failing.set('load orders', new Error('row 17 of secrets'));
    await stage.work();
    const alert = await stage.slack.waitFor(() => stage.slack.messages(operators)[0], 20_000);
    assert.match(stage.read(alert), /REQ-1 failed[^]*Host `test-db` · Step /);
    assert.doesNotMatch(stage.read(alert), /row 17/);
  });

  it('what is wrong with a host is told to the operators', async () => {
    const stage = await open();
    await stage.paper.store.write((tx) =>
      tx.events.append(
        {
          type: 'host-alert',
          host: 'test-db',
          code: 'disk-full',
          cause: 'The disk is full.',
          hint: 'Make room.',
        },
        [{ front: 'slack-alerts', kind: 'alert' }],
      ),
    );
    const alert = await stage.slack.waitFor(() => stage.slack.messages(operators)[0], 20_000);
    assert.match(stage.read(alert), /Host `test-db`: The disk is full\.\nHint: Make room\./);
  });

  it('what another front can not show is told to the operators', async () => {
    const stage = await open();
    await stage.paper.backup();
    const request = await stage.paper.service.requestRefresh(stage.paper.actor('dana'), {
      environment: 'uat',
      databases: [{ database: 'orders' }],
      reason: 'release 12',
    });
    const what = { code: 'jira-no-way', cause: 'DBR-1 can’t be moved.', hint: 'Mend the workflow.' };
    await stage.paper.service.alertFront(request.id, 'jira', what);
    const alert = await stage.slack.waitFor(() => stage.slack.messages(operators)[0], 20_000);
    assert.match(stage.read(alert), /REQ-1: DBR-1 can’t be moved\.\nHint: Mend the workflow\./);
  });

  it('a corrupt backup is told to the operators', async () => {
    const stage = await open();
    const backup = await stage.paper.backup({ state: 'corrupt', stateReason: 'cut short' });
    await stage.paper.store.write((tx) =>
      tx.events.append({ type: 'backup-corrupt', backup: backup.id, why: 'It ends in the middle.' }, [
        { front: 'slack-alerts', kind: 'alert' },
      ]),
    );
    const alert = await stage.slack.waitFor(() => stage.slack.messages(operators)[0], 20_000);
    assert.match(stage.read(alert), /Backup BKP-1 of `orders` is corrupt: It ends in the middle\./);
  });

  it('the bot not being in the channel only delays: its card comes when it was invited', async () => {
    const stage = await open();
    await stage.paper.backup();
    stage.slack.leave(channel, 'U0BOT');
    await stage.refresh(dana, 'uat orders');
    await stage.told(dana, /REQ-1/);
    await untilHolds(() => stage.slack.calls().some((call) => call.error === 'not_in_channel'));
    const { outbox } = stage.paper.store;
    assert.equal((await outbox.lag('slack')).waiting, 1);
    stage.slack.join(channel, 'U0BOT');
    // It would come by itself within a minute: hurried.
    await untilHolds(async () => {
      await outbox.later(1, new Date(), 'hurried by the test');
      return cards(stage) === 1;
    });
  });

  it('a cut socket comes back, also when Slack is away at first', async () => {
    const stage = await open();
    stage.slack.faults.onCall('apps.connections.open', { kind: 'status', status: 500, times: 1 });
    stage.slack.cutSockets();
    await stage.slack.waitFor(() => stage.slack.connections() === 0);
    await stage.slack.waitFor(() => stage.slack.connections() === 1, 20_000, 'a new socket');
    await stage.refresh(otto, 'help');
    await stage.told(otto, /Refresh a test environment/);
    stage.slack.refreshSockets();
    await stage.slack.waitFor(() => stage.slack.connections() === 0);
    await stage.slack.waitFor(() => stage.slack.connections() === 1, 20_000, 'a new socket');
  });

  it('a wrong token is said at the start, and by which it is to be replaced', async () => {
    const stage = await open({ idle: true });
    const bot = await stage.another({ botToken: 'xoxb-wrong' });
    await assert.rejects(bot.start(), (error: unknown) => {
      assert.ok(isFreshetError(error, 'Config'));
      assert.equal(error.code, 'slack-token-refused');
      assert.match(error.message, /refuses the bot token with "invalid_auth"/);
      assert.doesNotMatch(error.message + error.hint, /xoxb-wrong/);
      return true;
    });
    const app = await stage.another({ reception: { mode: 'socket', appToken: 'xapp-wrong' } });
    await assert.rejects(app.start(), /refuses the app token with "invalid_auth"/);
    assert.doesNotMatch(stage.logged.join('\n'), /xoxb-|xapp-/);
  });

  it('Slack being away does not keep the bot from starting', async () => {
    const stage = await open({ idle: true });
    stage.slack.faults.onCall(/auth\.test|apps\.connections\.open/, {
      kind: 'status',
      status: 503,
      times: 3,
    });
    await stage.front.start();
    assert.equal(stage.front.isConnected(), false);
    await untilHolds(() => stage.front.isConnected());
  });
});
