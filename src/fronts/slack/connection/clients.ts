import {
  LogLevel,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebClient,
  type Logger as SlackLogger,
} from '@slack/web-api';
import type { Logger } from 'pino';
import { RetryAfter } from '../../../service/feed.ts';
import { heedfulFetch } from './heedful-fetch.ts';

/**
 * Slack's clients, one for each kind of traffic: none queues behind another. What Slack asks to be spared of is spared by all of them.
 */
export type Clients = Readonly<Record<'replies' | 'cards' | 'alerts' | 'progress' | 'homes', WebClient>>;

/** How long a call may take. Far below the lease of an effect, so that nobody else delivers it meanwhile. */
const timeoutMs = 10_000;

/** How our own calls are made: no retries and no waiting inside of the client, because the outbox does both. */
export function clientOptions(slackApiUrl: string, log: Logger) {
  return {
    slackApiUrl: slackApiUrl.endsWith('/') ? slackApiUrl : `${slackApiUrl}/`,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: timeoutMs,
    fetch: heedfulFetch(),
    logger: slackLogger(log),
    logLevel: LogLevel.ERROR,
  };
}

export function openClients(token: string, slackApiUrl: string, log: Logger): Clients {
  const options = clientOptions(slackApiUrl, log);
  const open = () => new WebClient(token, options);
  return { replies: open(), cards: open(), alerts: open(), progress: open(), homes: open() };
}

/** Slack's log as ours. What it says at `debug` and `info` holds bodies and addresses, and stays unsaid. */
export function slackLogger(log: Logger): SlackLogger {
  const silent = () => undefined;
  // Sentences only: objects that Slack's packages log may hold a whole call.
  const text = (parts: unknown[]) =>
    parts
      .map((part) => (part instanceof Error ? part.message : part))
      .filter((part) => typeof part === 'string')
      .join(' ');
  return {
    debug: silent,
    info: silent,
    warn: (...parts: unknown[]) => log.debug(text(parts)),
    error: (...parts: unknown[]) => log.warn(text(parts)),
    setLevel: silent,
    setName: silent,
    getLevel: () => LogLevel.ERROR,
  };
}

/** Slack's own code of a refusal, `invalid_blocks`; undefined for anything else. */
export function refusalCode(error: unknown): string | undefined {
  return error instanceof WebAPIPlatformError ? error.data.error : undefined;
}

/** Slack's refusals that only another token mends. */
const refusedTokens = new Set([
  'invalid_auth',
  'not_authed',
  'account_inactive',
  'token_revoked',
  'token_expired',
  'not_allowed_token_type',
  'missing_scope',
  'user_removed_from_team',
  'team_disabled',
]);

/** Whether Slack refuses the token itself: trying again is of no use. */
export function isRefusedToken(error: unknown): boolean {
  return refusedTokens.has(refusalCode(error) ?? '');
}

/** The scopes that a refusal names as missing. */
export function missingScopes(error: unknown): string | undefined {
  if (refusalCode(error) !== 'missing_scope') return undefined;
  const { needed } = (error as WebAPIPlatformError).data as { needed?: unknown };
  return typeof needed === 'string' ? needed : 'unknown';
}

/** Refusals that an administrator mends: what is to be said waits for that, and is not given up. */
const mendable = new Set([
  'invalid_auth',
  'not_authed',
  'account_inactive',
  'token_revoked',
  'token_expired',
  'missing_scope',
  'not_allowed_token_type',
  'not_in_channel',
  'channel_not_found',
  'is_archived',
  'restricted_action',
  'ekm_access_denied',
  'team_access_not_granted',
]);
const mendPauseSeconds = 60;

/** Makes a call for an effect: what Slack asks to wait, and what somebody must mend first, becomes `RetryAfter`. */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof WebAPIRateLimitedError) {
      throw new RetryAfter(Math.max(1, error.retryAfter), `Slack asks to wait ${error.retryAfter} s`);
    }
    const code = refusalCode(error);
    if (code !== undefined && mendable.has(code)) {
      throw new RetryAfter(
        mendPauseSeconds,
        `Slack refuses with "${code}"; npx freshet check tells the remedy`,
      );
    }
    throw error;
  }
}
