import type { App } from '@slack/bolt';
import type { Homes } from './keep.ts';

/** Registers what the app hears of Homes. Bolt has acknowledged an event before it is heard here, so nothing waits for the drawing. */
export function listenForHomes(app: App, homes: Homes): void {
  app.event('app_home_opened', async ({ event, body }) => {
    if (event.tab !== 'home') return;
    const hash = hashOf(event.view);
    await homes.visited({
      user: event.user,
      teams: [body.team_id],
      ...(hash === undefined ? {} : { hash }),
    });
  });
}

/** Bolt's types leave out what Slack sends. */
function hashOf(view: object | undefined): string | undefined {
  return view !== undefined && 'hash' in view && typeof view.hash === 'string' ? view.hash : undefined;
}
