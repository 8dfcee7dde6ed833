import { z } from 'zod';
import type { Schedule } from '../../../domain/schedule/schedule.ts';
import { button, type Button } from './blocks.ts';
import { mrkdwn, moment } from './markup.ts';

/** The buttons of schedules; each is the word of the command behind `schedule-`. */
export const scheduleButtonIds = [
  'schedule-approve',
  'schedule-reject',
  'schedule-pause',
  'schedule-resume',
  'schedule-skip',
  'schedule-run',
] as const;
export type ScheduleButtonId = (typeof scheduleButtonIds)[number];

const valueSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]{1,40}$/),
  digest: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});

/** Reads a button's value back, the name of a schedule and perhaps a digest; undefined when it is none of ours. */
export function decodeSchedule(text: string): z.output<typeof valueSchema> | undefined {
  const [name, digest, ...rest] = text.split(' ');
  const parsed = valueSchema.safeParse(digest === undefined ? { name } : { name, digest });
  return parsed.success && rest.length === 0 ? parsed.data : undefined;
}

export function approveScheduleButton(
  { name, timeZone, cron }: Pick<Schedule, 'name' | 'timeZone' | 'cron'>,
  digest: string,
): Button | undefined {
  return button({
    id: 'schedule-approve',
    label: 'Approve its runs',
    value: `${name} ${digest}`,
    style: 'primary',
    spoken: `Approve the runs of ${name}`,
    confirm: {
      title: `Approve all runs?`,
      text: mrkdwn`${name} (${cron}, ${timeZone}) then runs without asking, for 30 days, as long as nothing about it changes. For another day: /refresh schedule approve ${name} until 31 dec`,
      yes: 'Approve',
      no: 'Not now',
    },
  });
}

/** The value names no digest: whatever was approved is taken back. */
export function rejectScheduleButton(name: string): Button | undefined {
  return button({
    id: 'schedule-reject',
    label: 'Take approval back',
    value: name,
    style: 'danger',
    spoken: `Take the approval of ${name} back`,
    confirm: {
      title: 'Take the approval back?',
      text: mrkdwn`Each run of ${name} then asks again. With a reason: /refresh schedule reject ${name} --reason "..."`,
      yes: 'Take it back',
      no: 'Not now',
    },
  });
}

export function pauseScheduleButton(name: string): Button | undefined {
  return button({ id: 'schedule-pause', label: 'Pause', value: name, spoken: `Pause ${name}` });
}

export function resumeScheduleButton(name: string): Button | undefined {
  return button({ id: 'schedule-resume', label: 'Resume', value: name, spoken: `Resume ${name}` });
}

/** The value names no slot: what is left out is what is next when it is pressed. */
export function skipScheduleButton(name: string, next: Date | undefined): Button | undefined {
  if (next === undefined) return undefined;
  return button({
    id: 'schedule-skip',
    label: 'Skip next',
    value: name,
    spoken: `Skip the next run of ${name}`,
    confirm: {
      title: 'Leave out the next run?',
      text: mrkdwn`${name} does not run ${moment(next)}, and then goes on.`,
      yes: 'Skip it',
      no: 'Keep it',
    },
  });
}

export function runScheduleButton(name: string): Button | undefined {
  return button({
    id: 'schedule-run',
    label: 'Run now',
    value: name,
    spoken: `Run ${name} now`,
    confirm: {
      title: 'Run it now?',
      text: mrkdwn`You ask now for what ${name} asks for. Where an approval is needed, it is asked for.`,
      yes: 'Run it',
      no: 'Not now',
    },
  });
}
