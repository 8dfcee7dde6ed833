import { SocketModeReceiver } from '@slack/bolt';
import { Router } from 'express';
import type { Logger } from 'pino';
import { pause } from '../../../service/feed.ts';
import { clientOptions, isRefusedToken, slackLogger } from './clients.ts';
import type { Reception } from './reception.ts';

/** How long Slack may take to greet a new connection. */
const greetingSeconds = 20;
const longestPauseSeconds = 30;
/** Slack's client forces the end of a connection whose peer says nothing after 5 s. */
const farewellSeconds = 6;

/** Socket Mode: we connect to Slack, and nothing has to reach us from outside. */
export function receiveSocket(appToken: string, slackApiUrl: string, log: Logger): Reception {
  const receiver = new SocketModeReceiver({
    appToken,
    autoReconnectEnabled: false,
    logger: slackLogger(log),
    installerOptions: { clientOptions: clientOptions(slackApiUrl, log) },
    // Not acknowledged: Slack shows that it failed, and nothing was done.
    processEventErrorHandler: ({ error }) => {
      log.error({ err: error }, 'a delivery of Slack could not be taken in');
      return Promise.resolve(false);
    },
  });
  let connection: ReturnType<typeof keepConnected> | undefined;
  return {
    receiver,
    routes: Router(),
    async begin(signal) {
      connection = keepConnected(receiver, log, signal);
      const failed = await connection.first;
      if (isRefusedToken(failed)) throw failed;
    },
    ended: () => connection?.ended ?? Promise.resolve(),
    isConnected: () => connection?.isConnected() ?? false,
  };
}

/**
 * Keeps the Socket Mode connection up until `signal`: opened, and opened anew whenever it ends, with growing pauses. Done here and
 * not by Slack's client, whose own reconnecting gives up (with an unhandled rejection) when Slack is away at that moment.
 * `first` resolves with the first attempt's error, or undefined when it was greeted.
 */
function keepConnected(
  receiver: SocketModeReceiver,
  log: Logger,
  signal: AbortSignal,
): { first: Promise<unknown>; ended: Promise<void>; isConnected(): boolean } {
  let tell: (outcome: unknown) => void = () => undefined;
  const first = new Promise<unknown>((resolve) => {
    tell = resolve;
  });
  let connected = false;
  const { client } = receiver;

  async function once(): Promise<void> {
    let isGone = false;
    const gone = new Promise<void>((resolve) => {
      client.once('disconnected', () => {
        isGone = true;
        resolve();
      });
    });
    try {
      const timer = new AbortController();
      const late = pause(greetingSeconds, timer.signal).then(() => {
        if (!timer.signal.aborted) throw new Error(`Slack did not greet within ${greetingSeconds} s`);
      });
      await Promise.race([receiver.start(), late]).finally(() => timer.abort());
      connected = true;
      tell(undefined);
      log.info('connected to Slack');
      await goneOr(signal, gone);
    } finally {
      connected = false;
      if (!isGone) {
        // Its end must be over before the next connection begins, or it would be taken for the end of that one.
        const farewell = new AbortController();
        client.disconnect().catch(() => undefined);
        await Promise.race([gone, pause(farewellSeconds, farewell.signal)]);
        farewell.abort();
      }
    }
  }

  async function keep(): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      const from = Date.now();
      try {
        await once();
        failures = Date.now() - from > 10_000 ? 0 : failures + 1;
        if (!signal.aborted) log.info('the connection to Slack ended; it is opened anew');
      } catch (error) {
        failures += 1;
        tell(error);
        log.warn({ err: error }, 'Slack could not be connected to; it is tried again');
      }
      // Slack ends connections now and then on purpose: the first time it is opened anew at once.
      if (failures > 0) await pause(Math.min(longestPauseSeconds, 0.25 * 2 ** Math.min(failures, 7)), signal);
    }
    tell(undefined);
  }

  return { first, ended: keep(), isConnected: () => connected };
}

/** Whichever comes first. Nothing listens to the signal afterwards: connections come and go for as long as the process lives. */
function goneOr(signal: AbortSignal, gone: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    function over(): void {
      signal.removeEventListener('abort', over);
      resolve();
    }
    signal.addEventListener('abort', over);
    if (signal.aborted) over();
    void gone.then(over);
  });
}
