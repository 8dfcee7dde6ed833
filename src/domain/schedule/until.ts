import { inputError } from '../errors.ts';
import { cut } from '../lookup.ts';
import { instantAfterSkipped, instantsOf, localTimeAt } from '../zone.ts';

const dayMs = 86_400_000;
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** How long a standing approval may last, and what its end is read against. */
export type UntilContext = { now: Date; timeZone: string; mostSeconds: number };

/** What a standing approval lasts where nobody says until when. */
export const usualApprovalSeconds = 30 * 86_400;

/**
 * The end of a standing approval as people say it: `31 dec`, `31 dec 2026`, `2026-12-31` (the end of that day in the zone), `30d`, `4w`;
 * nothing: 30 days, or as long as is allowed. Throws `Input`: `until-unclear`, `until-past`, `until-too-far`.
 */
export function untilFrom(text: string, { now, timeZone, mostSeconds }: UntilContext): Date {
  const seconds = text === '' ? Math.min(usualApprovalSeconds, mostSeconds) : spanOf(text);
  const until =
    seconds === undefined ? endOfDay(text, now, timeZone) : new Date(now.getTime() + seconds * 1000);
  const days = Math.floor(mostSeconds / 86_400);
  const about = { field: 'until' };
  if (until === undefined) {
    throw inputError(
      'until-unclear',
      `"${cut(text)}" is no day to approve until; expected one such as "31 dec", "2026-12-31", "30d" or "4w".`,
      `At most ${days} days from now.`,
      about,
    );
  }
  if (until <= now) {
    throw inputError(
      'until-past',
      `"${cut(text)}" is past; expected a day to come.`,
      'Name a later day.',
      about,
    );
  }
  if (until.getTime() - now.getTime() > mostSeconds * 1000 + dayMs) {
    throw inputError(
      'until-too-far',
      `"${cut(text)}" is too far ahead; a standing approval lasts at most ${days} days here.`,
      'Name an earlier day, and approve it again when it ends.',
      about,
    );
  }
  return until;
}

function spanOf(text: string): number | undefined {
  const match = /^([1-9]\d{0,3})([dw])$/i.exec(text.trim());
  return match === null ? undefined : Number(match[1]) * (match[2]!.toLowerCase() === 'w' ? 604_800 : 86_400);
}

/** The last moment of a day that is named; without a year the next one that is not over. */
function endOfDay(text: string, now: Date, timeZone: string): Date | undefined {
  const plain = text.trim().toLowerCase();
  const iso = /^(\d{4})-(\d{2})-(\d{2})$/.exec(plain);
  if (iso !== null) return dayAfter(Number(iso[1]), Number(iso[2]), Number(iso[3]), timeZone);
  const spoken = /^(\d{1,2})\.? ([a-z]{3})[a-z]*\.?(?: (\d{4}))?$/.exec(plain);
  const month = months.indexOf(spoken?.[2] ?? '') + 1;
  if (spoken === null || month === 0) return undefined;
  const day = Number(spoken[1]);
  if (spoken[3] !== undefined) return dayAfter(Number(spoken[3]), month, day, timeZone);
  const { year } = localTimeAt(now, timeZone);
  const [first, second] = [0, 1].map((later) => dayAfter(year + later, month, day, timeZone));
  return first === undefined || first <= now ? (second ?? first) : first;
}

/** The moment at which the day is over. */
function dayAfter(year: number, month: number, day: number, timeZone: string): Date | undefined {
  const named = new Date(Date.UTC(year, month - 1, day));
  if (named.getUTCMonth() !== month - 1 || named.getUTCDate() !== day) return undefined;
  const reading = localTimeAt(new Date(named.getTime() + dayMs), 'UTC');
  return instantsOf(reading, timeZone)[0] ?? instantAfterSkipped(reading, timeZone);
}
