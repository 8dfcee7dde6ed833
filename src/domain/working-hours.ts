import { instantOfSkipped, instantsOf, localTimeAt, type LocalTime } from './zone.ts';

/** When people are at work: days of the week from 0 (Sunday), and minutes of the day. */
export type WorkingHours = { days: readonly number[]; from: number; to: number };

const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** Reads `mon-fri 09:00-17:30`, or `mon,wed,sat 08:00-12:00`; undefined for anything else. */
export function workingHoursOf(text: string): WorkingHours | undefined {
  const match = /^([a-z,-]+) (\d{2}):(\d{2})-(\d{2}):(\d{2})$/.exec(text.trim().toLowerCase());
  if (match === null) return undefined;
  const days = match[1]!.split(',').flatMap(daysOf);
  const [from, to] = [minutesOf(match[2]!, match[3]!), minutesOf(match[4]!, match[5]!)];
  if (days.length === 0 || days.includes(-1) || from === undefined || to === undefined || from >= to)
    return undefined;
  return { days: [...new Set(days)].sort((a, b) => a - b), from, to };
}

/** The days of `mon-fri`, over the end of the week as well; -1 for what is none. */
function daysOf(span: string): number[] {
  const [first = '', last = first, ...rest] = span.split('-');
  const [from, to] = [weekdays.indexOf(first), weekdays.indexOf(last)];
  if (from < 0 || to < 0 || rest.length > 0) return [-1];
  return Array.from({ length: ((to - from + 7) % 7) + 1 }, (_, ahead) => (from + ahead) % 7);
}

function minutesOf(hour: string, minute: string): number | undefined {
  const minutes = Number(hour) * 60 + Number(minute);
  return Number(minute) < 60 && minutes <= 24 * 60 ? minutes : undefined;
}

/** The first moment from `at` on that lies in the working hours of a zone: `at` itself, or when the next ones begin. */
export function nextWorking(at: Date, hours: WorkingHours, zone: string): Date {
  const today = localTimeAt(at, zone);
  for (let ahead = 0; ahead <= 8; ahead++) {
    const day = new Date(Date.UTC(today.year, today.month - 1, today.day + ahead));
    if (!hours.days.includes(day.getUTCDay())) continue;
    const begin = momentOf(day, hours.from, zone);
    if (at < momentOf(day, hours.to, zone)) return begin > at ? begin : at;
  }
  return at;
}

/** When the clocks of a zone show so many minutes of a day; what they skip is as much later. */
function momentOf(day: Date, minutes: number, zone: string): Date {
  const wall = new Date(day.getTime() + minutes * 60_000);
  const local: LocalTime = {
    year: wall.getUTCFullYear(),
    month: wall.getUTCMonth() + 1,
    day: wall.getUTCDate(),
    hour: wall.getUTCHours(),
    minute: wall.getUTCMinutes(),
    second: 0,
  };
  return instantsOf(local, zone)[0] ?? instantOfSkipped(local, zone) ?? wall;
}
