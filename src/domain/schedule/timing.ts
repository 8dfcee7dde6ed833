import { Cron } from 'croner';
import { instantAfterSkipped, instantsOf, localTimeAt } from '../zone.ts';

/** When a schedule is due: a cron expression of five fields, read by the wall clock of a zone. */
export type Timing = { cron: string; timeZone: string };

/** Two slots are at least so far apart: a refresh that is overwritten before anybody looked at it helps nobody. */
export const leastGapMinutes = 10;

const letters = [
  '',
  '',
  '',
  'jan feb mar apr may jun jul aug sep oct nov dec',
  'sun mon tue wed thu fri sat',
];

/** `"0 3 * * MON-FRI "` as it is kept: `0 3 * * mon-fri`. */
export function plainCron(text: string): string {
  return text.trim().toLowerCase().split(/\s+/).join(' ');
}

/** What was found of expressions: a site file is looked at again and again, and two hundred slots of each of its schedules take a while. */
const faults = new Map<string, string | undefined>();
const mostFaults = 200;

/** Why it is no cron expression that can be kept, for behind "is not allowed: "; undefined where it is one. */
export function cronFault(cron: string): string | undefined {
  if (faults.has(cron)) return faults.get(cron);
  const fault = faultIn(cron);
  if (faults.size < mostFaults) faults.set(cron, fault);
  return fault;
}

function faultIn(cron: string): string | undefined {
  const fields = cron.split(' ');
  if (fields.length !== 5) return 'it has not five fields (minute, hour, day, month, weekday)';
  for (const [at, field] of fields.entries()) {
    const names = letters[at]!.split(' ');
    const known = (field.match(/[a-z]+/g) ?? []).every((word) => names.includes(word));
    if (!known || !/^[0-9a-z*,/-]+$/.test(field)) return `"${field}" is no ${fieldNames[at]}`;
  }
  let pattern: Cron;
  try {
    pattern = patternOf(cron);
  } catch {
    return 'a number is out of its range, or a list or a step is not whole';
  }
  if (pattern.nextRun(new Date(0)) === null) return 'no such day ever comes';
  const walls = pattern.nextRuns(200, new Date(Date.UTC(2024, 0, 1)));
  const close = walls.some(
    (wall, at) => at > 0 && wall.getTime() - walls[at - 1]!.getTime() < leastGapMinutes * 60_000,
  );
  return close ? `its times are less than ${leastGapMinutes} minutes apart` : undefined;
}

const fieldNames = ['minute', 'hour', 'day of the month', 'month', 'weekday'];

/** The next `count` slots after a moment, fewer where there are none any more. */
export function slotsAfter(timing: Timing, after: Date, count: number): Date[] {
  const found: Date[] = [];
  for (const slot of slots(timing, after)) {
    if (found.length >= count) break;
    found.push(slot);
  }
  return found;
}

/** The slots after one moment and up to another, that one included; oldest first. */
export function slotsBetween(timing: Timing, after: Date, until: Date): Date[] {
  const found: Date[] = [];
  for (const slot of slots(timing, after)) {
    if (slot > until) break;
    found.push(slot);
  }
  return found;
}

/**
 * The expression is matched against the wall clock alone, and each reading becomes one moment: what the clock skips is the moment at
 * which it goes on, and what it shows twice is the first. So no slot is lost or doubled when the clock is changed.
 */
function* slots({ cron, timeZone }: Timing, after: Date): Generator<Date> {
  const pattern = patternOf(cron);
  const now = localTimeAt(after, timeZone);
  let wall: Date | null = new Date(
    Date.UTC(now.year, now.month - 1, now.day, now.hour, now.minute, now.second),
  );
  let last = after;
  while ((wall = pattern.nextRun(wall)) !== null) {
    const reading = localTimeAt(wall, 'UTC');
    const at = instantsOf(reading, timeZone)[0] ?? instantAfterSkipped(reading, timeZone);
    if (at === undefined || at <= last) continue;
    last = at;
    yield at;
  }
}

function patternOf(cron: string): Cron {
  return new Cron(cron, { timezone: 'UTC', paused: true, mode: '5-part' });
}
