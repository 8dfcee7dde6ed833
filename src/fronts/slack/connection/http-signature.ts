import { createHmac, timingSafeEqual } from 'node:crypto';

/** How far Slack's clock and ours may be apart, either way; older is a replay, newer one that is kept for later. */
export const allowedSkewSeconds = 300;

/** The two headers in the form that Slack gives them; undefined where either is missing or malformed. */
export function signedHeaders(
  timestamp: string | undefined,
  signature: string | undefined,
): { timestamp: string; signature: string } | undefined {
  if (timestamp === undefined || !/^\d{1,11}$/.test(timestamp)) return undefined;
  if (signature === undefined || !/^v0=[0-9a-f]{64}$/.test(signature)) return undefined;
  return { timestamp, signature };
}

/** By how many seconds a request's clock is off; above 0 it is ahead of ours. */
export function skewSeconds(timestamp: string, now: Date): number {
  return Number(timestamp) - Math.floor(now.getTime() / 1000);
}

/** `v0=` and HMAC-SHA256 of `v0:{timestamp}:{raw body}`, in hex, as Slack documents it. */
export function signatureOf(secret: string, timestamp: string, body: Buffer): string {
  return `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest('hex')}`;
}

/** Whether the signature is of exactly these bytes and this moment; takes as long for a wrong one as for a right one. */
export function isSigned(
  secret: string,
  headers: { timestamp: string; signature: string },
  body: Buffer,
): boolean {
  const given = Buffer.from(headers.signature);
  const right = Buffer.from(signatureOf(secret, headers.timestamp, body));
  return given.length === right.length && timingSafeEqual(given, right);
}
