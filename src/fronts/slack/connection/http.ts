import { ExpressReceiver } from '@slack/bolt';
import { Router, raw, type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import type { Logger } from 'pino';
import { slackLogger } from './clients.ts';
import { allowedSkewSeconds, isSigned, signedHeaders, skewSeconds } from './http-signature.ts';
import type { Reception } from './reception.ts';

/** Where Slack sends everything: commands, clicks, searches in modals, and events. */
export const eventsPath = '/slack/events';

/** Slack's largest payloads are views of 250 kB; as a form each byte may take three. */
const mostBytes = 1024 * 1024;
const tellEverySeconds = 60;

/**
 * HTTP mode: Slack comes to our own port. A request is let through to Bolt only with a signature over its raw body and a
 * moment at most five minutes off, either way; any other is answered with 401 and nothing else, and nothing of it is parsed or kept.
 */
export function receiveHttp(
  signingSecret: string,
  log: Logger,
  now: () => Date = () => new Date(),
): Reception {
  let accepting = false;
  const refuse = refuser(log);
  const receiver = new ExpressReceiver({
    signingSecret,
    endpoints: eventsPath,
    bodyLimit: mostBytes,
    logger: slackLogger(log),
    processEventErrorHandler: ({ error, response }) => {
      log.error({ err: error }, 'a delivery of Slack could not be taken in');
      if (!response.headersSent) response.writeHead(500).end();
      return Promise.resolve(false);
    },
  });

  // Before the body is read: who does not even claim to be Slack costs nothing.
  const claimed: RequestHandler = (request, response, next) => {
    const headers = headersOf(request);
    if (headers === undefined) return refuse(response, 'it is not signed');
    const skew = skewSeconds(headers.timestamp, now());
    if (Math.abs(skew) > allowedSkewSeconds) return refuse(response, `its moment is off by ${skew} s`);
    next();
  };
  const proven: RequestHandler = (request, response, next) => {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const headers = headersOf(request);
    if (headers === undefined || !isSigned(signingSecret, headers, body)) {
      return refuse(response, 'its signature is of another secret or another body');
    }
    if (!accepting) {
      response.status(503).end();
      return;
    }
    // Bolt reads the body from here, as ours was read to its end; it knows the kind by its bare name only.
    Object.assign(request, { rawBody: body });
    request.headers['content-type'] = request.headers['content-type']?.split(';')[0]?.trim() ?? '';
    next();
  };

  const routes = Router();
  routes.post(eventsPath, claimed, raw({ type: () => true, limit: mostBytes, inflate: false }), proven);
  routes.use(receiver.router as Router);
  routes.use(eventsPath, (error: unknown, _request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) return next(error);
    const status = statusOf(error);
    if (status >= 500) log.error({ err: error }, 'a delivery of Slack could not be taken in');
    response.set('connection', 'close').status(status).end();
  });

  return {
    receiver,
    routes,
    begin(signal) {
      accepting = true;
      signal.addEventListener('abort', () => (accepting = false), { once: true });
      log.info({ path: eventsPath }, 'Slack is expected over HTTP');
      return Promise.resolve();
    },
    ended: () => Promise.resolve(),
    isConnected: () => accepting,
  };
}

function headersOf(request: Request) {
  return signedHeaders(request.get('x-slack-request-timestamp'), request.get('x-slack-signature'));
}

/** Answers 401 and hangs up; what comes from the internet all day is logged once a minute. */
function refuser(log: Logger): (response: Response, why: string) => void {
  let toldAt = -Infinity;
  let unsaid = 0;
  return (response, why) => {
    response.set('connection', 'close').status(401).end();
    unsaid += 1;
    if (performance.now() - toldAt < tellEverySeconds * 1000) return;
    log.warn({ refused: unsaid, why }, 'a request that does not prove to be of Slack was refused');
    toldAt = performance.now();
    unsaid = 0;
  };
}

function statusOf(error: unknown): number {
  const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined;
  return typeof status === 'number' && status >= 400 && status < 600 ? status : 500;
}
