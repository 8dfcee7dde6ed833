import {
  clockFrom,
  dateFrom,
  dayAfter,
  momentsOf,
  weekdayNamed,
  weekdayOf,
  type Day,
} from '../wall-clock.ts';
import { localTimeAt } from '../zone.ts';

/** What a request meets in a freeze window: nobody could be asked. */
export const onFreezeChoices = ['wait', 'refuse'] as const;
export type OnFreeze = (typeof onFreezeChoices)[number];

type Moment = { day: Day; minute: number };

/** A time at which nothing is overwritten, as the site file says it, in the zone of its environment. */
export type FreezeWindow = {
  /** As it was written: `mon-fri 09:00-17:00`, `2026-12-20 .. 2027-01-02`. */
  text: string;
  reason: string;
} & (
  | {
      kind: 'weekly';
      /** The days that it begins on, from 0 for Sunday. */
      days: readonly number[];
      /** Minutes of the day; an end that is not behind the beginning is on the next day. */
      from: number;
      to: number;
    }
  | { kind: 'dated'; from: Moment; to: Moment }
);

export const freezeAllowed =
  'days and times such as "mon-fri 09:00-17:00" or "sat,sun 00:00-24:00", or dates such as "2026-12-20 .. 2027-01-02"';

/** Reads a window of the site file; undefined for what is none. A date that ends it without a time is meant with its whole day. */
export function freezeFrom(text: string, reason: string): FreezeWindow | undefined {
  const plain = text.trim().toLowerCase().replaceAll(/\s+/g, ' ');
  const dated = /^(\S+)(?: (\S+))? ?\.\. ?(\S+)(?: (\S+))?$/.exec(plain);
  if (dated !== null) {
    const from = momentNamed(dated[1]!, dated[2] ?? '00:00');
    const to = momentNamed(dated[3]!, dated[4] ?? '24:00');
    if (from === undefined || to === undefined || wall(to) <= wall(from)) return undefined;
    return { kind: 'dated', text: plain, reason, from, to };
  }
  const weekly = /^(\S+) (\S+?)-(\S+)$/.exec(plain);
  const [days, from, to] =
    weekly === null ? [] : [daysOf(weekly[1]!), minuteOf(weekly[2]!), minuteOf(weekly[3]!)];
  if (days === undefined || from === undefined || to === undefined || from === endOfDay) return undefined;
  return { kind: 'weekly', text: plain, reason, days, from, to };
}

/** What stands in the way at a moment, and until when it does: windows that follow one another without a gap count as one. */
export type Freeze = { until: Date; reason: string; window: string };

/** The freeze of a moment; undefined where there is none. */
export function freezeAt(windows: readonly FreezeWindow[], at: Date, timeZone: string): Freeze | undefined {
  const first = lastingAt(windows, at, timeZone);
  if (first === undefined) return undefined;
  let { until } = first;
  for (let joined = 0; joined < mostJoined; joined++) {
    const next = lastingAt(windows, until, timeZone);
    if (next === undefined) break;
    until = next.until;
  }
  return { until, reason: first.window.reason, window: first.window.text };
}

/** Some days hold at most a few windows each; what is frozen for longer than that has no end that helps anybody. */
const mostJoined = 400;
const endOfDay = 24 * 60;

/** Of the windows that are open at a moment, the one that lasts longest. */
function lastingAt(
  windows: readonly FreezeWindow[],
  at: Date,
  timeZone: string,
): { window: FreezeWindow; until: Date } | undefined {
  let found: { window: FreezeWindow; until: Date } | undefined;
  for (const window of windows) {
    for (const { from, until } of spansAround(window, at, timeZone)) {
      if (from <= at && at < until && (found === undefined || until > found.until)) found = { window, until };
    }
  }
  return found;
}

/** Whether a window is open at a moment. */
export function isOpenAt(window: FreezeWindow, at: Date, timeZone: string): boolean {
  return lastingAt([window], at, timeZone) !== undefined;
}

/** The moments within the next eight days at which a window opens. */
export function openingsAfter(window: FreezeWindow, at: Date, timeZone: string): Date[] {
  const days = Array.from({ length: 9 }, (_, day) => new Date(at.getTime() + day * 86_400_000));
  return days.flatMap((day) =>
    spansAround(window, day, timeZone).flatMap(({ from }) => (from > at ? [from] : [])),
  );
}

type Span = { from: Date; until: Date };

/** The times a window is open that may hold a moment. What a clock shows twice belongs to it both times: it is a guard. */
function spansAround(window: FreezeWindow, at: Date, timeZone: string): Span[] {
  if (window.kind === 'dated') return [spanOf(window.from, window.to, timeZone)];
  const today = localTimeAt(at, timeZone);
  return [dayAfter(today, -1), today, dayAfter(today, 1)]
    .filter((day) => window.days.includes(weekdayOf(day)))
    .map((day) => {
      const end = window.to > window.from ? day : dayAfter(day, 1);
      return spanOf({ day, minute: window.from }, { day: end, minute: window.to }, timeZone);
    });
}

function spanOf(from: Moment, to: Moment, timeZone: string): Span {
  return { from: momentsIn(from, timeZone)[0]!, until: momentsIn(to, timeZone).at(-1)! };
}

function momentsIn({ day, minute }: Moment, timeZone: string): Date[] {
  const date = minute === endOfDay ? dayAfter(day, 1) : dayAfter(day, 0);
  const within = minute % endOfDay;
  return momentsOf({ ...date, hour: Math.floor(within / 60), minute: within % 60, second: 0 }, timeZone);
}

function momentNamed(date: string, clock: string): Moment | undefined {
  const [day, minute] = [dateFrom(date), minuteOf(clock)];
  if (day === undefined || minute === undefined) return undefined;
  // 31 February is no day: it would silently be one in March.
  return momentsIn({ day, minute: 0 }, 'UTC')[0]?.toISOString().startsWith(date) === true
    ? { day, minute }
    : undefined;
}

function wall({ day, minute }: Moment): number {
  return Date.UTC(day.year, day.month - 1, day.day, 0, minute);
}

function minuteOf(word: string): number | undefined {
  if (word === '24:00') return endOfDay;
  const clock = clockFrom(word);
  return clock === undefined || clock.second !== 0 ? undefined : clock.hour * 60 + clock.minute;
}

/** `mon-fri`, `sat,sun`, `fri-mon`, `daily`. */
function daysOf(words: string): number[] | undefined {
  if (words === 'daily') return [0, 1, 2, 3, 4, 5, 6];
  const days = new Set<number>();
  for (const part of words.split(',')) {
    const [first, last, ...rest] = part.split('-').map(weekdayNamed);
    const end = part.includes('-') ? last : first;
    if (first === undefined || end === undefined || rest.length > 0) return undefined;
    for (let day = first; ; day = (day + 1) % 7) {
      days.add(day);
      if (day === end) break;
    }
  }
  return [...days].sort((a, b) => a - b);
}
