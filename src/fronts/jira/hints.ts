import { RetryAfter, backoffSeconds, pause } from '../../service/feed.ts';
import type { Context } from './deps.ts';
import { look } from './look.ts';
import { hintSchema, inboxSource } from './webhook.ts';

type Delivery = Awaited<ReturnType<Context['service']['inbox']['take']>>[number];

const leaseSeconds = 60;
const mostAtOnce = 20;
/** How often a hint is looked into that is ahead of what Jira shows; then the poller finds it. */
const mostLooks = 6;
/** How long after putting one off to look more often. */
const soonSeconds = 10;

/** Until `signal`: looks into what webhooks hinted at. Several hints about one issue take one look. */
export async function followHints(context: Context, signal: AbortSignal): Promise<void> {
  const { inbox, events } = context.service;
  let soonUntil = 0;
  while (!signal.aborted) {
    try {
      const deliveries = await inbox.take(inboxSource, mostAtOnce, leaseSeconds);
      if (deliveries.length === 0) {
        // What was put off becomes due without a sound.
        await events.wait(Date.now() < soonUntil ? Math.min(1, context.pace.staleSeconds) : 1, signal);
        continue;
      }
      const putOff = await Promise.all(
        [...byIssue(deliveries)].map(([key, hints]) => follow(context, key, hints)),
      );
      if (putOff.includes(true)) soonUntil = Date.now() + soonSeconds * 1000;
    } catch (error) {
      context.log.warn({ err: error }, 'hints from Jira could not be read; they are read again');
      await pause(1, signal);
    }
  }
}

function byIssue(deliveries: readonly Delivery[]): Map<string, Delivery[]> {
  const found = new Map<string, Delivery[]>();
  for (const delivery of deliveries) {
    const { key } = hintSchema.parse(delivery.body);
    found.set(key, [...(found.get(key) ?? []), delivery]);
  }
  return found;
}

/** True when some are to be looked into again. */
async function follow(context: Context, key: string, hints: readonly Delivery[]): Promise<boolean> {
  const { service, mirror, log, pace } = context;
  const later = (hint: Delivery, seconds: number, why: string) =>
    service.inbox.later(hint.id, new Date(service.now().getTime() + seconds * 1000), why);
  let putOff = false;
  try {
    const request = await mirror.requestOf(key);
    const seen = request === undefined ? undefined : await look(context, request);
    for (const hint of hints) {
      const { change = 0 } = hintSchema.parse(hint.body);
      // An issue that is not known yet may be one whose creation is on its way.
      const ahead = seen === undefined || change > seen.newest;
      if (ahead && hint.attempts < mostLooks) {
        await later(hint, pace.staleSeconds * 2 ** (hint.attempts - 1), 'Jira does not show it yet.');
        putOff = true;
      } else {
        await service.inbox.done(hint.id);
      }
    }
  } catch (error) {
    log.warn({ err: error, issue: key }, 'an issue could not be looked at; it is tried again');
    for (const hint of hints) {
      const seconds =
        error instanceof RetryAfter ? error.seconds : backoffSeconds(hint.attempts, Math.random());
      await later(hint, seconds, error instanceof Error ? error.message.slice(0, 200) : 'unknown');
    }
  }
  return putOff;
}
