import assert from 'node:assert/strict';
import type { SlackStandIn } from '../../../../src/sandbox/slack/slack.ts';
import { app, client, dana, openOffice, operators, quinn, random, refreshes, refusal } from './office.ts';

const only = (...botScopes: string[]): { app: { botScopes: string[] } } => ({ app: { botScopes } });

describe('the Web API of the Slack stand-in, called by the real WebClient', () => {
  const { start } = openOffice();

  it('tells the app who it is and which scopes it has', async () => {
    const slack = await start();
    const who = await client(slack).auth.test();
    assert.equal(who.user_id, app.botUserId);
    assert.equal(who.team_id, 'T0SHOP');
    assert.equal(who.bot_id, app.botId);
    assert.deepEqual(who.response_metadata?.scopes, app.botScopes);
    const response = await fetch(`${slack.apiUrl}auth.test`, {
      method: 'POST',
      headers: { authorization: `Bearer ${app.botToken}` },
    });
    assert.equal(response.headers.get('x-oauth-scopes'), app.botScopes.join(','));
  });

  it('refuses no token, a wrong one, and the right one of the wrong kind', async () => {
    const slack = await start();
    const errors = await Promise.all([
      refusal(client(slack, '').auth.test()),
      refusal(client(slack, 'xoxb-wrong').auth.test()),
      refusal(client(slack, app.appToken).chat.postMessage({ channel: refreshes, text: 'a' })),
      refusal(client(slack).apps.connections.open({})),
    ]);
    assert.deepEqual(
      errors.map((one) => one.error),
      ['not_authed', 'invalid_auth', 'not_allowed_token_type', 'not_allowed_token_type'],
    );
    const opened = await client(slack, app.appToken).apps.connections.open({});
    assert.match(opened.url ?? '', /^ws:\/\/127\.0\.0\.1:\d+\/link\/\?ticket=/);
  });

  const scoped: [scope: string, call: (slack: SlackStandIn) => Promise<unknown>][] = [
    ['chat:write', (slack) => client(slack).chat.postMessage({ channel: refreshes, text: 'a' })],
    ['chat:write', (slack) => client(slack).chat.update({ channel: refreshes, ts: '1', text: 'a' })],
    ['chat:write', (slack) => client(slack).chat.delete({ channel: refreshes, ts: '1' })],
    [
      'chat:write',
      (slack) => client(slack).chat.postEphemeral({ channel: refreshes, user: dana, text: 'a' }),
    ],
    ['users:read', (slack) => client(slack).users.info({ user: dana })],
    ['im:write', (slack) => client(slack).conversations.open({ users: dana })],
    ['channels:read', (slack) => client(slack).conversations.info({ channel: refreshes })],
    ['groups:read', (slack) => client(slack).conversations.info({ channel: operators })],
    ['channels:read', (slack) => client(slack).conversations.list({})],
    ['channels:history', (slack) => client(slack).conversations.history({ channel: refreshes })],
    ['channels:history', (slack) => client(slack).conversations.replies({ channel: refreshes, ts: '1' })],
  ];
  it('refuses each method without its scope, and says which it needs', async () => {
    const slack = await start(only('commands'));
    for (const [scope, call] of scoped) {
      const error = await call(slack).then(
        () => undefined,
        (thrown: { data: Record<string, unknown> }) => thrown.data,
      );
      assert.equal(error?.['error'], 'missing_scope');
      assert.equal(error['needed'], scope);
      assert.equal(error['provided'], 'commands');
    }
  });
  it('asks for connections:write at the app-level token', async () => {
    const slack = await start({ app: { appScopes: [] } });
    const { error } = await refusal(client(slack, app.appToken).apps.connections.open({}));
    assert.equal(error, 'missing_scope');
  });
  it('asks for chat:write.customize and chat:write.public where they matter', async () => {
    const slack = await start();
    const named = client(slack).chat.postMessage({ channel: refreshes, text: 'a', username: 'Bob' });
    assert.equal((await refusal(named)).error, 'missing_scope');
    const { error } = await refusal(client(slack).chat.postMessage({ channel: random, text: 'a' }));
    assert.equal(error, 'not_in_channel');
    const open = await start(only('chat:write', 'chat:write.public', 'chat:write.customize'));
    assert.ok((await client(open).chat.postMessage({ channel: random, text: 'a', username: 'Bob' })).ok);
  });

  it('posts, replies, edits with its history, and deletes', async () => {
    const slack = await start();
    const { chat } = client(slack);
    const first = await chat.postMessage({ channel: refreshes, text: 'one' });
    const ts = first.ts ?? '';
    const reply = await chat.postMessage({ channel: refreshes, text: 'two', thread_ts: ts });
    const deeper = await chat.postMessage({ channel: refreshes, text: 'three', thread_ts: reply.ts ?? '' });
    assert.equal(deeper.message?.thread_ts, ts);
    await chat.update({ channel: refreshes, ts, text: 'uno', blocks: [{ type: 'divider' }] });
    const [parent] = slack.messages('#db-refreshes');
    assert.ok(parent);
    assert.deepEqual(
      parent.versions.map((one) => one.text),
      ['one', 'uno'],
    );
    assert.deepEqual(
      slack.thread(parent).map((one) => one.text),
      ['two', 'three'],
    );
    const { permalink } = await chat.getPermalink({ channel: refreshes, message_ts: ts });
    assert.equal(permalink, `https://webshop.slack.com/archives/${refreshes}/p${ts.replace('.', '')}`);
    await chat.update({ channel: refreshes, ts, text: 'text takes the blocks away' });
    assert.deepEqual(parent.blocks, []);
    await chat.delete({ channel: refreshes, ts });
    assert.equal(slack.messages(refreshes).length, 2);
    assert.equal(slack.everything(refreshes).length, 3);
    assert.ok(new Set(slack.everything(refreshes).map((one) => one.ts)).size === 3);
  });

  it('finds the direct messages of a user by user id and by conversations.open', async () => {
    const slack = await start();
    const sent = await client(slack).chat.postMessage({ channel: dana, text: 'done' });
    const opened = await client(slack).conversations.open({ users: dana });
    assert.match(sent.channel ?? '', /^D/);
    assert.equal(opened.channel?.id, sent.channel);
    assert.deepEqual(
      slack.directMessages('dana').map((one) => one.text),
      ['done'],
    );
    assert.deepEqual(slack.directMessages(quinn), []);
  });

  it('shows an ephemeral message to one user, who must be in the channel', async () => {
    const slack = await start();
    const { chat } = client(slack);
    await chat.postEphemeral({ channel: refreshes, user: dana, text: 'only you' });
    assert.equal(slack.ephemerals(dana).length, 1);
    assert.equal(slack.ephemerals(quinn).length, 0);
    assert.equal(slack.messages(refreshes).length, 0);
    const outside = chat.postEphemeral({ channel: operators, user: dana, text: 'a' });
    assert.equal((await refusal(outside)).error, 'user_not_in_channel');
  });

  it('reads back what was posted, page by page, with metadata', async () => {
    const slack = await start();
    const { chat, conversations } = client(slack);
    const metadata = { event_type: 'request', event_payload: { id: 'REQ-1' } };
    for (const text of ['one', 'two', 'three'])
      await chat.postMessage({ channel: refreshes, text, metadata });
    const first = await conversations.history({ channel: refreshes, limit: 2, include_all_metadata: true });
    assert.deepEqual(
      first.messages?.map((one) => one.text),
      ['three', 'two'],
    );
    assert.deepEqual(first.messages?.[0]?.metadata, metadata);
    const cursor = first.response_metadata?.next_cursor ?? '';
    const second = await conversations.history({ channel: refreshes, limit: 2, cursor });
    assert.deepEqual(
      second.messages?.map((one) => one.text),
      ['one'],
    );
    assert.equal(second.has_more, false);
  });

  it('describes users and conversations, and the e-mail address only with its scope', async () => {
    const slack = await start();
    const { user } = await client(slack).users.info({ user: dana });
    assert.equal(user?.profile?.title, 'Developer');
    assert.equal(user.profile.email, undefined);
    const { channels } = await client(slack).conversations.list({ types: 'public_channel,im' });
    assert.deepEqual(
      channels?.map((one) => one.name),
      ['db-refreshes', 'random'],
    );
    const open = await start(only('users:read', 'users:read.email'));
    const told = await client(open).users.info({ user: dana });
    assert.equal(told.user?.profile?.email, 'dana@webshop.test');
  });

  const text = 'a';
  const refusals: [error: string, call: (slack: SlackStandIn) => Promise<unknown>][] = [
    ['channel_not_found', (s) => client(s).chat.postMessage({ channel: 'C0NOWHERE', text })],
    ['channel_not_found', (s) => client(s).chat.postMessage({ channel: app.botUserId, text })],
    [
      'thread_not_found',
      (s) => client(s).chat.postMessage({ channel: refreshes, text, thread_ts: '1.000000' }),
    ],
    ['no_text', (s) => client(s).chat.postMessage({ channel: refreshes, text: '' })],
    [
      'no_text',
      (s) => client(s).chat.postMessage({ channel: refreshes, text: '', blocks: [{ type: 'divider' }] }),
    ],
    ['msg_too_long', (s) => client(s).chat.postMessage({ channel: refreshes, text: 'x'.repeat(40_001) })],
    [
      'invalid_blocks_format',
      (s) => client(s).apiCall('chat.postMessage', { channel: refreshes, text, blocks: '[' }),
    ],
    [
      'invalid_blocks',
      (s) => client(s).apiCall('chat.postMessage', { channel: refreshes, text, blocks: [{}] }),
    ],
    [
      'invalid_metadata_schema',
      (s) => client(s).apiCall('chat.postMessage', { channel: refreshes, text, metadata: {} }),
    ],
    ['message_not_found', (s) => client(s).chat.update({ channel: refreshes, ts: '1.000000', text })],
    ['message_not_found', (s) => client(s).chat.delete({ channel: refreshes, ts: '1.000000' })],
    ['message_not_found', (s) => client(s).chat.getPermalink({ channel: refreshes, message_ts: '1.000000' })],
    ['user_not_found', (s) => client(s).users.info({ user: 'U0NOBODY' })],
    ['user_not_found', (s) => client(s).conversations.open({ users: 'U0NOBODY' })],
    ['user_not_found', (s) => client(s).chat.postEphemeral({ channel: refreshes, user: 'U0NOBODY', text })],
    ['channel_not_found', (s) => client(s).conversations.info({ channel: 'C0NOWHERE' })],
    ['too_many_users', (s) => client(s).conversations.open({ users: `${dana},${quinn}` })],
    ['no_users_supplied', (s) => client(s).apiCall('conversations.open', {})],
    ['channel_not_found', (s) => client(s).conversations.open({ channel: 'D0NOWHERE' })],
    ['cannot_dm_bot', (s) => client(s).conversations.open({ users: app.botUserId })],
    ['channel_not_found', (s) => client(s).conversations.history({ channel: 'C0NOWHERE' })],
    ['not_in_channel', (s) => client(s).conversations.history({ channel: random })],
    ['thread_not_found', (s) => client(s).conversations.replies({ channel: refreshes, ts: '1.000000' })],
    [
      'invalid_arguments',
      (s) => client(s).views.publish({ user_id: app.botUserId, view: { type: 'home', blocks: [] } }),
    ],
    ['invalid_arguments', (s) => client(s).apiCall('views.publish', { user_id: dana, view: '{' })],
    ['invalid_cursor', (s) => client(s).conversations.history({ channel: refreshes, cursor: 'eA==' })],
    ['invalid_limit', (s) => client(s).conversations.history({ channel: refreshes, limit: 1001 })],
    ['unknown_method', (s) => client(s).apiCall('chat.shout', {})],
    ['unknown_method', (s) => client(s).apiCall('constructor', {})],
    ['invalid_arguments', (s) => client(s).apiCall('chat.postMessage', { channel: refreshes, txt: 'a' })],
    ['invalid_arguments', (s) => client(s).apiCall('chat.postMessage', { text })],
  ];
  it('refuses what Slack refuses', async () => {
    const slack = await start();
    for (const [error, call] of refusals) assert.equal((await refusal(call(slack))).error, error);
    assert.deepEqual(slack.messages(refreshes), []);
  });

  it('names the place of a wrong block', async () => {
    const slack = await start();
    const blocks = [{ type: 'section', text: { type: 'mrkdwn', text: 'x'.repeat(3001) } }];
    const refused = await refusal(client(slack).chat.postMessage({ channel: refreshes, text, blocks }));
    assert.deepEqual(refused.messages, [
      '[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]',
    ]);
  });

  it('lets the app change only its own messages, with at most 4,000 characters', async () => {
    const slack = await start();
    const { ts } = slack.say(dana, refreshes, 'mine');
    const { chat } = client(slack);
    assert.equal((await refusal(chat.update({ channel: refreshes, ts, text }))).error, 'cant_update_message');
    assert.equal((await refusal(chat.delete({ channel: refreshes, ts }))).error, 'cant_delete_message');
    const own = (await chat.postMessage({ channel: refreshes, text: 'x'.repeat(40_000) })).ts ?? '';
    const long = chat.update({ channel: refreshes, ts: own, text: 'x'.repeat(4001) });
    assert.equal((await refusal(long)).error, 'msg_too_long');
  });

  it('hides private channels that the app is not in', async () => {
    const slack = await start();
    slack.leave('operators', app.botUserId);
    const { error } = await refusal(client(slack).chat.postMessage({ channel: operators, text }));
    assert.equal(error, 'channel_not_found');
    slack.join('operators', app.botUserId);
    assert.ok((await client(slack).chat.postMessage({ channel: operators, text })).ok);
  });

  it('takes JSON bodies as well as forms, and no others', async () => {
    const slack = await start();
    const post = async (type: string, body: string): Promise<{ ok: boolean; error?: string }> => {
      const response = await fetch(`${slack.apiUrl}chat.postMessage`, {
        method: 'POST',
        body,
        headers: { authorization: `Bearer ${app.botToken}`, 'content-type': type },
      });
      return (await response.json()) as { ok: boolean; error?: string };
    };
    const blocks = [{ type: 'divider' }];
    assert.ok((await post('application/json', JSON.stringify({ channel: refreshes, text, blocks }))).ok);
    assert.equal((await post('application/json', '{')).error, 'invalid_json');
    assert.equal((await post('text/plain', 'text=a')).error, 'invalid_post_type');
    const inBody = new URLSearchParams({ token: app.botToken, channel: refreshes, text });
    assert.ok((await fetch(`${slack.apiUrl}chat.postMessage`, { method: 'POST', body: inBody })).ok);
  });
});
