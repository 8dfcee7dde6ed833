import { createHmac } from 'node:crypto';
import type { SlackApp } from './options.ts';
import type { Envelope } from './socket-mode.ts';

/** Slack's signature of a request: `v0=` and HMAC-SHA256 of `v0:{timestamp}:{raw body}` under the signing secret. */
export function signature(secret: string, timestamp: string, body: string): string {
  return `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`;
}

function bodyOf({ type, payload }: Envelope): { contentType: string; body: string } {
  const form = 'application/x-www-form-urlencoded';
  if (type === 'events_api') return { contentType: 'application/json', body: JSON.stringify(payload) };
  const fields: [string, string][] =
    type === 'interactive'
      ? [['payload', JSON.stringify(payload)]]
      : Object.entries(payload).map(([key, value]) => [key, String(value)]);
  return { contentType: form, body: new URLSearchParams(fields).toString() };
}

/** Posts it to the app's request URL, signed. Resolves with the answer's object (`{}` for an empty body, text as
 *  `{text}`), or undefined for any status but 200; rejects where there is none within `withinMs`. */
export async function postSigned(
  http: NonNullable<SlackApp['http']>,
  envelope: Envelope,
  withinMs: number,
): Promise<Record<string, unknown> | undefined> {
  const { contentType, body } = bodyOf(envelope);
  const timestamp = String(Math.floor(Date.now() / 1000));
  const response = await fetch(http.requestUrl, {
    method: 'POST',
    body,
    signal: AbortSignal.timeout(withinMs),
    headers: {
      'Content-Type': contentType,
      'X-Slack-Request-Timestamp': timestamp,
      'X-Slack-Signature': signature(http.signingSecret, timestamp, body),
      ...(envelope.retry_attempt && {
        'X-Slack-Retry-Num': String(envelope.retry_attempt),
        'X-Slack-Retry-Reason': envelope.retry_reason ?? '',
      }),
    },
  });
  const text = await response.text();
  if (response.status !== 200) return undefined;
  if (text.trim() === '') return {};
  if (!(response.headers.get('content-type') ?? '').includes('json')) return { text };
  return JSON.parse(text) as Record<string, unknown>;
}
