import type { App, BlockButtonAction, SlashCommand } from '@slack/bolt';
import { buttonIds, linkIds, pageIds } from './messages/buttons.ts';
import { scheduleButtonIds } from './messages/schedule-buttons.ts';
import { groups, type Deed } from './deed.ts';
import type { Front } from './deps.ts';
import type { Homes } from './home/keep.ts';
import { listenForHomes } from './home/listen.ts';
import { notStored, type intake } from './intake.ts';
import { listenToModal, openHoldForm, openModal } from './modal/index.ts';
import { problemMessage } from './messages/problem.ts';
import type { Say } from './replies.ts';

/** What opens a form: these words behind `/refresh`, and no more. */
const forms = new Map([
  ['', openModal],
  ['hold', openHoldForm],
]);

const allButtons = [...buttonIds, ...linkIds, ...pageIds, ...scheduleButtonIds];

/**
 * Registers everything that the app hears, whatever receiver carries it. Each delivery is stored and acknowledged; what it
 * takes is done afterwards.
 */
export function listenersFor(
  front: Front,
  taking: Pick<ReturnType<typeof intake>, 'accept' | 'knows'>,
  say: Say,
  homes: Homes,
): (app: App) => void {
  return (app) => {
    listenForHomes(app, front, homes);
    listenToModal(app, front, taking);

    app.command(new RegExp(`^/(?:${groups.join('|')})$`), async ({ command, ack }) => {
      const deed = commandDeed(command);
      const form = deed.group === 'refresh' ? forms.get(deed.text.trim().toLowerCase()) : undefined;
      if (form !== undefined) {
        await ack();
        // Not through the inbox: a trigger lives three seconds, and a form that is not opened loses nothing.
        await form(front, { ...deed, triggerId: command.trigger_id });
        return;
      }
      const outcome = await taking.accept(command.trigger_id, deed);
      await (outcome === 'unsure' ? ack(problemMessage(notStored())) : ack());
    });

    app.action<BlockButtonAction>(
      { type: 'block_actions', action_id: new RegExp(`^(?:${allButtons.join('|')})$`) },
      async ({ body, action, ack }) => {
        if (action.type !== 'button') return ack();
        const deed = buttonDeed(body, action);
        const key = [
          deed.messageTs ?? body.view?.id ?? body.container.message_ts,
          action.action_id,
          deed.user,
          action.action_ts,
        ].join(' ');
        const outcome = await taking.accept(key, deed);
        await ack();
        if (outcome === 'unsure') await say(deed, problemMessage(notStored()));
      },
    );
  };
}

function commandDeed(command: SlashCommand): Extract<Deed, { kind: 'command' }> {
  const group = groups.find((one) => `/${one}` === command.command)!;
  return {
    kind: 'command',
    group,
    // Slack escapes what people typed.
    text: unescaped(command.text ?? ''),
    user: command.user_id,
    userName: command.user_name,
    channel: command.channel_id,
    teams: [command.team_id],
    responseUrl: command.response_url,
  };
}

function buttonDeed(
  body: BlockButtonAction,
  action: BlockButtonAction['actions'][number],
): Deed & { kind: 'button' } {
  const { container } = body;
  const ephemeral = container['is_ephemeral'] === true;
  return {
    kind: 'button',
    button: allButtons.find((id) => id === action.action_id)!,
    value: action.type === 'button' ? (action.value ?? '') : '',
    user: body.user.id,
    userName: body.user.name ?? body.user.username ?? body.user.id,
    channel: body.channel?.id ?? '',
    teams: [body.team?.id, body.user.team_id].filter((team) => team !== undefined),
    ...(ephemeral || body.message === undefined ? {} : { messageTs: body.message.ts }),
    ...(body.response_url === undefined ? {} : { responseUrl: body.response_url }),
  };
}

function unescaped(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
