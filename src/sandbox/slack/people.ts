import type { Interactive } from './blocks/blocks.ts';
import type { Option } from './blocks/text.ts';
import type { Deliveries, Delivery } from './deliveries.ts';
import { ApiError, type Context } from './methods/method.ts';
import * as payloads from './payloads.ts';
import { respond } from './response-url.ts';
import { isView, type PressOptions, refuse, type Screen, type Target } from './screen.ts';
import { chosenValue, type Choice } from './state-values.ts';
import type { Conversation, Message } from './workspace.ts';

export function placeOf(target: Target): payloads.Place {
  if (isView(target)) return { kind: 'view', view: target };
  if ('from' in target) return { kind: 'ephemeral', message: target };
  return { kind: 'message', message: target };
}

function describeAction(element: Interactive, value: Choice, offered: Option[]): Record<string, unknown> {
  const dialog = 'confirm' in element ? element.confirm : undefined;
  const about = { action_id: element.action_id, type: element.type, ...(dialog && { confirm: dialog }) };
  if (element.type !== 'button') return { ...about, ...chosenValue(element, value, offered) };
  return {
    ...about,
    text: { emoji: true, ...element.text },
    ...(element.value !== undefined && { value: element.value }),
    ...(element.style && { style: element.style }),
  };
}

function kindOf(conversation: Conversation): 'im' | 'group' | 'channel' {
  return conversation.directTo ? 'im' : conversation.isPrivate ? 'group' : 'channel';
}
const messageEvents = { im: 'message.im', group: 'message.groups', channel: 'message.channels' };
const historyScopes = { im: 'im:history', group: 'groups:history', channel: 'channels:history' };

/** What people do in conversations. Each throws where Slack's screen would not let them, and otherwise resolves
 *  when the app has answered, or failed to. */
export function createPeople(context: Context, screen: Screen, deliveries: Deliveries) {
  const { workspace } = context;

  /** Types a slash command. The payload of the acknowledgement is shown as Slack shows it; without any within 3 s
   *  the user reads `failed with the error "operation_timeout"`. */
  async function command(
    ref: string,
    channelRef: string,
    text: string,
    { command: word }: { command: string },
  ): Promise<Delivery> {
    const who = screen.user(ref);
    const conversation = screen.channel(channelRef, who.id);
    screen.among(who, conversation);
    const { app } = workspace;
    if (!app.commands.includes(word) || !context.botScopes.has('commands'))
      refuse(`${word} is not a command of ${app.name}; it has ${app.commands.join(', ')}`);
    const payload = payloads.slashCommand(context, who, conversation, { command: word, text });
    const delivery = await deliveries.deliver('slash_commands', payload, true);
    const failed = (error: string, messages: string[] = []): void => {
      screen.notice(who, word, error, conversation.id, messages);
      workspace.whisper({
        channel: conversation.id,
        user: who.id,
        from: 'slackbot',
        text: `${word} failed with the error "${error}"`,
        blocks: [],
      });
    };
    if (delivery.error) failed(delivery.error);
    if (!delivery.response || Object.keys(delivery.response).length === 0) return delivery;
    try {
      respond(context, { channel: conversation.id, user: who.id }, delivery.response);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      failed('invalid_command_response', [error.error, ...error.messages]);
    }
    return delivery;
  }

  /** Presses a button, or chooses in a menu or picker, of a message or view. */
  async function click(
    ref: string,
    target: Target,
    actionId: string,
    options: PressOptions = {},
  ): Promise<Delivery> {
    const who = screen.user(ref);
    screen.sees(who, target);
    const { block, element } = screen.find(target, actionId, options);
    const dialog = screen.confirmDialog(target, actionId, options);
    if (dialog && options.confirm !== true)
      refuse(`"${actionId}" asks first: "${dialog.title.text}" - "${dialog.text.text}"; confirm it`);
    if (!dialog && options.confirm === true) refuse(`"${actionId}" asks for no confirmation`);
    if (block.type === 'input' && !block.dispatch_action)
      refuse(`"${actionId}" is an input without dispatch_action: fill it in and submit`);
    const value = options.value ?? null;
    const offered = screen.offers(who, actionId);
    const action = describeAction(element, value, offered);
    const values = screen.values(who, target);
    const slot = values[block.block_id ?? ''];
    if (slot && actionId in slot) slot[actionId] = chosenValue(element, value, offered);
    const payload = payloads.blockActions(
      context,
      who,
      placeOf(target),
      { ...action, block_id: block.block_id },
      values,
    );
    const delivery = await deliveries.deliver('interactive', payload, false);
    const where = isView(target) ? undefined : target.channel;
    if (delivery.error) screen.notice(who, actionId, delivery.error, where);
    return delivery;
  }

  /** Writes a message. The app hears of it where it is subscribed, may read and is in the conversation. */
  function say(
    ref: string,
    channelRef: string,
    text: string,
    { threadTs }: { threadTs?: string } = {},
  ): Message {
    const who = screen.user(ref);
    const conversation = screen.channel(channelRef, who.id);
    screen.among(who, conversation);
    const posted = workspace.post(conversation.id, {
      user: who.id,
      text,
      blocks: [],
      ...(threadTs !== undefined && { threadTs }),
    });
    const kind = kindOf(conversation);
    const heard =
      workspace.app.events.includes(messageEvents[kind]) &&
      context.botScopes.has(historyScopes[kind]) &&
      conversation.members.includes(workspace.app.botUserId);
    if (heard)
      deliveries.deliverEvent(
        payloads.eventCallback(context, {
          type: 'message',
          channel: conversation.id,
          channel_type: kind,
          user: who.id,
          text,
          ts: posted.ts,
          ...(threadTs !== undefined && { thread_ts: threadTs }),
        }),
      );
    return posted;
  }

  return { command, click, say };
}
