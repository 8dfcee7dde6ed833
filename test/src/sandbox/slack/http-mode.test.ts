import assert from 'node:assert/strict';
import { App, HTTPReceiver } from '@slack/bolt';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { signature } from '../../../../src/sandbox/slack/http-mode.ts';
import { app, dana, openOffice, quiet, refreshes } from './office.ts';
import { untilHolds } from '../../../until.ts';

describe('HTTP mode of the Slack stand-in, with a real Bolt app', () => {
  const { start } = openOffice();
  const stops: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });

  /** Bolt's own HTTP receiver, which checks signatures, on a port of its own. */
  async function serve(signingSecret: string, secretOfSlack = signingSecret) {
    const receiver = new HTTPReceiver({ signingSecret, logger: quiet });
    // The stand-in and the app need each other's address: the app's port is found first.
    const probe = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => probe.once('listening', resolve));
    const { port } = probe.address() as AddressInfo;
    await new Promise((resolve) => probe.close(resolve));
    const requestUrl = `http://127.0.0.1:${port}/slack/events`;
    const slack = await start({ app: { http: { requestUrl, signingSecret: secretOfSlack } } });
    const made = new App({
      token: app.botToken,
      receiver,
      logger: quiet,
      clientOptions: { slackApiUrl: slack.apiUrl },
    });
    await made.start({ port, host: '127.0.0.1' });
    stops.push(() => made.stop());
    return { slack, made };
  }

  it('carries commands, clicks and events, signed', async () => {
    const { slack, made } = await serve('shared secret');
    const seen: string[] = [];
    made.command('/refresh', async ({ ack, respond, command }) => {
      await ack(`asked: ${command.text}`);
      const elements = [
        { type: 'button' as const, action_id: 'go', text: { type: 'plain_text' as const, text: 'Go' } },
      ];
      await respond({ response_type: 'in_channel', text: 'go?', blocks: [{ type: 'actions', elements }] });
    });
    made.action('go', async ({ ack, respond }) => {
      await ack();
      await respond({ replace_original: true, text: 'gone' });
    });
    made.message(async ({ message }) => {
      if ('text' in message) seen.push(message.text ?? '');
    });
    const delivery = await slack.command(dana, refreshes, 'uat & ci', { command: '/refresh' });
    assert.equal(delivery.error, undefined);
    assert.equal(slack.ephemerals(dana)[0]?.text, 'asked: uat & ci');
    const asked = await slack.waitFor(() => slack.messages(refreshes)[0]);
    await slack.click(dana, asked, 'go');
    await slack.waitFor(() => asked.text === 'gone');
    slack.say(dana, '@app', 'hello');
    await untilHolds(() => seen.length === 1);
    assert.equal(slack.connections(), 0);
  });

  it('shows the user that an app with another secret refused', async () => {
    const { slack } = await serve('secret of the app', 'secret of Slack');
    const delivery = await slack.command(dana, refreshes, '', { command: '/refresh' });
    assert.equal(delivery.error, 'dispatch_failed');
    assert.equal(slack.notices()[0]?.error, 'dispatch_failed');
  });

  it('tells the user of a timeout once, whatever comes of the request later', async () => {
    const hanging = createServer(() => undefined).listen(0, '127.0.0.1');
    await new Promise((resolve) => hanging.once('listening', resolve));
    stops.push(async () => {
      hanging.closeAllConnections();
      hanging.close();
    });
    const { port } = hanging.address() as AddressInfo;
    const http = { requestUrl: `http://127.0.0.1:${port}/`, signingSecret: 's' };
    const slack = await start({ ackMs: 50, app: { http } });
    const delivery = await slack.command(dana, refreshes, '', { command: '/refresh' });
    assert.equal(delivery.error, 'operation_timeout');
    hanging.closeAllConnections();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(delivery.error, 'operation_timeout');
    assert.equal(slack.ephemerals(dana).length, 1);
  });

  it('signs as Slack documents it', () => {
    // The example of docs.slack.dev/authentication/verifying-requests-from-slack.
    const body =
      'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V' +
      '&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=' +
      '&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN' +
      '&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c';
    assert.equal(
      signature('8f742231b10e8888abcd99yyyzzz85a5', '1531420618', body),
      'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
    );
  });
});
