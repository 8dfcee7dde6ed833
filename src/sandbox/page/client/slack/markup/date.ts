/** Slack's tokens for moments, as `{date_short_pretty}, {time}`, in the reader's own time zone. */

const locale = 'en-GB';
const day = 86_400_000;

type Clock = { now: Date; timeZone?: string };

function dayNumber(at: Date, timeZone: string | undefined): number {
  const parts = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(at);
  return Math.round(Date.parse(`${parts}T00:00:00Z`) / day);
}

function pretty(at: Date, otherwise: string, { now, timeZone }: Clock): string {
  const away = dayNumber(at, timeZone) - dayNumber(now, timeZone);
  return { '-1': 'yesterday', '0': 'today', '1': 'tomorrow' }[String(away)] ?? otherwise;
}

function ago(at: Date, now: Date): string {
  const seconds = Math.round((at.getTime() - now.getTime()) / 1000);
  const units = [
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
    ['second', 1],
  ] as const;
  const [unit, size] = units.find(([, least]) => Math.abs(seconds) >= least) ?? units[3];
  return new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(Math.trunc(seconds / size), unit);
}

const looks = {
  date: { day: 'numeric', month: 'long', year: 'numeric' },
  date_short: { day: 'numeric', month: 'short', year: 'numeric' },
  date_long: { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' },
  date_num: { year: 'numeric', month: '2-digit', day: '2-digit' },
  time: { hour: '2-digit', minute: '2-digit' },
  time_secs: { hour: '2-digit', minute: '2-digit', second: '2-digit' },
} as const;

function look(at: Date, name: string, { timeZone }: Clock): string | undefined {
  if (!Object.hasOwn(looks, name)) return undefined;
  const language = name === 'date_num' ? 'en-CA' : locale;
  return new Intl.DateTimeFormat(language, { ...looks[name as keyof typeof looks], timeZone }).format(at);
}

/** The moment as a reader sees it; tokens that Slack does not know stay as they are written. */
export function dateText(seconds: number, format: string, clock: Clock): string {
  const at = new Date(seconds * 1000);
  return format.replaceAll(/\{([a-z_]+)\}/g, (whole, name: string) => {
    if (name === 'ago') return ago(at, clock.now);
    const plain = look(at, name.replace(/_pretty$/, '').replace('day_divider', 'date_long'), clock);
    if (plain === undefined) return whole;
    return name.endsWith('_pretty') ? pretty(at, plain, clock) : plain;
  });
}
