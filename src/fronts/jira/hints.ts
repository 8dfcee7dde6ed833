import { RetryAfter, backoffSeconds, type Delivery } from '../../service/feed.ts';
import { sideBySide } from '../../service/side-by-side.ts';
import { JiraFault } from './api.ts';
import type { Context } from './deps.ts';
import { look } from './look.ts';
import { hintSchema, inboxSource, type Hint } from './webhook.ts';

/** What several webhooks said of one issue: they take one look. */
type Hints = { key: string; hints: readonly (Hint & Pick<Delivery, 'id' | 'attempts'>)[] };

const leaseSeconds = 60;
const mostAtOnce = 20;
/** How often a hint is looked into that is ahead of what Jira shows; then the poller finds it. */
const mostLooks = 6;
/** How long after putting one off to look more often. */
const soonSeconds = 10;

/** Until `signal`: looks into what webhooks hinted at. An issue that Jira is slow to show holds up no other. */
export async function followHints(context: Context, signal: AbortSignal): Promise<void> {
  const { inbox, events } = context.service;
  let soonUntil = 0;
  const issues = sideBySide<Hints>({
    most: mostAtOnce,
    take: async (room) => byIssue(context, await inbox.take(inboxSource, room, leaseSeconds)),
    async work(piece) {
      if (await follow(context, piece)) soonUntil = Date.now() + soonSeconds * 1000;
    },
    // What was put off becomes due without a sound.
    wait: (woken) => events.wait(Date.now() < soonUntil ? Math.min(1, context.pace.staleSeconds) : 1, woken),
    log: context.log,
    name: 'the hints from Jira',
  });
  await issues.run(signal);
  await issues.settled();
}

/** What is not understood (an older Freshet may have stored it) is put aside: the poller finds what it was about. */
async function byIssue({ service, log }: Context, deliveries: readonly Delivery[]): Promise<Hints[]> {
  const found = new Map<string, Hints['hints'][number][]>();
  for (const { id, attempts, body } of deliveries) {
    const hint = hintSchema.safeParse(body);
    if (hint.success) {
      found.set(hint.data.key, [...(found.get(hint.data.key) ?? []), { ...hint.data, id, attempts }]);
    } else {
      log.error({ delivery: id }, 'a hint from Jira is not understood and is put aside');
      await service.inbox.done(id);
    }
  }
  return [...found].map(([key, hints]) => ({ key, hints }));
}

/** True when some are to be looked into again. */
async function follow(context: Context, { key, hints }: Hints): Promise<boolean> {
  const { service, mirror, log, pace } = context;
  const later = (hint: Hints['hints'][number], seconds: number, why: string) =>
    service.inbox.later(hint.id, new Date(service.now().getTime() + seconds * 1000), why);
  let putOff = false;
  try {
    const request = await mirror.requestOf(key);
    const seen = request === undefined ? undefined : await look(context, request);
    for (const hint of hints) {
      // An issue that is not known yet may be one whose creation is on its way.
      const ahead = seen === undefined || (hint.change ?? 0) > seen.newest;
      if (ahead && hint.attempts < mostLooks) {
        await later(hint, pace.staleSeconds * 2 ** (hint.attempts - 1), 'Jira does not show it yet.');
        putOff = true;
      } else {
        await service.inbox.done(hint.id);
      }
    }
  } catch (error) {
    log.warn({ err: error, issue: key }, 'an issue could not be looked at; it is tried again');
    const gone = error instanceof JiraFault && error.status === 404;
    for (const hint of hints) {
      const seconds =
        error instanceof RetryAfter ? error.seconds : backoffSeconds(hint.attempts, Math.random());
      if (gone && hint.attempts >= mostLooks) await service.inbox.done(hint.id);
      else await later(hint, seconds, error instanceof Error ? error.message.slice(0, 200) : 'unknown');
    }
  }
  return putOff;
}
