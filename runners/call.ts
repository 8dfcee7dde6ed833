import { createHmac } from 'node:crypto';
import { request as requestPlain } from 'node:http';
import { request as requestSafely } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CallAnswer, CallStep } from './plan.ts';

/** What a call is signed with, and what opens the door of who is called. */
export type CallSecrets = { secret: string; token?: string };

/** Before the second try; each further one waits four times as long, at most `longestPauseMs`. */
const firstPauseMs = 1000;
const longestPauseMs = 60_000;

/** What another try may mend: the far side was busy, or asked to come again. */
const passing = [408, 425, 429];

/**
 * Calls a hook by POST, signed, until it is answered with 2xx or its tries are used up; redirects are not followed, and what it answers is not
 * read. Everybody who calls for the same run and hook sends the same `Idempotency-Key`. Rejects only when the signal is given.
 */
export async function call(
  step: CallStep,
  secrets: CallSecrets,
  signal: AbortSignal,
  pauseMs = firstPauseMs,
): Promise<CallAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await once(step, secrets, signal);
    if (answer.ok || !answer.again || attempt >= step.attempts) return { ...answer, attempts: attempt };
    await sleep(Math.min(longestPauseMs, pauseMs * 4 ** (attempt - 1)), undefined, { signal });
  }
}

type Once = { ok: true } | { ok: false; again: boolean; why: string };

async function once(step: CallStep, secrets: CallSecrets, signal: AbortSignal): Promise<Once> {
  const body = JSON.stringify(step.body);
  const timestamp = Math.floor(Date.now() / 1000);
  const slow = AbortSignal.timeout(step.timeoutSeconds * 1000);
  try {
    const status = await post(
      step.url,
      body,
      {
        'content-type': 'application/json',
        'user-agent': 'freshet',
        'idempotency-key': step.key,
        'x-freshet-timestamp': String(timestamp),
        'x-freshet-signature': signatureOf(secrets.secret, timestamp, body),
        ...(secrets.token === undefined ? {} : { authorization: `Bearer ${secrets.token}` }),
      },
      AbortSignal.any([signal, slow]),
    );
    if (status >= 200 && status < 300) return { ok: true };
    if (status >= 300 && status < 400)
      return { ok: false, again: false, why: `answered ${status}: a redirect, which is not followed` };
    return { ok: false, again: status >= 500 || passing.includes(status), why: `answered ${status}` };
  } catch (error) {
    signal.throwIfAborted();
    if (slow.aborted) {
      return { ok: false, again: true, why: `did not answer within ${step.timeoutSeconds} seconds` };
    }
    return { ok: false, again: true, why: `could not be reached (${reasonOf(error)})` };
  }
}

/**
 * The status of the answer; its body is not read. Not by `fetch`, which gives up after five minutes whatever it is told: what is called may
 * take hours to answer, and would be called again while it works.
 */
function post(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<number> {
  const send = new URL(url).protocol === 'https:' ? requestSafely : requestPlain;
  return new Promise((resolve, reject) => {
    const sent = send(url, { method: 'POST', agent: false, signal, headers }, (answer) => {
      answer.destroy();
      resolve(answer.statusCode ?? 0);
    });
    sent.on('error', reject);
    // On the way there may be who forgets a connection on which nothing moves.
    sent.setSocketKeepAlive(true, 30_000);
    sent.end(body);
  });
}

/** `v1=` and HMAC-SHA256 in hex over `v1:TIMESTAMP:BODY`: as Slack signs, so that an old call can't be played again. */
export function signatureOf(secret: string, timestamp: number, body: string): string {
  return `v1=${createHmac('sha256', secret).update(`v1:${timestamp}:${body}`).digest('hex')}`;
}

/** The system's own word, such as ECONNREFUSED; what else an error says may hold the address with all that is in it. */
function reasonOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,60}$/.test(code) ? code : 'no connection';
}
