import { JiraError, badRequest, issueNotFound } from '../errors.ts';
import type { Call, Http } from '../http.ts';
import type { Issue } from '../model.ts';
import { account as accountAuthor } from '../model.ts';
import { mayOn, type LinkType } from '../site.ts';
import type { State } from '../state.ts';
import { isObject } from '../value-text.ts';
import { bodyOf } from './issue-routes.ts';
import type { Renderer } from './render.ts';
import { linkTypeJson } from './render.ts';

/** Links between issues, and their types. What can't be linked is not found, whatever the reason. */
export function addLinkRoutes(http: Http, state: State, renderer: Renderer): void {
  const { linkTypes } = state.site;

  function assertLinking(): void {
    if (linkTypes.length === 0) throw new JiraError(404, ['Issue linking is currently disabled.']);
  }

  function typeIn(body: Readonly<Record<string, unknown>>): LinkType {
    const { type } = body;
    if (!isObject(type) || (type['id'] === undefined && type['name'] === undefined)) {
      throw badRequest('No issue link type specified.');
    }
    const found = linkTypes.find(({ id, name }) =>
      type['id'] === undefined ? name === type['name'] : id === type['id'],
    );
    if (found !== undefined) return found;
    const said = typeof type['name'] === 'string' ? type['name'] : '';
    throw new JiraError(404, [`No issue link type with name '${said}' found.`]);
  }

  function issueIn(call: Call, given: unknown): Issue {
    const named = isObject(given) ? (given['id'] ?? given['key']) : undefined;
    if (typeof named !== 'string') throw badRequest('An issue to link needs its id or its key.');
    const issue = state.read(named);
    if (issue === undefined || !mayOn(call.account, 'BROWSE_PROJECTS', issue)) throw issueNotFound();
    return issue;
  }

  http.route('get', '/issueLinkType', () => {
    assertLinking();
    return {
      status: 200,
      body: { issueLinkTypes: linkTypes.map((each) => linkTypeJson(renderer, each)) },
    };
  });

  http.route('post', '/issueLink', (call) => {
    assertLinking();
    const body = bodyOf(call);
    const type = typeIn(body);
    if (body['comment'] !== undefined)
      throw badRequest("The Jira stand-in does not know 'comment' of a link.");
    // The words of the API: a link starts at the "inward" issue, which it shows its outward words.
    const from = issueIn(call, body['inwardIssue']);
    const to = issueIn(call, body['outwardIssue']);
    if (!mayOn(call.account, 'LINK_ISSUES', from))
      throw new JiraError(404, [`No Link Issue Permission for issue '${from.key}'`]);
    if (from.id === to.id) throw badRequest('You cannot link an issue to itself.');
    state.linkIssues(accountAuthor(call.account.accountId), type, from, to);
    return { status: 201 };
  });
}
