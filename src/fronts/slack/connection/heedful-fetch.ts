import type { FetchFunction } from '@slack/web-api';

/** Longest that a `Retry-After` is believed. */
const longestWaitSeconds = 900;

/**
 * A `fetch` for Slack's clients that heeds `Retry-After`: what Slack asked to be left alone with is refused here with the same
 * 429 until the time is over, without asking again. Slack counts by method, and messages by channel as well
 * (docs.slack.dev/apis/web-api/rate-limits), whichever of our clients calls; so they share one.
 */
export function heedfulFetch(): FetchFunction {
  const quietUntil = new Map<string, number>();

  return async (url, init) => {
    const counted = countedAs(String(url), init?.body);
    const seconds = ((quietUntil.get(counted) ?? 0) - Date.now()) / 1000;
    if (seconds > 0) return limited(Math.ceil(seconds));
    quietUntil.delete(counted);
    const response = await fetch(url, init);
    if (response.status === 429) {
      const asked = Number.parseInt(response.headers.get('retry-after') ?? '', 10);
      // Another call that was on its way at the same time may have been told a later moment.
      const until = Date.now() + Math.min(longestWaitSeconds, Math.max(1, asked || 1)) * 1000;
      quietUntil.set(counted, Math.max(quietUntil.get(counted) ?? 0, until));
    }
    return response;
  };
}

function countedAs(url: string, body: unknown): string {
  const method = url.slice(url.lastIndexOf('/') + 1);
  if (method !== 'chat.postMessage' || typeof body !== 'string') return method;
  return `${method} ${new URLSearchParams(body).get('channel') ?? ''}`;
}

function limited(seconds: number): Response {
  return new Response(JSON.stringify({ ok: false, error: 'ratelimited' }), {
    status: 429,
    headers: { 'content-type': 'application/json', 'retry-after': String(seconds) },
  });
}
