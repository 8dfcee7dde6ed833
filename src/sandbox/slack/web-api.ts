import type { IncomingMessage, ServerResponse } from 'node:http';
import { refusals } from './blocks/refusal.ts';
import type { Changed } from './change.ts';
import { waitAsFaulty, type Faults } from './faults.ts';
import { methods } from './methods/index.ts';
import { ApiError, type Context, type Method } from './methods/method.ts';
import type { SlackOptions } from './options.ts';
import type { RateLimits } from './rate-limits.ts';

/** One call as it was answered; arguments without the token. */
export interface Call {
  at: Date;
  method: string;
  args: Record<string, unknown>;
  ok: boolean;
  error?: string;
  /** How long a 429 asked to wait. */
  retryAfterSeconds?: number;
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Record<string, unknown>;
}

const mostCalls = 20_000;

/** Reads a body up to 1 MB. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > 1_048_576) throw new ApiError('request_too_large');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function parseArgs(contentType: string, body: string): Record<string, unknown> {
  if (!contentType.startsWith('application/json')) {
    if (body !== '' && !contentType.startsWith('application/x-www-form-urlencoded'))
      throw new ApiError('invalid_post_type');
    return Object.fromEntries(new URLSearchParams(body));
  }
  try {
    const parsed: unknown = JSON.parse(body === '' ? '{}' : body);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
      return parsed as Record<string, unknown>;
  } catch {
    throw new ApiError('invalid_json');
  }
  throw new ApiError('json_not_object');
}

function failure(error: ApiError): Answer {
  const { retryAfterSeconds, ...extra } = error.extra;
  const limited = error.error === 'ratelimited';
  const messages = error.messages.map((one) => `[ERROR] ${one}`);
  return {
    status: limited ? 429 : 200,
    headers: limited ? { 'retry-after': String(retryAfterSeconds) } : {},
    body: {
      ok: false,
      error: error.error,
      ...extra,
      ...(messages.length > 0 && { errors: error.messages, response_metadata: { messages } }),
    },
  };
}

export type WebApi = ReturnType<typeof createWebApi>;

/** Serves `/api/METHOD`: token, scopes, limits, faults, arguments, then the method. */
export function createWebApi(
  options: SlackOptions,
  context: Context,
  faults: Faults,
  limits: RateLimits,
  changed: Changed,
) {
  const { app } = options;
  const calls: Call[] = [];

  function scopesOf(token: string): string[] | undefined {
    if (token === app.botToken) return app.botScopes;
    return token === app.appToken ? app.appScopes : undefined;
  }

  function authorise(method: Method, token: string | undefined): string[] {
    if (token === undefined || token === '') throw new ApiError('not_authed');
    const provided = scopesOf(token);
    if (!provided) throw new ApiError('invalid_auth');
    if (token !== (method.token === 'app' ? app.appToken : app.botToken))
      throw new ApiError('not_allowed_token_type');
    const lacking = method.scopes.filter((scope) => !provided.includes(scope));
    if (lacking.length > 0)
      throw new ApiError('missing_scope', [], {
        needed: lacking.join(','),
        provided: provided.join(','),
      });
    return provided;
  }

  function perform(method: Method, name: string, args: Record<string, unknown>): Record<string, unknown> {
    const parsed = method.args.safeParse(args);
    if (!parsed.success) throw new ApiError('invalid_arguments', refusals(parsed.error, args, ''));
    const by = method.limitBy?.(parsed.data) ?? '';
    const isLimited = options.rateLimits !== false && !faults.limitsLifted();
    const wait = isLimited ? limits.take(method.tier, `${name} ${by}`) : 0;
    if (wait > 0) throw new ApiError('ratelimited', [], { retryAfterSeconds: wait });
    return method.run(context, parsed.data);
  }

  /** Answers one call. Undefined where a fault switch wants the connection cut. */
  async function answer(name: string, request: IncomingMessage): Promise<Answer | undefined> {
    const headers: Record<string, string> = {};
    let args: Record<string, unknown> = {};
    let answered: Answer;
    const fault = faults.takeCall(name);
    await waitAsFaulty(fault);
    if (fault?.kind === 'lost-before') return undefined;
    if (fault?.kind === 'status')
      return { status: fault.status, headers, body: { ok: false, error: 'internal_error' } };
    try {
      // Bolt's clients send team_id with every call; it says nothing where there is one workspace.
      const {
        token: inBody,
        team_id: _,
        ...given
      } = parseArgs(request.headers['content-type'] ?? '', await readBody(request));
      args = given;
      if (fault?.kind === 'error') throw new ApiError(fault.error);
      if (fault?.kind === 'ratelimit')
        throw new ApiError('ratelimited', [], { retryAfterSeconds: fault.retryAfterSeconds ?? 1 });
      const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
      if (!method) throw new ApiError('unknown_method', [], { req_method: name });
      const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
      const token = bearer ?? (typeof inBody === 'string' ? inBody : undefined);
      headers['x-accepted-oauth-scopes'] = method.scopes.join(',');
      headers['x-oauth-scopes'] = (scopesOf(token ?? '') ?? []).join(',');
      authorise(method, token);
      answered = { status: 200, headers: {}, body: { ok: true, ...perform(method, name, args) } };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      answered = failure(error);
    }
    const { ok, error } = answered.body;
    calls.push({
      at: new Date(),
      method: name,
      args,
      ok: ok === true,
      ...(typeof error === 'string' && { error }),
      ...('retry-after' in answered.headers && {
        retryAfterSeconds: Number(answered.headers['retry-after']),
      }),
    });
    if (calls.length > mostCalls) calls.shift();
    changed({ kind: 'call' });
    if (fault?.kind === 'lost-after') return undefined;
    return { ...answered, headers: { ...headers, ...answered.headers } };
  }

  return { answer, calls: (): readonly Call[] => calls, forget: () => void calls.splice(0) };
}

/** Sends an answer, or cuts the connection where there is none. */
export function reply(response: ServerResponse, answered: Answer | undefined): void {
  if (!answered) {
    response.socket?.destroy();
    return;
  }
  response.writeHead(answered.status, {
    'content-type': 'application/json; charset=utf-8',
    ...answered.headers,
  });
  response.end(JSON.stringify(answered.body));
}
