import { createHash } from 'node:crypto';
import { describeMessage, type Context } from './methods/method.ts';
import type { SlackUser } from './options.ts';
import type { View } from './views.ts';
import type { Conversation, Ephemeral, Message } from './workspace.ts';

/** The payloads that Slack sends to the app, in Slack's own shapes. */

/** Where somebody acts: a message everybody sees, one that only they see, or a view. */
export type Place =
  | { kind: 'message'; message: Message }
  | { kind: 'ephemeral'; message: Ephemeral }
  | { kind: 'view'; view: View };

/** The deprecated verification token, made up from the app's id. */
export function verificationToken(appId: string): string {
  return createHash('sha256').update(`verification ${appId}`).digest('base64url').slice(0, 24);
}

function channelName(conversation: Conversation): string {
  return conversation.directTo
    ? 'directmessage'
    : conversation.isPrivate
      ? 'privategroup'
      : conversation.name;
}

/** What every interaction carries. */
function common(context: Context, user: SlackUser): Record<string, unknown> {
  const { team, app } = context.workspace;
  return {
    team: { id: team.id, domain: team.domain },
    user: { id: user.id, username: user.name, name: user.name, team_id: user.teamId ?? team.id },
    api_app_id: app.id,
    token: verificationToken(app.id),
    enterprise: null,
    is_enterprise_install: false,
  };
}

/** The part that says where it happened. Ephemeral messages are not sent along. */
function where(context: Context, place: Place): Record<string, unknown> {
  if (place.kind === 'view')
    return {
      container: { type: 'view', view_id: place.view.id },
      view: context.views.describe(place.view),
    };
  const { message } = place;
  const conversation = context.workspace.conversations.get(message.channel);
  return {
    container: {
      type: 'message',
      message_ts: message.ts,
      channel_id: message.channel,
      is_ephemeral: place.kind === 'ephemeral',
      ...(message.threadTs !== undefined && { thread_ts: message.threadTs }),
    },
    ...(conversation && { channel: { id: conversation.id, name: channelName(conversation) } }),
    ...(place.kind === 'message' && { message: describeMessage(context, place.message) }),
  };
}

export function slashCommand(
  context: Context,
  user: SlackUser,
  conversation: Conversation,
  said: { command: string; text: string },
): Record<string, unknown> {
  const { team, app } = context.workspace;
  return {
    token: verificationToken(app.id),
    team_id: user.teamId ?? team.id,
    team_domain: team.domain,
    channel_id: conversation.id,
    channel_name: channelName(conversation),
    user_id: user.id,
    user_name: user.name,
    command: said.command,
    text: said.text,
    api_app_id: app.id,
    is_enterprise_install: 'false',
    response_url: context.responseUrls.issue('commands', { channel: conversation.id, user: user.id }),
    trigger_id: context.triggers.issue({ user: user.id }),
  };
}

export function blockActions(
  context: Context,
  user: SlackUser,
  place: Place,
  action: Record<string, unknown>,
  values: unknown,
): Record<string, unknown> {
  return {
    type: 'block_actions',
    ...common(context, user),
    ...where(context, place),
    trigger_id: context.triggers.issue({
      user: user.id,
      ...(place.kind === 'view' && { viewId: place.view.id }),
    }),
    ...(place.kind !== 'view' && {
      state: { values },
      response_url: context.responseUrls.issue('actions', {
        channel: place.message.channel,
        user: user.id,
        source: {
          ts: place.message.ts,
          ephemeral: place.kind === 'ephemeral',
          ...(place.message.threadTs !== undefined && { threadTs: place.message.threadTs }),
        },
      }),
    }),
    actions: [{ ...action, action_ts: context.workspace.nextTs() }],
  };
}

export function blockSuggestion(
  context: Context,
  user: SlackUser,
  place: Place,
  asked: { action_id: string; block_id: string; value: string },
): Record<string, unknown> {
  return { type: 'block_suggestion', ...common(context, user), ...where(context, place), ...asked };
}

export function viewSubmission(context: Context, user: SlackUser, view: View): Record<string, unknown> {
  return {
    type: 'view_submission',
    ...common(context, user),
    trigger_id: context.triggers.issue({ user: user.id, viewId: view.id }),
    view: context.views.describe(view),
    response_urls: [],
  };
}

export function viewClosed(
  context: Context,
  user: SlackUser,
  view: View,
  isCleared: boolean,
): Record<string, unknown> {
  return {
    type: 'view_closed',
    ...common(context, user),
    view: context.views.describe(view),
    is_cleared: isCleared,
  };
}

/** The wrapping of an event; `eventId` is the same on every retry. */
export function eventCallback(context: Context, event: Record<string, unknown>): Record<string, unknown> {
  const { team, app, nextTs } = context.workspace;
  const ts = nextTs();
  return {
    token: verificationToken(app.id),
    team_id: team.id,
    api_app_id: app.id,
    event: { ...event, event_ts: ts },
    type: 'event_callback',
    event_id: `Ev${createHash('sha256').update(ts).digest('hex').slice(0, 9).toUpperCase()}`,
    event_time: Math.floor(Number(ts)),
    authorizations: [
      {
        enterprise_id: null,
        team_id: team.id,
        user_id: app.botUserId,
        is_bot: true,
        is_enterprise_install: false,
      },
    ],
    is_ext_shared_channel: false,
  };
}
