import { WebAPIRateLimitedError } from '@slack/web-api';
import { backoffSeconds, pause } from '../../service/feed.ts';
import { refusalCode } from './connection/clients.ts';
import type { Message } from './messages/blocks.ts';
import type { Deed } from './deed.ts';
import type { Front } from './deps.ts';

/** Whom an answer is for, and the ways to them. */
export type Asker = Pick<Deed, 'user' | 'channel' | 'responseUrl'>;

export type Say = (deed: Asker, message: Message, how?: { replace?: boolean }) => Promise<void>;

const timeoutMs = 5000;
/** How long an answer is worth something to whoever waits for it. */
const patienceSeconds = 600;
/** Slack's own words for being out of order. */
const outOfOrder = new Set(['internal_error', 'fatal_error', 'service_unavailable', 'request_timeout']);
/** Answers that wait for Slack to come back; beyond that they are lost. */
const mostWaiting = 200;

/**
 * Answers whoever did something, seen only by them: by the response_url; when that is spent, expired or out of order, as
 * an ephemeral message in the channel; and where that can't be (the bot is not in it), as a direct message. While Slack is away, or asks to wait, it is
 * tried again for some minutes, while the front runs, and nobody waits for that. Never throws: an answer that nobody gets is logged.
 */
export function replier({ clients, log, stopping }: Pick<Front, 'clients' | 'log' | 'stopping'>): Say {
  const client = clients.replies;
  let waiting = 0;

  return async (deed, message, how = {}) => {
    const failed = await answer(deed, message, how);
    if (failed === undefined) return;
    if (isFinal(failed) || waiting >= mostWaiting) lost(deed, failed);
    else void goOn(deed, message, how, failed);
  };

  /** Undefined when it got through, else what hindered it. */
  async function answer(deed: Asker, message: Message, how: { replace?: boolean }): Promise<unknown> {
    const ways = [
      () => byResponseUrl(deed, message, how.replace ?? false),
      // What was done in a Home was done in no channel.
      ...(deed.channel === ''
        ? []
        : [() => client.chat.postEphemeral({ channel: deed.channel, user: deed.user, ...message })]),
      () => client.chat.postMessage({ channel: deed.user, ...message }),
      // Whatever was wrong with the blocks, the words get through.
      () => client.chat.postMessage({ channel: deed.user, text: message.text }),
    ];
    let last: unknown;
    for (const way of ways) {
      try {
        await way();
        return undefined;
      } catch (error) {
        last = error;
      }
    }
    return last;
  }

  async function goOn(
    deed: Asker,
    message: Message,
    how: { replace?: boolean },
    first: unknown,
  ): Promise<void> {
    const until = Date.now() + patienceSeconds * 1000;
    let failed = first;
    waiting += 1;
    for (let attempts = 1; failed !== undefined; attempts++) {
      const asked = failed instanceof WebAPIRateLimitedError ? failed.retryAfter : 0;
      const seconds = Math.max(asked, backoffSeconds(attempts, Math.random()));
      if (Date.now() + seconds * 1000 > until) break;
      await pause(seconds, stopping);
      if (stopping.aborted) break;
      failed = await answer(deed, message, how);
    }
    waiting -= 1;
    if (failed !== undefined) lost(deed, failed);
  }

  function lost(deed: Asker, error: unknown): void {
    log.error({ err: error, user: deed.user, channel: deed.channel }, 'an answer reached nobody');
  }
}

/** A refusal that comes again however often it is tried. */
function isFinal(error: unknown): boolean {
  const code = refusalCode(error);
  return code !== undefined && !outOfOrder.has(code);
}

async function byResponseUrl(deed: Asker, message: Message, replace: boolean): Promise<void> {
  if (deed.responseUrl === undefined) throw new Error('there is no response_url');
  const response = await fetch(deed.responseUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify({ ...message, response_type: 'ephemeral', replace_original: replace }),
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  });
  const text = await response.text();
  // Slack also refuses with status 200.
  if (!response.ok || /"ok"\s*:\s*false/.test(text)) {
    throw new Error(`the response_url answered with status ${response.status}`);
  }
}
