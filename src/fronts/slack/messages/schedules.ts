import type { Output } from '../../../../commands/command.ts';
import { standingText } from '../../../domain/policy/words.ts';
import { verbOf, type Slot } from '../../../domain/schedule/schedule.ts';
import type { ScheduleView } from '../../../service/schedules/views.ts';
import { actions, context, message, section, type Block, type Message } from './blocks.ts';
import { pages } from './lists.ts';
import { code, cutText, joined, mrkdwn, moment, spoken, type Markup } from './markup.ts';
import {
  approveScheduleButton,
  pauseScheduleButton,
  rejectScheduleButton,
  resumeScheduleButton,
  runScheduleButton,
  skipScheduleButton,
} from './schedule-buttons.ts';
import { byName, dotted, namesText, who, type Surroundings } from './wording.ts';

/** All schedules, or a page of them: each with its next times and what can be done about it. */
export function scheduleList(
  list: Extract<Output, { kind: 'schedules' }>,
  surroundings: Surroundings,
): Message {
  const { schedules, total, page, pageSize, again } = list;
  if (schedules.length === 0) {
    const sentence = total > 0 ? `There is no page ${page} of schedules.` : 'There are no schedules yet.';
    const how = '/refresh schedule add ci "0 3 * * mon-fri" --databases orders --name nightly-ci';
    return message(mrkdwn`${sentence} Hint: ${how}`, [section(mrkdwn`${sentence}\n*Hint:* ${code(how)}`)]);
  }
  const first = (page - 1) * pageSize + 1;
  const last = first + schedules.length - 1;
  return message(
    joined(
      [
        mrkdwn`Schedules, ${first} to ${last} of ${total}.`,
        ...schedules.map((one) => inWords(one, surroundings)),
      ],
      ' ',
    ),
    [
      ...(total > 1 ? [section(mrkdwn`*Schedules* · ${first} to ${last} of ${total}`)] : []),
      ...schedules.flatMap((one) => scheduleBlocks(one, surroundings)),
      pages(again, page, last < total),
    ],
  );
}

function inWords(view: ScheduleView, surroundings: Surroundings): Markup {
  return { markup: spoken(joined(linesOf(view, byName(surroundings)), '. ')) };
}

/** What became of a schedule that somebody made or changed. */
export function scheduleChanged(
  { did, view }: Extract<Output, { kind: 'schedule' }>,
  surroundings: Surroundings,
): Message {
  const { name } = view.schedule;
  const sentence =
    did === 'skipped'
      ? `${name} leaves out its next time.`
      : did === 'rejected'
        ? `${name} has no standing approval any more; each of its runs asks again.`
        : `${name} was ${did}.`;
  if (did === 'removed') return message(mrkdwn`${sentence}`, [section(mrkdwn`${sentence}`)]);
  return message(joined([mrkdwn`${sentence}`, inWords(view, surroundings)], ' '), [
    section(mrkdwn`${sentence}`),
    ...scheduleBlocks(view, surroundings),
  ]);
}

function scheduleBlocks(view: ScheduleView, surroundings: Surroundings): Block[] {
  const { schedule, approval, paused } = view;
  const row = actions(
    runScheduleButton(schedule.name),
    ...(schedule.enabled
      ? paused === undefined
        ? [skipScheduleButton(schedule.name, view.next[0]), pauseScheduleButton(schedule.name)]
        : [resumeScheduleButton(schedule.name)]
      : []),
    approval?.standing.open === undefined ? undefined : approveScheduleButton(schedule, approval.digest),
    isGiven(approval) ? rejectScheduleButton(schedule.name) : undefined,
  );
  const { reason } = schedule;
  return [
    section(joined(linesOf(view, surroundings), '\n')),
    context(reason === '' ? undefined : mrkdwn`“${cutText(reason, 200)}”`),
    row,
  ].filter((block) => block !== undefined);
}

/** Somebody's yes counts, be it the only one that is needed or not. */
function isGiven(approval: ScheduleView['approval']): boolean {
  return approval?.standing.stages.some(({ by }) => by.length > 0) === true;
}

function linesOf(view: ScheduleView, surroundings: Surroundings): Markup[] {
  const { schedule, declared, next, skips, last, fault } = view;
  const { wish, cron, timeZone } = schedule;
  const what = `${verbOf(wish)} ${namesText(wish.databases, 120)} on ${wish.environment}`;
  return [
    dotted(mrkdwn`:calendar: *${schedule.name}*`, mrkdwn`${what}`, mrkdwn`${code(cron)} (${timeZone})`),
    dotted(
      stateOf(view, surroundings),
      next.length === 0 ? undefined : mrkdwn`next ${joined(next.map(moment), '; ')}`,
      skips === undefined ? undefined : mrkdwn`leaves out ${moment(skips)}`,
    ),
    dotted(
      mrkdwn`${who(surroundings, schedule.owner)} stands behind it`,
      declared ? mrkdwn`declared in the site file` : undefined,
      last === undefined ? undefined : lastOf(last),
    ),
    approvalOf(view),
    fault === undefined ? undefined : mrkdwn`:warning: It can't run: ${cutText(fault, 300)}`,
  ].filter((line) => line !== undefined);
}

function stateOf({ schedule, paused }: ScheduleView, surroundings: Surroundings): Markup | undefined {
  if (!schedule.enabled) return mrkdwn`*rests*, as the site file says`;
  if (paused === undefined) return undefined;
  if (paused.by === undefined)
    return mrkdwn`:double_vertical_bar: *paused* by Freshet: ${cutText(paused.why ?? '', 200)}`;
  return mrkdwn`:double_vertical_bar: *paused* by ${who(surroundings, paused.by)}, ${moment(paused.at)}`;
}

function lastOf({ at, outcome, request }: Slot): Markup {
  const how = outcome === 'asked' ? (request ?? 'asked') : outcome;
  return mrkdwn`last ${moment(at)}: ${how}`;
}

function approvalOf({ approval }: ScheduleView): Markup | undefined {
  if (approval === undefined) return undefined;
  const { standing, until } = approval;
  if (standing.open === undefined && until !== undefined) {
    const names = standing.stages.flatMap(({ by }) => by.map(({ name }) => name));
    return mrkdwn`:heavy_check_mark: standing approval by ${namesText(names, 120)} until ${moment(until)}`;
  }
  return until === undefined
    ? mrkdwn`:lock: no standing approval: each run asks for one`
    : mrkdwn`:lock: standing approval not complete: ${cutText(standingText(standing), 300)}`;
}
