/** Sizes and durations as people write them; every front says them alike. */

/** `240 MB`, in powers of ten. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.5 ? 0 : value >= 9.95 ? 1 : 2;
  return `${Number(value.toFixed(digits))} ${units[unit]}`;
}

/** `less than 0.01 s`, `0.15 s`, `12 s`, `3 min`, `2 h 5 min`, `3 days`. */
export function durationText(seconds: number): string {
  if (seconds < 0.005) return 'less than 0.01 s';
  if (seconds < 9.95) return `${Number(seconds.toFixed(seconds < 0.995 ? 2 : 1))} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours >= 10 && hours < 48) return `${Math.round(minutes / 60)} h`;
  if (hours < 10) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.round(hours / 24)} days`;
}

/** For how long the log is kept: `for ever`, `for 3 years`. */
export function keepText(keep: number | 'ever'): string {
  if (keep === 'ever' || keep === Infinity) return 'for ever';
  const years = Number((keep / (365.25 * 86_400)).toFixed(2));
  return `for ${years} ${years === 1 ? 'year' : 'years'}`;
}
