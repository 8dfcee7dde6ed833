import { z } from 'zod';
import type { Message } from '../workspace.ts';
import {
  ApiError,
  type Context,
  count,
  describeMessage,
  flag,
  id,
  method,
  needScope,
  visible,
} from './method.ts';

const paging = { cursor: z.string().optional(), limit: count.optional() };
const span = {
  ...paging,
  oldest: z.string().optional(),
  latest: z.string().optional(),
  inclusive: flag.optional(),
  include_all_metadata: flag.optional(),
};

interface Span {
  oldest?: string | undefined;
  latest?: string | undefined;
  inclusive?: boolean | undefined;
  include_all_metadata?: boolean | undefined;
  cursor?: string | undefined;
  limit?: number | undefined;
}

function within(one: Message, { oldest, latest, inclusive }: Span): boolean {
  const ts = Number(one.ts);
  if (oldest !== undefined && (inclusive ? ts < Number(oldest) : ts <= Number(oldest))) return false;
  return latest === undefined || (inclusive ? ts <= Number(latest) : ts < Number(latest));
}

/** One page of a list, with the cursor of the next. */
export function page<T>(
  all: T[],
  given: { cursor?: string | undefined; limit?: number | undefined },
  usual = 100,
) {
  const from = given.cursor ? Number(Buffer.from(given.cursor, 'base64').toString()) : 0;
  if (!Number.isInteger(from) || from < 0) throw new ApiError('invalid_cursor');
  const limit = given.limit ?? usual;
  if (limit < 1 || limit > 1000) throw new ApiError('invalid_limit');
  const more = from + limit < all.length;
  const next = more ? Buffer.from(String(from + limit)).toString('base64') : '';
  return { items: all.slice(from, from + limit), more, next };
}

function read(context: Context, channel: string, given: Span, kept: (one: Message) => boolean) {
  const found = visible(context, channel);
  needScope(context, found.directTo ? 'im:history' : found.isPrivate ? 'groups:history' : 'channels:history');
  if (!found.members.includes(context.workspace.app.botUserId)) throw new ApiError('not_in_channel');
  const all = context.workspace.messages(channel).filter((one) => kept(one) && within(one, given));
  return { all, describe: (one: Message) => describeWithMetadata(context, one, given) };
}

function inChannel(one: Message): boolean {
  return one.threadTs === undefined || one.broadcast;
}

function describeWithMetadata(context: Context, one: Message, given: Span): Record<string, unknown> {
  return {
    ...describeMessage(context, one),
    ...(given.include_all_metadata && one.metadata && { metadata: one.metadata }),
  };
}

export const history = {
  'conversations.history': method({
    token: 'bot',
    scopes: [],
    tier: 'tier3',
    args: z.strictObject({ channel: id, ...span }),
    run: (context, args) => {
      const { all, describe } = read(context, args.channel, args, inChannel);
      const { items, more, next } = page(all.toReversed(), args);
      return { messages: items.map(describe), has_more: more, response_metadata: { next_cursor: next } };
    },
  }),

  'conversations.replies': method({
    token: 'bot',
    scopes: [],
    tier: 'tier3',
    args: z.strictObject({ channel: id, ts: id, ...span }),
    run: (context, args) => {
      const inThread = (one: Message): boolean => one.ts === args.ts || one.threadTs === args.ts;
      const { all, describe } = read(context, args.channel, args, inThread);
      if (!context.workspace.message(args.channel, args.ts)) throw new ApiError('thread_not_found');
      const { items, more, next } = page(all, args);
      return { messages: items.map(describe), has_more: more, response_metadata: { next_cursor: next } };
    },
  }),
};
