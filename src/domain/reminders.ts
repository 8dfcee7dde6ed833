import type { Request } from './request.ts';
import type { EnvironmentSite } from './site.ts';
import { nextWorking } from './working-hours.ts';

/** Of a wait: the which reminder of the approvers, from 1; `fallback`: that of the fallback, once it may decide; `last`: the requester's, before it expires. */
export type Reminder = number | 'fallback' | 'last';

/** Before it expires, the requester is told once: after nine tenths of the time, and a day before its end at the earliest. */
const lastShare = 0.1;
const lastSeconds = 86_400;

/** Since when a request waits for its approval. One whose approval was voided waits anew. */
export function waitsSince(
  request: Pick<Request, 'expiresAt'>,
  environment: Pick<EnvironmentSite, 'approvalSeconds'>,
): Date {
  return new Date(request.expiresAt.getTime() - environment.approvalSeconds * 1000);
}

/**
 * What is due at `now` of a request that waits. Of reminders that were missed (nobody was there to send them) only the newest; none
 * where the request has expired.
 */
export function dueReminders(
  request: Pick<Request, 'expiresAt'>,
  environment: Pick<EnvironmentSite, 'approvalSeconds' | 'timeZone' | 'reminding' | 'approval'>,
  now: Date,
): Reminder[] {
  const { reminding, approvalSeconds, timeZone, approval } = environment;
  if (now >= request.expiresAt) return [];
  const since = waitsSince(request, environment).getTime();
  const after = approval?.fallback?.afterSeconds;
  const isDue = after !== undefined && now.getTime() >= since + after * 1000;
  const fallback: Reminder[] = isDue && isHour(environment, now) ? ['fallback'] : [];
  if (reminding === undefined || reminding.afterSeconds.length === 0) return fallback;
  const number = reminderDue(new Date(since), { reminding, timeZone }, now);
  const early = Math.min(lastSeconds, approvalSeconds * lastShare) * 1000;
  return [
    ...(number > 0 ? [number] : []),
    ...fallback,
    ...(now.getTime() >= request.expiresAt.getTime() - early ? ['last' as const] : []),
  ];
}

/**
 * The which reminder of a wait is due at `now`, from 1: the newest, where several were missed. 0: none, or not at this hour.
 */
export function reminderDue(
  since: Date,
  { reminding, timeZone }: Pick<EnvironmentSite, 'reminding' | 'timeZone'>,
  now: Date,
): number {
  if (reminding === undefined || !isHour({ reminding, timeZone }, now)) return 0;
  const { hours, afterSeconds } = reminding;
  return afterSeconds.filter((seconds) => {
    const wished = new Date(since.getTime() + seconds * 1000);
    const at = hours === undefined ? wished : nextWorking(wished, hours, timeZone);
    return at <= now;
  }).length;
}

/** What became due in the evening is not sent at night because somebody was late. */
function isHour(
  { reminding, timeZone }: Pick<EnvironmentSite, 'reminding' | 'timeZone'>,
  now: Date,
): boolean {
  const hours = reminding?.hours;
  return hours === undefined || nextWorking(now, hours, timeZone) <= now;
}
