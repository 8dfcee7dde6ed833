import type { App, BlockButtonAction } from '@slack/bolt';
import type { Front } from '../deps.ts';
import { openHoldForm, openModal } from '../modal/index.ts';
import { anyEnvironment, holdButtonId, refreshButtonId } from './environments.ts';
import type { Homes } from './keep.ts';

/**
 * Registers what the app hears of Homes, besides the buttons that they share with cards. Bolt has acknowledged an event before it is heard here, so
 * nothing waits for the drawing.
 */
export function listenForHomes(app: App, front: Front, homes: Homes): void {
  app.event('app_home_opened', async ({ event, body }) => {
    if (event.tab !== 'home') return;
    const hash = hashOf(event.view);
    await homes.visited({
      user: event.user,
      teams: [body.team_id],
      ...(hash === undefined ? {} : { hash }),
    });
  });

  const opens = (buttonId: string, open: typeof openModal) => {
    app.action<BlockButtonAction>({ type: 'block_actions', action_id: buttonId }, async (pressed) => {
      const { body, action, ack } = pressed;
      await ack();
      if (action.type !== 'button') return;
      const { value } = action;
      await open(front, {
        triggerId: body.trigger_id,
        user: body.user.id,
        teams: [body.team?.id, body.user.team_id].filter((team) => team !== undefined),
        channel: '',
        ...(value === undefined || value === anyEnvironment ? {} : { preset: value }),
      });
    });
  };
  opens(refreshButtonId, openModal);
  opens(holdButtonId, openHoldForm);
}

/** Bolt's types leave out what Slack sends. */
function hashOf(view: object | undefined): string | undefined {
  return view !== undefined && 'hash' in view && typeof view.hash === 'string' ? view.hash : undefined;
}
