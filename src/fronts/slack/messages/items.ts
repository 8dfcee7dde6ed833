import type { RequestItem, RequestState } from '../../../domain/request.ts';
import { keepsCopy } from '../../../domain/run.ts';
import type { RequestView } from '../../../service/views/view.ts';
import { code, joined, mrkdwn, spoken, type Markup } from './markup.ts';
import { bytesText, dataText, dotted, natureText } from './wording.ts';

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
  const { request, backups } = view;
  const onto = mrkdwn`${code(item.databaseName)} on server ${code(item.server)}`;
  const state = item.state === 'put-back' ? mrkdwn` (put back)` : undefined;
  if (request.kind === 'undo') {
    return mrkdwn`${onto} ${undone[request.state]} the copy that ${request.undoes ?? 'the refresh'} replaced${state}`;
  }
  const does = isFirst(view, item) ? 'was created from' : overwritten[request.state];
  const backup = backups[item.database];
  if (backup === undefined) return mrkdwn`${onto} ${does} *${item.backup?.id ?? 'a backup'}*${state}`;
  // Counted to when it was asked for: a card that nobody edits must not grow wrong.
  const facts = dotted(
    mrkdwn`*${backup.id}* of ${backup.environment}, ${dataText(backup, request.createdAt)}`,
    mrkdwn`${bytesText(backup.bytes)}`,
    mrkdwn`${natureText(backup)}`,
  );
  return mrkdwn`${onto} ${does} ${facts}${state}`;
}

/** Nothing was there before, and so nothing was overwritten. */
function isFirst(view: RequestView, item: RequestItem): boolean {
  if (view.request.state !== 'succeeded') return false;
  const swap = view.swaps.find((one) => one.database === item.database);
  return swap !== undefined && !keepsCopy(swap);
}

const overwritten: Record<RequestState, string> = {
  pending: 'will be overwritten by',
  approved: 'will be overwritten by',
  running: 'is being overwritten by',
  succeeded: 'was overwritten by',
  failed: 'was to be overwritten by',
  fenced: 'was to be overwritten by',
  rejected: 'would have been overwritten by',
  expired: 'would have been overwritten by',
  cancelled: 'would have been overwritten by',
};

const undone: Record<RequestState, string> = {
  pending: 'will go back to',
  approved: 'will go back to',
  running: 'goes back to',
  succeeded: 'went back to',
  failed: 'was to go back to',
  fenced: 'was to go back to',
  rejected: 'would have gone back to',
  expired: 'would have gone back to',
  cancelled: 'would have gone back to',
};
