import { z } from 'zod';
import type { Player } from '../../cast.ts';
import type { Choice } from '../../slack/blocks/values.ts';
import type { SlackStandIn } from '../../slack/slack.ts';
import { deed, Refusal, type Deed } from '../parts.ts';
import { asSeen, seenMessage, seenView } from './look.ts';

const id = z.string().min(1).max(255);
const place = z.union([z.strictObject({ channel: id, ts: id }), z.strictObject({ view: id })]);
const choice: z.ZodType<Choice> = z.union([z.string(), z.array(z.string()), z.null()]);
const picked = { blockId: id, actionId: id };
/** Text that was typed and has not been sent yet. */
const typed = z.array(z.strictObject({ ...picked, value: choice })).default([]);

/** Slack gives the app what was typed with the three signs of its markup escaped. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function withLinks(text: string): string {
  return text.replaceAll(/https?:\/\/[^\s<>|]*[^\s<>|.,;:!?)'"]/g, (url) => `<${url}>`);
}

/** What people do in Slack's pane, by way of the stand-in: it refuses what Slack's screen would not let them do. */
export function slackDeeds(slack: SlackStandIn): Readonly<Record<string, Deed>> {
  function target(me: string, at: z.infer<typeof place>) {
    return 'view' in at ? seenView(slack, me, at.view) : seenMessage(slack, me, at.channel, at.ts);
  }
  function fill(me: string, view: string, values: z.infer<typeof typed>) {
    const seen = seenView(slack, me, view);
    for (const { blockId, actionId, value } of values)
      slack.fill(me, seen, { [actionId]: value }, { blockId });
    return seen;
  }
  function acting<T>(schema: z.ZodType<T>, work: (me: string, input: T) => unknown): Deed {
    return deed(schema, async ({ slack: me }: Player, input) => {
      try {
        return await work(me, input);
      } catch (error) {
        throw plain(error);
      }
    });
  }

  return {
    /** A slash command, or a message. Resolves when the app has acknowledged it, or the time for that is over. */
    send: acting(
      z.strictObject({ channel: id, text: z.string().trim().min(1).max(12_000), threadTs: id.optional() }),
      async (me, { channel, text, threadTs }) => {
        const slash = /^(\/[^\s/]*)(?:\s+(.*))?$/s.exec(text);
        if (!slash) {
          slack.say(me, channel, withLinks(escaped(text)), threadTs === undefined ? {} : { threadTs });
          return;
        }
        const [, command = '', words = ''] = slash;
        if (threadTs !== undefined) throw new Refusal(`${command} is not supported in threads.`);
        if (!slack.app.commands.includes(command)) {
          throw new Refusal(`${command} is not a valid command. There are ${slack.app.commands.join(', ')}.`);
        }
        await slack.command(me, channel, escaped(words), { command });
      },
    ),

    /** Presses a button, or chooses in a menu that tells the app at once. */
    act: acting(
      z.strictObject({
        place,
        ...picked,
        value: choice.optional(),
        confirm: z.literal(true).optional(),
        typed,
      }),
      async (me, input) => {
        if ('view' in input.place) fill(me, input.place.view, input.typed);
        const on = target(me, input.place);
        await slack.click(me, on, input.actionId, {
          ...asSeen(on, input),
          ...(input.value !== undefined && { value: input.value }),
          ...(input.confirm && { confirm: true }),
        });
      },
    ),

    /** Fills in inputs of which the app hears only at submission. */
    fill: acting(z.strictObject({ view: id, typed }), (me, input) => {
      fill(me, input.view, input.typed);
    }),

    /** What an external menu offers for what was typed into it. */
    options: acting(
      z.strictObject({ place, ...picked, query: z.string().max(1000) }),
      async (me, { place: at, actionId, blockId, query }) => {
        const { options, groups, delivery } = await slack.options(me, target(me, at), actionId, query, {
          blockId,
        });
        return { options, ...(groups && { groups }), failed: delivery.error !== undefined };
      },
    ),

    /** The submit button of the topmost view, with what was typed into it. */
    submit: acting(z.strictObject({ view: id, typed }), async (me, input) => {
      const { errors, delivery } = await slack.submit(me, fill(me, input.view, input.typed));
      if (delivery?.error) throw new Refusal('We had some trouble connecting. Try again?');
      return { errors };
    }),

    close: acting(
      z.strictObject({ view: id, all: z.boolean().default(false) }),
      async (me, { view, all }) => {
        await slack.closeView(me, seenView(slack, me, view), { all });
      },
    ),

    /** Opens the app's Home tab: the app is told, if it wants to be. */
    home: acting(z.strictObject({}), (me) => {
      slack.openHome(me);
    }),
  };
}

const ours = 'Slack stand-in: ';

/** The stand-in's own refusals are for people, too. */
function plain(error: unknown): unknown {
  if (!(error instanceof Error) || !error.message.startsWith(ours)) return error;
  return new Refusal(error.message.slice(ours.length));
}
