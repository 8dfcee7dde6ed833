import assert from 'node:assert/strict';
import type { App } from '@slack/bolt';
import type { Player } from '../../../../../src/sandbox/cast.ts';
import { players } from '../../../../../src/sandbox/cast.ts';
import { partOf } from '../../../../../src/sandbox/page/slack/part.ts';
import type { SlackState } from '../../../../../src/sandbox/page/slack/state.ts';
import type { SlackStandIn } from '../../../../../src/sandbox/slack/slack.ts';
import { client, dana, openOffice, operators, quinn, random, refreshes } from '../../slack/office.ts';

const words = { commands: ['/refresh'], sentences: [], environments: [], databases: [] };

/** One of the office's people as the page's server knows its players. */
function player(slack: string): Player {
  return { ...players[0]!, slack };
}

const plain = (text: string) => ({ type: 'plain_text' as const, text });
const button = (id: string, more: object = {}) => ({
  type: 'button' as const,
  action_id: id,
  text: plain(id),
  value: 'v',
  ...more,
});
const dialog = {
  title: plain('Sure?'),
  text: plain('It is gone then.'),
  confirm: plain('Yes'),
  deny: plain('No'),
};

describe("Slack's part of the page", function () {
  const office = openOffice();

  async function open(listen: (app: App) => void = () => undefined) {
    const slack = await office.start();
    await office.connect(slack, listen);
    const part = partOf(slack, () => words);
    const look = async (who: string): Promise<SlackState> => part.state(player(who));
    const act = async (who: string, deed: string, input: object): Promise<unknown> =>
      part.deeds[deed]!(player(who), input);
    return { slack, part, look, act };
  }

  async function posted(slack: SlackStandIn, message: object): Promise<{ channel: string; ts: string }> {
    const { ts } = await client(slack).chat.postMessage({
      channel: refreshes,
      text: 'a card',
      ...message,
    });
    return { channel: refreshes, ts: ts! };
  }

  it('shows each person their own conversations, and nobody anything that is not theirs', async () => {
    const { slack, look, act } = await open();
    await act(quinn, 'send', { channel: operators, text: 'the alert is mine' });
    await client(slack).chat.postEphemeral({ channel: refreshes, user: quinn, text: 'only you' });
    const names = async (who: string) => (await look(who)).conversations.map(({ name }) => name);
    assert.deepEqual(await names(dana), ['db-refreshes', 'random', 'Freshet']);
    assert.deepEqual(await names(quinn), ['db-refreshes', 'operators', 'Freshet']);
    assert.doesNotMatch(JSON.stringify(await look(dana)), /the alert is mine|only you/);
    assert.match(JSON.stringify(await look(quinn)), /the alert is mine.*|only you/);
    await assert.rejects(
      act(dana, 'send', { channel: operators, text: 'hello' }),
      /dana is not in #operators/,
    );
    const secret = slack.messages(operators)[0]!;
    await assert.rejects(
      act(dana, 'act', { place: { channel: operators, ts: secret.ts }, blockId: 'b', actionId: 'a' }),
      /not there any more/,
    );
    const whisper = slack.ephemerals(quinn)[0]!;
    await assert.rejects(
      act(dana, 'act', { place: { channel: refreshes, ts: whisper.ts }, blockId: 'b', actionId: 'a' }),
      /not there any more/,
    );
  });

  it('says messages with their markup escaped and their addresses as links', async () => {
    const { look, act } = await open();
    await act(dana, 'send', { channel: random, text: '<!channel> & https://a.example/x?y=1&z=2.' });
    const said = (await look(dana)).conversations.find(({ id }) => id === random)!.messages[0]!;
    assert.equal(said.text, '&lt;!channel&gt; &amp; <https://a.example/x?y=1&amp;z=2>.');
    assert.equal(said.user, dana);
  });

  it('sends commands as Slack does, and shows what failed as Slack shows it', async () => {
    const heard: string[] = [];
    const { look, act } = await open((app) =>
      app.command('/refresh', async ({ command, ack }) => {
        heard.push(command.text);
        if (command.text === '') await ack({ text: 'help' });
        else if (command.text === 'nonsense') await ack({ blocks: [{ type: 'nonsense' }] });
        else await ack();
      }),
    );
    await act(dana, 'send', { channel: refreshes, text: '/refresh  uat "a & b" <c>' });
    await act(dana, 'send', { channel: refreshes, text: '/refresh' });
    assert.deepEqual(heard, ['uat "a &amp; b" &lt;c&gt;', '']);
    await act(dana, 'send', { channel: refreshes, text: '/refresh nonsense' });
    const told = (await look(dana)).conversations[0]!.messages;
    assert.deepEqual(
      told.map(({ text, ephemeral }) => [text, ephemeral]),
      [
        ['help', 'app'],
        ['/refresh failed with the error "invalid_command_response"', 'slackbot'],
      ],
    );
    await assert.rejects(
      act(dana, 'send', { channel: refreshes, text: '/backups orders' }),
      /\/backups is not a valid command\. There are \/refresh\./,
    );
    await assert.rejects(
      act(dana, 'send', { channel: refreshes, text: '/refresh', threadTs: '1.1' }),
      /not supported in threads/,
    );
  });

  it('presses buttons, through their dialog, and never one that is not there', async () => {
    const pressed: string[] = [];
    const { slack, look, act } = await open((app) =>
      app.action(/.*/, async ({ action, body, ack }) => {
        pressed.push(`${body.user.id} ${'action_id' in action ? action.action_id : ''}`);
        await ack();
      }),
    );
    const place = await posted(slack, {
      blocks: [
        { type: 'actions', block_id: 'row', elements: [button('ask', { confirm: dialog }), button('go')] },
      ],
    });
    const on = { place, blockId: 'row' };
    await act(dana, 'act', { ...on, actionId: 'go' });
    await assert.rejects(act(quinn, 'act', { ...on, actionId: 'ask' }), /asks first: "Sure\?"/);
    await act(quinn, 'act', { ...on, actionId: 'ask', confirm: true });
    assert.deepEqual(pressed, [`${dana} go`, `${quinn} ask`]);
    await assert.rejects(act(dana, 'act', { ...on, actionId: 'gone' }), /there is no "gone" to act on/);
    await assert.rejects(act(dana, 'act', { ...on, actionId: 'go', extra: 1 }), /does not know.*extra/);
    assert.equal((await look(dana)).conversations[0]!.messages[0]!.edited, false);
  });

  it('lets a press through on what was seen a moment ago, and says what was seen', async () => {
    const pressed: string[] = [];
    const { slack, look, act } = await open((app) =>
      app.action(/.*/, async ({ action, ack }) => {
        pressed.push('value' in action ? String(action.value) : '');
        await ack();
      }),
    );
    // Without ids of their own, so that Slack gives each version others.
    const blocks = (value: string) => [{ type: 'actions', elements: [button('go', { value })] }];
    const place = await posted(slack, { blocks: blocks('first') });
    const shown = async () => (await look(dana)).conversations[0]!.messages[0]!.blocks[0]!.block_id;
    const seen = await shown();
    await client(slack).chat.update({ ...place, text: 'a card', blocks: blocks('second') });
    assert.notEqual(await shown(), seen);
    await act(dana, 'act', { place, blockId: seen, actionId: 'go' });
    await act(dana, 'act', { place, blockId: await shown(), actionId: 'go' });
    assert.deepEqual(pressed, ['first', 'second']);
    await assert.rejects(
      act(dana, 'act', { place, blockId: 'never', actionId: 'go' }),
      /there is no "go" to act on/,
    );
  });

  it('tells of a press that nobody answered', async () => {
    const slack = await office.start({ ackMs: 50 });
    const part = partOf(slack, () => words);
    const place = await posted(slack, {
      blocks: [{ type: 'actions', block_id: 'row', elements: [button('go')] }],
    });
    await part.deeds['act']!(player(dana), { place, blockId: 'row', actionId: 'go' });
    const state = await part.state(player(dana));
    assert.deepEqual(
      state.notices.map(({ text }) => text),
      ['"go" failed with the error "dispatch_failed"'],
    );
    assert.deepEqual((await part.state(player(quinn))).notices, []);
  });

  it('keeps what is chosen in a message, for whoever chose it', async () => {
    const { slack, look, act } = await open((app) => app.action('size', ({ ack }) => ack()));
    const options = ['s', 'm'].map((value) => ({ text: plain(value.toUpperCase()), value }));
    const place = await posted(slack, {
      blocks: [
        {
          type: 'section',
          block_id: 'b',
          text: plain('Size'),
          accessory: { type: 'static_select', action_id: 'size', options },
        },
      ],
    });
    await act(dana, 'act', { place, blockId: 'b', actionId: 'size', value: 'm' });
    const chosen = async (who: string) =>
      (await look(who)).conversations[0]!.messages[0]!.values['b']?.['size']?.selected_option?.value;
    assert.equal(await chosen(dana), 'm');
    assert.equal(await chosen(quinn), undefined);
  });

  it('fills modals in, asks the app for options, shows errors at their field, and closes', async () => {
    const submitted: unknown[] = [];
    const { slack, part, look, act } = await open((app) => {
      app.command('/refresh', async ({ ack, client: web, body }) => {
        await ack();
        await web.views.open({ trigger_id: body.trigger_id, view: modal as never });
      });
      app.options('backup', ({ ack, payload }) =>
        ack({ options: [{ text: plain(`BKP ${payload.value}`), value: payload.value }] }),
      );
      app.view('form', async ({ ack, view }) => {
        submitted.push(view.state.values);
        const reason = view.state.values['reason']!['text']!.value;
        await (reason === 'why not'
          ? ack()
          : ack({ response_action: 'errors', errors: { reason: 'Not enough' } }));
      });
    });
    const modal = {
      type: 'modal',
      callback_id: 'form',
      title: plain('Refresh'),
      submit: plain('Go'),
      blocks: [
        {
          type: 'input',
          block_id: 'which',
          label: plain('Backup'),
          element: { type: 'external_select', action_id: 'backup', min_query_length: 1 },
        },
        {
          type: 'input',
          block_id: 'reason',
          label: plain('Reason'),
          element: { type: 'plain_text_input', action_id: 'text' },
        },
      ],
    };
    let changes = 0;
    part.onChange(() => changes++);
    await act(dana, 'send', { channel: refreshes, text: '/refresh' });
    await slack.waitFor(() => slack.view(dana));
    const [view] = (await look(dana)).views;
    assert.ok(view && changes > 0);
    assert.deepEqual((await look(quinn)).views, []);
    const field = { blockId: 'which', actionId: 'backup' };
    assert.deepEqual(await act(dana, 'options', { place: { view: view.id }, ...field, query: '7' }), {
      options: [{ text: plain('BKP 7'), value: '7' }],
      failed: false,
    });
    await assert.rejects(act(quinn, 'close', { view: view.id }), /That window is closed/);

    assert.deepEqual(await act(dana, 'submit', { view: view.id }), {
      errors: {
        which: 'Please complete this required field.',
        reason: 'Please complete this required field.',
      },
    });
    assert.equal(submitted.length, 0);
    const before = changes;
    await act(dana, 'fill', { view: view.id, typed: [{ ...field, value: '7' }] });
    assert.ok(changes > before);
    const typed = (value: string) => [{ blockId: 'reason', actionId: 'text', value }];
    await act(dana, 'submit', { view: view.id, typed: typed('so') });
    assert.deepEqual((await look(dana)).views[0]?.errors, { reason: 'Not enough' });
    await act(dana, 'submit', { view: view.id, typed: typed('why not') });
    assert.deepEqual((await look(dana)).views, []);
    const [last] = submitted.slice(-1) as [
      Record<string, Record<string, { selected_option: { value: string } }>>,
    ];
    assert.equal(last['which']!['backup']!.selected_option.value, '7');
    await assert.rejects(act(dana, 'submit', { view: view.id }), /That window is closed/);
  });

  it('opens the Home tab by way of the app', async () => {
    const { slack, look, act } = await open((app) =>
      app.event('app_home_opened', async ({ event, client: web }) => {
        await web.views.publish({
          user_id: event.user,
          view: { type: 'home', blocks: [{ type: 'section', text: plain('Your requests') }] },
        });
      }),
    );
    assert.equal((await look(dana)).home, undefined);
    await act(dana, 'home', {});
    await slack.waitFor(() => slack.home(dana));
    assert.match(JSON.stringify((await look(dana)).home?.blocks), /Your requests/);
    assert.equal((await look(quinn)).home, undefined);
  });

  it('shows the newest messages of many, and says how many are left out', async () => {
    const { slack, look } = await open();
    for (let i = 1; i <= 230; i++) slack.say(dana, random, `message ${i}`);
    const [, conversation] = (await look(dana)).conversations;
    assert.equal(conversation?.messages.length, 200);
    assert.equal(conversation?.messages.at(-1)?.text, 'message 230');
    assert.equal(conversation?.earlier, 30);
  });
});
