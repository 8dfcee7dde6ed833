/** A wall clock's reading; `month` from 1. */
export type LocalTime = {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
};

/** Whether it is a zone: `Z`, `UTC`, an offset such as `+01:00` or `+0100`, or an IANA name such as `Europe/Berlin`. */
export function isZone(zone: string): boolean {
  if (offsetMinutes(zone) !== undefined) return true;
  if (!/^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/.test(zone)) return false;
  try {
    return formatter(zone) !== undefined;
  } catch {
    return false;
  }
}

/** The offset of `Z`, `UTC`, `+01:00`, `+0100` or `+01` in minutes; undefined for names. */
export function offsetMinutes(zone: string): number | undefined {
  if (zone === 'Z' || zone === 'UTC') return 0;
  const match = /^([+-])(\d{2})(?::?(\d{2}))?$/.exec(zone);
  if (match === null) return undefined;
  const minutes = Number(match[2]) * 60 + Number(match[3] ?? 0);
  if (minutes > 14 * 60 || Number(match[3] ?? 0) > 59) return undefined;
  return match[1] === '-' ? -minutes : minutes;
}

/**
 * The moment at which a wall clock in `zone` shows `local`. Undefined when it never does (no such date, or the hour that
 * is left out in spring) or does so twice (the hour that is repeated in autumn): then the moment is not known.
 */
export function instantOf(local: LocalTime, zone: string): Date | undefined {
  const instants = instantsOf(local, zone);
  return instants.length === 1 ? instants[0] : undefined;
}

/** Every moment at which a wall clock in `zone` shows `local`, earliest first: none, one, or two where an hour is repeated. */
export function instantsOf(local: LocalTime, zone: string): Date[] {
  const wall = wallOf(local);
  if (wall === undefined) return [];
  const fixed = offsetMinutes(zone);
  if (fixed !== undefined) return [new Date(wall - fixed * 60_000)];
  return [...new Set(offsetsAround(wall, zone))]
    .map((offset) => wall - offset)
    .filter((at) => readingAt(at, zone) === wall)
    .sort((a, b) => a - b)
    .map((at) => new Date(at));
}

/**
 * Where a wall clock in `zone` skips `local` because it is put forward: the moment that it would have been, had nobody put it
 * forward; the clock then shows as much later as it was put forward by. Undefined where `local` is not skipped or is no date.
 */
export function instantOfSkipped(local: LocalTime, zone: string): Date | undefined {
  const wall = wallOf(local);
  if (wall === undefined || instantsOf(local, zone).length > 0) return undefined;
  return new Date(wall - offsetsAround(wall, zone)[0]);
}

/** Where a wall clock in `zone` skips `local`: the moment at which it is put forward, to the second. Undefined where it is not skipped. */
export function instantAfterSkipped(local: LocalTime, zone: string): Date | undefined {
  const wall = wallOf(local);
  const beyond = instantOfSkipped(local, zone);
  if (wall === undefined || beyond === undefined) return undefined;
  let [before, after] = [beyond.getTime() - 86_400_000, beyond.getTime()];
  while (after - before > 1000) {
    const middle = Math.floor((before + after) / 2000) * 1000;
    if (readingAt(middle, zone) > wall) after = middle;
    else before = middle;
  }
  return new Date(after);
}

/** The reading as if it were UTC; undefined for what is no date: Date.UTC carries 31 February over into March. */
function wallOf(local: LocalTime): number | undefined {
  const wall = Date.UTC(local.year, local.month - 1, local.day, local.hour, local.minute, local.second);
  return sameReading(new Date(wall), local) ? wall : undefined;
}

/** The offsets that hold a day before and after, in milliseconds: zones don't change twice within two days. */
function offsetsAround(wall: number, zone: string): [before: number, after: number] {
  const offsetAt = (at: number) => readingAt(at, zone) - at;
  return [offsetAt(wall - 86_400_000), offsetAt(wall + 86_400_000)];
}

/** Whether it is the name of a zone, as calendars need one: an IANA name such as `Europe/Berlin`, or `UTC`; offsets are none. */
export function isZoneName(zone: string): boolean {
  return zone === 'UTC' || (offsetMinutes(zone) === undefined && isZone(zone));
}

/** What a wall clock in `zone` shows at a moment. */
export function localTimeAt(at: Date, zone: string): LocalTime {
  const fixed = offsetMinutes(zone);
  const wall = new Date(fixed === undefined ? readingAt(at.getTime(), zone) : at.getTime() + fixed * 60_000);
  return {
    year: wall.getUTCFullYear(),
    month: wall.getUTCMonth() + 1,
    day: wall.getUTCDate(),
    hour: wall.getUTCHours(),
    minute: wall.getUTCMinutes(),
    second: wall.getUTCSeconds(),
  };
}

function sameReading(date: Date, local: LocalTime): boolean {
  return (
    date.getUTCFullYear() === local.year &&
    date.getUTCMonth() === local.month - 1 &&
    date.getUTCDate() === local.day &&
    date.getUTCHours() === local.hour &&
    date.getUTCMinutes() === local.minute &&
    date.getUTCSeconds() === local.second
  );
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formatters.set(zone, made);
  return made;
}

/** The reading at a moment, as if it were UTC, in milliseconds. */
function readingAt(at: number, zone: string): number {
  const parts = Object.fromEntries(
    formatter(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  );
  return Date.UTC(parts.year!, parts.month! - 1, parts.day, parts.hour, parts.minute, parts.second);
}
