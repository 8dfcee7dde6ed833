import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { Router, raw, type NextFunction, type Request, type Response } from 'express';
import { z } from 'zod';
import type { Context } from './deps.ts';
import { isObject, objectsIn, textIn } from './json.ts';

/** A hint that an issue was changed; `change` is the entry of its changelog that it speaks of. */
export const hintSchema = z.object({ key: z.string(), change: z.number().optional() });
export type Hint = z.infer<typeof hintSchema>;

/** Source of our deliveries in the inbox. */
export const inboxSource = 'jira';

/**
 * Jira's webhooks at `/jira/webhook`; without a secret there is no such route, and polling has to do. The signature over the raw body is checked, the hint stored, and then answered with
 * 200. Nothing in a webhook is ever believed but that somebody should look at the issue.
 */
export function webhookRoutes(context: Context, secret: string | undefined): Router {
  const routes = Router();
  if (secret === undefined) return routes;
  routes.post(
    '/jira/webhook',
    raw({ type: () => true, limit: '2mb', inflate: false }),
    (request: Request, response: Response, next: NextFunction) => {
      take(context, secret, request)
        .then((status) => response.status(status).end())
        .catch(next);
    },
  );
  routes.use('/jira/webhook', (error: unknown, _request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const status = isObject(error) && typeof error['status'] === 'number' ? error['status'] : 503;
    if (status >= 500)
      context.log.error({ err: error }, 'a webhook could not be stored; Jira sends it again');
    response.status(status).end();
  });
  return routes;
}

async function take({ service, site }: Context, secret: string, request: Request): Promise<number> {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  if (!isSigned(body, request.get('X-Hub-Signature'), secret)) return 401;
  const payload = parse(body);
  if (payload === undefined) return 400;
  const hint = hintIn(payload, site.jira.project, site.jira.accountId);
  if (hint === undefined) return 200;
  const id = request.get('X-Atlassian-Webhook-Identifier') ?? createHash('sha256').update(body).digest('hex');
  await service.inbox.accept(inboxSource, id.slice(0, 200), hint);
  return 200;
}

/**
 * Cloud and Data Center sign alike where a secret was given: `X-Hub-Signature: sha256=` and the HMAC in hex
 * (developer.atlassian.com/cloud/jira/platform/webhooks, confluence.atlassian.com/adminjiraserver/managing-webhooks-938846912.html). Data
 * Center has that field in its documentation since 10; older ones sign nothing, and then polling has to do.
 * Whether `header` is `sha256=` and the HMAC of exactly these bytes; takes as long for a wrong one as for a right one. */
export function isSigned(body: Buffer, header: string | undefined, secret: string): boolean {
  const given = Buffer.from(header ?? '');
  const right = Buffer.from(`sha256=${createHmac('sha256', secret).update(body).digest('hex')}`);
  return given.length === right.length && timingSafeEqual(given, right);
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Only moves of issues of our project are worth a look, and not our own. */
export function hintIn(payload: unknown, project: string, bot: string): Hint | undefined {
  if (textIn(payload, 'webhookEvent') !== 'jira:issue_updated') return undefined;
  // Cloud says the account id, Data Center the user key.
  const user = textIn(payload, 'user', 'accountId') || textIn(payload, 'user', 'key');
  if (user === bot) return undefined;
  const key = textIn(payload, 'issue', 'key');
  const [, of] = /^([A-Za-z][A-Za-z0-9_]*)-\d{1,12}$/.exec(key) ?? [];
  if (of?.toUpperCase() !== project.toUpperCase()) return undefined;
  const changelog = isObject(payload) ? payload['changelog'] : undefined;
  const moved =
    isObject(changelog) && objectsIn(changelog['items']).some((item) => item['field'] === 'status');
  if (!moved) return undefined;
  const change = Number(textIn(changelog, 'id'));
  return Number.isSafeInteger(change) && change > 0 ? { key, change } : { key };
}
