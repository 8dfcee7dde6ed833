import { inputError } from './errors.ts';
import { cut } from './lookup.ts';
import { momentSaid, type MomentContext } from './said.ts';
import { startText } from './start.ts';

/**
 * The moment behind us that somebody means by `03:00` (the last one), `yesterday 03:00`, `monday 03:00`, `2026-11-24 22:00` in the
 * environment's zone or `2026-11-24T22:00Z`. Throws `Input`: `as-of-unclear`, `as-of-ahead`, each about the field `as-of`.
 */
export function asOfFrom(text: string, context: MomentContext): Date {
  const { now, timeZone } = context;
  const at = momentSaid(text, context, 'behind');
  if (at === undefined) {
    throw inputError(
      'as-of-unclear',
      `"${cut(text, 60)}" is no moment to go back to; expected a time such as "03:00", or a day and a time such as "yesterday 03:00", "monday 03:00" or "2026-11-24 22:00".`,
      `Times are those of ${timeZone}. Two words go into quotes.`,
      { field: 'as-of' },
    );
  }
  if (at <= now) return at;
  throw inputError(
    'as-of-ahead',
    `"${startText(at, timeZone)}" is still to come; backups are of moments up to now, ${startText(now, timeZone)}.`,
    'Leave the moment out for the newest data that fits.',
    { field: 'as-of' },
  );
}
