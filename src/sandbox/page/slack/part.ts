import { loadSite } from '../../../../config/load.ts';
import { engineSites } from '../../../../runners/index.ts';
import type { Sandbox } from '../../sandbox.ts';
import type { SlackStandIn } from '../../slack/slack.ts';
import type { Part } from '../parts.ts';
import { slackDeeds } from './deeds.ts';
import { look } from './look.ts';
import type { Words } from './state.ts';
import { wordsOf } from './words.ts';

/** Slack at the left of the page. */
export function slackPart({ slack, siteFile }: Pick<Sandbox, 'slack' | 'siteFile'>): Part<'slack'> {
  return partOf(slack, async () => {
    const { site } = await loadSite({ path: siteFile, engines: engineSites });
    return wordsOf(site, slack.app.commands);
  });
}

/** The same over any stand-in. `words` is asked once. */
export function partOf(slack: SlackStandIn, words: () => Words | Promise<Words>): Part<'slack'> {
  let known: Promise<Words> | undefined;
  return {
    name: 'slack',
    state: async (as) => look(slack, as.slack, await (known ??= Promise.resolve(words()))),
    deeds: slackDeeds(slack),
    onChange: (listener) =>
      slack.onChange(({ kind }) => {
        // Calls of the app change nothing that people see.
        if (kind !== 'call') listener();
      }),
  };
}
