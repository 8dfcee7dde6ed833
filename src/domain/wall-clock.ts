import { instantOfSkipped, instantsOf, type LocalTime } from './zone.ts';

/** What people say of days and times, before it is known in which zone. */
export type Clock = Pick<LocalTime, 'hour' | 'minute' | 'second'>;
export type Day = Pick<LocalTime, 'year' | 'month' | 'day'>;

const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

/** `9:00`, `22:00:30`; undefined for anything else. */
export function clockFrom(word: string): Clock | undefined {
  const match = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/.exec(word);
  if (match === null) return undefined;
  return { hour: Number(match[1]), minute: Number(match[2]), second: Number(match[3] ?? 0) };
}

/** `2026-11-24`; undefined for anything else. Whether there is such a day is not looked at. */
export function dateFrom(word: string): Day | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(word);
  return match === null
    ? undefined
    : { year: Number(match[1]), month: Number(match[2]), day: Number(match[3]) };
}

/** `friday` or `fri`, from 0 for Sunday; undefined for anything else. */
export function weekdayNamed(word: string): number | undefined {
  const at = weekdays.findIndex((name) => word === name || word === name.slice(0, 3));
  return at < 0 ? undefined : at;
}

/** From 0 for Sunday. */
export function weekdayOf({ year, month, day }: Day): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay();
}

/** The day so many days later; before it with a negative number. */
export function dayAfter({ year, month, day }: Day, days: number): Day {
  const date = new Date(Date.UTC(year, month - 1, day + days));
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

/** When a clock in the zone shows it, the earliest first; of what it skips, as much later as it is put forward by. Empty: no such day. */
export function momentsOf(wall: LocalTime, timeZone: string): Date[] {
  const moments = instantsOf(wall, timeZone);
  if (moments.length > 0) return moments;
  const skipped = instantOfSkipped(wall, timeZone);
  return skipped === undefined ? [] : [skipped];
}
