import { z } from 'zod';
import type { Conversation, Message } from '../workspace.ts';
import {
  ApiError,
  checkContent,
  type Context,
  describeMessage,
  flag,
  fromJson,
  id,
  json,
  method,
  needScope,
  visible,
} from './method.ts';

const content = {
  channel: id,
  text: z.string().optional(),
  blocks: json.optional(),
  link_names: flag.optional(),
  parse: z.enum(['full', 'none']).optional(),
};
const looks = {
  username: z.string().min(1).max(80).optional(),
  icon_emoji: z.string().optional(),
  icon_url: z.url().optional(),
};
const metadata = z.strictObject({
  event_type: z.string().min(1).max(255),
  event_payload: z.record(z.string(), z.unknown()),
});

function readMetadata(given: unknown): Message['metadata'] {
  if (given === undefined) return undefined;
  const parsed = metadata.safeParse(fromJson(given, 'invalid_metadata_format'));
  if (!parsed.success) throw new ApiError('invalid_metadata_schema');
  if (JSON.stringify(parsed.data).length > 8000) throw new ApiError('metadata_too_large');
  return parsed.data;
}

/** Where a message goes: a conversation, a user (their direct messages), or `#name`. */
function destination(context: Context, channel: string): Conversation {
  const { workspace } = context;
  const { botUserId } = workspace.app;
  const user = workspace.users.get(channel);
  if (user) {
    if (user.isBot) throw new ApiError('channel_not_found');
    return workspace.direct(user.id);
  }
  const name = channel.replace(/^#/, '');
  const byName = [...workspace.conversations.values()].find((one) => !one.directTo && one.name === name);
  const found = visible(context, byName?.id ?? channel);
  if (!found.members.includes(botUserId) && !context.botScopes.has('chat:write.public'))
    throw new ApiError('not_in_channel');
  return found;
}

function threadOf(context: Context, channel: string, ts: string | undefined): string | undefined {
  if (ts === undefined) return undefined;
  const parent = context.workspace.message(channel, ts);
  if (!parent) throw new ApiError('thread_not_found');
  // A reply to a reply joins the thread that the latter is in.
  return parent.threadTs ?? parent.ts;
}

function own(context: Context, channel: string, ts: string, refusal: string): Message {
  const found = context.workspace.message(visible(context, channel).id, ts);
  if (!found) throw new ApiError('message_not_found');
  if (found.botId !== context.workspace.app.botId) throw new ApiError(refusal);
  return found;
}

export const chat = {
  'chat.postMessage': method({
    token: 'bot',
    scopes: ['chat:write'],
    tier: 'post',
    args: z.strictObject({
      ...content,
      ...looks,
      thread_ts: id.optional(),
      reply_broadcast: flag.optional(),
      mrkdwn: flag.optional(),
      unfurl_links: flag.optional(),
      unfurl_media: flag.optional(),
      metadata: json.optional(),
    }),
    limitBy: (args) => args.channel,
    run: (context, args) => {
      const { workspace } = context;
      if (args.username ?? args.icon_emoji ?? args.icon_url) needScope(context, 'chat:write.customize');
      const to = destination(context, args.channel);
      const found = checkContent(args, 40_000);
      const threadTs = threadOf(context, to.id, args.thread_ts);
      const meta = readMetadata(args.metadata);
      const posted = workspace.post(to.id, {
        ...found,
        user: workspace.app.botUserId,
        botId: workspace.app.botId,
        ...(threadTs !== undefined && { threadTs, broadcast: args.reply_broadcast ?? false }),
        ...(meta && { metadata: meta }),
      });
      return { channel: to.id, ts: posted.ts, message: describeMessage(context, posted) };
    },
  }),

  'chat.update': method({
    token: 'bot',
    scopes: ['chat:write'],
    tier: 'tier3',
    args: z.strictObject({
      ...content,
      ts: id,
      reply_broadcast: flag.optional(),
      metadata: json.optional(),
    }),
    run: (context, args) => {
      const found = own(context, args.channel, args.ts, 'cant_update_message');
      const changed = checkContent(args, 4000);
      const meta = readMetadata(args.metadata);
      if (meta) found.metadata = meta;
      context.workspace.edit(found, changed.text, changed.blocks);
      return {
        channel: args.channel,
        ts: args.ts,
        text: changed.text,
        message: describeMessage(context, found),
      };
    },
  }),

  'chat.delete': method({
    token: 'bot',
    scopes: ['chat:write'],
    tier: 'tier3',
    args: z.strictObject({ channel: id, ts: id }),
    run: (context, args) => {
      context.workspace.remove(own(context, args.channel, args.ts, 'cant_delete_message'));
      return { channel: args.channel, ts: args.ts };
    },
  }),

  'chat.postEphemeral': method({
    token: 'bot',
    scopes: ['chat:write'],
    tier: 'tier4',
    args: z.strictObject({ ...content, ...looks, user: id, thread_ts: id.optional() }),
    run: (context, args) => {
      const { workspace } = context;
      if (args.username ?? args.icon_emoji ?? args.icon_url) needScope(context, 'chat:write.customize');
      const to = visible(context, args.channel);
      if (!to.members.includes(workspace.app.botUserId)) throw new ApiError('not_in_channel');
      if (!workspace.users.has(args.user)) throw new ApiError('user_not_found');
      if (!to.members.includes(args.user)) throw new ApiError('user_not_in_channel');
      const found = checkContent(args, 40_000);
      const shown = workspace.whisper({
        ...found,
        channel: to.id,
        user: args.user,
        from: 'app',
        ...(args.thread_ts !== undefined && { threadTs: args.thread_ts }),
      });
      return { message_ts: shown.ts };
    },
  }),

  'chat.getPermalink': method({
    token: 'bot',
    scopes: [],
    tier: 'none',
    args: z.strictObject({ channel: id, message_ts: id }),
    run: (context, args) => {
      const found = context.workspace.message(visible(context, args.channel).id, args.message_ts);
      if (!found) throw new ApiError('message_not_found');
      return { channel: args.channel, permalink: found.permalink };
    },
  }),
};
