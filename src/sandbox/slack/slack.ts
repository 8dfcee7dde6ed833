import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createChanges } from './change.ts';
import { createDeliveries } from './deliveries.ts';
import { createFaults, waitAsFaulty } from './faults.ts';
import { createForms } from './forms.ts';
import { ApiError, type Context } from './methods/method.ts';
import type { SlackOptions, SlackGroup } from './options.ts';
import { createPeople } from './people.ts';
import { createRateLimits } from './rate-limits.ts';
import { renderText, type RenderOptions } from './render.ts';
import { respond } from './response-url.ts';
import { createScreen, type Target } from './screen.ts';
import { createResponseUrls, createTriggers } from './tickets.ts';
import { createViews } from './views.ts';
import { type Answer, createWebApi, readBody, reply } from './web-api.ts';
import { createWorkspace, type Ephemeral, type Message } from './workspace.ts';

export type SlackStandIn = Awaited<ReturnType<typeof startSlack>>;

/** Starts a strict stand-in for Slack on 127.0.0.1: the Web API and Socket Mode (or signed HTTP) for one app in one
 *  workspace, the people in it, and everything they see. It refuses what Slack refuses; readme.md lists which rules
 *  it checks. The caller closes it. */
export async function startSlack(options: SlackOptions) {
  const changes = createChanges(() => transcript());
  const changed = changes.tell;
  const workspace = createWorkspace(options, changed);
  const faults = createFaults();
  const limits = createRateLimits(workspace.now);
  const deliveries = createDeliveries(options, faults, changed);
  let port = 0;
  const url = (): string => `http://127.0.0.1:${port}`;
  const context: Context = {
    workspace,
    views: createViews(workspace, changed),
    triggers: createTriggers(options.team.id, workspace.now),
    responseUrls: createResponseUrls(options.team.id, workspace.now, url),
    botScopes: new Set(options.app.botScopes),
    socketAddress: () => deliveries.sockets.address(port),
  };
  const api = createWebApi(options, context, faults, limits, changed);
  const screen = createScreen(context, changed);
  const people = createPeople(context, screen, deliveries);
  const forms = createForms(context, screen, deliveries);

  async function answerResponseUrl(path: string, request: IncomingMessage): Promise<Answer | undefined> {
    const headers: Record<string, string> = {};
    const fault = faults.takeCall('response_url');
    await waitAsFaulty(fault);
    if (fault?.kind === 'lost-before') return undefined;
    if (fault?.kind === 'status') return { status: fault.status, headers, body: { ok: false } };
    if (fault?.kind === 'error') return { status: 400, headers, body: { ok: false, error: fault.error } };
    if (fault?.kind === 'ratelimit')
      return {
        status: 429,
        headers: { 'retry-after': String(fault.retryAfterSeconds ?? 1) },
        body: { ok: false, error: 'ratelimited' },
      };
    const origin = context.responseUrls.use(path);
    if (typeof origin === 'string') return { status: 404, headers, body: { ok: false, error: origin } };
    try {
      respond(context, origin, JSON.parse(await readBody(request)));
    } catch (error) {
      if (error instanceof SyntaxError)
        return { status: 400, headers, body: { ok: false, error: 'invalid_payload' } };
      if (!(error instanceof ApiError)) throw error;
      return { status: 400, headers, body: { ok: false, error: error.error, errors: error.messages } };
    }
    return fault?.kind === 'lost-after' ? undefined : { status: 200, headers, body: { ok: true } };
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', url());
    if (pathname.startsWith('/api/')) reply(response, await api.answer(pathname.slice(5), request));
    else if (request.method === 'POST' && /^\/(commands|actions)\//.test(pathname))
      reply(response, await answerResponseUrl(pathname, request));
    else reply(response, { status: 404, headers: {}, body: { ok: false, error: 'not_found' } });
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      // The app hung up before it had said everything.
      if (error instanceof Error && 'code' in error && error.code === 'ECONNRESET') return;
      // A fault of the stand-in itself: loud here, and an honest 500 there.
      console.error('Slack stand-in:', error);
      reply(response, { status: 500, headers: {}, body: { ok: false, error: 'fatal_error' } });
    });
  });
  server.on('upgrade', (request, stream, head) => deliveries.sockets.upgrade(request, stream, head));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  port = (server.address() as AddressInfo).port;

  const name = {
    user: (id: string): string | undefined => workspace.users.get(id)?.realName,
    channel: (id: string): string | undefined => workspace.conversations.get(id)?.name,
  };
  function render(shown: { text?: string; blocks: Message['blocks'] }, how: RenderOptions = {}): string {
    return renderText(shown, { name, ...how });
  }

  /** Everything that was said so far, as text: what a failing test prints. */
  function transcript(): string {
    const said = [...workspace.conversations.keys()].flatMap((id) => workspace.messages(id));
    const whispered = workspace.ephemerals();
    const lines = [...said, ...whispered].toSorted((a, b) => Number(a.ts) - Number(b.ts)).map(line);
    const notes = screen.notices.map(
      (one) => `! ${name.user(one.user)}: ${one.deed}: ${one.error} ${one.messages.join('; ')}`,
    );
    const refused = api
      .calls()
      .filter((one) => !one.ok)
      .map((one) => `! ${one.method} was refused: ${one.error}`);
    return [...lines, ...notes, ...refused].join('\n') || '(nothing has been said)';
  }
  function line(one: Message | Ephemeral): string {
    const conversation = workspace.conversations.get(one.channel);
    const where = conversation?.directTo
      ? `DM ${name.user(conversation.directTo)}`
      : `#${conversation?.name}`;
    const who = 'from' in one ? `only ${name.user(one.user)} sees` : name.user(one.user);
    return `${where} ${one.ts} ${who}: ${one.text}`;
  }

  return {
    /** For `SLACK_API_URL` and `slackApiUrl`, with its slash. */
    apiUrl: `${url()}/api/`,
    port,
    team: workspace.team,
    app: workspace.app,

    users: () => [...workspace.users.values()],
    channels: () => [...workspace.conversations.values()],
    user: screen.user,
    /** By id or name; "@app" with a user is their direct messages with the app. */
    channel: screen.channel,
    /** Undeleted messages of a channel (id or name), replies included, oldest first. */
    messages: (ref: string): Message[] => workspace.messages(screen.channel(ref).id),
    /** Deleted ones included. */
    everything: (ref: string): readonly Message[] => workspace.everything(screen.channel(ref).id),
    /** Replies of a message, oldest first. */
    thread: (parent: Message): Message[] =>
      workspace.messages(parent.channel).filter((one) => one.threadTs === parent.ts),
    /** The app's direct messages with a user, both ways. */
    directMessages: (ref: string): Message[] => workspace.messages(workspace.direct(screen.user(ref).id).id),
    /** What only this user sees, wherever, oldest first. */
    ephemerals: (ref: string): Ephemeral[] =>
      workspace.ephemerals().filter((one) => one.user === screen.user(ref).id),
    notices: () => screen.notices,
    /** The modal on top of a user's screen. */
    view: (ref: string) => context.views.top(screen.user(ref).id),
    /** The modals a user has open, the lowest first. */
    views: (ref: string) => context.views.stack(screen.user(ref).id),
    home: (ref: string) => context.views.home(screen.user(ref).id),
    calls: api.calls,
    deliveries: deliveries.log,
    transcript,
    renderText: render,

    ...people,
    ...forms,
    confirmDialog: screen.confirmDialog,
    /** What a user has filled in or chosen there so far. */
    values: (ref: string, target: Target) => screen.values(screen.user(ref), target),
    /** Adds a user, or the app's bot, to a channel. */
    join: (channelRef: string, userRef: string): void => {
      const { id, members } = screen.channel(channelRef);
      const who = screen.user(userRef).id;
      if (!members.includes(who)) members.push(who);
      changed({ kind: 'membership', channel: id, user: who });
    },
    leave: (channelRef: string, userRef: string): void => {
      const conversation = screen.channel(channelRef);
      const who = screen.user(userRef).id;
      conversation.members = conversation.members.filter((one) => one !== who);
      changed({ kind: 'membership', channel: conversation.id, user: who });
    },

    /** Adds a user group, or changes who is in it. */
    setGroup: (group: SlackGroup): void => {
      workspace.groups.set(group.id, { ...group, users: [...group.users] });
    },

    faults,
    /** How many sockets the app has open. */
    connections: deliveries.sockets.count,
    cutSockets: deliveries.sockets.cut,
    refreshSockets: deliveries.sockets.refresh,
    onChange: changes.on,
    waitFor: changes.waitFor,
    /** Back to the state it started with; sockets stay connected. */
    reset: (): void => {
      workspace.reset();
      context.views.reset();
      context.triggers.reset();
      context.responseUrls.reset();
      screen.reset();
      limits.reset();
      faults.reset();
      api.forget();
      deliveries.forget();
      changed({ kind: 'reset' });
    },
    /** Ends every connection and frees the port. */
    close: async (): Promise<void> => {
      deliveries.stop();
      deliveries.sockets.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
