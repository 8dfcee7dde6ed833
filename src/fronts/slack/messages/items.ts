import { keepsText } from '../../../domain/kept-rows.ts';
import { factsOf } from '../../../domain/request-kinds.ts';
import type { RequestItem } from '../../../domain/request.ts';
import type { RequestView } from '../../../service/views/view.ts';
import { kindWords } from './kind-words.ts';
import { code, cutText, joined, mrkdwn, spoken, type Markup } from './markup.ts';

/** How many databases are described; further ones are named. */
const describedItems = 4;

/** What becomes of each live database, a line each: what is lost is said before what comes. */
export function itemLines(view: RequestView): Markup[] {
  const { items } = view.request;
  const lines = items.slice(0, describedItems).map((item) => itemLine(view, item));
  const rest = items.slice(describedItems);
  if (rest.length === 0) return lines;
  // Everything that will be overwritten is named, however many there are.
  lines.push(mrkdwn`_and ${rest.length} more:_`);
  for (let at = 0; at < rest.length; at += 12) {
    lines.push(
      joined(
        rest.slice(at, at + 12).map((item) => code(item.databaseName)),
        ', ',
      ),
    );
  }
  return lines;
}

/** What of the live databases comes through a refresh, a line each. */
export function keptLines({ request, environment }: RequestView): Markup[] {
  if (factsOf(request.kind).brings !== 'backup') return [];
  return request.items.slice(0, describedItems).flatMap(({ database, databaseName }) => {
    const text = keepsText(databaseName, environment.databases[database]?.keep);
    return text === undefined ? [] : [mrkdwn`:package: ${cutText(text, 500)}`];
  });
}

/** The same as a screen reader gets it, a sentence each. */
export function itemsSpoken(view: RequestView): Markup[] {
  const { items } = view.request;
  const sentences = items
    .slice(0, describedItems)
    .map((item) => mrkdwn`${{ markup: spoken(itemLine(view, item)) }}.`);
  const rest = items.length - sentences.length;
  return rest > 0 ? [...sentences, mrkdwn`And ${rest} more.`] : sentences;
}

function itemLine(view: RequestView, item: RequestItem): Markup {
  const onto = mrkdwn`${code(item.databaseName)} on server ${code(item.server)}`;
  const state = item.state === 'put-back' ? mrkdwn` (put back)` : undefined;
  return mrkdwn`${kindWords[view.request.kind].item(view, item, onto)}${state}`;
}
