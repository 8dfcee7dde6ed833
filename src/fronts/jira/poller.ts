import { z } from 'zod';
import type { RequestId } from '../../domain/ids.ts';
import { RetryAfter, pause } from '../../service/feed.ts';
import type { Context } from './deps.ts';
import { label } from './issue.ts';
import { look } from './look.ts';

const name = 'jira poller';
const cursorSchema = z.object({ at: z.iso.datetime() });
/** How far a search looks back over the last one: the index runs behind, and JQL knows minutes only. */
const overlapMinutes = 2;
const longestBackMinutes = 7 * 24 * 60;
const keepDeliveriesSeconds = 7 * 86_400;
const mostOpen = 500;

/**
 * Until `signal`: finds what no webhook told of, as often as the site says; one process at a time. Issues that changed
 * are searched for, and those of open requests that were not seen for long are read.
 */
export async function poll(context: Context, signal: AbortSignal): Promise<void> {
  const { service, site, log } = context;
  const everySeconds = site.jira.pollEverySeconds;
  const round = createRound(context);
  let leads = false;
  while (!signal.aborted) {
    let seconds = everySeconds;
    try {
      leads = await service.lease(name, Math.max(30, everySeconds * 2));
      if (leads) await round(signal);
    } catch (error) {
      if (error instanceof RetryAfter) seconds = Math.max(seconds, error.seconds);
      log.warn({ err: error }, 'Jira could not be polled; it is tried again');
    }
    await pause(seconds, signal);
  }
  // The next process need not wait for the end of the lease.
  if (leads) await service.lease(name, 0);
}

/** One round; it remembers what was seen, to read only what changed. */
export function createRound(context: Context) {
  const { api, service, mirror, pace } = context;
  const seen = new Map<RequestId, { updated: string; at: number }>();

  return async function round(signal: AbortSignal): Promise<void> {
    const begunAt = service.now();
    const cursor = cursorSchema.safeParse(await service.note(name));
    const since = cursor.success ? new Date(cursor.data.at) : begunAt;
    const minutes = Math.ceil((begunAt.getTime() - since.getTime()) / 60_000) + overlapMinutes;
    let failed = false;
    for (const issue of await api.changedSince(label, Math.min(minutes, longestBackMinutes))) {
      if (signal.aborted) return;
      const request = await mirror.requestOf(issue.key);
      if (request === undefined || seen.get(request)?.updated === issue.updated) continue;
      if (await see(request)) seen.set(request, { updated: issue.updated, at: Date.now() });
      else failed = true;
    }
    for (const request of await openRequests()) {
      if (signal.aborted) return;
      const last = seen.get(request);
      if (last === undefined) {
        // A new process has not seen any; the search finds what is new, and all are due in a while.
        seen.set(request, { updated: '', at: Date.now() });
        continue;
      }
      if (Date.now() - last.at < pace.unseenSeconds * 1000) continue;
      if (await see(request)) seen.set(request, { ...last, at: Date.now() });
      else failed = true;
    }
    // What could not be read is looked for again from where this round began to look.
    if (!failed) await service.setNote(name, { at: begunAt.toISOString() });
    await service.inbox.forget(new Date(begunAt.getTime() - keepDeliveriesSeconds * 1000));
  };

  /** One issue that can't be read does not hold up the others. */
  async function see(request: RequestId): Promise<boolean> {
    try {
      await look(context, request);
      return true;
    } catch (error) {
      if (error instanceof RetryAfter && error.seconds > 5) throw error;
      context.log.warn({ err: error, request }, 'an issue could not be looked at; it is tried again');
      return false;
    }
  }

  async function openRequests(): Promise<RequestId[]> {
    const { requests } = await service.listRequests(
      { states: ['pending', 'approved', 'running', 'fenced'] },
      { limit: mostOpen, offset: 0 },
    );
    return requests.map((request) => request.id);
  }
}
