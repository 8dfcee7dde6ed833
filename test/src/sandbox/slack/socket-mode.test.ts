import assert from 'node:assert/strict';
import { get } from 'node:http';
import { app, client, dana, openOffice, quinn, random, refreshes, sam } from './office.ts';
import { until, untilHolds } from '../../../until.ts';

const refresh = { command: '/refresh' };

const act = (id: string) => ({
  type: 'actions',
  elements: [{ type: 'button', action_id: id, text: { type: 'plain_text', text: id } }],
});

/** The status of a WebSocket handshake; the socket stays open where `end` is false. */
const upgrade = (url: string, end = true) =>
  new Promise<number>((resolve, reject) => {
    const headers = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    };
    get(url, { headers }, (response) => resolve(response.statusCode ?? 0))
      .on('upgrade', (response, socket) => {
        assert.equal(response.headers['sec-websocket-accept'], 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
        if (end) socket.destroy();
        resolve(response.statusCode ?? 0);
      })
      .on('error', reject);
  });

describe('Socket Mode of the Slack stand-in, with real Bolt apps', () => {
  const { start, connect } = openOffice();

  it('shows the user what the acknowledgement says, in the channel where it asks for that', async () => {
    const slack = await start();
    await connect(slack, (made) =>
      made.command('/refresh', async ({ ack, command }) => {
        if (command.text === 'loud') await ack({ response_type: 'in_channel', text: 'everybody' });
        else if (command.text === 'wrong') await ack({ text: 'x', blocks: [{ type: 'sections' }] });
        else await ack();
      }),
    );
    await slack.command(dana, refreshes, 'loud', refresh);
    assert.equal(slack.messages(refreshes)[0]?.text, 'everybody');
    await slack.command(dana, refreshes, 'quiet', refresh);
    assert.deepEqual(slack.ephemerals(dana), []);
    await slack.command(dana, refreshes, 'wrong', refresh);
    assert.match(slack.ephemerals(dana)[0]?.text ?? '', /failed with the error "invalid_command_response"/);
    assert.match(slack.notices()[0]?.messages.join() ?? '', /unsupported type: sections/);
  });

  it('tells the user of a command that nobody, or nobody in time, acknowledged', async () => {
    const slack = await start({ ackMs: 100 });
    const alone = await slack.command(dana, refreshes, '', refresh);
    assert.equal(alone.error, 'dispatch_failed');
    await connect(slack, (made) =>
      made.command('/refresh', async ({ ack }) => {
        await new Promise((resolve) => setTimeout(resolve, 200));
        await ack('too late');
      }),
    );
    const late = await slack.command(dana, refreshes, '', refresh);
    assert.equal(late.error, 'operation_timeout');
    await new Promise((resolve) => setTimeout(resolve, 150));
    assert.deepEqual(
      slack.ephemerals(dana).map((one) => `${one.from}: ${one.text}`),
      [
        'slackbot: /refresh failed with the error "dispatch_failed"',
        'slackbot: /refresh failed with the error "operation_timeout"',
      ],
    );
    assert.deepEqual(
      slack.notices().map((one) => [one.user, one.deed, one.error]),
      [
        [dana, '/refresh', 'dispatch_failed'],
        [dana, '/refresh', 'operation_timeout'],
      ],
    );
  });

  it('waits three seconds for an acknowledgement unless told otherwise', async () => {
    const slack = await start();
    await connect(slack, () => undefined);
    const from = Date.now();
    const delivery = await slack.command(dana, refreshes, '', refresh);
    assert.equal(delivery.error, 'operation_timeout');
    assert.ok(Date.now() - from >= 2990);
  });

  it('sends commands only where the user is and only those the app has', async () => {
    const slack = await start();
    await assert.rejects(slack.command(quinn, random, '', refresh), /quinn is not in #random/);
    await assert.rejects(
      slack.command(dana, refreshes, '', { command: '/restore' }),
      /not a command of Freshet/,
    );
    const without = await start({ app: { botScopes: ['chat:write'] } });
    await assert.rejects(without.command(dana, refreshes, '', refresh), /not a command/);
    await assert.rejects(slack.command('nobody', refreshes, '', refresh), /nobody is called "nobody"/);
  });

  it('answers through response_url five times within half an hour, also where the app is no member', async () => {
    let now = Date.now();
    const slack = await start({ now: () => now });
    const statuses: number[] = [];
    const answer = async (url: string, body: object): Promise<void> => {
      const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
      statuses.push(response.status);
    };
    let url = '';
    await connect(slack, (made) =>
      made.command('/refresh', async ({ ack, command }) => {
        url = command.response_url;
        await ack();
      }),
    );
    await slack.command(sam, random, '', refresh);
    await answer(url, { response_type: 'in_channel', text: 'seen by all' });
    for (let i = 0; i < 5; i++) await answer(url, { text: `only Sam ${i}` });
    assert.deepEqual(statuses.splice(0), [200, 200, 200, 200, 200, 404]);
    assert.equal(slack.messages(random).length, 1);
    assert.equal(slack.ephemerals(sam).length, 4);
    await slack.command(sam, random, '', refresh);
    await answer(url, { text: '', blocks: [] });
    await answer(url, { text: 'a', colour: 'red' });
    now += 30 * 60_000 + 1;
    await answer(url, { text: 'late' });
    await answer(`${url}0`, { text: 'never issued' });
    assert.deepEqual(statuses, [400, 400, 404, 404]);
    assert.equal(slack.ephemerals(sam).length, 4);
  });

  it('replaces and deletes the message that was acted on', async () => {
    const slack = await start();
    await connect(slack, (made) => {
      made.command('/refresh', async ({ ack }) =>
        ack({ text: 'sure?', blocks: [act('replace'), act('drop')] }),
      );
      made.action('replace', async ({ ack, respond, body }) => {
        assert.ok(body.type === 'block_actions');
        assert.equal(body.message, undefined, 'ephemeral messages are not sent along');
        assert.equal(body.container['is_ephemeral'], true);
        await ack();
        await respond({ replace_original: true, text: 'replaced', blocks: [act('drop')] });
      });
      made.action('drop', async ({ ack, respond }) => {
        await ack();
        await respond({ delete_original: true });
      });
    });
    await slack.command(dana, refreshes, '', refresh);
    const [asked] = slack.ephemerals(dana);
    assert.ok(asked);
    await assert.rejects(slack.click(quinn, asked, 'replace'), /does not see that message/);
    await slack.click(dana, asked, 'replace');
    await slack.waitFor(() => asked.text === 'replaced');
    await slack.click(dana, asked, 'drop');
    await slack.waitFor(() => slack.ephemerals(dana).length === 0);
    await assert.rejects(slack.click(dana, asked, 'drop'), /deleted/);
  });

  it('spreads envelopes over the instances of an app, one to each in turn', async () => {
    const slack = await start();
    const seen: number[] = [];
    for (const instance of [1, 2])
      await connect(slack, (made) =>
        made.command('/refresh', async ({ ack }) => {
          seen.push(instance);
          await ack();
        }),
      );
    assert.equal(slack.connections(), 2);
    for (let i = 0; i < 4; i++) await slack.command(dana, refreshes, '', refresh);
    assert.equal(seen.length, 4);
    assert.equal(seen.filter((one) => one === 1).length, 2);
  });

  it('sees the client come back after its socket was cut, and after it was asked to', async () => {
    const slack = await start();
    await connect(slack, (made) => made.command('/refresh', async ({ ack }) => ack()), 150);
    for (const interrupt of [slack.cutSockets, slack.refreshSockets]) {
      const opened = (): number =>
        slack.calls().filter((one) => one.method === 'apps.connections.open').length;
      const before = opened();
      interrupt();
      await slack.waitFor(() => opened() > before && slack.connections() === 1, 20_000, 'a new socket');
      // Of its own accord it takes a machine that is busy for a moment for a cut, and comes back once more.
      await until('a command arrives', async () => {
        const delivery = await slack.command(dana, refreshes, '', refresh);
        return delivery.error === undefined;
      });
    }
  });

  it('opens no socket without a fresh ticket', async () => {
    const slack = await start();
    const opened = await client(slack, app.appToken).apps.connections.open({});
    const address = (opened.url ?? '').replace('ws:', 'http:');
    assert.equal(await upgrade(address.replace(/ticket=\w+/, 'ticket=made-up')), 401);
    assert.equal(await upgrade(address), 101);
    assert.equal(await upgrade(address), 401);
  });

  it('holds at most ten sockets', async () => {
    const slack = await start();
    const open = async (): Promise<void> => {
      const { url = '' } = await client(slack, app.appToken).apps.connections.open({});
      assert.equal(await upgrade(url.replace('ws:', 'http:'), false), 101);
    };
    for (let i = 0; i < 11; i++) await open();
    assert.equal(slack.connections(), 10);
  });

  it('tells the app of direct messages, and of channels only where it is subscribed', async () => {
    const slack = await start();
    const heard: string[] = [];
    await connect(slack, (made) =>
      made.message(async ({ message }) => {
        if ('text' in message) heard.push(`${message.channel_type}: ${message.text}`);
      }),
    );
    slack.say(dana, refreshes, 'in the channel');
    slack.say(dana, '@app', 'hello');
    await untilHolds(() => heard.length > 0);
    assert.deepEqual(heard, ['im: hello']);
    assert.deepEqual(
      slack.directMessages(dana).map((one) => one.text),
      ['hello'],
    );
  });

  it('tries an event again at once when nobody took it', async () => {
    const slack = await start();
    slack.say(dana, '@app', 'hello');
    await slack.waitFor(
      () => slack.deliveries().filter((one) => one.error === 'dispatch_failed').length === 2,
    );
  });
});
