/** Moments of messages, in the reader's own time zone. */

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const full = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'medium' });
const dayName = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long' });
const dayKey = new Intl.DateTimeFormat('en-CA', { dateStyle: 'short' });

function dateOf(ts: string): Date {
  return new Date(Number(ts) * 1000);
}

/** `13:04` */
export function clockTime(ts: string): string {
  return clock.format(dateOf(ts));
}

export function fullTime(ts: string): string {
  return full.format(dateOf(ts));
}

/** The same for all messages of a day. */
export function dayOf(ts: string): string {
  return dayKey.format(dateOf(ts));
}

/** `Today`, `Yesterday`, `Friday 20 November` */
export function dayTitle(ts: string, now = new Date()): string {
  const day = dayOf(ts);
  if (day === dayKey.format(now)) return 'Today';
  if (day === dayKey.format(new Date(now.getTime() - 86_400_000))) return 'Yesterday';
  return dayName.format(dateOf(ts));
}
