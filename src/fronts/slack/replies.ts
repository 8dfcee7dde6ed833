import type { WebClient } from '@slack/web-api';
import type { Logger } from 'pino';
import type { Message } from './messages/blocks.ts';
import type { Deed } from './deed.ts';

/** Whom an answer is for, and the ways to them. */
export type Asker = Pick<Deed, 'user' | 'channel' | 'responseUrl'>;

export type Say = (deed: Asker, message: Message, how?: { replace?: boolean }) => Promise<void>;

const timeoutMs = 5000;

/**
 * Answers whoever did something, seen only by them: by the response_url; when that is spent, expired or out of order, as
 * an ephemeral message in the channel; and where that can't be (the bot is not in it), as a direct message. Never throws: an answer that
 * nobody gets is logged.
 */
export function replier(client: WebClient, log: Logger): Say {
  return async (deed, message, how = {}) => {
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
        return;
      } catch (error) {
        last = error;
      }
    }
    log.error({ err: last, user: deed.user, channel: deed.channel }, 'an answer reached nobody');
  };
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
