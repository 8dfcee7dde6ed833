import { randomBytes } from 'node:crypto';
import type { Finding } from '../../../domain/probe.ts';
import type { Site } from '../../../domain/site.ts';
import { eventsPath } from './http.ts';
import { signatureOf } from './http-signature.ts';

const timeoutMs = 5000;

/** Whether the secret has the form of Slack's; whether it is the right one only Slack's first request tells. */
export function signingSecretFinding(secret: string): Finding {
  if (/^[0-9a-f]{32}$/.test(secret)) {
    return { ok: true, says: 'has the form of one; that it is the right one shows with the first request' };
  }
  return {
    ok: false,
    says: 'does not have the form of a signing secret (32 hexadecimal digits)',
    remedy:
      'Set slack.signingSecret to the "Signing Secret" under Basic Information of the Slack app; not the client secret, nor the verification token.',
  };
}

/**
 * Asks the bot's own port, and then its public address, for an answer to Slack's own handshake, signed as Slack signs it. Before
 * anything serves there is nothing to judge, and that is said.
 */
export async function requestUrlFinding(http: Site['http'], secret: string): Promise<Finding> {
  const own = `http://${reachable(http.address)}:${http.port}${eventsPath}`;
  const local = await shake(own, secret);
  const { publicUrl } = http;
  if (publicUrl === undefined) {
    const unknown = 'http.publicUrl is not set, so the way from Slack to here was not looked at';
    if (local.answer === 'right') return { ok: true, says: `${own} answers; ${unknown}` };
    if (local.answer === 'none') {
      return { ok: true, says: `nothing serves on port ${http.port} yet, not judged; ${unknown}` };
    }
    return wrong(own, local.why);
  }
  const address = `${publicUrl}${eventsPath}`;
  const outside = await shake(address, secret);
  if (outside.answer === 'right') return { ok: true, says: `${address} answers as Slack expects` };
  if (local.answer === 'wrong') return wrong(own, local.why);
  if (local.answer === 'none' && outside.answer === 'none') {
    return {
      ok: true,
      says: `${address} ${outside.why}; nothing serves on port ${http.port} here yet, not judged: check again once npx freshet serve runs`,
    };
  }
  return {
    ok: false,
    says: `${address} ${outside.why}`,
    remedy: `A proxy with TLS must pass ${eventsPath} on to ${http.address}:${http.port}, with body and headers as they come; else correct http.publicUrl.`,
  };
}

type Shake = { answer: 'right' | 'wrong' | 'none'; why: string };

/** `none`: nobody is there, or only a proxy that has nobody behind it. */
async function shake(url: string, secret: string): Promise<Shake> {
  const challenge = randomBytes(12).toString('hex');
  const body = JSON.stringify({ type: 'url_verification', challenge });
  const timestamp = String(Math.floor(Date.now() / 1000));
  try {
    const response = await fetch(url, {
      method: 'POST',
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        'content-type': 'application/json',
        'x-slack-request-timestamp': timestamp,
        'x-slack-signature': signatureOf(secret, timestamp, Buffer.from(body)),
      },
    });
    const text = (await response.text()).slice(0, 10_000);
    if (response.status === 200 && text.includes(challenge)) return { answer: 'right', why: 'answers' };
    if (response.status === 401) {
      return {
        answer: 'wrong',
        why: 'answers with status 401: what serves there has another signing secret',
      };
    }
    const away = [502, 503, 504].includes(response.status);
    return { answer: away ? 'none' : 'wrong', why: `answers with status ${response.status}` };
  } catch (error) {
    return { answer: 'none', why: `can't be reached (${reasonOf(error)})` };
  }
}

function wrong(url: string, why: string): Finding {
  return {
    ok: false,
    says: `${url} ${why}`,
    remedy: 'Is it another process that has the port, or one that was started before the secret was changed?',
  };
}

/** An address that listens everywhere is asked on this machine. */
function reachable(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  if (address === '::') return '[::1]';
  return address.includes(':') ? `[${address}]` : address;
}

/** The reason that fetch hides in its cause: `ECONNREFUSED`, `ENOTFOUND`, a certificate's. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { cause } = error;
  if (cause instanceof Error) {
    return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message;
  }
  return error.name === 'TimeoutError' ? `no answer within ${timeoutMs / 1000} s` : error.message;
}
