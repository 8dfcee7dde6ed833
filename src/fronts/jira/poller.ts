import { z } from 'zod';
import type { RequestId } from '../../domain/ids.ts';
import { openStates } from '../../domain/request.ts';
import { backoffSeconds, RetryAfter, pause } from '../../service/feed.ts';
import { JiraFault } from './api.ts';
import type { Context } from './deps.ts';
import { label } from './issue.ts';
import { look } from './look.ts';

const name = 'jira poller';
const cursorSchema = z.object({ at: z.iso.datetime() });
/** How far a search looks back over the last one: the index runs behind, and JQL knows minutes only. */
const overlapMinutes = 2;
const longestBackMinutes = 7 * 24 * 60;

/**
 * Until `signal`: finds what no webhook told of, as often as the site says; one process at a time. Issues that changed
 * are searched for, and those of open requests that were not seen for long are read.
 */
export async function poll(context: Context, signal: AbortSignal): Promise<void> {
  const { service, site, log } = context;
  const everySeconds = site.jira.pollEverySeconds;
  const round = createRound(context);
  const leading = { name, everySeconds, leaseSeconds: Math.max(30, everySeconds * 2) };
  await service.lead(
    leading,
    async () => {
      try {
        await round(signal);
      } catch (error) {
        log.warn({ err: error }, 'Jira could not be polled; it is tried again');
        if (error instanceof RetryAfter) await pause(error.seconds, signal);
      }
    },
    signal,
  );
}

/** Of an issue: the change up to which it was seen, and when; and from when on it is read again after it could not be. */
type Sight = { updated: string; at: number; failures: number; againAt?: number };

/**
 * One round; it remembers what was seen, to read only what changed. `page`: how many open requests a round goes through; the
 * next one goes on behind them.
 */
export function createRound(context: Context, page = 500) {
  const { api, service, mirror, pace } = context;
  const seen = new Map<RequestId, Sight>();
  let offset = 0;

  return async function round(signal: AbortSignal): Promise<void> {
    const begunAt = service.now();
    const cursor = cursorSchema.safeParse(await service.note(name));
    const since = cursor.success ? new Date(cursor.data.at) : begunAt;
    const minutes = Math.ceil((begunAt.getTime() - since.getTime()) / 60_000) + overlapMinutes;
    for (const issue of await api.changedSince(label, Math.min(minutes, longestBackMinutes))) {
      if (signal.aborted) return;
      const request = await mirror.requestOf(issue.key);
      if (request === undefined || seen.get(request)?.updated === issue.updated) continue;
      await see(request, issue.updated);
    }
    // What could not be read is known by now, and is read again by itself: it does not make the search look further back.
    await service.setNote(name, { at: begunAt.toISOString() });
    for (const [request, { updated, againAt }] of seen) {
      if (signal.aborted) return;
      if (againAt !== undefined && againAt <= Date.now()) await see(request, updated);
    }
    for (const request of await someOpen()) {
      if (signal.aborted) return;
      const last = seen.get(request);
      // A new process has not seen any; the search finds what is new, and all are due in a while.
      if (last === undefined) seen.set(request, { updated: '', at: Date.now(), failures: 0 });
      else if (last.againAt === undefined && Date.now() - last.at >= pace.unseenSeconds * 1000)
        await see(request, last.updated);
    }
  };

  /** One issue that can't be read does not hold up the others, and is left alone for longer each time. */
  async function see(request: RequestId, updated: string): Promise<void> {
    let again = {};
    let failures = 0;
    try {
      await look(context, request);
    } catch (error) {
      if (error instanceof RetryAfter && error.seconds > 5) throw error;
      // Deleted, or not for us to see any more: nothing comes of reading it again soon.
      if (error instanceof JiraFault && error.status === 404) {
        context.log.warn({ request }, 'the issue of a request is not there any more, or not for us to see');
      } else {
        failures = (seen.get(request)?.failures ?? 0) + 1;
        const seconds = backoffSeconds(failures, Math.random());
        again = { againAt: Date.now() + seconds * 1000 };
        context.log.warn(
          { err: error, request, seconds },
          'an issue could not be looked at; it is tried again',
        );
      }
    }
    seen.set(request, { updated, at: Date.now(), failures, ...again });
  }

  /** The open requests of the next page; behind the last one it begins anew. */
  async function someOpen(): Promise<RequestId[]> {
    const { requests } = await service.listRequests({ states: openStates }, { limit: page, offset });
    offset = requests.length < page ? 0 : offset + page;
    return requests.map((request) => request.id);
  }
}
