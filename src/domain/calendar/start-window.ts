import { freezeFrom, isOpenAt, openingsAfter, type FreezeWindow } from './freeze.ts';

/** The times of the day, or of some days, within which something may start. What began goes on behind its end. */
export type StartWindow = Extract<FreezeWindow, { kind: 'weekly' }>;

export const startWindowAllowed =
  'times such as "22:00-05:00", or days and times such as "mon-fri 22:00-05:00"';

/** Reads one; undefined for what is none. Without days it is of every day. */
export function startWindowFrom(text: string): StartWindow | undefined {
  const plain = text.trim();
  const window = freezeFrom(/^\d/.test(plain) ? `daily ${plain}` : plain, '');
  return window?.kind === 'weekly' ? { ...window, text: plain.toLowerCase() } : undefined;
}

/** The first moment from `at` on at which all are open; undefined where none comes within a week. */
export function nextOpening(windows: readonly StartWindow[], at: Date, timeZone: string): Date | undefined {
  const moments = windows.flatMap((window) => openingsAfter(window, at, timeZone));
  return [at, ...moments.toSorted((a, b) => a.getTime() - b.getTime())].find((moment) =>
    windows.every((window) => isOpenAt(window, moment, timeZone)),
  );
}
