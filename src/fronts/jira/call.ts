import { RetryAfter } from '../../service/feed.ts';
import { JiraFault } from './api.ts';
import { isObject, textIn } from './json.ts';
import { line } from './text.ts';

type Kind = 'create' | 'search' | 'read' | 'move' | 'edit' | 'comment' | 'link' | 'delete';

/** Longest that a `Retry-After` is believed. */
const longestWaitSeconds = 300;

/**
 * Runs calls of jira.js: its errors become `JiraFault` and `RetryAfter`. After a 429 the same issue (or, where Jira counts
 * the whole site, everything) is left alone until the time is over, without asking Jira again.
 */
export function createCaller(now: () => number = Date.now) {
  const quietUntil = new Map<string, number>();

  function refuseWhileQuiet(issue: string | undefined): void {
    for (const of of ['', ...(issue === undefined ? [] : [issue])]) {
      const seconds = ((quietUntil.get(of) ?? 0) - now()) / 1000;
      // Not all at the same moment, or the first calls after the wait are too many again.
      if (seconds > 0)
        throw new RetryAfter(seconds + Math.random(), 'Jira asked to be left alone for a while.');
      quietUntil.delete(of);
    }
  }

  return async function call<T>(kind: Kind, issue: string | undefined, work: () => Promise<T>): Promise<T> {
    refuseWhileQuiet(issue);
    try {
      return await work();
    } catch (error) {
      const { status, headers } = answerOf(error);
      if (status === 429) {
        const seconds = Math.min(longestWaitSeconds, Math.max(1, Number(headers['retry-after']) || 5));
        const perIssue = /per-issue/i.test(String(headers['ratelimit-reason']));
        quietUntil.set(perIssue && issue !== undefined ? issue : '', now() + seconds * 1000);
        // oxlint-disable-next-line preserve-caught-error -- it carries the credentials
        throw new RetryAfter(seconds, 'Jira takes no more calls for a while.');
      }
      // oxlint-disable-next-line preserve-caught-error -- it carries the credentials
      throw faultOf(kind, status, error);
    }
  };
}

/** Asks for what does not change, once; a failure is not kept, and the next one asks again. */
export function askedOnce<T>(ask: () => Promise<T>): () => Promise<T> {
  let known: Promise<T> | undefined;
  return () => {
    known ??= ask().catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  };
}

/** Undefined for what Jira does not find. */
export async function absent<T>(calling: Promise<T>): Promise<T | undefined> {
  try {
    return await calling;
  } catch (error) {
    if (error instanceof JiraFault && error.status === 404) return undefined;
    throw error;
  }
}

/** Nothing where there are none: Jira refuses an empty mapping of fields for a transition without a screen. */
export function given(fields: Readonly<Record<string, unknown>>): { fields?: Record<string, unknown> } {
  return Object.keys(fields).length === 0 ? {} : { fields: { ...fields } };
}

/** Connections that were never made: nothing can have happened. */
const neverSent = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'];

function faultOf(kind: Kind, status: number | undefined, error: unknown): JiraFault {
  if (status !== undefined) {
    const said = sentencesOf(error);
    const about = said === '' ? '' : `: ${said}`;
    return new JiraFault(
      `Jira answered ${status} to "${kind}"${about}`,
      status,
      status >= 500 || status === 408,
    );
  }
  const code = isObject(error) && typeof error['code'] === 'string' ? error['code'] : 'unknown';
  return new JiraFault(
    `Jira did not answer to "${kind}" (${line(code, 40)})`,
    undefined,
    !neverSent.includes(code),
  );
}

/** Status and headers of the answer, wherever jira.js or axios keep them. */
function answerOf(error: unknown): { status?: number; headers: Record<string, unknown> } {
  if (!isObject(error)) return { headers: {} };
  const { cause } = error;
  const response = isObject(cause) && isObject(cause['response']) ? cause['response'] : error['response'];
  if (!isObject(response) || typeof response['status'] !== 'number') return { headers: {} };
  const { headers } = response;
  return { status: response['status'], headers: isObject(headers) ? headers : {} };
}

function sentencesOf(error: unknown): string {
  const response = isObject(error) ? error['response'] : undefined;
  const data = isObject(response) ? response['data'] : undefined;
  if (!isObject(data)) return '';
  const messages = Array.isArray(data['errorMessages']) ? data['errorMessages'].map(String) : [];
  const fields = isObject(data['errors'])
    ? Object.keys(data['errors']).map((name) => `${name}: ${textIn(data['errors'], name)}`)
    : [];
  // Jira Service Management says its own in one text.
  return line([...messages, ...fields, textIn(data, 'errorMessage')].join(' '), 400);
}
