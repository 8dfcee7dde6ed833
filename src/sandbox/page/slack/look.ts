import type { Block } from '../../slack/blocks/blocks.ts';
import { interactives } from '../../slack/blocks/surfaces.ts';
import { isView, type Pick, type Target } from '../../slack/screen.ts';
import { initialValues } from '../../slack/state-values.ts';
import type { SlackStandIn } from '../../slack/slack.ts';
import type { View } from '../../slack/views.ts';
import type { Ephemeral, Message as Posted } from '../../slack/workspace.ts';
import { Refusal } from '../parts.ts';
import type { Conversation, Message, OpenView, SlackState, Words } from './state.ts';

/** How many messages of a conversation the page shows. */
const shownMessages = 200;

/** What a person has on their screen, read from the stand-in. */
export function look(slack: SlackStandIn, me: string, words: Words): SlackState {
  const home = slack.home(me);
  const whispers = slack.ephemerals(me);
  return {
    team: slack.team.name,
    app: { name: slack.app.name, botUserId: slack.app.botUserId },
    me,
    users: slack.users().map((user) => ({
      id: user.id,
      handle: user.name,
      name: user.realName,
      ...(user.title !== undefined && { title: user.title }),
      isApp: user.id === slack.app.botUserId,
    })),
    conversations: conversations(slack, me, whispers),
    ...(home && { home: openView(home) }),
    views: slack.views(me).map(openView),
    notices: slack
      .notices()
      .map((one, number) => ({ ...one, number }))
      // A command that failed is told by Slackbot in the channel.
      .filter((one) => one.user === me && !one.deed.startsWith('/'))
      .map(({ number, at, deed, error, messages }) => ({
        number,
        at: at.toISOString(),
        text: `"${deed}" failed with the error "${error}"${messages.length > 0 ? `: ${messages.join('; ')}` : ''}`,
      })),
    words,
  };
}

function conversations(
  slack: SlackStandIn,
  me: string,
  whispers: readonly Ephemeral[],
): readonly Conversation[] {
  // Opened by being looked at, so that everybody has a place to read what the app tells them.
  const direct = slack.channel('@app', me);
  const channels = slack
    .channels()
    .filter((one) => one.directTo === undefined && one.members.includes(me))
    .toSorted((a, b) => a.name.localeCompare(b.name));
  return [...channels, direct].map((one) => {
    const all = [
      ...slack.messages(one.id).map((message) => posted(slack, me, message)),
      ...whispers.filter(({ channel }) => channel === one.id).map((message) => whispered(slack, me, message)),
    ].toSorted((a, b) => Number(a.ts) - Number(b.ts));
    return {
      id: one.id,
      kind:
        one === direct ? ('direct' as const) : one.isPrivate ? ('private' as const) : ('channel' as const),
      name: one === direct ? slack.app.name : one.name,
      members: one.members.length,
      messages: all.slice(-shownMessages),
      earlier: Math.max(0, all.length - shownMessages),
    };
  });
}

function common(slack: SlackStandIn, me: string, message: Posted | Ephemeral) {
  const { ts, channel, text, blocks } = message;
  return {
    ts,
    channel,
    ...(message.threadTs !== undefined && { threadTs: message.threadTs }),
    text,
    blocks,
    values: Object.keys(initialValues(blocks)).length === 0 ? {} : slack.values(me, message),
    // As Slack does: a change of text is marked, one of blocks is not.
    edited: message.versions.length > 1 && blocks.length === 0,
  };
}

function posted(slack: SlackStandIn, me: string, message: Posted): Message {
  return { ...common(slack, me, message), user: message.user, broadcast: message.broadcast };
}

function whispered(slack: SlackStandIn, me: string, message: Ephemeral): Message {
  return {
    ...common(slack, me, message),
    user: slack.app.botUserId,
    ephemeral: message.from,
    broadcast: false,
  };
}

function openView(view: View): OpenView {
  const { content } = view;
  const modal = content.type === 'modal' ? content : undefined;
  return {
    id: view.id,
    hash: view.hash,
    title: modal?.title.text ?? 'Home',
    ...(modal?.submit && { submit: modal.submit }),
    ...(modal?.close && { close: modal.close }),
    blocks: content.blocks,
    values: view.values,
    errors: view.errors,
  };
}

/** The message that a person sees there. Throws where they see none. */
export function seenMessage(
  slack: SlackStandIn,
  me: string,
  channel: string,
  ts: string,
): Posted | Ephemeral {
  const found =
    slack.ephemerals(me).find((one) => one.channel === channel && one.ts === ts) ??
    (slack.channel(channel).members.includes(me)
      ? slack.messages(channel).find((one) => one.ts === ts)
      : undefined);
  if (!found) throw new Refusal('That message is not there any more.');
  return found;
}

/** The view that a person has open. Throws where it is closed. */
export function seenView(slack: SlackStandIn, me: string, id: string): View {
  const found = [...slack.views(me), slack.home(me)].find((view) => view?.id === id);
  if (!found) throw new Refusal('That window is closed.');
  return found;
}

/** Which element somebody acted on: the app may have changed the message or view in the moment before, and Slack gives
 *  what has no id of its own another one then. A message's older version goes to the app as it was seen. */
export function asSeen(target: Target, { blockId, actionId }: { blockId: string; actionId: string }): Pick {
  const has = (blocks: readonly Block[]) =>
    blocks.some(
      (block) =>
        block.block_id === blockId &&
        interactives(block).some(({ element }) => element.action_id === actionId),
    );
  if (isView(target)) return has(target.content.blocks) ? { blockId } : {};
  if (has(target.blocks)) return { blockId };
  const version = target.versions.findLastIndex((one) => has(one.blocks));
  return version < 0 ? { blockId } : { blockId, version };
}
