import type { View } from '../../../../../src/sandbox/slack/views.ts';
import type { Stage } from '../stage.ts';

/** What somebody's Home says; nothing where there is none. */
export function homeOf(stage: Stage, who: string): string {
  const home = stage.slack.home(who);
  return home === undefined ? '' : stage.read({ text: '', blocks: home.content.blocks });
}

/** Resolves when somebody's Home reads so. */
export function homeReads(stage: Stage, who: string, words: RegExp): Promise<View> {
  return stage.slack.waitFor(
    () => (words.test(homeOf(stage, who)) ? stage.slack.home(who) : undefined),
    20_000,
    `the Home of ${who} to read ${String(words)}; it reads\n${homeOf(stage, who)}\n`,
  );
}

/** How often Slack was given a Home of theirs. */
export function published(stage: Stage, who: string): number {
  return stage.slack
    .calls()
    .filter(({ method, ok, args }) => method === 'views.publish' && ok && args['user_id'] === who).length;
}
