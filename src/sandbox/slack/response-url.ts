import { z } from 'zod';
import { refusals } from './blocks/refusal.ts';
import { ApiError, checkContent, type Context, json } from './methods/method.ts';
import type { Origin } from './tickets.ts';
import type { Ephemeral, Message } from './workspace.ts';

/** What may be posted to a response_url, and what an acknowledgement of a command may hold. */
const response = z.strictObject({
  text: z.string().optional(),
  blocks: json.optional(),
  response_type: z.enum(['ephemeral', 'in_channel']).optional(),
  replace_original: z.boolean().optional(),
  delete_original: z.boolean().optional(),
  thread_ts: z.string().optional(),
  mrkdwn: z.boolean().optional(),
  unfurl_links: z.boolean().optional(),
  unfurl_media: z.boolean().optional(),
});

function original(context: Context, origin: Origin): Message | Ephemeral | undefined {
  const { workspace } = context;
  const { source, channel, user } = origin;
  if (!source) return undefined;
  if (!source.ephemeral) return workspace.message(channel, source.ts);
  return workspace.ephemerals().find((one) => one.ts === source.ts && one.user === user);
}

/** Carries out a response: a message that only the user sees, one in the channel, or a change of the message that
 *  was acted on. Works in channels that the app is not in. Throws ApiError for what Slack refuses. */
export function respond(context: Context, origin: Origin, given: unknown): void {
  const { workspace } = context;
  const parsed = response.safeParse(given);
  if (!parsed.success) throw new ApiError('invalid_payload', refusals(parsed.error, given, ''));
  const wanted = parsed.data;
  if (wanted.delete_original || wanted.replace_original) {
    const found = original(context, origin);
    if (!found) throw new ApiError('message_not_found');
    if (wanted.delete_original) {
      workspace.remove(found);
      return;
    }
    const { text, blocks } = checkContent(wanted, 40_000);
    workspace.edit(found, text, blocks);
    return;
  }
  const content = checkContent(wanted, 40_000);
  const { app } = workspace;
  if (wanted.response_type === 'in_channel') {
    workspace.post(origin.channel, {
      ...content,
      user: app.botUserId,
      botId: app.botId,
      ...(wanted.thread_ts !== undefined && { threadTs: wanted.thread_ts }),
    });
    return;
  }
  workspace.whisper({
    ...content,
    channel: origin.channel,
    user: origin.user,
    from: 'app',
    ...(wanted.thread_ts !== undefined && { threadTs: wanted.thread_ts }),
  });
}
