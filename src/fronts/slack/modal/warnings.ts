import { isFreshetError, type FreshetError } from '../../../domain/errors.ts';
import { sessionCount, sessionNames, type Inspection } from '../../../domain/impact.ts';
import { keepsText } from '../../../domain/kept-rows.ts';
import { isSingle } from '../../../domain/policy/stages.ts';
import { assertStart } from '../../../domain/start.ts';
import type { Glance } from '../../../service/asking/glances.ts';
import type { Prospect, ProspectItem } from '../../../service/asking/prospect.ts';
import { foreseenLine, waitLines } from '../messages/calendar.ts';
import { alignmentLines } from '../messages/alignment.ts';
import { pastLine, schemaFacts, sizesFact } from '../messages/impact.ts';
import { code, cutText, joined, moment, mrkdwn, type Markup } from '../messages/markup.ts';
import {
  bytesText,
  dataText,
  dotted,
  durationText,
  namesText,
  restoreText,
  who,
} from '../messages/wording.ts';
import type { Surroundings } from '../messages/wording.ts';

/** What the servers said, by database; `asked` while they have not yet answered. */
export type Glances = Readonly<Record<string, Glance>> | 'asked';

/** What they are said with. */
export type Shown = { glances: Glances; site: Surroundings; startAt?: Date; now: Date };

/** From which age on the data is called old. */
const oldDays = 7;
/** How many databases are told in full, and how many refusals. */
const told = { items: 8, problems: 12 };

/** What asking would mean, in plain words, before it is asked, a part for each database: the worst first. */
export function warnings(prospect: Prospect, shown: Shown): (Markup | undefined)[][] {
  const { environment, items, duplicate } = prospect;
  const { glances } = shown;
  const problems = items.flatMap((item) => problemsOf(item, glances, environment.name));
  const names = items.map((item) => item.placement.databaseName);
  const full = items.slice(0, told.items);
  const rest = items.slice(told.items);
  const whole = [
    mrkdwn`*Before you submit*`,
    ...(duplicate === undefined ? [] : [refusal(duplicate)]),
    ...problems.slice(0, told.problems),
    ...(problems.length > told.problems
      ? [mrkdwn`:x: … and ${problems.length - told.problems} further refusals.`]
      : []),
    ...waitLines(prospect.waits),
    foreseenLine(prospect.foreseen),
    whoDecides(prospect, shown.site),
    starts(prospect, shown),
    ...apart(prospect),
  ];
  const kept = mrkdwn`What is there now, if anything, is kept for ${durationText(environment.keepOldSeconds)}; until then it can be undone.`;
  return [
    whole,
    ...full.map((item) => itemLines(item, shown)),
    ...(names.length === 0 ? [] : [[rest.length === 0 ? undefined : theRest(rest, glances), kept]]),
  ];
}

/** How far apart it would be, and what would be closer. */
function apart({ alignment, apart }: Prospect): (Markup | undefined)[] {
  if (apart !== undefined && 'refusal' in apart) return [refusal(apart.refusal)];
  return alignmentLines(alignment, apart?.better);
}

function refusal({ message, hint }: FreshetError | Inspection['problems'][number]): Markup {
  return mrkdwn`:x: ${cutText(message, 400)}${hint === '' ? '' : ` ${cutText(hint, 200)}`}`;
}

/** What would be refused when it is asked for. */
function problemsOf(item: ProspectItem, glances: Glances, environment: string): Markup[] {
  const { database } = item.placement;
  const glance = glances === 'asked' ? undefined : glances[database];
  const seen = glance !== undefined && 'inspection' in glance ? glance.inspection.problems : [];
  if (item.refusal !== undefined) return [refusal(item.refusal), ...seen.map(refusal)];
  if (item.backup !== undefined) return seen.map(refusal);
  return [
    mrkdwn`:x: No backup of ${code(database)} fits ${environment}.${item.passedOver === undefined ? '' : ` ${cutText(item.passedOver.why.message, 300)}`}`,
    ...seen.map(refusal),
  ];
}

function whoDecides(
  { environment, approvers, stages, takes, reachable }: Prospect,
  around: Surroundings,
): Markup {
  const name = mrkdwn`*${cutText(environment.title, 60)}*`;
  if (!environment.protected)
    return mrkdwn`${name} is not protected: the refresh needs nobody's approval and starts by itself.`;
  if (approvers.length === 0)
    return mrkdwn`:warning: ${name} is protected, and nobody else holds the role that may approve (${cutText(takes, 200)}). Ask an administrator.`;
  if (!reachable)
    return mrkdwn`:warning: ${name} is protected, and too few other people may approve: it takes ${cutText(takes, 300)}. Ask an administrator.`;
  if (!isSingle(stages))
    return mrkdwn`:lock: ${name} is protected: it takes the approval of ${cutText(takes, 300)}; nobody approves an own request, and nobody counts twice.`;
  const names = joined(
    approvers.slice(0, 5).map((person) => who(around, person.id)),
    ' or ',
  );
  return mrkdwn`:lock: ${name} is protected: it takes the approval of ${names}${approvers.length > 5 ? ' or others' : ''}; nobody approves an own request.`;
}

function starts({ environment }: Prospect, { startAt, now }: Shown): Markup | undefined {
  if (startAt === undefined) return undefined;
  try {
    assertStart(startAt, { now, timeZone: environment.timeZone });
  } catch (error) {
    if (isFreshetError(error)) return refusal(error);
    throw error;
  }
  return mrkdwn`It starts at ${moment(startAt)}${environment.protected ? ', if it is approved by then, else with its approval' : ''}.`;
}

/** What goes where, and whom it would disturb. */
function itemLines(item: ProspectItem, { glances, now, site }: Shown): Markup[] {
  const { placement, backup, passedOver, suggested } = item;
  const keeps = keepsText(placement.databaseName, placement.keep);
  const glance = glances === 'asked' ? 'asked' : glances[placement.database];
  const onto = code(placement.databaseName);
  const what =
    backup === undefined
      ? undefined
      : dotted(
          mrkdwn`${onto} on server ${code(placement.server)} is overwritten by *${backup.id}*`,
          age(backup, now),
          mrkdwn`${bytesText(backup.bytes)}, ${restoreText(backup)}`,
        );
  const newer =
    suggested === undefined || passedOver === undefined
      ? undefined
      : mrkdwn`Newer than ${suggested.id}, but not to be had: ${cutText(passedOver.why.message, 300)}`;
  const lines = [what, newer, glance === undefined ? undefined : connected(glance, onto)];
  return [
    ...lines.filter((line) => line !== undefined),
    ...(keeps === undefined ? [] : [mrkdwn`:package: ${cutText(keeps, 300)}`]),
    ...cost(item, glance, site),
    ...said(glance),
  ];
}

function age(backup: NonNullable<ProspectItem['backup']>, now: Date): Markup {
  const text = dataText(backup, now);
  const old =
    backup.dataAt !== undefined && now.getTime() - backup.dataAt.getTime() > oldDays * 24 * 3_600_000;
  return old ? mrkdwn`:warning: *old* ${text}` : text;
}

function connected(glance: Glance | 'asked', onto: Markup): Markup {
  if (glance === 'asked') return mrkdwn`Who is connected to ${onto} is being asked …`;
  if ('unknown' in glance)
    return mrkdwn`:warning: It could not be asked who is connected to ${onto}: ${cutText(glance.unknown, 300)}`;
  const { sessions } = glance.inspection;
  const count = sessionCount(sessions);
  if (count === 0) return mrkdwn`Nobody is connected to ${onto} now.`;
  return mrkdwn`:warning: ${count} ${count === 1 ? 'session is' : 'sessions are'} open on ${onto} and would be ended: ${cutText(sessionNames(sessions), 240)}`;
}

/** What is there that does not come back, since when, and how long it will take. */
function cost(
  { placement, backup }: ProspectItem,
  glance: Glance | 'asked' | undefined,
  site: Surroundings,
): Markup[] {
  if (glance === undefined || glance === 'asked' || 'unknown' in glance) return [];
  const { impact } = glance;
  const onto = placement.databaseName;
  return [
    pastLine(impact, site, sizesFact(impact)),
    ...(backup === undefined ? [] : schemaFacts(impact, onto, backup.id)),
  ];
}

function said(glance: Glance | 'asked' | undefined): Markup[] {
  if (glance === undefined || glance === 'asked' || 'unknown' in glance) return [];
  return glance.inspection.warnings.slice(0, 3).map((one) => mrkdwn`:warning: ${cutText(one, 300)}`);
}

/** Many databases on one line: all that matters is that none is forgotten. */
function theRest(items: readonly ProspectItem[], glances: Glances): Markup {
  const names = namesText(
    items.map((item) => item.placement.databaseName),
    600,
  );
  if (glances === 'asked') return mrkdwn`Overwritten, too: ${names}.`;
  const seen = items.map((item) => glances[item.placement.database]);
  const open = seen.reduce(
    (sum, one) =>
      sum + (one !== undefined && 'inspection' in one ? sessionCount(one.inspection.sessions) : 0),
    0,
  );
  const unknown = seen.filter((one) => one === undefined || 'unknown' in one).length;
  return mrkdwn`Overwritten, too: ${names}.${open + unknown === 0 ? '' : ' :warning:'} ${open} ${open === 1 ? 'session is' : 'sessions are'} open on them${unknown === 0 ? '' : `; ${unknown} could not be asked`}.`;
}
