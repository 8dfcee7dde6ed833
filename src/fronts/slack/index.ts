import { setMaxListeners } from 'node:events';
import { App } from '@slack/bolt';
import type { Router } from 'express';
import { configError } from '../../domain/errors.ts';
import type { Probe } from '../../domain/probe.ts';
import { actor } from './act.ts';
import { cardKeeper } from './cards.ts';
import {
  clientOptions,
  isRefusedToken,
  openClients,
  refusalCode,
  slackLogger,
} from './connection/clients.ts';
import { receiveSocket } from './connection/socket.ts';
import { deliverAlerts } from './deliver-alerts.ts';
import { deliverTo } from './deliver.ts';
import type { Front, SlackDeps } from './deps.ts';
import { receiveHttp } from './connection/http.ts';
import { homeKeeper } from './home/keep.ts';
import { intake } from './intake.ts';
import { listenersFor } from './listeners.ts';
import { probesOf, tokenRemedy } from './probes.ts';
import { keepProgress } from './progress.ts';
import type { Reception } from './connection/reception.ts';
import { replier } from './replies.ts';
import { workspaceOf } from './connection/workspace.ts';

export type { SlackDeps } from './deps.ts';
export { openGroups } from './groups.ts';

export type SlackFront = {
  /** `POST /slack/events` in HTTP mode; nothing in Socket Mode. */
  routes: Router;
  /**
   * Connects or opens the route, and begins to deliver. Rejects with `Config` when Slack refuses a token; when Slack is away it resolves and goes
   * on trying.
   */
  start(): Promise<void>;
  /** Ends what was started; what is under way gets some seconds. What is left undone is done by the next process. */
  stop(): Promise<void>;
  probes: readonly Probe[];
  /** Whether Slack's deliveries come in; asks Slack nothing. */
  vital: Probe;
  /** Registers all that the app hears on a Bolt app, whatever its receiver. */
  listeners(app: App): void;
  isConnected(): boolean;
};

/** What health says when all is well. */
const connected = { socket: 'connected', http: 'takes deliveries' };

/** How long `stop` waits for commands that are being carried out. */
const settleSeconds = 5;

/** The Slack front: commands and buttons in, cards, threads, direct messages and alerts out. */
export function create(deps: SlackDeps): SlackFront {
  const { service, log } = deps;
  const clients = openClients(deps.botToken, deps.slackApiUrl, log);
  const stopping = new AbortController();
  // Every answer that waits to be given again listens to it, and so do all that rest while the store is away.
  setMaxListeners(0, stopping.signal);
  const front: Front = {
    ...deps,
    clients,
    workspace: workspaceOf(clients.replies),
    stopping: stopping.signal,
  };
  const cards = cardKeeper(front);
  const say = replier(front);
  const homes = homeKeeper(front, cards);
  const act = actor(front, cards, say);
  const taking = intake(service, log, async (deed, attempts) => {
    await act(deed, attempts);
    // Done in a Home: that is where they look for what came of it.
    if (deed.channel === '') await homes.refresh(deed.user);
  });
  const listeners = listenersFor(front, taking, say, homes);
  const loops: Promise<void>[] = [];
  const reception = receptionOf(deps);

  return {
    routes: reception.routes,
    listeners,
    probes: probesOf(front),
    isConnected: () => reception.isConnected(),
    vital: {
      name: 'slack',
      run: () =>
        Promise.resolve(
          reception.isConnected()
            ? { ok: true, says: connected[deps.reception.mode] }
            : { ok: false, says: 'not connected' },
        ),
    },

    async start() {
      await testToken(front);
      const app = new App({
        receiver: reception.receiver,
        // Answered without asking Slack: an acknowledgement must not wait for a call.
        authorize: () => Promise.resolve({ botToken: deps.botToken }),
        clientOptions: clientOptions(deps.slackApiUrl, log),
        logger: slackLogger(log),
        convoStore: false,
      });
      app.error((error) => {
        log.error({ err: error }, 'a delivery of Slack could not be taken in');
        return Promise.resolve();
      });
      listeners(app);
      const { signal } = stopping;
      try {
        await reception.begin(signal);
      } catch (error) {
        stopping.abort();
        await reception.ended();
        throw isRefusedToken(error) ? refused('app', refusalCode(error)!) : error;
      }
      loops.push(
        reception.ended(),
        taking.work(signal),
        service.feed('slack', deliverTo(front, cards), signal),
        service.feed('slack-alerts', deliverAlerts(front), signal),
        keepProgress(front, cards, signal),
        homes.keep(signal),
      );
    },

    async stop() {
      stopping.abort();
      await taking.settle(settleSeconds);
      await Promise.allSettled(loops);
    },
  };
}

function receptionOf({ reception, service, slackApiUrl, log }: SlackDeps): Reception {
  return reception.mode === 'http'
    ? receiveHttp(reception.signingSecret, log, service.now)
    : receiveSocket(reception.appToken, slackApiUrl, log);
}

/** Slack being away is no reason not to start; a wrong token is. */
async function testToken(front: Front): Promise<void> {
  try {
    await front.workspace();
  } catch (error) {
    if (isRefusedToken(error)) throw refused('bot', refusalCode(error)!);
    front.log.warn({ err: error }, 'Slack could not be asked about the bot; it is tried again');
  }
}

function refused(which: 'app' | 'bot', code: string) {
  return configError(
    'slack-token-refused',
    `Slack refuses the ${which} token with "${code}"; expected a valid ${which === 'bot' ? 'xoxb-' : 'xapp-'} token.`,
    tokenRemedy,
  );
}
