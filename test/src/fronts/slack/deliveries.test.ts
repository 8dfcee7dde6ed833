import assert from 'node:assert/strict';
import { isFreshetError } from '../../../../src/domain/errors.ts';
import type { RequestId } from '../../../../src/domain/ids.ts';
import { channel, dana, elsewhere, openStages, operators, otto, quinn, type Stage } from './stage.ts';

const first: RequestId = 'REQ-1';

async function until(check: () => Promise<boolean> | boolean, timeoutMs = 8000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await check())) {
    if (Date.now() > end) throw new Error('what was waited for did not happen');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function cards(stage: Stage): number {
  return stage.slack.messages(channel).filter((one) => one.threadTs === undefined).length;
}

describe("Slack's deliveries", function () {
  this.timeout(20_000);
  const open = openStages();

  it('that come 50 times are carried out once', async () => {
    const stage = await open();
    await stage.paper.backup();
    stage.slack.faults.onDelivery('slash_commands', { kind: 'repeat', copies: 50, times: 1 });
    await stage.refresh(dana, 'uat orders');
    const card = await stage.card(first);
    stage.slack.faults.onDelivery('interactive', { kind: 'repeat', copies: 50, times: 1 });
    await stage.slack.click(quinn, card, 'reject', { confirm: true });
    await stage.cardReads(first, /Rejected by @Quinn/);
    // A further command goes the same way behind them: by its answer, all copies have been seen.
    await stage.refresh(quinn, 'status');
    await stage.told(quinn, /newest first/);
    assert.equal((await stage.paper.store.requests.list({}, { limit: 9, offset: 0 })).total, 1);
    assert.equal((await stage.paper.store.approvals.of(first)).length, 1);
    assert.equal(stage.slack.ephemerals(dana).length, 1);
    assert.equal(stage.slack.ephemerals(quinn).length, 1);
    assert.equal(cards(stage), 1);
  });

  it('are acknowledged before Slack is asked anything', async () => {
    const stage = await open();
    stage.slack.faults.onCall(/./, { kind: 'slow', delayMs: 2500 });
    const delivery = await stage.slack.command(dana, channel, 'help', { command: '/refresh' });
    assert.equal(delivery.error, undefined);
    assert.ok(delivery.tookMs! < 1000, `took ${delivery.tookMs} ms`);
  });

  it('that were stored by a process that died are carried out by the next', async () => {
    const stage = await open({ idle: true });
    await stage.paper.backup();
    const deed = {
      kind: 'command',
      group: 'refresh',
      text: 'uat orders',
      user: dana,
      userName: 'dana',
      channel,
    };
    assert.equal(await stage.paper.service.inbox.accept('slack', 'before', deed), true);
    await stage.front.start();
    await stage.card(first);
    assert.match(await stage.told(dana, /REQ-1/), /It waits for an approval/);
  });

  it('that were cut off in the middle are not done twice, and the person is told', async () => {
    const stage = await open({ idle: true });
    await stage.paper.backup();
    const deed = {
      kind: 'command',
      group: 'refresh',
      text: 'uat orders',
      user: dana,
      userName: 'dana',
      channel,
    };
    await stage.paper.service.inbox.accept('slack', 'before', deed);
    const looked = { ...deed, text: 'status' };
    await stage.paper.service.inbox.accept('slack', 'looked', looked);
    // The lease of a process that took them and died at once.
    assert.equal((await stage.paper.service.inbox.take('slack', 8, 0)).length, 2);
    await stage.front.start();
    assert.match(
      await stage.told(dana, /interrupted/),
      /worked on `\/refresh uat orders`, and does not do it twice/,
    );
    await stage.told(dana, /Nothing was asked for yet/);
    assert.equal((await stage.paper.store.requests.list({}, { limit: 9, offset: 0 })).total, 0);
  });

  it('that could not be stored in time are answered so', async () => {
    const stage = await open();
    const { inbox } = stage.paper.service;
    const accept = inbox.accept.bind(inbox);
    inbox.accept = () => new Promise(() => undefined);
    await stage.refresh(dana, 'uat orders');
    assert.match(
      await stage.told(dana, /delivery-not-stored/),
      /could not make sure that it kept what you asked for/,
    );
    inbox.accept = () => Promise.reject(new Error('gone'));
    await stage.refresh(dana, 'uat orders');
    await until(() => stage.slack.ephemerals(dana).length === 2);
    inbox.accept = accept;
  });

  it('to two processes are shared between them', async () => {
    const stage = await open();
    await stage.another();
    await stage.paper.backup();
    for (let at = 0; at < 6; at++) await stage.refresh(dana, 'status');
    await until(() => stage.slack.ephemerals(dana).length === 6);
    await stage.refresh(dana, 'uat orders');
    const card = await stage.card(first);
    await stage.slack.click(quinn, card, 'approve', { confirm: true });
    await stage.work();
    await stage.cardReads(first, /· done/);
    await until(() => stage.slack.directMessages(dana).length > 0);
    assert.equal(cards(stage), 1);
    assert.equal(stage.slack.directMessages(dana).length, 1);
  });
});

describe('answers in Slack', function () {
  this.timeout(20_000);
  const open = openStages();

  it('find another way when the response_url is spent', async () => {
    const stage = await open();
    stage.slack.faults.onCall('response_url', { kind: 'error', error: 'expired_url' });
    await stage.refresh(dana, 'help');
    await stage.told(dana, /Refresh a test environment from a backup/);
    await stage.slack.command(dana, elsewhere, 'help', { command: '/refresh' });
    const direct = await stage.slack.waitFor(() => stage.slack.directMessages(dana)[0]);
    assert.match(stage.read(direct), /Refresh a test environment/);
  });

  it('get through without their blocks when Slack would not have these', async () => {
    const stage = await open();
    await stage.paper.backup();
    stage.slack.faults.onCall('chat.postMessage', { kind: 'error', error: 'invalid_blocks', times: 1 });
    await stage.refresh(dana, 'uat orders');
    const card = await stage.card(first);
    assert.deepEqual(card.blocks, []);
    assert.ok(stage.logged.some((line) => line.includes('Slack refused the blocks')));
  });
});

describe("Slack's faults", function () {
  this.timeout(30_000);
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
    await stage.slack.waitFor(() => stage.slack.directMessages(dana)[0], 15_000);
    assert.equal(stage.slack.directMessages(dana).length, 1);
    assert.equal(cards(stage), 1);
  });

  it('a lost answer makes no second card, and no second line in the thread', async () => {
    const stage = await open();
    await stage.paper.backup();
    stage.slack.faults.onCall('chat.postMessage', { kind: 'lost-after', times: 1 });
    await stage.refresh(dana, 'uat orders');
    const card = await stage.card(first);
    await until(async () => (await stage.paper.service.mirrors.get(first, 'slack')) !== undefined);
    stage.slack.faults.onCall('chat.postMessage', { kind: 'lost-after', times: 1 });
    await stage.slack.click(quinn, card, 'approve', { confirm: true });
    await stage.work();
    await stage.cardReads(first, /· done/);
    await stage.slack.waitFor(() => /Done after/.test(stage.slack.thread(card).at(-1)?.text ?? ''), 8000);
    assert.equal(cards(stage), 1);
    const lines = stage.slack.thread(card).map((one) => one.text);
    assert.equal(new Set(lines).size, lines.length, lines.join('\n'));
  });

  it('without the scope to look for a lost card it is posted again: twice is better than never', async () => {
    const stage = await open({ app: { botScopes: ['chat:write', 'commands'] } });
    await stage.paper.backup();
    stage.slack.faults.onCall('chat.postMessage', { kind: 'lost-after', times: 1 });
    await stage.refresh(dana, 'uat orders');
    await until(() => cards(stage) === 2);
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
    const alert = await stage.slack.waitFor(() => stage.slack.messages(operators)[0], 8000);
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
    const alert = await stage.slack.waitFor(() => stage.slack.messages(operators)[0], 8000);
    assert.match(stage.read(alert), /Host `test-db`: The disk is full\.\nHint: Make room\./);
  });

  it('a corrupt backup is told to the operators', async () => {
    const stage = await open();
    const backup = await stage.paper.backup({ state: 'corrupt', stateReason: 'cut short' });
    await stage.paper.store.write((tx) =>
      tx.events.append({ type: 'backup-corrupt', backup: backup.id, why: 'It ends in the middle.' }, [
        { front: 'slack-alerts', kind: 'alert' },
      ]),
    );
    const alert = await stage.slack.waitFor(() => stage.slack.messages(operators)[0], 8000);
    assert.match(stage.read(alert), /Backup BKP-1 of `orders` is corrupt: It ends in the middle\./);
  });

  it('the bot not being in the channel only delays: its card comes when it was invited', async () => {
    const stage = await open();
    await stage.paper.backup();
    stage.slack.leave(channel, 'U0BOT');
    await stage.refresh(dana, 'uat orders');
    await stage.told(dana, /REQ-1/);
    await until(() => stage.slack.calls().some((call) => call.error === 'not_in_channel'));
    const { outbox } = stage.paper.store;
    assert.equal((await outbox.lag('slack')).waiting, 1);
    stage.slack.join(channel, 'U0BOT');
    // It would come by itself within a minute: hurried.
    await until(async () => {
      await outbox.later(1, new Date(), 'hurried by the test');
      return cards(stage) === 1;
    });
  });

  it('a cut socket comes back, also when Slack is away at first', async () => {
    const stage = await open();
    stage.slack.faults.onCall('apps.connections.open', { kind: 'status', status: 500, times: 1 });
    stage.slack.cutSockets();
    await stage.slack.waitFor(() => stage.slack.connections() === 0);
    await stage.slack.waitFor(() => stage.slack.connections() === 1, 8000, 'a new socket');
    await stage.refresh(otto, 'help');
    await stage.told(otto, /Refresh a test environment/);
    stage.slack.refreshSockets();
    await stage.slack.waitFor(() => stage.slack.connections() === 0);
    await stage.slack.waitFor(() => stage.slack.connections() === 1, 8000, 'a new socket');
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
    const app = await stage.another({ appToken: 'xapp-wrong' });
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
    await until(() => stage.front.isConnected());
  });
});

describe('the card of a run', function () {
  this.timeout(20_000);
  const open = openStages();

  it('shows how far it is, and ends with the end, however slow an edit is', async () => {
    const stage = await open();
    await stage.paper.backup();
    await stage.refresh(dana, 'ci orders');
    await stage.card(first);
    await until(() => stage.paper.jobs.length > 0);
    const run = (await stage.paper.store.runs.ofRequest(first))!;
    const progress = {
      run: run.id,
      step: 'orders.load',
      title: 'Load BKP-1 with 2 jobs',
      host: 'test-db',
      at: new Date(),
    };
    await stage.paper.store.progress({ ...progress, fraction: 0.52, secondsLeft: 180 });
    const shown = await stage.cardReads(first, /52 %/);
    assert.match(stage.read(shown), /▓▓▓▓▓░░░░░ 52 % · Load BKP-1 with 2 jobs on test-db · about 3 min left/);
    // The next edit is of progress, and lands a second late.
    stage.slack.faults.onCall('chat.update', { kind: 'slow', delayMs: 1000, times: 1 });
    await stage.paper.store.progress({ ...progress, fraction: 0.9, secondsLeft: 5 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await stage.work();
    await stage.cardReads(first, /· done/);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    await stage.cardReads(first, /· done/);
  });

  it('names its Jira issue as soon as there is one', async () => {
    const stage = await open();
    await stage.paper.backup();
    await stage.refresh(dana, 'uat orders');
    assert.doesNotMatch(stage.read(await stage.card(first)), /DBR-7/);
    stage.issueUrls.set(first, 'https://jira.example/browse/DBR-7');
    await stage.cardReads(first, /DBR-7/);
  });
});

describe('what check sees in Slack', function () {
  this.timeout(20_000);
  const open = openStages();

  async function findings(stage: Stage): Promise<Record<string, string>> {
    const all: Record<string, string> = {};
    for (const probe of stage.front.probes) {
      const { ok, says, remedy } = await probe.run();
      all[probe.name] = `${ok ? 'ok' : 'not ok'}: ${says}${remedy === undefined ? '' : ` - ${remedy}`}`;
    }
    return all;
  }

  it('is well when all is well', async () => {
    const stage = await open({ idle: true });
    const all = await findings(stage);
    assert.deepEqual(
      Object.values(all).filter((one) => !one.startsWith('ok')),
      [],
    );
    assert.match(all['slack channel for cards']!, /the bot is in #db-refreshes/);
    assert.deepEqual(
      stage.slack.calls().filter((call) => call.method.startsWith('chat.')),
      [],
    );
  });

  it('names each fault with its remedy', async () => {
    const stage = await open({
      idle: true,
      app: { botScopes: ['chat:write', 'channels:read'], appScopes: [] },
    });
    stage.slack.leave(channel, 'U0BOT');
    const all = await findings(stage);
    assert.match(all['slack scopes']!, /^not ok: lacks commands \(hear/);
    assert.match(all['slack app token']!, /^not ok: Slack misses the scope "connections:write"/);
    assert.match(all['slack channel for cards']!, /^not ok: the bot is not in #db-refreshes - Type \/invite/);
    assert.match(all['slack channel for operators']!, /not judged/);
  });
});
