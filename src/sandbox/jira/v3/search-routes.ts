import { badRequest } from '../errors.ts';
import type { Answer, Call, Http } from '../http.ts';
import { listOf } from '../http.ts';
import { parseJql } from '../jql.ts';
import { runQuery } from '../search.ts';
import type { State } from '../state.ts';
import { isObject } from '../value-text.ts';
import type { Body } from '../rest/fields.ts';
import { issueJson } from '../rest/issue-json.ts';
import { bodyOf, viewOf } from '../rest/issue-routes.ts';
import type { Json, Renderer } from '../rest/render.ts';

const bodyFields = [
  'jql',
  'fields',
  'fieldsByKeys',
  'expand',
  'properties',
  'maxResults',
  'nextPageToken',
  'reconcileIssues',
];
/** Entries of `expand=changelog` in a search; whoever needs all of them reads each issue's changelog. */
const searchedChangelog = 40;

/** JQL search of Cloud: pages by token. It reads an index that runs `indexDelayMs` behind the issues, except for those in `reconcileIssues`. */
export function addTokenSearch(
  http: Http,
  state: State,
  renderer: Renderer,
  indexDelayMs: () => number,
): void {
  http.route('get', '/search/jql', (call) => search(call, call.query));
  http.route('post', '/search/jql', (call) => {
    const body = bodyOf(call);
    const unknown = Object.keys(body).filter((name) => !bodyFields.includes(name));
    if (unknown.length > 0)
      throw badRequest('Invalid request payload. Refer to the REST API documentation and try again.');
    return search(call, body);
  });

  function search(call: Call, source: Body): Answer {
    const jql = typeof source['jql'] === 'string' ? source['jql'] : '';
    const maxResults = source['maxResults'] === undefined ? 50 : Number(source['maxResults']);
    if (!Number.isInteger(maxResults) || maxResults < 1 || maxResults > 5000) {
      throw badRequest('The value of maxResults must be between 1 and 5000.');
    }
    const reconciled = listOf(source['reconcileIssues']);
    if (reconciled.length > 50) throw badRequest('reconcileIssues takes at most 50 issue ids.');
    const view = viewOf(source, ['id'], searchedChangelog);
    const from = offsetOf(source['nextPageToken'], jql);
    const indexed = state
      .all(state.site.now() - indexDelayMs())
      .map((issue) => (reconciled.includes(issue.id) ? (state.read(issue.id) ?? issue) : issue));
    const fresh = reconciled
      .filter((id) => !indexed.some((issue) => issue.id === id))
      .flatMap((id) => state.read(id) ?? []);
    const found = runQuery(state.site, parseJql(jql), [...indexed, ...fresh], call.account);
    // Jira gives fewer issues on a page when more than ids are asked for.
    const idsOnly = view.fields.length === 1 && view.fields[0] === 'id' && view.expand.length === 0;
    const size = Math.min(maxResults, idsOnly ? 5000 : 100);
    const page = found.slice(from, from + size);
    const isLast = from + size >= found.length;
    const issues: Json[] = page.map((issue) =>
      idsOnly ? { id: issue.id } : issueJson(renderer, issue, view),
    );
    const token = Buffer.from(JSON.stringify({ from: from + size, jql })).toString('base64url');
    return { status: 200, body: { issues, isLast, ...(isLast ? {} : { nextPageToken: token }) } };
  }
}

function offsetOf(token: unknown, jql: string): number {
  if (token === undefined || token === null || token === '') return 0;
  try {
    const read: unknown = JSON.parse(
      Buffer.from(typeof token === 'string' ? token : '', 'base64url').toString('utf8'),
    );
    if (isObject(read) && typeof read['from'] === 'number' && read['jql'] === jql) return read['from'];
  } catch {
    // Answered below like a token of another query.
  }
  throw badRequest('The provided next page token is invalid or expired.');
}
