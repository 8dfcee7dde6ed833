import { computed, effect, signal } from '@preact/signals';
import type { Conversation, Message, SlackState } from '../../slack/state.ts';
import { shownMessage } from '../go.ts';
import { parts } from '../live.ts';
import { me } from '../me.ts';

/** Where the reader is in Slack's pane: each person has their own place and their own marks of what they have read. */

export type Place = { conversation: string; tab: 'messages' | 'home'; thread?: string };

const places = signal<Readonly<Record<string, Place>>>({});

/** Ts of the last message seen, by person and conversation. */
const read = signal<Readonly<Record<string, string>>>(stored());

/** Ephemeral messages that were dismissed. */
export const dismissed = signal<ReadonlySet<string>>(new Set());

/** The message to bring before the reader's eyes. */
export const sought = signal<{ channel: string; ts: string } | undefined>();

export const place = computed((): Place | undefined => {
  const state = parts.slack.value;
  if (!state) return undefined;
  const chosen = places.value[me.value];
  const known = state.conversations.find(({ id }) => id === chosen?.conversation);
  if (chosen && known) return chosen;
  const first = state.conversations[0];
  return first && { conversation: first.id, tab: 'messages' };
});

export const conversation = computed((): Conversation | undefined =>
  parts.slack.value?.conversations.find(({ id }) => id === place.value?.conversation),
);

export function go(to: Place): void {
  places.value = { ...places.value, [me.peek()]: to };
}

/** What had the focus when the thread was opened: it goes back there. */
export const threadOpener: { current: Element | null } = { current: null };

export function openThread(message: Pick<Message, 'channel' | 'ts' | 'threadTs'>): void {
  threadOpener.current = document.activeElement;
  go({ conversation: message.channel, tab: 'messages', thread: message.threadTs ?? message.ts });
}

export function closeThread(): void {
  const now = place.peek();
  if (now) go({ conversation: now.conversation, tab: now.tab });
}

/** What stands in the channel itself: no replies, but those that were sent there as well. */
export function topLevel(of: Conversation): Message[] {
  return of.messages.filter(
    (one) =>
      (one.threadTs === undefined || one.threadTs === one.ts || one.broadcast) &&
      !dismissed.value.has(one.ts),
  );
}

export function repliesTo(of: Conversation, ts: string): Message[] {
  return of.messages.filter((one) => one.threadTs === ts && one.ts !== ts && !dismissed.value.has(one.ts));
}

/** How many messages of others came since the reader was last there. */
export function unread(state: SlackState, of: Conversation): number {
  const last = Number(read.value[`${state.me} ${of.id}`] ?? 0);
  return topLevel(of).filter((one) => Number(one.ts) > last && one.user !== state.me).length;
}

export function markRead(state: SlackState, of: Conversation): void {
  const newest = of.messages.at(-1)?.ts;
  const key = `${state.me} ${of.id}`;
  if (newest === undefined || read.peek()[key] === newest) return;
  read.value = { ...read.peek(), [key]: newest };
  sessionStorage.setItem('slack-read', JSON.stringify(read.value));
}

function stored(): Record<string, string> {
  try {
    return JSON.parse(sessionStorage.getItem('slack-read') ?? '{}') as Record<string, string>;
  } catch {
    return {};
  }
}

/** Goes where another pane asks for. */
effect(() => {
  const wanted = shownMessage.value;
  if (!wanted) return;
  const { channel, ts, threadTs } = wanted;
  go({ conversation: channel, tab: 'messages', ...(threadTs !== undefined && { thread: threadTs }) });
  sought.value = { channel, ts };
});
