import { isOpenAt } from './calendar/freeze.ts';
import { startWindowFrom } from './calendar/start-window.ts';
import { inputError, type FreshetError } from './errors.ts';
import { cut } from './lookup.ts';
import { momentSaid, type MomentContext } from './said.ts';
import { instantsOf, localTimeAt, type LocalTime } from './zone.ts';

/** How far ahead a request may start; further than that nobody knows what will be wanted. */
export const longestAheadDays = 30;

/**
 * The moment that somebody means by `22:00` (the next one), `today 22:00`, `tomorrow 03:00`, `friday 17:00` (the next one),
 * `2026-11-24 22:00` in the environment's zone, or `2026-11-24T22:00Z` in one of its own. What the clock skips when it is put
 * forward is as much later as it is put forward by; of what it shows twice the first that is still ahead is meant. Throws `Input`:
 * `start-unclear`, `start-past`, `start-too-far`, each about the field `at`.
 */
export function startFrom(text: string, context: MomentContext): Date {
  const at = momentSaid(text, context, 'ahead');
  if (at === undefined) throw unclear(text, context);
  assertStart(at, context);
  return at;
}

/** When something may start: from a moment on, within times of the day, or both. */
export type Start = { startAt?: Date; startWithin?: string };

/**
 * As `startFrom`, also of a moment with an end: `22:00-05:00` is the next time between the two, `friday 22:00-05:00` begins with that
 * Friday. What reads as a moment with a zone of its own (`2026-11-24 22:00-05:00`) is that.
 */
export function startSaid(text: string, context: MomentContext): Start {
  const range = /^(.*?)(\d{1,2}:\d{2})\s*[-\u2013]\s*(\d{1,2}:\d{2})$/.exec(text.trim());
  if (range === null || momentSaid(text, context, 'ahead') !== undefined)
    return { startAt: startFrom(text, context) };
  const [, day = '', from = '', to = ''] = range;
  const startWithin = `${from.padStart(5, '0')}-${to.padStart(5, '0')}`;
  const window = startWindowFrom(startWithin);
  if (window === undefined) throw unclear(text, context);
  const isNow = day.trim() === '' && isOpenAt(window, context.now, context.timeZone);
  return isNow ? { startWithin } : { startAt: startFrom(`${day}${from}`, context), startWithin };
}

/** Refuses a start that is past or too far ahead. Throws `Input`: `start-past`, `start-too-far`. */
export function assertStart(at: Date, { now, timeZone }: MomentContext): void {
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

function unclear(text: string, { timeZone }: MomentContext): FreshetError {
  return inputError(
    'start-unclear',
    `"${cut(text, 60)}" is no moment to start at; expected a time such as "22:00", or a day and a time such as "tomorrow 03:00", "friday 17:00" or "2026-11-24 22:00", or times with an end such as "22:00-05:00".`,
    `Times are those of ${timeZone}. Two words go into quotes.`,
    { field: 'at' },
  );
}
