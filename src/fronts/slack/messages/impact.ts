import { bytesText } from '../../../domain/amounts.ts';
import {
  behindColon,
  changedTexts,
  changesText,
  estimateText,
  schemaTexts,
  type Impact,
} from '../../../domain/impact.ts';
import { factsOf } from '../../../domain/request-kinds.ts';
import type { RequestView } from '../../../service/views/view.ts';
import { code, cutText, joined, moment, mrkdwn, type Markup } from './markup.ts';
import { dotted, who, type Surroundings } from './wording.ts';

/** How many databases are told in full. */
const toldItems = 4;

/**
 * What a request that waits, or is about to start, costs others, a part for each database: what is lost stands out. Nothing before
 * somebody has looked.
 */
export function impactParts(view: RequestView, surroundings: Surroundings): Markup[][] {
  const { impact, request } = view;
  if (impact === undefined || (request.state !== 'pending' && request.state !== 'approved')) return [];
  const names = new Map(request.items.map(({ database, databaseName }) => [database, databaseName]));
  const full = impact.items.slice(0, toldItems);
  const rest = impact.items.slice(toldItems);
  const title = mrkdwn`*What it costs others*, as of ${moment(impact.at)}`;
  return [
    ...full.map((one, at) => {
      const onto = names.get(one.database) ?? one.database;
      return [
        ...(at === 0 ? [title] : []),
        mrkdwn`${code(onto)}: ${dotted(sessionsFact(one), lastFact(one, surroundings), changesFact(one), sizesFact(one), estimateFact(one))}`,
        ...schemaFacts(one, onto, fromOf(view, one.database)),
      ];
    }),
    ...(rest.length === 0 ? [] : [[theRest(rest)]]),
  ];
}

/** What of a request that waits nobody gets back, where there is room for little: sessions, what was written since, and of the schema. */
export function lossSections({ impact, request }: RequestView): Markup[] {
  if (impact === undefined || request.state !== 'pending') return [];
  const names = new Map(request.items.map(({ database, databaseName }) => [database, databaseName]));
  const rest = impact.items.slice(toldItems);
  return [
    ...impact.items.slice(0, toldItems).flatMap((one) => {
      const onto = names.get(one.database) ?? one.database;
      const { sessions, changes, schema } = one;
      const open = 'count' in sessions && sessions.count > 0 ? sessionsFact(one) : undefined;
      const written = changes !== undefined && 'rows' in changes && changes.rows > 0;
      const facts = dotted(open, written ? changesFact(one) : undefined);
      const lost = schema === undefined ? [] : schemaTexts(schema, onto, '').filter((text) => text.lost);
      return [
        ...(facts.markup === '' ? [] : [mrkdwn`${code(onto)}: ${facts}`]),
        ...lost.map(({ text }) => lostText(text)),
      ];
    }),
    ...(rest.length === 0 ? [] : [theRest(rest)]),
  ];
}

function fromOf({ request }: RequestView, database: string): string {
  const item = request.items.find((one) => one.database === database);
  return item?.backup?.id ?? 'the kept copy';
}

/** Who put what there last, what was written since and how long it will take, where a line begins with it. */
export function pastLine(impact: Impact, surroundings: Surroundings, size?: Markup): Markup {
  const { markup } = dotted(lastFact(impact, surroundings), changesFact(impact), size, estimateFact(impact));
  return { markup: `${markup.slice(0, 1).toUpperCase()}${markup.slice(1)}` };
}

function estimateFact({ estimate }: Impact): Markup | undefined {
  return estimate && mrkdwn`${estimateText(estimate)}`;
}

/** What differs in the schema, a line each. */
export function schemaFacts({ schema }: Impact, onto: string, from: string): Markup[] {
  if (schema === undefined) return [];
  return schemaTexts(schema, onto, from).map(({ text, lost }) =>
    lost ? lostText(text) : mrkdwn`${cutText(text, 500)}`,
  );
}

function lostText(text: string): Markup {
  return mrkdwn`:warning: *${cutText(text, 700)}*`;
}

function sessionsFact({ sessions }: Impact): Markup {
  if ('unknown' in sessions) return mrkdwn`who is connected is not known: ${cutText(sessions.unknown, 200)}`;
  const { count, names } = sessions;
  if (count === 0) return mrkdwn`nobody is connected`;
  return mrkdwn`:warning: ${count} ${count === 1 ? 'session is' : 'sessions are'} open: ${cutText(names, 240)}`;
}

function lastFact({ last }: Impact, surroundings: Surroundings): Markup {
  if (last === undefined) return mrkdwn`never refreshed by Freshet`;
  const by = who(surroundings, last.by);
  const at = moment(new Date(last.at));
  if (factsOf(last.kind).brings === 'kept-copy') return mrkdwn`last undone ${at} by ${by} (${last.request})`;
  const from = last.backup === undefined ? undefined : mrkdwn` from ${last.backup}`;
  return mrkdwn`last refreshed ${at} by ${by}${from} (${last.request})`;
}

function changesFact({ changes }: Impact): Markup | undefined {
  return changes && mrkdwn`${cutText(changesText(changes), 400)}`;
}

/** How large what is there is, and how much room there is. */
export function sizesFact({ liveBytes, freeBytes }: Impact): Markup | undefined {
  if (liveBytes === undefined) return undefined;
  const free = freeBytes === undefined ? 'free space unknown' : `${bytesText(freeBytes)} free`;
  return mrkdwn`${bytesText(liveBytes)} now, ${free}`;
}

/** Many databases on one line: what matters is where something is lost. */
function theRest(items: readonly Impact[]): Markup {
  const lossy = items.filter(
    ({ schema }) => schema !== undefined && schemaTexts(schema, '', '').some(({ lost }) => lost),
  );
  const open = items.reduce((sum, { sessions }) => sum + ('count' in sessions ? sessions.count : 0), 0);
  const names = joined(
    lossy.slice(0, 12).map(({ database }) => code(database)),
    ', ',
  );
  return mrkdwn`In ${items.length} more: ${open} ${open === 1 ? 'session is' : 'sessions are'} open${lossy.length === 0 ? '' : mrkdwn`; :warning: something of the schema is lost in ${names}${lossy.length > 12 ? ' and others' : ''}`}.`;
}

/** What the swaps of the newest run changed in the schemas, a line for each database; thread and issue have all of it. */
export function changedLines({ events, request }: RequestView): Markup[] {
  const begun = events.findLastIndex((event) => event.type === 'run-started');
  const lines = events.slice(begun + 1).flatMap((event) => {
    if (event.type !== 'item-swapped' || event.changed === undefined) return [];
    const texts = changedTexts(event.changed);
    if (texts.length === 0) return [];
    const live = request.items.find(({ database }) => database === event.database)?.databaseName;
    return [
      mrkdwn`Schema of ${code(live ?? event.database)}: ${cutText(behindColon(texts.join('; ')), 500)}`,
    ];
  });
  const rest = lines.length - toldItems;
  return rest > 0
    ? [...lines.slice(0, toldItems), mrkdwn`… and of ${String(rest)} more, in the thread`]
    : lines;
}
