import type { App, BlockButtonAction } from '@slack/bolt';
import type { Front } from '../deps.ts';
import { openModal } from '../modal/index.ts';
import { anyEnvironment, refreshButtonId } from './environments.ts';
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

  app.action<BlockButtonAction>(
    { type: 'block_actions', action_id: refreshButtonId },
    async ({ body, action, ack }) => {
      await ack();
      if (action.type !== 'button') return;
      const { value } = action;
      await openModal(front, {
        triggerId: body.trigger_id,
        user: body.user.id,
        teams: [body.team?.id, body.user.team_id].filter((team) => team !== undefined),
        channel: '',
        ...(value === undefined || value === anyEnvironment ? {} : { preset: value }),
      });
    },
  );
}

/** Bolt's types leave out what Slack sends. */
function hashOf(view: object | undefined): string | undefined {
  return view !== undefined && 'hash' in view && typeof view.hash === 'string' ? view.hash : undefined;
}
