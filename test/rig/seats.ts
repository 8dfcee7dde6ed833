import { channels, type Player } from '../../src/sandbox/cast.ts';
import type { Ephemeral, Message } from '../../src/sandbox/slack/workspace.ts';
import type { View } from '../../src/sandbox/slack/views.ts';
import type { Rig } from './rig.ts';

/** What a moment's work of the bot may take on a machine that does much else. */
const seenMs = 60_000;
/** A width at which no sentence is broken into lines. */
const unbroken = 4000;

export type Seats = ReturnType<typeof seatsOf>;

/** What people see in Slack and Jira, once it reads so. */
export function seatsOf(rig: Rig) {
  const { slack, jira } = rig.sandbox;
  const read = (one: Message | Ephemeral | View) => {
    const shown = 'content' in one ? { text: '', blocks: one.content.blocks } : one;
    return `${shown.text}\n${slack.renderText(shown, { width: unbroken })}`;
  };
  async function toldOf(player: Player, words: RegExp, deed: () => Promise<unknown>): Promise<string> {
    const since = rig.stage.whispers(player);
    await deed();
    const answer = await slack.waitFor(
      () =>
        slack
          .ephemerals(player.slack)
          .slice(since)
          .find((one) => words.test(read(one))),
      seenMs,
      `${player.name} to be told ${String(words)}`,
    );
    return read(answer);
  }
  const found = (messages: readonly Message[], words: RegExp) =>
    messages.findLast((one) => words.test(read(one)));

  return {
    read,

    /** Does something, and answers what only this player reads of it. */
    toldOf,

    /** Types a line, and answers what only this player reads of it. */
    told: (player: Player, line: string, words: RegExp) =>
      toldOf(player, words, () => {
        const [command = '', ...rest] = line.split(' ');
        return slack.command(player.slack, channels.refreshes, rest.join(' '), { command });
      }),

    /** A line below a card. */
    inThread: (card: Message, words: RegExp) =>
      slack.waitFor(() => found(slack.thread(card), words), seenMs, `the thread to read ${String(words)}`),

    /** A message of its own in a channel. */
    inChannel: (words: RegExp, channel = channels.refreshes) =>
      slack.waitFor(
        () => found(slack.messages(channel), words),
        seenMs,
        `the channel to read ${String(words)}`,
      ),

    /** A direct message of the bot. */
    direct: (player: Player, words: RegExp) =>
      slack.waitFor(
        () => found(slack.directMessages(player.slack), words),
        seenMs,
        `${player.name} to be written ${String(words)}`,
      ),

    /** A form that somebody has open. */
    form: (player: Player, words: RegExp) =>
      slack.waitFor(
        () => {
          const view = slack.view(player.slack);
          return view !== undefined && words.test(read(view)) ? view : undefined;
        },
        seenMs,
        `the form of ${player.name} to read ${String(words)}`,
      ),

    /** A comment on an issue. */
    comment: (key: string, words: RegExp) =>
      jira.waitFor((now) => now.issue(key).comments.find(({ text }) => words.test(text)), seenMs),
  };
}
