import { clockFrom, dateFrom, dayAfter, momentsOf, weekdayNamed, weekdayOf, type Day } from './wall-clock.ts';
import { instantsOf, localTimeAt, type LocalTime } from './zone.ts';

/** What a moment is read against: the environment's zone, and the moment at which somebody says it. */
export type MomentContext = { now: Date; timeZone: string };

/** Whether what is said lies ahead of now or behind it. */
type Direction = 'ahead' | 'behind';

/**
 * The moment that somebody means by `22:00`, `monday 03:00` (the next one or the last one), `2026-11-24 22:00` in the environment's
 * zone or `2026-11-24T22:00Z` in one of its own. What the clock skips when it is put forward is as much later as it is put forward
 * by; of what it shows twice the nearest is meant. Undefined where it is no moment; it may lie in the other direction.
 */
export function momentSaid(text: string, context: MomentContext, direction: Direction): Date | undefined {
  return zoned(text) ?? local(text, context, direction);
}

/** A date and a time with a zone of its own, as programs write them. */
function zoned(text: string): Date | undefined {
  const pattern =
    /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2})?)(?:\.\d{1,9})? ?(Z|[+-]\d{2}(?::?\d{2})?)$/i;
  const match = pattern.exec(text.trim());
  if (match === null) return undefined;
  const [day, clock] = [dateFrom(match[1]!), clockFrom(match[2]!)];
  if (day === undefined || clock === undefined) return undefined;
  return offsetInstant({ ...day, ...clock }, match[3]!.toUpperCase());
}

function offsetInstant(wall: LocalTime, zone: string): Date | undefined {
  // A zone that is none, such as +99:00, has no moments.
  try {
    return instantsOf(wall, zone)[0];
  } catch {
    return undefined;
  }
}

/** A time, alone or with a day before or behind it, in the environment's zone. */
function local(text: string, { now, timeZone }: MomentContext, direction: Direction): Date | undefined {
  const plain = text.trim().toLowerCase();
  const words = plain
    .replace(/^(\d{4}-\d{2}-\d{2})t(?=\d)/, '$1 ')
    .split(/[\s,]+/)
    .filter((word) => word !== 'at' && word !== 'on' && word !== '');
  const clocks = words.flatMap((word) => clockFrom(word) ?? []);
  const named = words.filter((word) => clockFrom(word) === undefined);
  const [clock] = clocks;
  if (clock === undefined || clocks.length > 1 || named.length > 1) return undefined;
  const days = daysNamed(named[0], localTimeAt(now, timeZone), direction);
  const moments = days.flatMap((day) => momentsOf({ ...day, ...clock }, timeZone));
  // Where all are on the wrong side of now, the nearest is refused as such.
  if (direction === 'behind') return moments.findLast((at) => at <= now) ?? moments[0];
  return moments.find((at) => at > now) ?? moments.at(-1);
}

/** The days that may be meant, in their order: a time alone and a weekday mean the nearest one in the direction that is meant. */
function daysNamed(word: string | undefined, today: Day, direction: Direction): Day[] {
  const ahead = direction === 'ahead';
  if (word === undefined) return ahead ? [today, dayAfter(today, 1)] : [dayAfter(today, -1), today];
  if (word === 'today') return [today];
  if (word === 'tomorrow' && ahead) return [dayAfter(today, 1)];
  if (word === 'yesterday' && !ahead) return [dayAfter(today, -1)];
  const weekday = weekdayNamed(word);
  if (weekday !== undefined) {
    const on = weekdayOf(today);
    const next = (weekday - on + 7) % 7;
    const last = (weekday - on - 7) % 7;
    return ahead
      ? [dayAfter(today, next), dayAfter(today, next + 7)]
      : [dayAfter(today, last - 7), dayAfter(today, last)];
  }
  const date = dateFrom(word);
  return date === undefined ? [] : [date];
}
