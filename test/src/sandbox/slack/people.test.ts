import assert from 'node:assert/strict';
import { app, client, dana, openOffice, quinn, random, refreshes, sam } from './office.ts';

const plain = (text: string) => ({ type: 'plain_text' as const, text });
const button = (id: string, more: object = {}) => ({
  type: 'button' as const,
  action_id: id,
  text: plain(id),
  ...more,
});
const card = (...elements: object[]) => [{ type: 'actions', block_id: 'decide', elements }] as never;

function firstAction(body: Record<string, unknown> | undefined): Record<string, unknown> {
  const actions = body?.['actions'];
  assert.ok(Array.isArray(actions));
  return actions[0] as Record<string, unknown>;
}

describe('what people do in the Slack stand-in', () => {
  const { start, connect } = openOffice();

  /** An app that keeps the bodies it gets. */
  async function recorded(change?: Parameters<typeof start>[0]) {
    const slack = await start(change);
    const bodies: Record<string, unknown>[] = [];
    await connect(slack, (made) => {
      made.use(async ({ body, next }) => {
        bodies.push(body as unknown as Record<string, unknown>);
        await next();
      });
      made.command('/refresh', async ({ ack }) => ack());
      made.action(/.*/, async ({ ack }) => ack());
    });
    return { slack, bodies };
  }

  async function post(slack: Awaited<ReturnType<typeof start>>, blocks: never, threadTs?: string) {
    const sent = await client(slack).chat.postMessage({
      channel: refreshes,
      text: 'card',
      blocks,
      ...(threadTs !== undefined && { thread_ts: threadTs }),
    });
    const found = slack.messages(refreshes).find((one) => one.ts === sent.ts);
    assert.ok(found);
    return found;
  }

  it('sends a command in the shape of Slack', async () => {
    const { slack, bodies } = await recorded();
    await slack.command('dana', 'db-refreshes', 'uat orders', { command: '/refresh' });
    const { token, response_url: url, trigger_id: trigger, ...rest } = bodies[0] ?? {};
    assert.deepEqual(rest, {
      team_id: 'T0SHOP',
      team_domain: 'webshop',
      channel_id: refreshes,
      channel_name: 'db-refreshes',
      user_id: dana,
      user_name: 'dana',
      command: '/refresh',
      text: 'uat orders',
      api_app_id: app.id,
      is_enterprise_install: 'false',
    });
    assert.match(String(token), /^[\w-]{24}$/);
    assert.match(String(url), /^http:\/\/127\.0\.0\.1:\d+\/commands\/T0SHOP\/\d+\/\w+$/);
    assert.match(String(trigger), /^\d+\.\d+\.[0-9a-f]{32}$/);
    await slack.command(dana, '@app', '', { command: '/refresh' });
    assert.equal(bodies[1]?.['channel_name'], 'directmessage');
  });

  it('sends a click in the shape of Slack, with the message and its thread', async () => {
    const { slack, bodies } = await recorded();
    const parent = await post(slack, card(button('other')));
    const message = await post(
      slack,
      card(button('approve', { value: 'REQ-1', style: 'primary' })),
      parent.ts,
    );
    await slack.click(quinn, message, 'approve');
    const { user, team, container, channel, actions, message: sent, state, type } = bodies[0] ?? {};
    assert.equal(type, 'block_actions');
    assert.deepEqual(user, { id: quinn, username: 'quinn', name: 'quinn', team_id: 'T0SHOP' });
    assert.deepEqual(team, { id: 'T0SHOP', domain: 'webshop' });
    assert.deepEqual(channel, { id: refreshes, name: 'db-refreshes' });
    assert.deepEqual(container, {
      type: 'message',
      message_ts: message.ts,
      channel_id: refreshes,
      is_ephemeral: false,
      thread_ts: parent.ts,
    });
    assert.deepEqual(state, { values: {} });
    const described = sent as Record<string, unknown>;
    assert.equal(described['thread_ts'], parent.ts);
    assert.equal(described['bot_id'], app.botId);
    assert.deepEqual(described['blocks'], message.blocks);
    const action = firstAction({ actions });
    assert.match(String(action['action_ts']), /^\d+\.\d{6}$/);
    assert.deepEqual(
      { ...action, action_ts: undefined },
      {
        action_id: 'approve',
        block_id: 'decide',
        type: 'button',
        text: { ...plain('approve'), emoji: true },
        value: 'REQ-1',
        style: 'primary',
        action_ts: undefined,
      },
    );
  });

  it('presses only what is there, by those who see it, and confirms what asks for it and nothing else', async () => {
    const { slack } = await recorded();
    const dialog = {
      title: plain('Sure?'),
      text: plain('uat goes'),
      confirm: plain('Yes'),
      deny: plain('No'),
    };
    const message = await post(slack, card(button('plain'), button('careful', { confirm: dialog })));
    await assert.rejects(slack.click(dana, message, 'careful'), /asks first: "Sure\?" - "uat goes"/);
    await assert.rejects(slack.click(dana, message, 'plain', { confirm: true }), /asks for no confirmation/);
    await assert.rejects(
      slack.click(dana, message, 'gone'),
      /no "gone" to act on; there is "plain", "careful"/,
    );
    assert.equal(slack.confirmDialog(message, 'plain'), undefined);
    slack.leave(refreshes, dana);
    await assert.rejects(slack.click(dana, message, 'plain'), /dana is not in #db-refreshes/);
    assert.equal((await slack.click(sam, message, 'careful', { confirm: true })).error, undefined);
  });

  it('presses what an older screen still shows', async () => {
    const { slack, bodies } = await recorded();
    const message = await post(slack, card(button('approve', { value: 'digest 1' })));
    await client(slack).chat.update({ channel: refreshes, ts: message.ts, text: 'decided' });
    await assert.rejects(slack.click(quinn, message, 'approve'), /there is nothing/);
    await slack.click(quinn, message, 'approve', { version: 0 });
    assert.equal(firstAction(bodies[0])['value'], 'digest 1');
  });

  it('keeps what each user has chosen in a message', async () => {
    const { slack, bodies } = await recorded();
    const options = ['a', 'b'].map((one) => ({ text: plain(one), value: one }));
    const message = await post(
      slack,
      card({ type: 'static_select', action_id: 'which', options }, button('go'), {
        type: 'overflow',
        action_id: 'more',
        options,
      }),
    );
    await slack.click(quinn, message, 'which', { value: 'b' });
    await assert.rejects(
      slack.click(quinn, message, 'which', { value: 'c' }),
      /does not offer "c": "a", "b"/,
    );
    await slack.click(quinn, message, 'go');
    await slack.click(dana, message, 'more', { value: 'a' });
    const which = (at: number): unknown => {
      const state = (bodies[at]?.['state'] ?? {}) as { values?: Record<string, Record<string, unknown>> };
      return state.values?.['decide']?.['which'];
    };
    assert.deepEqual(which(1), { type: 'static_select', selected_option: options[1] });
    assert.deepEqual(which(2), { type: 'static_select', selected_option: null });
    assert.deepEqual(firstAction(bodies[2])['selected_option'], options[0]);
  });

  it('notes a click that the app did not acknowledge', async () => {
    const slack = await start({ ackMs: 50 });
    await connect(slack, () => undefined);
    const message = await post(slack, card(button('go')));
    await slack.click(quinn, message, 'go');
    const [notice] = slack.notices();
    assert.deepEqual([notice?.user, notice?.deed, notice?.error], [quinn, 'go', 'operation_timeout']);
  });

  it('tells listeners of each change, and says what was said when a wait is in vain', async () => {
    const slack = await start();
    const kinds: string[] = [];
    const stop = slack.onChange((one) => kinds.push(one.kind));
    slack.say(sam, random, 'hello');
    const posted = await post(slack, card(button('go')));
    await client(slack).chat.delete({ channel: refreshes, ts: posted.ts });
    stop();
    slack.say(sam, random, 'unheard');
    assert.deepEqual(kinds, ['posted', 'posted', 'call', 'deleted', 'call']);
    await assert.rejects(
      slack.waitFor(() => false, 20, 'a card'),
      /a card did not happen within 20 ms\.\n#random .*hello/,
    );
    assert.throws(() => slack.say(quinn, random, 'a'), /quinn is not in #random/);
  });
});
