import { badRequest } from '../errors.ts';
import type { Answer, Call, Http } from '../http.ts';
import { parseJql } from '../jql.ts';
import type { Body } from '../rest/fields.ts';
import { issueJson } from '../rest/issue-json.ts';
import { bodyOf, viewOf } from '../rest/issue-routes.ts';
import type { Renderer } from '../rest/render.ts';
import { runQuery } from '../search.ts';
import type { State } from '../state.ts';

const bodyFields = ['jql', 'startAt', 'maxResults', 'validateQuery', 'fields', 'expand'];
const mostOnPage = 1000;

/** JQL search of Data Center: pages by offset. It reads an index that runs `indexDelayMs` behind the issues. */
export function addOffsetSearch(
  http: Http,
  state: State,
  renderer: Renderer,
  indexDelayMs: () => number,
): void {
  http.route('get', '/search', (call) => search(call, call.query));
  http.route('post', '/search', (call) => {
    const body = bodyOf(call);
    const unknown = Object.keys(body).filter((name) => !bodyFields.includes(name));
    if (unknown.length > 0) throw badRequest(`Unrecognized field "${unknown[0]}" (class SearchRequestBean)`);
    return search(call, body);
  });

  function search(call: Call, source: Body): Answer {
    const jql = typeof source['jql'] === 'string' ? source['jql'] : '';
    const startAt = whole(source['startAt'], 0);
    const maxResults = Math.min(mostOnPage, whole(source['maxResults'], 50));
    const view = viewOf(source, ['*navigable'], Infinity);
    const { site } = state;
    const found = runQuery(site, parseJql(jql), state.all(site.now() - indexDelayMs()), call.account);
    const issues = found
      .slice(startAt, startAt + maxResults)
      .map((issue) => issueJson(renderer, issue, view));
    return { status: 200, body: { startAt, maxResults, total: found.length, issues } };
  }
}

function whole(value: unknown, otherwise: number): number {
  const given = value === undefined ? otherwise : Number(value);
  if (!Number.isInteger(given) || given < 0) throw badRequest(`For input string: "${String(value)}"`);
  return given;
}
