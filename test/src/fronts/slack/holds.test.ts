import assert from 'node:assert/strict';
import { App } from '@slack/bolt';
import type { EventData } from '../../../../src/domain/event.ts';
import type { RequestId } from '../../../../src/domain/ids.ts';
import type { Rule } from '../../../../src/domain/policy/policy.ts';
import { glassAlert } from '../../../../src/fronts/slack/messages/calendar.ts';
import { threadMessage } from '../../../../src/fronts/slack/messages/thread.ts';
import type { Message } from '../../../../src/sandbox/slack/workspace.ts';
import { homeReads } from './home/stage.ts';
import { form } from './modal/form.ts';
import { channel, dana, openStages, operators, otto, quinn, rosa, team, type Stage } from './stage.ts';
import { people, viewOf } from './views.ts';
import { untilHolds } from '../../../until.ts';

const first: RequestId = 'REQ-1';
const tomorrow = 'until tomorrow 23:00 "regression of release 12"';

describe('holds in Slack', function () {
  this.timeout(60_000);
  const open = openStages();

  const stateOf = async (stage: Stage) => (await stage.paper.store.requests.get(first))?.state;

  /** What the bot has told somebody in a direct message, once it reads so. */
  function direct(stage: Stage, who: string, words: RegExp): Promise<Message> {
    return stage.slack.waitFor(
      () => stage.slack.directMessages(who).find((one) => words.test(stage.read(one))),
      20_000,
      `${who} to get a message that reads ${String(words)}`,
    );
  }

  /** Quinn holds uat, Dana has asked and Rosa has approved: Quinn is asked. */
  async function held(): Promise<{ stage: Stage; asked: Message }> {
    const stage = await open();
    await stage.paper.backup();
    await stage.refresh(quinn, `hold uat ${tomorrow}`);
    await stage.told(quinn, /uat is held by you until .*HLD-1/);
    await stage.refresh(dana, 'uat orders --reason "prices"');
    await stage.told(dana, /After that it waits: uat is held by Quinn until .*: regression of release 12/);
    await stage.slack.click(rosa, await stage.card(first), 'approve', { confirm: true });
    const asked = await direct(
      stage,
      quinn,
      /You hold uat until .*May REQ-1 \(refresh orders on uat\) go on\?/,
    );
    return { stage, asked };
  }

  /** A press that Slack did not show them. */
  async function forged(stage: Stage, who: string, { value }: { value: string }, button = 'approve') {
    const receiver = { init: () => undefined, start: () => Promise.resolve(), stop: () => Promise.resolve() };
    const app = new App({ receiver, authorize: () => Promise.resolve({ botToken: 'xoxb-1-secret' }) });
    stage.front.listeners(app);
    const action = { type: 'button', action_id: button, block_id: 'b', value, action_ts: `${Date.now()}.1` };
    const body = {
      type: 'block_actions',
      team: { id: team, domain: 'webshop' },
      user: { id: who, name: who, team_id: team },
      api_app_id: 'A0FRESHET',
      container: { type: 'message', message_ts: '1.1', channel_id: channel },
      channel: { id: channel, name: 'db-refreshes' },
      trigger_id: '1.1.1',
      actions: [action],
    };
    await app.processEvent({ body, ack: () => Promise.resolve() });
  }

  function valueOf(asked: Message): string {
    const [found] = asked.blocks.flatMap((block) =>
      block.type === 'actions'
        ? block.elements.flatMap((one) => ('value' in one ? [String(one.value)] : []))
        : [],
    );
    assert.ok(found !== undefined);
    return found;
  }

  it('are told to the channel, and ask the holder, whose yes lets it go on', async () => {
    const { stage, asked } = await held();
    const card = await stage.cardReads(
      first,
      /waiting: uat is held by Quinn until [^]*Asked for a yes: @Quinn/,
    );
    assert.match(stage.read(asked), /`orders_uat` on server[^]*Asked by @Dana[^]*prices[^]*\[ Yes, go on \]/);
    await direct(stage, dana, /Your request REQ-1 .* is approved and waits[^]*The holder is asked/);
    const thread = () =>
      stage.slack
        .thread(card)
        .map((one) => stage.read(one))
        .join('\n');
    await untilHolds(() =>
      /It waits: uat is held by Quinn[^]*@Quinn is asked whether it may go on/.test(thread()),
    );
    const said = stage.slack
      .messages(channel)
      .map((one) => stage.read(one))
      .join('\n');
    assert.match(said, /uat is held by @Quinn in Slack until .*\(HLD-1\): “regression of release 12”/);
    assert.equal(await stateOf(stage), 'approved');

    await stage.slack.click(quinn, asked, 'approve');
    await stage.work();
    await stage.cardReads(first, /done/);
    await untilHolds(() => /@Quinn in Slack, who holds uat, lets it go on/.test(thread()));
    // The question is answered where it stood: nobody can press it again.
    await stage.slack.waitFor(() =>
      stage.slack.directMessages(quinn).every((one) => !stage.read(one).includes('Yes, go on')),
    );
    assert.deepEqual(stage.slack.notices(), []);
  });

  it('wait in the holder’s Home, with the buttons, and ask again at the environment’s pace', async () => {
    const { stage } = await held();
    stage.paper.site.environments['uat']!.reminding = { afterSeconds: [600] };
    stage.slack.openHome(rosa);
    await homeReads(stage, rosa, /Nothing waits for you/);
    stage.slack.openHome(quinn);
    const home = await homeReads(
      stage,
      quinn,
      /Waiting for you[^]*REQ-1 · refresh orders on uat[^]*`orders_uat` on server[^]*Asked by @Dana[^]*you hold uat[^]*prices[^]*\[ Yes, go on \]/,
    );
    stage.paper.pass(900);
    await stage.paper.service.reconcile();
    const asking = () =>
      stage.slack.directMessages(quinn).filter((one) => /May REQ-1 .* go on\?/.test(stage.read(one)));
    const again = await stage.slack.waitFor(() => asking()[1]);
    assert.match(stage.read(again), /You hold uat[^]*\[ Yes, go on \]/);
    const card = await stage.card(first);
    await untilHolds(() =>
      stage.slack
        .thread(card)
        .some((one) => /Still needed: the yes of @Quinn, who holds uat until/.test(stage.read(one))),
    );
    await stage.slack.click(quinn, home, 'approve', { blockId: 'waiting REQ-1' });
    await stage.work();
    await homeReads(stage, quinn, /Nothing waits for you/);
    assert.equal(await stateOf(stage), 'succeeded');
    assert.deepEqual(stage.slack.notices(), []);
  });

  it('that come late are told to their holder with a button that cancels what is on its way', async () => {
    const stage = await open();
    await stage.paper.backup();
    await stage.refresh(dana, 'uat orders --reason "prices"');
    await stage.slack.click(rosa, await stage.card(first), 'approve', { confirm: true });
    await untilHolds(async () => (await stateOf(stage)) === 'running');
    await stage.refresh(quinn, `hold uat ${tomorrow}`);
    await stage.told(quinn, /REQ-1 had begun and goes on\. You get a message with a button to stop it/);
    const asked = await direct(
      stage,
      quinn,
      /You hold uat now \(HLD-1\), and REQ-1 \(refresh orders on uat\) is on its way[^]*`orders_uat` on server[^]*Asked by @Dana[^]*\[ Cancel \]/,
    );
    const card = await stage.card(first);
    await untilHolds(() =>
      stage.slack
        .thread(card)
        .some((one) => /@Quinn holds uat from now on[^]*had begun, and goes on/.test(stage.read(one))),
    );
    await stage.slack.click(quinn, asked, 'cancel', { confirm: true });
    await untilHolds(
      async () => (await stage.paper.store.runs.ofRequest(first))?.cancelRequestedAt !== undefined,
    );
    await stage.work();
    await stage.cardReads(first, /cancelled/);
    assert.equal(await stateOf(stage), 'cancelled');
    assert.deepEqual(stage.slack.notices(), []);
  });

  it('that come late stop no swap, which their holder is told', async () => {
    const stage = await open();
    await stage.paper.backup();
    await stage.refresh(dana, 'uat orders');
    await stage.slack.click(rosa, await stage.card(first), 'approve', { confirm: true });
    await untilHolds(async () => (await stateOf(stage)) === 'running');
    await stage.refresh(quinn, `hold uat ${tomorrow}`);
    await direct(stage, quinn, /You hold uat now \(HLD-1\)/);
    await stage.work();
    await direct(
      stage,
      quinn,
      /REQ-1 \(refresh orders on uat\) comes to its swap while you hold uat: it had begun, and a swap waits for nobody\. Once it is done, `\/refresh undo REQ-1` takes it back[^]*`orders_uat` on server/,
    );
    assert.equal(await stateOf(stage), 'succeeded');
    assert.deepEqual(stage.slack.notices(), []);
  });

  it('are answered by their holder’s approval, which the thread says, and asked about no more', async () => {
    const stage = await open();
    await stage.paper.backup();
    await stage.refresh(quinn, `hold uat ${tomorrow}`);
    await stage.refresh(dana, 'uat orders');
    const card = await stage.card(first);
    stage.slack.openHome(quinn);
    await homeReads(stage, quinn, /You hold uat: your yes lets it pass your hold as well[^]*\[ Approve \]/);
    await stage.slack.click(quinn, card, 'approve', { confirm: true });
    await stage.work();
    await stage.cardReads(first, /done[^]*Approved by @Quinn/);
    const thread = stage.slack.thread(card).map((one) => stage.read(one));
    assert.match(thread.join('\n'), /@Quinn in Slack, who holds uat, lets it go on[^]*Approved by @Quinn/);
    assert.doesNotMatch(
      stage.slack
        .directMessages(quinn)
        .map((one) => stage.read(one))
        .join('\n'),
      /May REQ-1/,
    );
  });

  it('end it with the holder’s no, and the requester reads why', async () => {
    const { stage, asked } = await held();
    await stage.slack.click(quinn, asked, 'reject', { confirm: true });
    await stage.cardReads(first, /rejected[^]*Reason: uat is held by Quinn[^]*Rejected by @Quinn/);
    await direct(stage, dana, /was rejected by Quinn, who holds uat[^]*Reason: uat is held by Quinn/);
    assert.deepEqual(stage.paper.jobs, []);
  });

  it('count no press of anybody else, and none of a value that was made up', async () => {
    const { stage, asked } = await held();
    const value = valueOf(asked);
    for (const who of [rosa, dana]) {
      await forged(stage, who, { value });
      await stage.told(who, /waits for the yes of Quinn, who holds "uat"; nobody else can say it/);
    }
    await forged(stage, quinn, { value: `${first} ${'f'.repeat(64)}` });
    await stage.told(quinn, /approval-outdated/);
    await forged(stage, quinn, { value: first });
    await stage.told(quinn, /button-unknown/);
    await forged(stage, rosa, { value: 'HLD-1; drop' }, 'release');
    await stage.told(rosa, /button-unknown/);
    await forged(stage, dana, { value: 'HLD-1' }, 'release');
    await stage.told(dana, /hold-not-allowed/);
    assert.equal(await stateOf(stage), 'approved');
    assert.deepEqual(stage.paper.jobs, []);
    const refused = await stage.paper.store.events.ofRequest(first, ['decision-refused']);
    assert.deepEqual(
      refused.map((event) => event.type === 'decision-refused' && `${event.who} ${event.code}`),
      ['Rosa hold-not-yours', 'Dana hold-not-yours', 'Quinn approval-outdated', 'Quinn button-unknown'],
    );
  });

  it('that were released a second before ask nothing any more', async () => {
    const { stage, asked } = await held();
    await stage.refresh(rosa, 'release uat');
    await stage.told(rosa, /held by Quinn .*released by its number only[^]*\/refresh release HLD-1/);
    await stage.refresh(rosa, 'release HLD-1');
    await stage.told(rosa, /Released: HLD-1 on uat/);
    await direct(stage, quinn, /Your hold HLD-1 on uat was released by @Rosa/);
    await stage.slack.click(quinn, asked, 'reject', { confirm: true });
    await stage.told(quinn, /does not wait for a hold of Quinn any more; it is running/);
    await stage.work();
    await stage.cardReads(first, /done/);
  });

  it('are said before somebody asks: in the plan, in the form, and in the list', async () => {
    const stage = await open();
    await stage.paper.backup();
    await stage.refresh(dana, 'holds');
    await stage.told(dana, /No environment is held or frozen/);
    await stage.refresh(quinn, `hold uat ${tomorrow}`);
    await stage.told(quinn, /HLD-1/);
    await stage.refresh(dana, 'plan uat orders');
    await stage.told(
      dana,
      /uat is held by Quinn until .*: regression of release 12\. Its holder would be asked/,
    );
    await stage.refresh(dana, 'holds uat');
    await stage.told(dana, /Held by @Quinn until .*\(HLD-1\) · “regression of release 12”/);
    await stage.slack.command(dana, channel, '', { command: '/refresh' });
    const view = await form(stage, dana, /Choose an environment/);
    await stage.slack.click(dana, view, 'modal-environment', { value: 'uat' });
    await form(stage, dana, /uat is held by Quinn until [^]*Its holder would be asked first/);
    stage.paper.site.environments['uat']!.onHold = 'refuse';
    await stage.refresh(dana, 'uat orders');
    await stage.told(dana, /nothing may be asked for that would start before[^]*environment-held/);
  });
});

const rules: Rule[] = [
  { may: ['break-glass'], roles: ['operator'], environments: 'all', allow: true },
  { may: ['approve', 'hold'], roles: ['qa-manager'], environments: 'all', allow: true },
  { may: ['request'], roles: ['developer'], environments: 'all', allow: true },
  { may: 'everything', roles: 'everybody', environments: 'all', allow: false },
];

describe('a broken glass in Slack', function () {
  this.timeout(60_000);
  const open = openStages();

  it('is loud: the card, the operators, each approver and the holder read of it', async () => {
    const stage = await open({ site: (site) => ({ ...site, rules }) });
    await stage.paper.backup();
    await stage.refresh(quinn, `hold uat ${tomorrow}`);
    await stage.told(quinn, /HLD-1/);
    await stage.refresh(dana, 'uat orders --break-glass --reason "prices of others"');
    await stage.told(dana, /break-glass-not-allowed/);
    await stage.refresh(otto, 'uat orders --break-glass');
    await stage.told(otto, /break-glass-reason/);
    await stage.refresh(otto, 'uat orders --break-glass --reason "prices of others"');
    await stage.told(otto, /The glass is broken: it starts at once/);
    await stage.work();
    const card = await stage.cardReads(
      first,
      /done[^]*Break-glass: @Otto has REQ-1[^]*without anybody's approval[^]*Reason: prices of others[^]*Passed over: uat is held by Quinn[^]*Approved by nobody: @Otto broke the glass/,
    );
    for (const who of [quinn, rosa]) {
      const told = await stage.slack.waitFor(() =>
        stage.slack.directMessages(who).find((one) => stage.read(one).includes('Break-glass')),
      );
      assert.match(
        stage.read(told),
        /Reason: prices of others[^]*You are told because you could have approved/,
      );
    }
    const alert = await stage.slack.waitFor(() => stage.slack.messages(operators)[0]);
    assert.match(stage.read(alert), /Break-glass: @Otto has REQ-1[^]*Reason: prices of others/);
    await untilHolds(() =>
      /Nobody approved it/.test(
        stage.slack
          .thread(card)
          .map((one) => stage.read(one))
          .join('\n'),
      ),
    );
  });

  it('that starts later says what keeps it back, to the channel and to the operators', () => {
    const broken: EventData = { type: 'glass-broken', reason: 'prices', passed: [], holds: [] };
    const surroundings = { people };
    for (const startAt of [new Date('2026-11-24T21:00:00Z'), undefined]) {
      const request = { breakGlass: true, ...(startAt === undefined ? {} : { startAt }) } as const;
      const view = viewOf({ request, events: [broken] });
      const [event] = view.events;
      assert.ok(event?.type === 'glass-broken');
      for (const shown of [glassAlert(event, view, surroundings), threadMessage(view, event, surroundings)]) {
        const says = /It starts later: holds and freeze windows that come until then keep it back\./;
        assert.equal(says.test(JSON.stringify(shown)), startAt !== undefined);
      }
    }
  });
});
