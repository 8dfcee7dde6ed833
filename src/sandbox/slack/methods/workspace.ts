import { z } from 'zod';
import type { SlackUser } from '../options.ts';
import type { Conversation } from '../workspace.ts';
import { page } from './history.ts';
import { ApiError, type Context, count, flag, id, method, needScope } from './method.ts';

/** auth, apps, users and conversations. */

function describeUser(context: Context, user: SlackUser): Record<string, unknown> {
  const { workspace } = context;
  const timeZone = user.timeZone ?? 'Europe/London';
  return {
    id: user.id,
    team_id: workspace.team.id,
    name: user.name,
    real_name: user.realName,
    deleted: false,
    tz: timeZone,
    is_bot: user.isBot ?? false,
    is_app_user: false,
    profile: {
      real_name: user.realName,
      display_name: user.name,
      title: user.title ?? '',
      team: workspace.team.id,
      ...(context.botScopes.has('users:read.email') && user.email !== undefined && { email: user.email }),
    },
  };
}

function readScope(conversation: Conversation): string {
  if (conversation.directTo) return 'im:read';
  return conversation.isPrivate ? 'groups:read' : 'channels:read';
}

function describeConversation(context: Context, one: Conversation): Record<string, unknown> {
  if (one.directTo)
    return { id: one.id, is_im: true, is_channel: false, user: one.directTo, is_archived: false };
  return {
    id: one.id,
    name: one.name,
    is_channel: !one.isPrivate,
    is_group: one.isPrivate ?? false,
    is_im: false,
    is_mpim: false,
    is_private: one.isPrivate ?? false,
    is_archived: false,
    is_member: one.members.includes(context.workspace.app.botUserId),
  };
}

function known(context: Context, channel: string): Conversation {
  const found = context.workspace.conversations.get(channel);
  if (!found) throw new ApiError('channel_not_found');
  needScope(context, readScope(found));
  if (found.isPrivate && !found.members.includes(context.workspace.app.botUserId))
    throw new ApiError('channel_not_found');
  return found;
}

const types = ['public_channel', 'private_channel', 'mpim', 'im'] as const;

export const general = {
  'auth.test': method({
    token: 'bot',
    scopes: [],
    tier: 'none',
    args: z.strictObject({}),
    run: ({ workspace: { team, app } }) => ({
      url: `https://${team.domain}.slack.com/`,
      team: team.name,
      user: app.name.toLowerCase(),
      team_id: team.id,
      user_id: app.botUserId,
      bot_id: app.botId,
      is_enterprise_install: false,
    }),
  }),

  'apps.connections.open': method({
    token: 'app',
    scopes: ['connections:write'],
    tier: 'none',
    args: z.strictObject({}),
    run: (context) => ({ url: context.socketAddress() }),
  }),

  'users.info': method({
    token: 'bot',
    scopes: ['users:read'],
    tier: 'tier4',
    args: z.strictObject({ user: id, include_locale: flag.optional() }),
    run: (context, args) => {
      const user = context.workspace.users.get(args.user);
      if (!user) throw new ApiError('user_not_found');
      return { user: describeUser(context, user) };
    },
  }),

  'conversations.open': method({
    token: 'bot',
    scopes: [],
    tier: 'tier3',
    args: z.strictObject({
      users: id.optional(),
      channel: id.optional(),
      return_im: flag.optional(),
      prevent_creation: flag.optional(),
    }),
    run: (context, args) => {
      const { workspace } = context;
      needScope(context, 'im:write');
      const named = args.users ?? workspace.conversations.get(args.channel ?? '')?.directTo;
      if (named === undefined) throw new ApiError(args.channel ? 'channel_not_found' : 'no_users_supplied');
      // Group conversations are not in the stand-in.
      if (named.includes(',')) throw new ApiError('too_many_users');
      const user = workspace.users.get(named);
      if (!user) throw new ApiError('user_not_found');
      if (user.isBot) throw new ApiError('cannot_dm_bot');
      const { id: channel } = workspace.direct(named);
      return { channel: args.return_im ? { id: channel, user: named, is_im: true } : { id: channel } };
    },
  }),

  'conversations.info': method({
    token: 'bot',
    scopes: [],
    tier: 'tier3',
    args: z.strictObject({
      channel: id,
      include_locale: flag.optional(),
      include_num_members: flag.optional(),
    }),
    run: (context, args) => {
      const found = known(context, args.channel);
      return {
        channel: {
          ...describeConversation(context, found),
          ...(args.include_num_members && { num_members: found.members.length }),
        },
      };
    },
  }),

  'conversations.members': method({
    token: 'bot',
    scopes: [],
    tier: 'tier4',
    args: z.strictObject({ channel: id, cursor: z.string().optional(), limit: count.optional() }),
    run: (context, args) => {
      const { items, next } = page(known(context, args.channel).members, args);
      return { members: items, response_metadata: { next_cursor: next } };
    },
  }),

  'conversations.list': method({
    token: 'bot',
    scopes: [],
    tier: 'tier2',
    args: z.strictObject({
      types: z
        .string()
        .optional()
        .transform((given) => (given ?? 'public_channel').split(','))
        .pipe(z.array(z.enum(types))),
      exclude_archived: flag.optional(),
      cursor: z.string().optional(),
      limit: count.optional(),
    }),
    run: (context, args) => {
      const scopes = {
        public_channel: 'channels:read',
        private_channel: 'groups:read',
        mpim: 'mpim:read',
        im: 'im:read',
      };
      for (const type of args.types) needScope(context, scopes[type]);
      const wanted = new Set<string>(args.types.map((type) => scopes[type]));
      const bot = context.workspace.app.botUserId;
      const all = [...context.workspace.conversations.values()].filter(
        (one) => wanted.has(readScope(one)) && (!one.isPrivate || one.members.includes(bot)),
      );
      const { items, next } = page(all, args);
      return {
        channels: items.map((one) => describeConversation(context, one)),
        response_metadata: { next_cursor: next },
      };
    },
  }),
};
