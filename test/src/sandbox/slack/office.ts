import { App, LogLevel, SocketModeReceiver } from '@slack/bolt';
import { WebClient, type WebClientOptions } from '@slack/web-api';
import type { SlackApp, SlackOptions } from '../../../../src/sandbox/slack/options.ts';
import { type SlackStandIn, startSlack } from '../../../../src/sandbox/slack/slack.ts';

/** A small workspace for the tests of the stand-in, the app in it, and the real clients pointed at it. */

export const dana = 'U0DANA';
export const quinn = 'U0QUINN';
export const sam = 'U0SAM';
export const refreshes = 'C0REFRESH';
export const operators = 'C0OPS';
export const random = 'C0RANDOM';

export const app: SlackApp = {
  id: 'A0FRESHET',
  name: 'Freshet',
  botUserId: 'U0BOT',
  botId: 'B0BOT',
  botToken: 'xoxb-1-secret',
  botScopes: [
    'chat:write',
    'commands',
    'users:read',
    'im:write',
    'channels:read',
    'channels:history',
    'im:history',
    'im:read',
    'groups:history',
  ],
  appToken: 'xapp-1-secret',
  appScopes: ['connections:write'],
  commands: ['/refresh'],
  events: ['app_home_opened', 'message.im'],
};

export function office(
  change: Partial<Omit<SlackOptions, 'app'>> & { app?: Partial<SlackApp> } = {},
): SlackOptions {
  return {
    team: { id: 'T0SHOP', name: 'Webshop', domain: 'webshop' },
    users: [
      { id: dana, name: 'dana', realName: 'Dana Reed', title: 'Developer', email: 'dana@webshop.test' },
      { id: quinn, name: 'quinn', realName: 'Quinn Hale', title: 'QA manager' },
      { id: sam, name: 'sam', realName: 'Sam Stone' },
    ],
    channels: [
      { id: refreshes, name: 'db-refreshes', members: [dana, quinn, sam, app.botUserId] },
      { id: operators, name: 'operators', isPrivate: true, members: [quinn, app.botUserId] },
      { id: random, name: 'random', members: [dana, sam] },
    ],
    ...change,
    app: { ...app, ...change.app },
  };
}

/** Slack's own client, without the patience of its defaults. */
export function client(slack: SlackStandIn, token = app.botToken, more: WebClientOptions = {}): WebClient {
  return new WebClient(token, {
    slackApiUrl: slack.apiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logLevel: LogLevel.ERROR,
    logger: quiet,
    ...more,
  });
}

/** A stand-in that is closed after each test of the calling suite, and clients for it. */
export function openOffice() {
  const slacks: SlackStandIn[] = [];
  const bolts: App[] = [];

  async function start(change?: Parameters<typeof office>[0]): Promise<SlackStandIn> {
    const slack = await startSlack(office(change));
    slacks.push(slack);
    return slack;
  }

  /**
   * Slack's own Bolt app over Socket Mode; `listen` registers the listeners before it connects. `backAfterMs`: when a cut socket comes
   * back. A process that stands still for as long loses one as well.
   */
  async function connect(slack: SlackStandIn, listen: (app: App) => void, backAfterMs = 5000): Promise<App> {
    const receiver = new SocketModeReceiver({
      appToken: app.appToken,
      logger: quiet,
      clientPingTimeout: backAfterMs,
      installerOptions: { clientOptions: { slackApiUrl: slack.apiUrl } },
    });
    const made = new App({
      token: app.botToken,
      receiver,
      logger: quiet,
      clientOptions: { slackApiUrl: slack.apiUrl },
    });
    listen(made);
    bolts.push(made);
    const before = slack.connections();
    await made.start();
    await slack.waitFor(() => slack.connections() > before, 20_000, 'a socket');
    return made;
  }

  afterEach(async () => {
    for (const one of bolts.splice(0)) await one.stop();
    for (const one of slacks.splice(0)) await one.close();
  });

  return { start, connect };
}

export const quiet = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  getLevel: () => LogLevel.ERROR,
  setName: () => undefined,
};

/** The code and messages of the refusal that a call ends in. */
export async function refusal(call: Promise<unknown>): Promise<{ error: string; messages: string[] }> {
  try {
    await call;
  } catch (error) {
    const { data } = error as { data?: { error: string; response_metadata?: { messages?: string[] } } };
    if (!data) throw error;
    return { error: data.error, messages: data.response_metadata?.messages ?? [] };
  }
  throw new Error('the call was not refused');
}
