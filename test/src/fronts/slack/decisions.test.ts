import assert from 'node:assert/strict';
import { commandError } from '../../../../src/domain/errors.ts';
import type { RequestId } from '../../../../src/domain/ids.ts';
import {
  channel,
  dana,
  openStages,
  operators,
  optionChanged,
  otto,
  quinn,
  rosa,
  stranger,
  team,
  type Stage,
} from './stage.ts';
import { until, untilHolds } from '../../../until.ts';

const first: RequestId = 'REQ-1';

describe('buttons in Slack', function () {
  this.timeout(60_000);
  const open = openStages();

  async function asked(): Promise<Stage> {
    const stage = await open();
    await stage.paper.backup();
    await stage.refresh(dana, 'uat orders');
    await stage.card(first);
    return stage;
  }

  async function state(stage: Stage): Promise<string | undefined> {
    return (await stage.paper.store.requests.get(first))?.state;
  }

  async function refusals(stage: Stage): Promise<string[]> {
    const events = await stage.paper.store.events.ofRequest(first, ['decision-refused']);
    return events.flatMap((event) =>
      event.type === 'decision-refused' ? [`${event.who} ${event.code}`] : [],
    );
  }

  it('decide by the rights of who presses them: the requester is refused, and only they read why', async () => {
    const stage = await asked();
    await stage.slack.click(dana, await stage.card(first), 'approve', { confirm: true });
    assert.match(await stage.told(dana, /approval-own-request/), /nobody approves an own request/);
    await stage.slack.click(otto, await stage.card(first), 'reject', { confirm: true });
    assert.match(await stage.told(otto, /approval-not-allowed/), /takes the role "qa-manager"/);
    assert.equal(await state(stage), 'pending');
    assert.deepEqual(await stage.paper.store.approvals.of(first), []);
  });

  it('decide once: the second presser is told what the first did', async () => {
    const stage = await asked();
    const card = await stage.card(first);
    await stage.slack.click(quinn, card, 'reject', { confirm: true });
    await stage.cardReads(first, /Rejected by @Quinn/);
    // Rosa's screen has not got the edit yet.
    await stage.slack.click(rosa, card, 'approve', { confirm: true, version: 0 });
    assert.match(
      await stage.told(rosa, /request-state/),
      /REQ-1 is rejected; only a request that is pending can be approved/,
    );
    assert.equal(await state(stage), 'rejected');
    const direct = await stage.slack.waitFor(() => stage.slack.directMessages(dana)[0], 20_000);
    assert.match(stage.read(direct), /was rejected by Quinn/);
  });

  it('count only for what their card showed', async () => {
    const stage = await asked();
    const card = await stage.card(first);
    optionChanged(stage);
    await stage.slack.click(quinn, card, 'approve', { confirm: true });
    assert.match(await stage.told(quinn, /approval-outdated/), /REQ-1 has changed since you saw it/);
    assert.equal(await state(stage), 'pending');
  });

  it('that carry what nobody made decide nothing, and whoever pressed is told', async () => {
    const stage = await asked();
    const { digest } = (await stage.paper.store.requests.get(first))!;
    const by = { user: quinn, userName: 'quinn', channel, teams: [team] };
    const forged: readonly (readonly [string, RegExp])[] = [
      [`${first} ${'0'.repeat(64)}`, /`approval-outdated`/],
      [`REQ-99 ${digest}`, /`request-unknown`/],
      [`${first} ${digest} ${digest}`, /`button-unknown`/],
      [`${first} ${digest.toUpperCase()}x`, /`button-unknown`/],
      [`${first}' or true -- ${digest}`, /`button-unknown`/],
      [`{"request":"${first}","digest":"${digest}"}`, /`button-unknown`/],
      ['', /`button-unknown`/],
      [`${first} ${'f'.repeat(1900)}`, /`button-unknown`/],
    ];
    for (const [n, [value, refusal]] of forged.entries()) {
      const since = stage.slack.ephemerals(quinn).length;
      await stage.paper.service.inbox.accept('slack', `forged ${n}`, {
        kind: 'button',
        button: 'approve',
        value,
        ...by,
      });
      const told = await stage.slack.waitFor(() => stage.slack.ephemerals(quinn)[since], 20_000, value);
      assert.match(stage.read(told), refusal, value);
    }
    assert.equal(await state(stage), 'pending');
    assert.deepEqual(await stage.paper.store.approvals.of(first), []);
    // The first of them stands for those that follow within minutes.
    assert.deepEqual(await stage.paper.attempts(), [
      `Quinn button-unknown: pressing "approve ${first} ${digest} ${digest}"`,
    ]);
    assert.deepEqual(await refusals(stage), ['Quinn approval-outdated']);
  });

  it('that nobody made, pressed by somebody unknown, are written down without what could break a line', async () => {
    const stage = await asked();
    const value = `x\u0000\u202e\n${'f'.repeat(1900)}`;
    const deed = { kind: 'button', button: 'approve', value, channel, teams: [team] };
    await stage.paper.service.inbox.accept('slack', 'strange', { ...deed, user: stranger, userName: 'sam' });
    await stage.told(stranger, /person-unknown/);
    const [attempt, ...more] = await stage.paper.attempts();
    assert.match(attempt!, /^sam \(U0SAM\) person-unknown: pressing "approve x\?\?\?f{130,150}…$/);
    assert.deepEqual(more, []);
  });

  it('that say not what their card showed decide nothing', async () => {
    const stage = await asked();
    const by = { user: quinn, userName: 'quinn', channel, teams: [team] };
    for (const button of ['approve', 'reject']) {
      const deed = { kind: 'button', button, value: first, ...by };
      await stage.paper.service.inbox.accept('slack', `bare ${button}`, deed);
    }
    await untilHolds(() => stage.slack.ephemerals(quinn).length === 2);
    for (const one of stage.slack.ephemerals(quinn)) assert.match(stage.read(one), /`button-unknown`/);
    // Both at once may both be written down.
    assert.deepEqual([...new Set(await refusals(stage))], ['Quinn button-unknown']);
    assert.deepEqual(await stage.paper.attempts(), []);
    await untilHolds(async () => {
      const card = await stage.card(first);
      return stage.slack.thread(card).some((one) => /A decision of Quinn was refused/.test(stage.read(one)));
    });
    assert.equal(await state(stage), 'pending');
    assert.deepEqual(await stage.paper.store.approvals.of(first), []);
  });

  it('cancel while it waits, and undo when it is done', async () => {
    const stage = await asked();
    await stage.slack.click(dana, await stage.card(first), 'cancel', { confirm: true });
    await stage.cardReads(first, /Cancelled by @Dana/);
    await stage.refresh(dana, 'ci orders');
    await stage.card('REQ-2');
    await stage.work();
    const done = await stage.cardReads('REQ-2', /· done/);
    assert.match(stage.slack.confirmDialog(done, 'undo')?.text.text ?? '', /orders_ci/);
    await stage.slack.click(dana, done, 'undo', { confirm: true });
    assert.match(await stage.told(dana, /of REQ-2/), /REQ-3 · undo orders of REQ-2 on ci/);
    await stage.work();
    const undone = await stage.cardReads('REQ-3', /· done/);
    assert.match(
      stage.read(undone),
      /`orders_ci` on server `test-pg` went back to the copy that REQ-2 replaced/,
    );
    // Undone once, it is not offered again.
    const earlier = await stage.cardReads('REQ-2', /replaced since/);
    assert.doesNotMatch(stage.read(earlier), /Undo/);
  });

  it('an undo of a part is told as what it is, and the rest is offered alone', async () => {
    const stage = await asked();
    await stage.paper.backup({ database: 'billing' });
    await stage.refresh(dana, 'ci orders billing');
    await stage.card('REQ-2');
    await stage.work();
    await stage.cardReads('REQ-2', /· done/);
    await stage.refresh(dana, 'undo ci billing');
    const torn = /Only billing is taken back: orders came with it in REQ-2 and stays as it is/;
    assert.match(await stage.told(dana, torn), /REQ-3 · undo only billing of REQ-2 on ci/);
    await stage.work();
    assert.match(stage.read(await stage.cardReads('REQ-3', /· done/)), torn);
    const earlier = await stage.cardReads('REQ-2', /copy is kept until .*taken back since: billing_ci/);
    const rest = stage.slack.confirmDialog(earlier, 'undo')?.text.text ?? '';
    assert.match(rest, /REQ-2 put in place: orders_ci\./);
    stage.slack.openHome(dana);
    const home = await stage.slack.waitFor(() => stage.slack.home(dana));
    assert.equal(stage.slack.confirmDialog(home, 'undo', { blockId: 'standing REQ-2' })?.text.text, rest);
    await stage.slack.click(dana, earlier, 'undo', { confirm: true });
    await stage.work();
    const done = stage.read(await stage.cardReads('REQ-4', /undo orders of REQ-2 on ci · done/));
    assert.doesNotMatch(done, /billing_ci|fits? together/);
    assert.doesNotMatch(stage.read(await stage.cardReads('REQ-2', /replaced since/)), /Undo/);
  });

  it('an undo is told also where the card of what it undoes is gone; that card is not posted again', async () => {
    const stage = await asked();
    await stage.refresh(dana, 'ci orders');
    const card = await stage.card('REQ-2');
    await stage.work();
    const done = await stage.cardReads('REQ-2', /· done/);
    await stage.slack.click(dana, done, 'undo', { confirm: true });
    await stage.card('REQ-3');
    const { mirrors } = stage.paper.store;
    const gone = { channel: card.channel, ts: '1.000001' };
    await stage.paper.store.mirrors.set('REQ-2', 'slack', `${gone.channel} ${gone.ts}`, gone);
    await stage.work();
    // It comes behind the card: nothing is kept back.
    await stage.slack.waitFor(() =>
      stage.slack.directMessages(dana).some(({ text }) => /REQ-3 .* is done/.test(text)),
    );
    assert.deepEqual(await mirrors.get('REQ-2', 'slack'), gone);
    assert.match(stage.read(await stage.cardReads('REQ-3', /· done/)), /went back/);
  });

  it('of an alert: acknowledge, then retry after the mend; the alert shows both, and the next failure is a new one', async () => {
    const stage = await asked();
    const broken = commandError(
      'script-failed',
      'Script uat.sql failed at statement 3.',
      'Mend the script.',
      {
        step: 'orders.load',
        host: 'test-db',
      },
    );
    stage.paper.engine.failing.set('load orders', broken);
    await stage.slack.click(quinn, await stage.card(first), 'approve', { confirm: true });
    await stage.work();
    await stage.cardReads(first, /· failed/);
    const alert = await stage.slack.waitFor(() => stage.slack.messages(operators)[0], 20_000, 'an alert');
    const text = stage.read(alert);
    assert.match(text, /REQ-1 failed · refresh orders on uat/);
    assert.match(text, /Host `test-db` · Step "load orders" \(`orders\.load`\) · `script-failed`/);
    assert.match(text, /The live database was not touched\. Hint: Mend the script\./);
    assert.match(text, /\[ Retry \] {2}\[ Acknowledge \]/);

    await stage.slack.click(otto, alert, 'acknowledge');
    await stage.slack.waitFor(() => /Acknowledged by @Otto in Slack/.test(stage.read(alert)));
    assert.doesNotMatch(stage.read(alert), /\[ Acknowledge \]/);
    await stage.slack.click(otto, alert, 'retry');
    await stage.slack.waitFor(() => /Retried by @Otto in Slack/.test(stage.read(alert)));
    await stage.work();
    const again = await stage.slack.waitFor(
      () => stage.slack.messages(operators)[1],
      20_000,
      'a second alert',
    );
    assert.match(stage.read(again), /REQ-1 failed/);
    await stage.slack.waitFor(() => /Failed again/.test(stage.read(alert)));
    assert.doesNotMatch(stage.read(alert), /\[ Retry \]/);

    stage.paper.engine.failing.clear();
    await stage.slack.click(otto, again, 'retry');
    await stage.cardReads(first, /running|about to start/);
    await stage.work();
    await stage.cardReads(first, /· done/);
    await stage.slack.waitFor(() => /Succeeded/.test(stage.read(again)));
    assert.equal(stage.slack.messages(operators).length, 2);
    const told = stage.slack.directMessages(dana).map((one) => one.text);
    assert.ok(told.some((one) => /failed in step "load orders"/.test(one)));
  });

  it('of a fenced target: Retry on its alert goes on with the run', async () => {
    const stage = await asked();
    const { engine } = stage.paper;
    const broke = commandError('swap-broke', 'The swap broke off.', 'Look at the log of the server.');
    engine.failing.set('swap orders', broke);
    engine.standing = () => Promise.resolve('fenced');
    await stage.slack.click(quinn, await stage.card(first), 'approve', { confirm: true });
    await stage.work();
    await stage.cardReads(first, /· fenced/);
    const alert = await stage.slack.waitFor(() => stage.slack.messages(operators)[0], 20_000, 'an alert');
    assert.match(stage.read(alert), /\[ Retry \] {2}\[ Acknowledge \]/);
    engine.failing.clear();
    engine.standing = () => Promise.resolve('old');
    await stage.slack.click(otto, alert, 'retry');
    await stage.work();
    await stage.cardReads(first, /· done/);
    await stage.slack.waitFor(() => /Retried by @Otto in Slack[^]*Succeeded/.test(stage.read(alert)));
    assert.doesNotMatch(stage.read(alert), /\[ Retry \]/);
  });

  it('of a second card that Slack made of a lost answer remove it', async () => {
    const stage = await asked();
    const card = await stage.card(first);
    await known(stage, card.ts);
    await stage.paper.service.mirrors.set(first, 'slack', 'moved', { channel, ts: '1.000001' });
    await stage.slack.click(quinn, card, 'approve', { confirm: true });
    await stage.slack.waitFor(() => card.deletedAt !== undefined);
    await stage.slack.waitFor(
      () => stage.slack.messages(channel).some((one) => one.text.startsWith('REQ-1:')),
      20_000,
    );
  });
});

async function known(stage: Stage, ts: string): Promise<void> {
  await until('the card is written down', async () => {
    const ref = (await stage.paper.service.mirrors.get(first, 'slack')) as
      { ts?: string; url?: string } | undefined;
    return ref?.ts === ts && ref.url !== undefined;
  });
}
