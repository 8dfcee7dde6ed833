import type { Hindrance } from '../../domain/calendar/hindrances.ts';
import { conflict, type FreshetError } from '../../domain/errors.ts';
import type { EnvironmentSite } from '../../domain/site.ts';
import { startText } from '../../domain/start.ts';

/** Why nothing may be asked for now, where a hold or a freeze window refuses; undefined where none does. */
export function closedBy(
  { name, timeZone }: Pick<EnvironmentSite, 'name' | 'timeZone'>,
  waits: readonly Hindrance[],
): FreshetError | undefined {
  const refusing = waits.filter(({ meets }) => meets === 'refuse');
  const last = refusing.toSorted((a, b) => b.until.getTime() - a.until.getTime())[0];
  if (last === undefined) return undefined;
  const after = `Ask for a start after it with --at, or again after ${startText(last.until, timeZone)}`;
  return conflict(
    last.kind === 'hold' ? 'environment-held' : 'environment-frozen',
    `${last.why.replace(/[.!?]$/, '')}; nothing may be asked for that would start before.`,
    last.kind === 'hold'
      ? `${after}; or ask the holder to release it: /refresh release ${name}`
      : `${after}.`,
    { field: 'environment' },
  );
}

/** Throws it. */
export function assertNotClosed(
  environment: Pick<EnvironmentSite, 'name' | 'timeZone'>,
  waits: readonly Hindrance[],
): void {
  const closed = closedBy(environment, waits);
  if (closed !== undefined) throw closed;
}
