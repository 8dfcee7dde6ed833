import type { Event } from '../../../domain/event.ts';
import { actions, context, message, section, type Message } from './blocks.ts';
import { code, cutText, joined, mrkdwn, moment, spoken, type Markup } from './markup.ts';
import { approveScheduleButton } from './schedule-buttons.ts';
import { byName, dotted, who, type Surroundings } from './wording.ts';

export type ScheduleEvent = Extract<Event, { schedule: string; owner: string }>;

export function isOfSchedule(event: Event): event is ScheduleEvent {
  return event.type.startsWith('schedule-');
}

/** What the channel, and whoever stands behind a schedule, are told of it. */
export function scheduleNotice(event: ScheduleEvent, surroundings: Surroundings): Message {
  const { schedule } = event;
  const approve =
    event.type === 'schedule-added' && event.needsApproval
      ? actions(
          approveScheduleButton({ name: schedule, cron: event.cron, timeZone: event.timeZone }, event.digest),
        )
      : undefined;
  return message({ markup: spoken(joined(linesOf(event, byName(surroundings)), ' ')) }, [
    section(joined(linesOf(event, surroundings), '\n')),
    context(mrkdwn`${code(`/refresh schedule ${schedule}`)}`),
    approve,
  ]);
}

function linesOf(event: ScheduleEvent, surroundings: Surroundings): (Markup | undefined)[] {
  const name = mrkdwn`*${event.schedule}*`;
  const by = event.actor === undefined ? 'Freshet' : who(surroundings, event.actor);
  const why = (text: string | undefined) => (text === undefined ? undefined : mrkdwn`${cutText(text, 600)}`);
  switch (event.type) {
    case 'schedule-added':
      return [
        mrkdwn`:calendar: ${by} made the schedule ${name}: ${cutText(event.what, 400)}, ${code(event.cron)} (${event.timeZone}).`,
        event.needsApproval
          ? mrkdwn`Until it has a standing approval, each of its runs asks for one.`
          : undefined,
      ];
    case 'schedule-removed':
      return [
        mrkdwn`:calendar: The schedule ${name} was removed by ${event.actor === undefined ? 'the site file' : by}.`,
      ];
    case 'schedule-paused':
      return [mrkdwn`:double_vertical_bar: The schedule ${name} was paused by ${by}.`, why(event.why)];
    case 'schedule-resumed':
      return [mrkdwn`:calendar: The schedule ${name} goes on; ${by} resumed it.`];
    case 'schedule-skips':
      return [
        mrkdwn`:calendar: The schedule ${name} leaves out ${moment(new Date(event.slot))}, as ${by} asked.`,
      ];
    case 'schedule-approved':
      return [
        mrkdwn`:heavy_check_mark: ${by} approved the runs of the schedule ${name} until ${moment(new Date(event.until))}.`,
        event.needs === undefined ? undefined : mrkdwn`Not all is said yet: ${cutText(event.needs, 600)}.`,
      ];
    case 'schedule-approval-ending':
      return [
        mrkdwn`:hourglass: The standing approval of the schedule ${name} ends ${moment(new Date(event.until))}. After that each run asks.`,
      ];
    case 'schedule-approval-ended':
      return [
        mrkdwn`:warning: The standing approval of the schedule ${name} does not count any more: its runs ask again.`,
        why(event.why),
      ];
    case 'schedule-passed':
      return [
        event.outcome === 'missed'
          ? mrkdwn`:hourglass: The schedule ${name} missed ${event.slots === 1 ? 'a run' : `${event.slots} runs`}, ${event.slots === 1 ? '' : 'the last '}${moment(new Date(event.slot))}.`
          : mrkdwn`:calendar: The schedule ${name} did not run ${moment(new Date(event.slot))}.`,
        why(event.why),
      ];
    case 'schedule-refused':
      return [
        mrkdwn`:x: The schedule ${name} could not ask for its run ${moment(new Date(event.slot))}: ${cutText(event.cause, 600)}`,
        event.hint === '' ? undefined : mrkdwn`*Hint:* ${cutText(event.hint, 300)}`,
        dotted(mrkdwn`${who(surroundings, event.owner)} stands behind it`, code(event.code)),
      ];
    default:
      return event satisfies never;
  }
}
