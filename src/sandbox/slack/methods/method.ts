import { z } from 'zod';
import type { Block } from '../blocks/blocks.ts';
import { checkMessageBlocks } from '../blocks/surfaces.ts';
import type { Tier } from '../rate-limits.ts';
import type { ResponseUrls, Triggers } from '../tickets.ts';
import type { Views } from '../views.ts';
import type { Conversation, Message, Workspace } from '../workspace.ts';

/** Slack's way of saying no: HTTP 200 with `ok: false`. */
export class ApiError extends Error {
  readonly error: string;
  readonly messages: string[];
  readonly extra: Record<string, unknown>;

  constructor(error: string, messages: string[] = [], extra: Record<string, unknown> = {}) {
    super(error);
    this.name = 'ApiError';
    this.error = error;
    this.messages = messages;
    this.extra = extra;
  }
}

/** What methods work on. */
export interface Context {
  workspace: Workspace;
  views: Views;
  triggers: Triggers;
  responseUrls: ResponseUrls;
  botScopes: ReadonlySet<string>;
  /** A fresh address for Socket Mode. */
  socketAddress: () => string;
}

/** One method of the Web API. */
export interface Method<A extends z.ZodType = z.ZodType> {
  /** `bot` is xoxb-, `app` is xapp-. */
  token: 'bot' | 'app';
  /** Without all of them the call is refused with `missing_scope`. Scopes that depend on the arguments are asked
   *  for by `run`. */
  scopes: string[];
  tier: Tier;
  /** Unknown arguments are refused, which Slack does not do. */
  args: A;
  /** What the limit is counted by, apart from the method. */
  limitBy?: (args: z.output<A>) => string;
  run: (context: Context, args: z.output<A>) => Record<string, unknown>;
}

/** Keeps the type of the arguments between `args` and `run`. */
export function method<A extends z.ZodType>(definition: Method<A>): Method {
  return definition;
}

/** A form holds only strings: "true", "1", "false", "0". */
export const flag = z.preprocess(
  (given) => (given === 'true' || given === '1' ? true : given === 'false' || given === '0' ? false : given),
  z.boolean(),
);
export const count = z.preprocess(
  (given) => (typeof given === 'string' && /^\d+$/.test(given) ? Number(given) : given),
  z.int(),
);
/** Blocks, views and metadata come as JSON in a form and as they are in a JSON body. */
export const json = z.unknown();
export const id = z.string().min(1);

/** Reads a JSON argument; `error` is what Slack says of one that is no JSON. */
export function fromJson(given: unknown, error: string): unknown {
  if (typeof given !== 'string') return given;
  try {
    return JSON.parse(given) as unknown;
  } catch {
    throw new ApiError(error);
  }
}

export function needScope(context: Context, ...alternatives: string[]): void {
  if (alternatives.some((scope) => context.botScopes.has(scope))) return;
  throw new ApiError('missing_scope', [], {
    needed: alternatives.join(','),
    provided: [...context.botScopes].join(','),
  });
}

/** The text and blocks of a message, checked. `none` where a message has neither. */
export function checkContent(
  args: { text?: string | undefined; blocks?: unknown },
  mostText: number,
): { text: string; blocks: Block[] } {
  const text = args.text ?? '';
  if (text.length > mostText) throw new ApiError('msg_too_long');
  if (args.blocks === undefined) {
    if (text.trim() === '') throw new ApiError('no_text');
    return { text, blocks: [] };
  }
  const given = fromJson(args.blocks, 'invalid_blocks_format');
  if (!Array.isArray(given)) throw new ApiError('invalid_blocks_format');
  const checked = checkMessageBlocks(given);
  if (!checked.ok) throw new ApiError(checked.error, checked.messages);
  // Slack only warns; but screen readers and notifications have nothing else to go by.
  if (text.trim() === '')
    throw new ApiError('no_text', ['the top-level `text` is required beside `blocks` [json-pointer:/text]']);
  return { text, blocks: checked.value };
}

/** The conversation an id names, if the app may see it: `channel_not_found` otherwise. */
export function visible(context: Context, channel: string): Conversation {
  const { workspace } = context;
  const found = workspace.conversations.get(channel);
  if (!found || (found.isPrivate && !found.members.includes(workspace.app.botUserId)))
    throw new ApiError('channel_not_found');
  return found;
}

function editedTs(message: Message): string {
  return ((message.versions.at(-1)?.at.getTime() ?? 0) / 1000).toFixed(6);
}

/** The message as Slack describes it to the app. */
export function describeMessage(context: Context, message: Message): Record<string, unknown> {
  const { workspace } = context;
  const { app, team } = workspace;
  const replies = workspace
    .messages(message.channel)
    .filter((one) => one.threadTs === message.ts && one.ts !== message.ts);
  return {
    type: 'message',
    user: message.user,
    ts: message.ts,
    text: message.text,
    team: team.id,
    ...(message.blocks.length > 0 && { blocks: message.blocks }),
    ...(message.botId && {
      bot_id: message.botId,
      app_id: app.id,
      bot_profile: { id: app.botId, app_id: app.id, name: app.name, team_id: team.id, deleted: false },
    }),
    ...(message.threadTs && {
      thread_ts: message.threadTs,
      parent_user_id: workspace.message(message.channel, message.threadTs)?.user,
    }),
    ...(replies.length > 0 && {
      thread_ts: message.ts,
      reply_count: replies.length,
      reply_users: [...new Set(replies.map((one) => one.user))],
      latest_reply: replies.at(-1)?.ts,
    }),
    // Slack marks a change of text as edited, and a change of blocks not.
    ...(message.versions.length > 1 &&
      message.blocks.length === 0 && { edited: { user: message.user, ts: editedTs(message) } }),
  };
}
