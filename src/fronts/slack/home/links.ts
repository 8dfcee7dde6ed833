import type { RequestView } from '../../../service/views/view.ts';
import { link, type Markup } from '../messages/markup.ts';
import { issueLink, type Surroundings } from '../messages/wording.ts';

export type People = Surroundings['people'];

/** Where more about a request is to be read. */
export type Links = { cardUrl?: string; issueUrl?: string };
export type Linked = { view: RequestView; links: Links };

/** The card and the Jira issue, where there are such. */
export function linksTo({ cardUrl, issueUrl }: Links): (Markup | undefined)[] {
  return [
    cardUrl === undefined ? undefined : link(cardUrl, 'card'),
    issueUrl === undefined ? undefined : issueLink({ people: {}, issueUrl }),
  ];
}
