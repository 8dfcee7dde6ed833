import { inputError } from '../domain/errors.ts';

/** In characters as people count them (code points). */
export const longestReason = 2000;

/** Refuses a reason that would not be kept whole. Throws `Input` (code `reason-too-long`). */
export function assertReason(reason: string): void {
  const { length } = [...reason];
  if (length <= longestReason) return;
  throw inputError(
    'reason-too-long',
    `The reason has ${length} characters; at most ${longestReason} are kept.`,
    'Say it shorter, or link to a page that says it all.',
    { field: 'reason' },
  );
}
