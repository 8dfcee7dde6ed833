import assert from 'node:assert/strict';
import type { RequestId } from '../../../../src/domain/ids.ts';
import { cards, channel, dana, elsewhere, openStages, quinn, team } from './stage.ts';
import { held, untilHolds } from '../../../until.ts';

const first: RequestId = 'REQ-1';

describe("Slack's deliveries", function () {
  this.timeout(60_000);
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
    const { until, letGo } = held();
    stage.slack.faults.onCall(/./, { kind: 'held', until });
    const delivery = await stage.slack.command(dana, channel, 'help', { command: '/refresh' });
    assert.equal(delivery.error, undefined);
    letGo();
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
      teams: [team],
    };
    assert.equal(await stage.paper.service.inbox.accept('slack', 'before', deed), true);
    await stage.front.start();
    await stage.card(first);
    assert.match(await stage.told(dana, /REQ-1/), /It waits for an approval/);
  });

  it('of a page button do no more than look, whatever it carries', async () => {
    const stage = await open();
    await stage.paper.backup();
    const deed = {
      kind: 'button',
      button: 'page-next',
      user: dana,
      userName: 'dana',
      channel,
      teams: [team],
    };
    for (const value of ['/refresh uat orders', '/refresh cancel REQ-1', '/nothing', '', 'REQ-1 x']) {
      await stage.paper.service.inbox.accept('slack', `page ${value}`, { ...deed, value });
    }
    await untilHolds(() => stage.slack.ephemerals(dana).length === 5);
    for (const one of stage.slack.ephemerals(dana)) {
      assert.match(stage.read(one), /`(?:button-unknown|command-unknown)`/);
    }
    assert.equal((await stage.paper.store.requests.list({}, { limit: 9, offset: 0 })).total, 0);
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
      teams: [team],
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

  it('of a decision that a process made before it died say nothing: it counts, and is no refusal', async () => {
    const stage = await open({ idle: true });
    const { service, store } = stage.paper;
    await stage.paper.backup();
    const wish = { environment: 'uat', databases: [{ database: 'orders' }], reason: 'release 12' };
    const { id, digest } = await service.requestRefresh(stage.paper.actor('dana'), wish);
    const by = { user: quinn, userName: 'quinn', channel, teams: [team] };
    const deeds = ['approve', 'reject'].map((button) => ({
      kind: 'button',
      button,
      value: `${id} ${digest}`,
      ...by,
    }));
    for (const deed of deeds) await service.inbox.accept('slack', deed.button, deed);
    await service.inbox.accept('slack', 'typed', {
      kind: 'command',
      group: 'refresh',
      text: `approve ${id}`,
      ...by,
    });
    // The lease of a process that took them, carried one out and died.
    assert.equal((await service.inbox.take('slack', 8, 0)).length, 3);
    await service.decide(stage.paper.actor('quinn'), { request: id, decision: 'approved', digest });
    await stage.front.start();
    await stage.told(quinn, /request-state/);
    await untilHolds(async () => (await service.figures()).inbox.every(({ waiting }) => waiting === 0));
    assert.equal(stage.slack.ephemerals(quinn).length, 1, 'only of the reject');
    const refusals = await store.events.ofRequest(id, ['decision-refused']);
    assert.match(JSON.stringify(refusals), /can be rejected/);
    assert.equal(refusals.length, 1);
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
    await untilHolds(() => stage.slack.ephemerals(dana).length === 2);
    inbox.accept = accept;
  });

  it('to two processes are shared between them', async () => {
    const stage = await open();
    await stage.another();
    await stage.paper.backup();
    for (let at = 0; at < 6; at++) await stage.refresh(dana, 'status');
    await untilHolds(() => stage.slack.ephemerals(dana).length === 6);
    await stage.refresh(dana, 'uat orders');
    const card = await stage.card(first);
    await stage.slack.click(quinn, card, 'approve', { confirm: true });
    await stage.work();
    await stage.cardReads(first, /· done/);
    await untilHolds(() => stage.slack.directMessages(dana).length > 0);
    assert.equal(cards(stage), 1);
    assert.equal(stage.slack.directMessages(dana).length, 1);
  });
});

describe('answers in Slack', function () {
  this.timeout(60_000);
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
