import { setTimeout as sleep } from 'node:timers/promises';
import express from 'express';
import type { Express, NextFunction, Request, Response } from 'express';
import type { Dialect } from './dialect.ts';
import { JiraError, badRequest } from './errors.ts';
import type { FaultTable } from './faults.ts';
import type { Account } from './model.ts';
import type { WriteCounter } from './rate-limit.ts';
import type { State } from './state.ts';

/** A request that got through: signed in, within limits, its JSON read. */
export interface Call {
  readonly account: Account;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly header: (name: string) => string | undefined;
  /** The moment at which reads have to look; earlier than now under `staleReads`. */
  readonly readAt: number;
  /** The same for any issue, for calls that name several. */
  momentOf(issueKey: string): number;
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

export type Handler = (call: Call) => Answer;
export type Method = 'get' | 'post' | 'put' | 'delete';

export interface CallRecord {
  /** When it reached us; a slow call is answered, and listed, later than one that came after it. */
  readonly arrivedAt: number;
  /** When it was answered. */
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly accountId: string | undefined;
  /** 0 when the connection was cut. */
  readonly status: number;
  readonly fault: string | undefined;
  /** The body of the refusal or answer, for people who ask why. */
  readonly answer: unknown;
}

export interface Http {
  readonly app: Express;
  readonly calls: CallRecord[];
  /** Adds one resource below `prefix`, or of another API where the path begins with `/rest/`; `open` ones need no account. */
  route(method: Method, path: string, handler: Handler, access?: 'open'): void;
  /** To be called last: answers what no route knows. */
  finish(): void;
}

export interface HttpDeps {
  readonly prefix: string;
  readonly dialect: Dialect;
  readonly state: State;
  readonly faults: FaultTable;
  readonly writes: WriteCounter;
}

const anonymous: Account = { accountId: '', displayName: '', email: '', token: '', permissions: [] };

/** Transport only: signing in, faults, limits and the shape of refusals; what a resource means is in its handler. */
export function createHttp({ prefix, dialect, state, faults, writes }: HttpDeps): Http {
  const app = express();
  const calls: CallRecord[] = [];
  app.disable('x-powered-by');
  app.set('etag', false);
  // A property's value may be any JSON, so a bare string or number is read too.
  app.use(express.json({ strict: false, limit: '2mb', type: 'application/json' }));

  function signIn(request: Request): Account | 'failed' | 'missing' {
    const header = request.headers.authorization;
    if (header === undefined) return 'missing';
    return dialect.signIn(header, state.site);
  }

  function momentOf(issueKey: string | undefined): number {
    const lag = faults.lagOf(issueKey);
    return lag > 0 ? state.site.now() - lag : Number.POSITIVE_INFINITY;
  }

  function answerTo(
    request: Request,
    handler: Handler,
    open: boolean,
    who: ReturnType<typeof signIn>,
  ): Answer {
    if (who === 'failed' || (who === 'missing' && !open)) {
      throw new JiraError(401, ['Client must be authenticated to access this resource.']);
    }
    if (['POST', 'PUT'].includes(request.method) && !request.is('application/json')) {
      throw new JiraError(415, ['Unsupported Media Type']);
    }
    const params = paramsOf(request);
    const issue = params['issueIdOrKey'] === undefined ? undefined : state.read(params['issueIdOrKey']);
    if (issue && request.method !== 'GET') {
      const waitMs = writes.take(issue.id);
      if (waitMs > 0) throw new RateLimited(Math.ceil(waitMs / 1000), 'jira-per-issue-on-write');
    }
    return handler({
      account: who === 'missing' ? anonymous : who,
      params,
      query: queryOf(request),
      body: request.body as unknown,
      header: (name) => request.get(name),
      // What is written is written to the present.
      readAt: request.method === 'GET' ? momentOf(issue?.key) : Number.POSITIVE_INFINITY,
      momentOf,
    });
  }

  async function serve(request: Request, response: Response, handler: Handler, open: boolean): Promise<void> {
    const arrivedAt = Date.now();
    const who = signIn(request);
    const accountId = typeof who === 'string' ? undefined : who.accountId;
    const fault = faults.hitApi(request.method, within(prefix, request.path), accountId);
    const record = (status: number, answer?: unknown): void => {
      const { method, path } = request;
      calls.push({ arrivedAt, at: Date.now(), method, path, accountId, status, fault: fault?.kind, answer });
    };
    if (fault?.kind === 'lost-before') {
      await sleep(fault.delayMs ?? 0);
      record(0);
      request.socket.destroy();
      return;
    }
    let answer: Answer & { headers?: Readonly<Record<string, string>> };
    try {
      if (fault?.kind === 'rate-limit')
        throw new RateLimited(fault.retryAfterSeconds ?? 1, 'jira-burst-based');
      if (fault?.kind === 'error') throw new JiraError(fault.status ?? 500, ['Internal server error']);
      answer = answerTo(request, handler, open, who);
    } catch (error) {
      answer = refusal(error);
    }
    if (fault?.delayMs !== undefined) await sleep(fault.delayMs);
    await fault?.until;
    if (fault?.kind === 'lost-after') {
      record(0, answer.body);
      request.socket.destroy();
      return;
    }
    record(answer.status, answer.body);
    for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
    if (who === 'failed') response.setHeader('X-Seraph-LoginReason', 'AUTHENTICATED_FAILED');
    response.status(answer.status);
    if (answer.body === undefined) response.end();
    else response.json(answer.body);
  }

  return {
    app,
    calls,
    route(method, path, handler, access) {
      app[method](path.startsWith('/rest/') ? path : prefix + path, (request, response) =>
        serve(request, response, handler, access === 'open'),
      );
    },
    finish() {
      app.use((request, response) =>
        serve(
          request,
          response,
          () => {
            throw new JiraError(404, [
              `The Jira stand-in has no resource ${request.method} ${request.path}.`,
            ]);
          },
          true,
        ),
      );
      app.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
        if (response.headersSent) return next(error);
        const malformed =
          error instanceof Error && 'type' in error && String(error.type).startsWith('entity');
        const { status, body } = refusal(
          malformed
            ? badRequest('There was an error parsing JSON. Check that your request body is valid.')
            : error,
        );
        response.status(status).json(body);
      });
    },
  };
}

/** The path below the prefix; one of another API is whole. */
function within(prefix: string, path: string): string {
  return path.startsWith(prefix) ? path.slice(prefix.length) : path;
}

class RateLimited extends JiraError {
  readonly retryAfterSeconds: number;
  readonly reason: string;

  constructor(retryAfterSeconds: number, reason: string) {
    super(429, ['Rate limit exceeded.']);
    this.retryAfterSeconds = retryAfterSeconds;
    this.reason = reason;
  }
}

function refusal(error: unknown): Answer & { headers?: Readonly<Record<string, string>> } {
  if (!(error instanceof JiraError)) {
    // A fault of the stand-in itself must not look like one of Jira's.
    console.error('The Jira stand-in failed:', error);
    return {
      status: 500,
      body: { errorMessages: [`The Jira stand-in failed: ${String(error)}`], errors: {} },
    };
  }
  const { body } = error;
  if (!(error instanceof RateLimited)) return { status: error.status, body };
  const headers = { 'Retry-After': String(error.retryAfterSeconds), 'RateLimit-Reason': error.reason };
  return { status: 429, body, headers };
}

function paramsOf(request: Request): Record<string, string> {
  const entries = Object.entries(request.params);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, Array.isArray(value) ? value.join('/') : value]),
  );
}

function queryOf(request: Request): Record<string, string> {
  const query: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.query)) {
    query[name] = Array.isArray(value) ? value.map(textOf).join(',') : textOf(value);
  }
  return query;
}

/** A list given as `a,b` in a query, or as an array in a body. */
export function listOf(value: unknown): string[] {
  const list: unknown[] = Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
  return list
    .flatMap((each) => String(each).split(','))
    .map((each) => each.trim())
    .filter((each) => each !== '');
}

/** `startAt` and `maxResults` of a paginated resource, as Jira bounds them. */
export function pageOf(
  query: Readonly<Record<string, string>>,
  most: number,
): { startAt: number; maxResults: number } {
  const read = (name: string, fallback: number): number => {
    const text = query[name];
    // jira.js sends `false` for parameters it was not given.
    if (text === undefined || text === '' || text === 'false') return fallback;
    const value = Number(text);
    if (!Number.isInteger(value)) throw badRequest(`For input string: "${text}"`);
    if (value < 0) throw badRequest(`'${name}' must be a positive number.`);
    return value;
  };
  return { startAt: read('startAt', 0), maxResults: Math.min(read('maxResults', most), most) };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
