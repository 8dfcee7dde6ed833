import type { RequestId } from '../../domain/ids.ts';
import type { Request } from '../../domain/request.ts';
import { backoffSeconds, GivenUp, pause, RetryAfter } from '../../service/feed.ts';
import { isFreshetError } from '../../domain/errors.ts';
import { digestOf, type Cards } from './cards.ts';
import { refusalCode } from './connection/clients.ts';
import type { Front } from './deps.ts';

/** Slack takes about 50 edits a minute from a workspace. */
const secondsForEach = 1.2;
/** How often each of `cards` is edited, and how far apart two edits are, in seconds: together at most 50 a minute. */
export function paceOf(cards: number, atLeast: number): { period: number; between: number } {
  const period = Math.max(atLeast, secondsForEach * cards);
  return { period, between: Math.min(secondsForEach, period / Math.max(1, cards)) };
}

/** How far back cards are looked at that still lack the link to their Jira issue. */
const newest = 50;

/**
 * Until `signal`: brings the cards of running requests up to date, each every `max(5 s, 1.2 s x running)`, always to the
 * newest state; and adds the link to the Jira issue once there is one. By one process at a time. What it misses does
 * no harm: the final state goes out through the outbox.
 */
export async function keepProgress(front: Front, cards: Cards, signal: AbortSignal): Promise<void> {
  const { service, log } = front;
  const atLeast = front.progressSeconds ?? 5;
  /** Edits whose outcome is unknown: they may land late and show an old state. */
  const doubtful = new Set<RequestId>();
  /** Cards that have their link: not looked at again for it. */
  const linked = new Set<RequestId>();
  /** Rounds in a row in which Slack was out of order. */
  let failures = 0;

  const leading = {
    name: 'slack-progress',
    everySeconds: atLeast,
    leaseSeconds: Math.ceil(atLeast * 3 + 30),
  };
  await service.lead(leading, round, signal);

  async function round(): Promise<void> {
    const from = Date.now();
    let period = atLeast;
    try {
      const running = await service.listRequests({ states: ['running'] }, { limit: 200, offset: 0 });
      const ids = running.requests.map((request) => request.id);
      const sure = [...ids, ...(await unlinked())].filter((id) => !doubtful.has(id));
      // Last: an edit that fails each time must not keep the round from all others.
      const all = [...new Set([...sure, ...doubtful])];
      const pace = paceOf(all.length, atLeast);
      period = pace.period;
      for (const id of all) {
        if (signal.aborted) return;
        await update(id).catch((error: unknown) => {
          if (!isOfOne(error)) throw error;
          doubtful.delete(id);
          log.warn({ err: error, request: id }, 'a card could not be brought up to date');
        });
        // Spread over the period, so that edits of other cards find room between them.
        if (all.length > 1) await pause(pace.between, signal);
      }
      failures = 0;
    } catch (error) {
      failures += 1;
      const since = (Date.now() - from) / 1000;
      const wait = error instanceof RetryAfter ? error.seconds : backoffSeconds(failures, Math.random());
      period = since + Math.max(period, wait);
      log.warn({ err: error }, 'cards could not be brought up to date; they are with the next round');
    }
    // The edits themselves took their part of the period; the rest of the usual one is waited for between the rounds.
    if (period > atLeast) await pause(Math.max(0, period - (Date.now() - from) / 1000), signal);
  }

  async function update(id: RequestId): Promise<void> {
    await cards.inTurn(id, async () => {
      const ref = await cards.refOf(id);
      // Not posted yet: that is the outbox's to do.
      if (ref === undefined) return;
      let seen = await cards.render(id);
      if (!doubtful.has(id) && ref.shown === digestOf(seen.message)) return;
      for (;;) {
        doubtful.add(id);
        if ((await cards.change(id, front.clients.progress, ref, seen.message, seen.linked)) === undefined)
          break;
        // Another process may have shown a newer state while this edit was under way: then this one is repeated with it.
        const now = await cards.render(id);
        if (standing(now.view.request) === standing(seen.view.request)) break;
        seen = now;
      }
      doubtful.delete(id);
    });
  }

  /** Requests whose card was posted before their Jira issue existed. */
  async function unlinked(): Promise<RequestId[]> {
    const { requests } = await service.listRequests({}, { limit: newest, offset: 0 });
    const found: RequestId[] = [];
    for (const { id } of requests) {
      if (linked.has(id)) continue;
      const ref = await cards.refOf(id);
      if (ref?.linked === true) linked.add(id);
      else if (ref !== undefined && (await front.issueUrl(id)) !== undefined) found.push(id);
    }
    return found;
  }
}

/** Whether it is about one card, and Slack will take the edits of others. */
function isOfOne(error: unknown): boolean {
  return error instanceof GivenUp || isFreshetError(error) || refusalCode(error) !== undefined;
}

/** All of a request that an older rendering must not hide. */
function standing(request: Request): string {
  return JSON.stringify([request.state, request.digest, request.items.map((item) => item.state)]);
}
