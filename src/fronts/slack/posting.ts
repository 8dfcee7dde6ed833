import type { WebClient } from '@slack/web-api';
import type { Logger } from 'pino';
import { inputError } from '../../domain/errors.ts';
import { GivenUp } from '../../service/feed.ts';
import type { Message } from './messages/blocks.ts';
import { missingScopes, patiently, refusalCode } from './connection/clients.ts';

/** Where a message is. */
export type Place = { channel: string; ts: string };

/** What a message of ours is known by afterwards: unseen by people, kept by Slack with the message. */
export type Mark = {
  type: 'freshet_card' | 'freshet_event';
  payload: Readonly<Record<string, string | number>>;
};

export type Post = {
  channel: string;
  threadTs?: string;
  message: Message;
  mark: Mark;
  /**
   * Set when an earlier attempt may have posted it already: then it is looked for first, among what is newer than
   * this. Without the scope to read the channel it is posted again: twice is better than never.
   */
  lookSince?: Date;
};

/** Slack's clock and ours may differ by as much. */
const clockMarginSeconds = 900;
const mostPages = 10;

/** Blocks that Slack would not have, despite all: the words alone get through. */
const refusedBlocks = new Set(['invalid_blocks', 'invalid_blocks_format', 'msg_blocks_too_long']);

/** Posts a message, once as far as can be known. Throws `RetryAfter` and what else hinders it. */
export async function post(client: WebClient, log: Logger, wanted: Post): Promise<Place> {
  const { channel, threadTs, message, mark } = wanted;
  if (wanted.lookSince !== undefined) {
    const found = await find(client, log, wanted, wanted.lookSince);
    if (found !== undefined) return found;
  }
  const common = {
    channel,
    text: message.text,
    unfurl_links: false,
    unfurl_media: false,
    metadata: { event_type: mark.type, event_payload: { ...mark.payload } },
    ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
  };
  const answer = await patiently(() =>
    withoutBlocksIfRefused(log, message, (blocks) => client.chat.postMessage({ ...common, ...blocks })),
  );
  if (answer.ts === undefined || answer.channel === undefined) throw new Error('Slack answered without a ts');
  return { channel: answer.channel, ts: answer.ts };
}

/** Edits a message. False when it is gone, or can't be edited any more. */
export async function edit(client: WebClient, log: Logger, place: Place, message: Message): Promise<boolean> {
  try {
    await patiently(() =>
      withoutBlocksIfRefused(log, message, ({ blocks }) =>
        // Without blocks of its own an edit would keep the old ones.
        client.chat.update({
          channel: place.channel,
          ts: place.ts,
          text: message.text,
          blocks: blocks ?? [],
        }),
      ),
    );
    return true;
  } catch (error) {
    const code = refusalCode(error);
    if (code !== undefined && gone.has(code)) return false;
    throw error;
  }
}

const gone = new Set(['message_not_found', 'cant_update_message', 'edit_window_closed']);

async function withoutBlocksIfRefused<T>(
  log: Logger,
  message: Message,
  call: (content: { blocks?: Message['blocks'] }) => Promise<T>,
): Promise<T> {
  try {
    return await call({ blocks: message.blocks });
  } catch (error) {
    const code = refusalCode(error);
    if (code === undefined || !refusedBlocks.has(code)) throw error;
    log.error({ err: error, code }, 'Slack refused the blocks of a message; its words are sent alone');
    return call({}).catch((second: unknown) => {
      if (refusalCode(second) === undefined) throw second;
      throw new GivenUp(
        inputError(
          'slack-message-refused',
          `Slack refused a message with "${refusalCode(second)}", with and without its blocks.`,
          'This is a fault of Freshet; please report it.',
        ),
      );
    });
  }
}

/** The message with this mark, if we may read the place. */
async function find(client: WebClient, log: Logger, wanted: Post, since: Date): Promise<Place | undefined> {
  const { channel, threadTs, mark } = wanted;
  const oldest = String(Math.floor(since.getTime() / 1000) - clockMarginSeconds);
  let cursor: string | undefined;
  try {
    for (let page = 0; page < mostPages; page++) {
      const span = {
        channel,
        oldest,
        limit: 200,
        include_all_metadata: true,
        ...(cursor === undefined ? {} : { cursor }),
      };
      const answer = await patiently(() =>
        missingScopeIsNothing(() =>
          threadTs === undefined
            ? client.conversations.history(span)
            : client.conversations.replies({ ...span, ts: threadTs }),
        ),
      );
      if (answer === undefined) return undefined;
      for (const message of answer.messages ?? []) {
        if (message.ts !== undefined && isMarked(message.metadata, mark)) return { channel, ts: message.ts };
      }
      cursor = answer.response_metadata?.next_cursor;
      if (cursor === undefined || cursor === '') return undefined;
    }
  } catch (error) {
    // The thread itself is gone: nothing of ours is in it.
    if (refusalCode(error) !== 'thread_not_found') throw error;
  }
  log.warn({ channel }, 'a message of ours was not found among the newest ones; it is posted again');
  return undefined;
}

async function missingScopeIsNothing<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (missingScopes(error) === undefined) throw error;
    return undefined;
  }
}

function isMarked(metadata: unknown, mark: Mark): boolean {
  if (typeof metadata !== 'object' || metadata === null) return false;
  const { event_type: type, event_payload: payload } = metadata as Record<string, unknown>;
  if (type !== mark.type || typeof payload !== 'object' || payload === null) return false;
  return Object.entries(mark.payload).every(
    ([key, value]) => String((payload as Record<string, unknown>)[key]) === String(value),
  );
}
