import { inputError, type FreshetError } from '../errors.ts';
import { cut } from '../lookup.ts';
import { momentSaid, type MomentContext } from '../said.ts';
import { startText } from '../start.ts';

/** How far ahead a hold may end. */
export const longestHoldDays = 90;

/** What people say of a hold behind the environment: `until friday 17:00 "regression of release 12"`. */
export type HoldWords = { until: Date; reason: string };

/**
 * Reads the words of a hold; those that belong to the moment need no quotes, and whatever follows is the reason. Throws `Input`:
 * `hold-until-unclear`, `hold-until-past`, `hold-until-too-far` (about the field `until`).
 */
export function holdFrom(words: readonly string[], context: MomentContext): HoldWords {
  const said = momentWords(words);
  for (let count = Math.min(said.length, longestMoment); count > 0; count--) {
    const until = momentSaid(said.slice(0, count).join(' '), context, 'ahead');
    if (until === undefined) continue;
    assertHoldEnd(until, context);
    return { until, reason: said.slice(count).join(' ').trim() };
  }
  throw unclear(said, context);
}

/** The same of words that are nothing but the moment, where the reason is said apart from them. */
export function holdEndFrom(words: readonly string[], context: MomentContext): Date {
  const said = momentWords(words);
  const until = momentSaid(said.join(' '), context, 'ahead');
  if (until === undefined) throw unclear(said, context);
  assertHoldEnd(until, context);
  return until;
}

function momentWords(words: readonly string[]): readonly string[] {
  return words[0]?.toLowerCase() === 'until' ? words.slice(1) : words;
}

function unclear(said: readonly string[], { timeZone }: MomentContext): FreshetError {
  return inputError(
    'hold-until-unclear',
    `"${cut(said.join(' '), 60)}" begins with no moment until which to hold; expected a time such as "17:00", or a day and a time such as "friday 17:00" or "2026-11-27 17:00".`,
    `/refresh hold uat until friday 17:00 "why". Times are those of ${timeZone}.`,
    { field: 'until' },
  );
}

/** `friday at 17:00`: more words never make a moment. */
const longestMoment = 4;

/** Refuses an end that is past or too far ahead. Throws `Input`: `hold-until-past`, `hold-until-too-far`. */
export function assertHoldEnd(until: Date, { now, timeZone }: MomentContext): void {
  const allowed = `a hold ends between now and ${longestHoldDays} days ahead`;
  if (until <= now) {
    throw inputError(
      'hold-until-past',
      `"${startText(until, timeZone)}" is past; ${allowed}.`,
      'Say a later moment.',
      { field: 'until' },
    );
  }
  if (until.getTime() - now.getTime() > longestHoldDays * 86_400_000) {
    throw inputError(
      'hold-until-too-far',
      `"${startText(until, timeZone)}" is too far ahead; ${allowed}.`,
      'Hold it anew when it is nearer, or have a freeze window written into the site file.',
      { field: 'until' },
    );
  }
}
