import { JiraError, badFields, badRequest } from '../errors.ts';
import type { Http } from '../http.ts';
import { account as accountAuthor } from '../model.ts';
import { may } from '../site.ts';
import type { State } from '../state.ts';
import { isObject } from '../value-text.ts';
import { bodyOf } from './issue-routes.ts';
import { visibleIssue } from './permissions.ts';
import type { Renderer } from './render.ts';
import { linkJson } from './render.ts';
import { checkProperty } from './write.ts';

/** What programs leave on an issue: entity properties, and links to things elsewhere. */
export function addPropertyRoutes(http: Http, state: State, renderer: Renderer): void {
  http.route('get', '/issue/:issueIdOrKey/properties', (call) => {
    const issue = visibleIssue(state, call);
    const keys = Object.keys(issue.properties).map((key) => ({
      self: `${renderer.base}/rest/api/${renderer.dialect.api}/issue/${issue.id}/properties/${encodeURIComponent(key)}`,
      key,
    }));
    return { status: 200, body: { keys } };
  });

  http.route('get', '/issue/:issueIdOrKey/properties/:propertyKey', (call) => {
    const issue = visibleIssue(state, call);
    const key = call.params['propertyKey'] ?? '';
    if (!Object.hasOwn(issue.properties, key)) {
      throw new JiraError(404, [`The property with key '${key}' does not exist.`]);
    }
    return { status: 200, body: { key, value: issue.properties[key] } };
  });

  http.route('put', '/issue/:issueIdOrKey/properties/:propertyKey', (call) => {
    const issue = visibleIssue(state, call);
    if (!may(call.account, 'EDIT_ISSUES')) {
      throw new JiraError(403, [`You do not have permission to edit the issue ${issue.key}.`]);
    }
    const key = call.params['propertyKey'] ?? '';
    checkProperty(key, call.body);
    const existed = Object.hasOwn(issue.properties, key);
    state.setProperty(accountAuthor(call.account.accountId), issue.key, key, call.body);
    return { status: existed ? 200 : 201, body: {} };
  });

  http.route('get', '/issue/:issueIdOrKey/remotelink', (call) => {
    const issue = visibleIssue(state, call);
    const links = issue.remoteLinks.map((each) => linkJson(renderer, issue, each));
    const globalId = call.query['globalId'];
    if (globalId === undefined) return { status: 200, body: links };
    const found = links.find((each) => each['globalId'] === globalId);
    if (!found) throw new JiraError(404, ['The remote issue link does not exist.']);
    return { status: 200, body: found };
  });

  http.route('post', '/issue/:issueIdOrKey/remotelink', (call) => {
    const issue = visibleIssue(state, call);
    if (!may(call.account, 'LINK_ISSUES')) {
      throw new JiraError(403, [`No Link Issue Permission for issue '${issue.key}'`]);
    }
    const { globalId, relationship, application, object } = bodyOf(call);
    if (!isObject(object)) throw badFields({ object: "'object' is required." });
    const missing = ['url', 'title'].filter(
      (name) => typeof object[name] !== 'string' || object[name] === '',
    );
    if (missing.length > 0)
      throw badFields(Object.fromEntries(missing.map((name) => [name, `'${name}' is required.`])));
    if (typeof globalId === 'string' && globalId.length > 255) {
      throw badRequest('globalId must not exceed 255 characters.');
    }
    const { link, created } = state.setLink(accountAuthor(call.account.accountId), issue.key, {
      globalId: typeof globalId === 'string' ? globalId : null,
      relationship: typeof relationship === 'string' ? relationship : null,
      application,
      object,
    });
    const self = `${renderer.base}/rest/api/${renderer.dialect.api}/issue/${issue.id}/remotelink/${link.id}`;
    return { status: created ? 201 : 200, body: { id: link.id, self } };
  });
}
