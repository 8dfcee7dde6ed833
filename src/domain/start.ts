import { inputError, type FreshetError } from './errors.ts';
import { cut } from './lookup.ts';
import { clockFrom, dateFrom, dayAfter, momentsOf, weekdayNamed, weekdayOf, type Day } from './wall-clock.ts';
import { instantsOf, localTimeAt, type LocalTime } from './zone.ts';

/** How far ahead a request may start; further than that nobody knows what will be wanted. */
export const longestAheadDays = 30;

/** What a moment is read against: the environment's zone, and the moment at which somebody says it. */
export type StartContext = { now: Date; timeZone: string };

/**
 * The moment that somebody means by `22:00` (the next one), `today 22:00`, `tomorrow 03:00`, `friday 17:00` (the next one),
 * `2026-11-24 22:00` in the environment's zone, or `2026-11-24T22:00Z` in one of its own. What the clock skips when it is put
 * forward is as much later as it is put forward by; of what it shows twice the first that is still ahead is meant. Throws `Input`:
 * `start-unclear`, `start-past`, `start-too-far`, each about the field `at`.
 */
export function startFrom(text: string, context: StartContext): Date {
  const at = momentFrom(text, context);
  if (at === undefined) throw unclear(text, context);
  assertStart(at, context);
  return at;
}

/** The same without a judgement: undefined for what is no moment; it may be past or far ahead. */
export function momentFrom(text: string, context: StartContext): Date | undefined {
  return zoned(text) ?? local(text, context);
}

/** Refuses a start that is past or too far ahead. Throws `Input`: `start-past`, `start-too-far`. */
export function assertStart(at: Date, { now, timeZone }: StartContext): void {
  const allowed = `a start lies between now and ${longestAheadDays} days ahead`;
  if (at <= now) {
    throw inputError(
      'start-past',
      `"${startText(at, timeZone)}" is past; ${allowed}.`,
      'Leave the moment out to start as soon as it is approved.',
      { field: 'at' },
    );
  }
  if (at.getTime() - now.getTime() > longestAheadDays * 86_400_000) {
    throw inputError(
      'start-too-far',
      `"${startText(at, timeZone)}" is too far ahead; ${allowed}.`,
      'Ask again when it is nearer.',
      { field: 'at' },
    );
  }
}

/** `24 Nov 2026, 22:00 (Europe/Berlin)`; with the offset where the clock shows that time twice. */
export function startText(at: Date, timeZone: string): string {
  const shown = localTimeAt(at, timeZone);
  const clock = [shown.hour, shown.minute, ...(shown.second === 0 ? [] : [shown.second])];
  const day = `${shown.day} ${months[shown.month - 1]} ${shown.year}`;
  const twice = instantsOf(shown, timeZone).length > 1;
  const zone = twice ? `${timeZone}, ${offsetText(at, shown)}` : timeZone;
  return `${day}, ${clock.map((part) => String(part).padStart(2, '0')).join(':')} (${zone})`;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function offsetText(at: Date, { year, month, day, hour, minute, second }: LocalTime): string {
  const wall = Date.UTC(year, month - 1, day, hour, minute, second);
  const minutes = Math.round((wall - at.getTime()) / 60_000);
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `UTC${minutes < 0 ? '-' : '+'}${hours}${rest === 0 ? '' : `:${String(rest).padStart(2, '0')}`}`;
}

function unclear(text: string, { timeZone }: StartContext): FreshetError {
  return inputError(
    'start-unclear',
    `"${cut(text, 60)}" is no moment to start at; expected a time such as "22:00", or a day and a time such as "tomorrow 03:00", "friday 17:00" or "2026-11-24 22:00".`,
    `Times are those of ${timeZone}. Two words go into quotes.`,
    { field: 'at' },
  );
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
function local(text: string, { now, timeZone }: StartContext): Date | undefined {
  const plain = text.trim().toLowerCase();
  const words = plain
    .replace(/^(\d{4}-\d{2}-\d{2})t(?=\d)/, '$1 ')
    .split(/[\s,]+/)
    .filter((word) => word !== 'at' && word !== 'on' && word !== '');
  const clocks = words.flatMap((word) => clockFrom(word) ?? []);
  const named = words.filter((word) => clockFrom(word) === undefined);
  const [clock] = clocks;
  if (clock === undefined || clocks.length > 1 || named.length > 1) return undefined;
  const days = daysNamed(named[0], localTimeAt(now, timeZone));
  const moments = days.flatMap((day) => momentsOf({ ...day, ...clock }, timeZone));
  // Where all are past, the last is refused as such.
  return moments.find((at) => at > now) ?? moments.at(-1);
}

/** The days that may be meant, in their order: a time alone and a weekday mean the next one that is still ahead. */
function daysNamed(word: string | undefined, today: Day): Day[] {
  if (word === undefined) return [today, dayAfter(today, 1)];
  if (word === 'today') return [today];
  if (word === 'tomorrow') return [dayAfter(today, 1)];
  const weekday = weekdayNamed(word);
  if (weekday !== undefined) {
    const ahead = (weekday - weekdayOf(today) + 7) % 7;
    return [dayAfter(today, ahead), dayAfter(today, ahead + 7)];
  }
  const date = dateFrom(word);
  return date === undefined ? [] : [date];
}
