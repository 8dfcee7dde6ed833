import type { SocketModeReceiver } from '@slack/bolt';
import type { Logger } from 'pino';
import { pause } from '../../service/feed.ts';

/** How long Slack may take to greet a new connection. */
const greetingSeconds = 20;
const longestPauseSeconds = 30;

/**
 * Keeps the Socket Mode connection up until `signal`: opened, and opened anew whenever it ends, with growing pauses. Done here and
 * not by Slack's client, whose own reconnecting gives up (with an unhandled rejection) when Slack is away at that moment.
 * `first` resolves with the first attempt's error, or undefined when it was greeted.
 */
export function keepConnected(
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
    const gone = new Promise<void>((resolve) => {
      client.once('disconnected', () => resolve());
    });
    const stop = new AbortController();
    const aborted = () => stop.abort();
    signal.addEventListener('abort', aborted, { once: true });
    try {
      const timer = new AbortController();
      const late = pause(greetingSeconds, timer.signal).then(() => {
        if (!timer.signal.aborted) throw new Error(`Slack did not greet within ${greetingSeconds} s`);
      });
      await Promise.race([receiver.start(), late]).finally(() => timer.abort());
      connected = true;
      tell(undefined);
      log.info('connected to Slack');
      await Promise.race([gone, pause(86_400, stop.signal)]);
    } finally {
      connected = false;
      signal.removeEventListener('abort', aborted);
      stop.abort();
      // Not awaited: a peer that is gone never answers the farewell.
      void client.disconnect().catch(() => undefined);
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
