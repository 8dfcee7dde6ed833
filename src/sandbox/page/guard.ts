import type { IncomingMessage } from 'node:http';

/** Only the page itself may talk to its server: whoever sits at this machine acts there as anybody, so no other site in
 *  their browser may. No inline script, no foreign address, no frame around it. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-cache',
};

/**
 * Why a call is refused, or undefined where it comes from the page itself. A name that was made to point at 127.0.0.1
 * (DNS rebinding) shows in `Host`; a form or script of another site shows in `Origin`, which browsers put on every POST.
 */
export function strangerAt(port: number, request: IncomingMessage): string | undefined {
  const { host, origin } = request.headers;
  const own = [`127.0.0.1:${port}`, `localhost:${port}`];
  if (host === undefined || !own.includes(host)) {
    return `This page answers at http://${own[0]} only, not at "${host ?? ''}".`;
  }
  // A script or picture of another site is asked for without an Origin; what it can't read could still keep us busy.
  const from = request.headers['sec-fetch-site'];
  if (request.url?.startsWith('/api/') && from !== undefined && from !== 'same-origin') {
    return 'Only the page itself asks for this.';
  }
  const changes = request.method !== 'GET' && request.method !== 'HEAD';
  if (origin === undefined)
    return changes ? 'A call without an Origin does not come from the page.' : undefined;
  return origin === `http://${host}` ? undefined : `"${origin}" is not this page.`;
}
