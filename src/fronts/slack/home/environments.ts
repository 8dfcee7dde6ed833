import type { Request } from '../../../domain/request.ts';
import { canBeUndone } from '../../../domain/run.ts';
import type { EnvironmentStanding, Standing } from '../../../service/views/standings.ts';
import { actions, button, context, named, section, type Block, type Button } from '../messages/blocks.ts';
import { releaseButton, undoButton } from '../messages/buttons.ts';
import { calendarLines, holdLine } from '../messages/calendar.ts';
import { code, cutText, joined, mrkdwn, moment, type Markup } from '../messages/markup.ts';
import { kindWords, taskText } from '../messages/kind-words.ts';
import {
  ageText,
  dotted,
  namesText,
  natureText,
  requestStanding,
  unknownMoment,
  who,
} from '../messages/wording.ts';
import type { People } from './links.ts';
import type { HomeSeen } from './look.ts';

/** How many databases that came together are described; further ones are named. */
const describedDatabases = 6;
const describedRequests = 5;

/** The button that opens the form for a refresh. */
export const refreshButtonId = 'home-refresh';
/** Its value where the form begins with no environment; none is called so. */
export const anyEnvironment = '*';

export function refreshButton(label: string, environment: string | undefined): Button | undefined {
  return button({
    id: refreshButtonId,
    label,
    value: environment ?? anyEnvironment,
    ...(environment === undefined
      ? { style: 'primary' as const, spoken: 'Ask for a refresh' }
      : { spoken: `Ask for a refresh of ${environment}` }),
  });
}

type Placed = { databaseName: string; standing: Standing };

/**
 * What is in each environment: a part for each of them, and one for each refresh that stands in it. At most so many
 * environments; `further`: how many are left.
 */
export function environmentParts(
  seen: HomeSeen,
  people: People,
  most: number,
): { parts: Block[][]; further: number } {
  const all = seen.environments.filter(({ databases }) => databases.length > 0);
  const parts = all.slice(0, most).flatMap((one) => {
    const [title, ...refreshes] = [titleOf(one, seen), ...refreshesOf(one, seen, people)];
    const rest = restOf(one);
    const calendar = calendarOf(one, seen, people).map((block) => [block]);
    const hold = holdPart(one, seen);
    return [
      title,
      ...calendar,
      ...refreshes,
      ...[rest, hold].filter((block) => block !== undefined).map((block) => [block]),
    ];
  });
  return { parts, further: Math.max(0, all.length - most) };
}

/** The button that opens the form for a hold. */
export const holdButtonId = 'home-hold';

/** Below what is in the environment: it is about all of that. */
function holdPart(
  { environment: { name } }: EnvironmentStanding,
  { mayHoldIn }: HomeSeen,
): Block | undefined {
  const hold = button({ id: holdButtonId, label: 'Hold', value: name, spoken: `Hold ${name}` });
  return mayHoldIn.has(name) ? named(`calendar ${name}`, actions(hold)) : undefined;
}

/** How many holds have a button of their own; the rest is in a list. */
const releasableHolds = 3;

/** Who holds it until when, and what may be done about that. */
function calendarOf(one: EnvironmentStanding, { mayHoldIn, person }: HomeSeen, people: People): Block[] {
  const { environment, holds } = one;
  const mayHold = mayHoldIn.has(environment.name);
  const shown = holds.slice(0, releasableHolds);
  const lines = shown.map((hold) => {
    const may = mayHold || hold.by === person.id;
    return named(
      `hold ${hold.id}`,
      section(holdLine(hold, { people }), may ? releaseButton(hold, hold.by === person.id) : undefined),
    );
  });
  const rest = holds.length - shown.length;
  const further =
    rest > 0 ? mrkdwn`and ${rest} more: ${code(`/refresh holds ${environment.name}`)}` : undefined;
  const frozen = calendarLines({ ...one, holds: [] }, { people });
  return [...lines, context(further, ...frozen)].filter((block) => block !== undefined);
}

function titleOf(one: EnvironmentStanding, seen: HomeSeen): Block[] {
  const { environment } = one;
  const { active, mayRequestIn, approvalIn, upcoming } = seen;
  const { name, title } = environment;
  const called =
    title.toLowerCase() === name.toLowerCase()
      ? mrkdwn`*${name}*`
      : mrkdwn`*${cutText(title, 60)}* (${code(name)})`;
  const guarded = environment.protected
    ? mrkdwn`:lock: protected, needs a yes of ${cutText(approvalIn(environment), 200)}`
    : mrkdwn`open, no approval needed`;
  const ask = mayRequestIn.has(name) ? refreshButton('Refresh', name) : undefined;
  return [
    named(`environment ${name}`, section(dotted(called, guarded), ask)),
    underWay(active.filter((request) => request.environment === name)),
    ahead(upcoming[name] ?? []),
  ].filter((block) => block !== undefined);
}

/** What comes by schedule. */
function ahead(runs: readonly { schedule: string; at: Date }[]): Block | undefined {
  if (runs.length === 0) return undefined;
  const times = runs.map(({ schedule, at }) => mrkdwn`${moment(at)} (${schedule})`);
  return context(mrkdwn`:calendar: Next by schedule: ${joined(times, '; ')}`);
}

function underWay(requests: readonly Request[]): Block | undefined {
  if (requests.length === 0) return undefined;
  const lines = requests.slice(0, describedRequests).map((request) => {
    const { sign, words } = requestStanding(request);
    return mrkdwn`${{ markup: sign }} ${request.id} ${taskText(request, 40)}: ${words}`;
  });
  const rest = requests.length - lines.length;
  return context(joined(rest > 0 ? [...lines, mrkdwn`and ${rest} more`] : lines, '\n'));
}

/** Databases that came together can only be taken back together, and so they stand together; the newest first. */
function refreshesOf(one: EnvironmentStanding, seen: HomeSeen, people: People): Block[][] {
  const byRun = new Map<string, Placed[]>();
  for (const { placement, standing } of one.databases) {
    if (standing === undefined) continue;
    const placed = byRun.get(standing.swap.run) ?? [];
    placed.push({ databaseName: placement.databaseName, standing });
    byRun.set(standing.swap.run, placed);
  }
  return [...byRun.values()]
    .toSorted((a, b) => b[0]!.standing.swap.at.getTime() - a[0]!.standing.swap.at.getTime())
    .map((placed) => [refreshOf(one, placed, seen, people)]);
}

function refreshOf(
  one: EnvironmentStanding,
  placed: readonly Placed[],
  seen: HomeSeen,
  people: People,
): Block {
  const { swap, kind, requestedBy, whole } = placed[0]!.standing;
  const swaps = placed.map(({ standing }) => standing.swap);
  const lines: Markup[] = placed
    .slice(0, describedDatabases)
    .map(({ databaseName, standing }) => mrkdwn`${code(databaseName)} · ${contentText(standing, seen.now)}`);
  const rest = placed.slice(describedDatabases).map(({ databaseName }) => databaseName);
  if (rest.length > 0) lines.push(mrkdwn`_and ${rest.length} more:_ ${namesText(rest, 600)}`);
  const back = swaps.every(canBeUndone)
    ? mrkdwn`undo until ${moment(earliest(swaps.map(({ keptUntil }) => keptUntil)))}`
    : undefined;
  lines.push(
    dotted(
      mrkdwn`${kindWords[kind].done} ${moment(swap.at)} by ${who({ people }, requestedBy)} (${swap.request})`,
      back,
    ),
  );
  const { environment } = one;
  const undo =
    whole && seen.mayUndoIn.has(environment.name)
      ? undoButton({ request: { id: swap.request, environment: environment.name }, environment, swaps })
      : undefined;
  return named(`standing ${swap.request}`, section(joined(lines, '\n'), undo));
}

/** Which backup is in it, and how old its data is. */
function contentText({ swap: { contents } }: Standing, now: Date): Markup {
  if (contents === undefined) return mrkdwn`what was there before the first refresh`;
  const from = mrkdwn`*${contents.id}* of ${cutText(contents.environment, 60)}`;
  const data =
    contents.dataAt === undefined
      ? unknownMoment(contents)
      : mrkdwn`data of ${moment(contents.dataAt)} (*${ageText(contents.dataAt, now)}*)`;
  return dotted(mrkdwn`${from}, ${data}`, mrkdwn`${natureText(contents)}`);
}

function restOf({ databases }: EnvironmentStanding): Block | undefined {
  const names = databases
    .filter(({ standing }) => standing === undefined)
    .map(({ placement }) => placement.databaseName);
  return names.length === 0
    ? undefined
    : context(mrkdwn`Not refreshed by Freshet yet: ${namesText(names, 600)}`);
}

function earliest(moments: readonly Date[]): Date {
  return moments.reduce((first, one) => (one < first ? one : first));
}
