import { JiraError, badFields, badRequest } from '../errors.ts';
import type { Call, Http } from '../http.ts';
import { listOf, pageOf } from '../http.ts';
import type { Issue } from '../model.ts';
import { account as accountAuthor } from '../model.ts';
import { may, mayOn } from '../site.ts';
import type { State } from '../state.ts';
import type { Body } from './fields.ts';
import { isObject } from '../value-text.ts';
import { notOnScreen, parseFields } from './fields.ts';
import type { IssueView } from './issue-json.ts';
import { issueJson, supportedExpands } from './issue-json.ts';
import { visibleIssue } from './permissions.ts';
import type { Renderer } from './render.ts';
import { changeJson, projectJson } from './render.ts';
import { commentInUpdate, propertiesIn } from './write.ts';

export function bodyOf(call: Call): Body {
  if (!isObject(call.body))
    throw badRequest('Invalid request payload. Refer to the REST API documentation and try again.');
  return call.body;
}

export function partOf(body: Body, name: string): Body {
  const part = body[name];
  if (part === undefined || part === null) return {};
  if (!isObject(part)) throw badRequest(`Can not instantiate value of type [map type] from '${name}'`);
  return part;
}

/** What to show, from a query or a search's body; refuses expansions that the stand-in can't give. */
export function viewOf(source: Body, defaultFields: readonly string[], changelogLimit: number): IssueView {
  const expand = listOf(source['expand']);
  const unknown = expand.filter((each) => !supportedExpands.includes(each));
  if (unknown.length > 0) throw badRequest(`The Jira stand-in does not know expand=${unknown.join(',')}.`);
  const fields = listOf(source['fields']);
  return {
    fields: fields.length > 0 ? fields : defaultFields,
    expand,
    properties: listOf(source['properties']),
    changelogLimit,
  };
}

/** Creating, reading and editing issues, and their changelog. */
export function addIssueRoutes(http: Http, state: State, renderer: Renderer): void {
  const { site } = state;

  http.route('post', '/issue', (call) => {
    const body = bodyOf(call);
    const { project, issuetype, ...fields } = partOf(body, 'fields');
    const { account } = call;
    const { id, key } = site.project;
    const named = isObject(project) && (project['id'] === id || project['key'] === key);
    if (!named || !may(account, 'BROWSE_PROJECTS')) throw badFields({ project: 'valid project is required' });
    if (!may(account, 'CREATE_ISSUES')) {
      throw new JiraError(403, ['You do not have permission to create issues in this project.']);
    }
    if (!isObject(issuetype)) throw badFields({ issuetype: 'Specify an issue type' });
    const type = site.project.issueTypes.find((each) =>
      issuetype['id'] === undefined ? each.name === issuetype['name'] : each.id === issuetype['id'],
    );
    if (!type) throw badFields({ issuetype: 'Specify a valid issue type' });
    const parsed = parseFields(
      renderer,
      fields,
      partOf(body, 'update'),
      {},
      (field) => field.onScreens === true && (field.id !== 'reporter' || may(account, 'MODIFY_REPORTER')),
    );
    for (const field of site.project.fields) {
      const missing = field.required && !(field.id in parsed.values) && !(field.id in parsed.errors);
      if (missing) {
        parsed.errors[field.id] =
          field.id === 'summary' ? 'You must specify a summary of the issue.' : `${field.name} is required.`;
      }
    }
    if (Object.keys(parsed.errors).length > 0) throw badFields(parsed.errors);
    const defaults = { labels: [], priority: '3', reporter: account.accountId };
    const issue = state.create(
      accountAuthor(account.accountId),
      type.id,
      { ...defaults, ...parsed.values },
      propertiesIn(renderer.dialect, body['properties']),
    );
    const self = `${renderer.base}/rest/api/${renderer.dialect.api}/issue/${issue.id}`;
    return { status: 201, body: { id: issue.id, key: issue.key, self } };
  });

  http.route('get', '/issue/:issueIdOrKey', (call) => {
    const issue = visibleIssue(state, call);
    return {
      status: 200,
      body: issueJson(renderer, issue, viewOf(call.query, ['*all'], renderer.dialect.changelogLimit)),
    };
  });

  if (renderer.dialect.kind === 'cloud') addCloudRoutes(http, state, renderer);

  http.route('put', '/issue/:issueIdOrKey', (call) => {
    const issue = visibleIssue(state, call);
    const body = bodyOf(call);
    const fields = partOf(body, 'fields');
    const { comment, ...update } = partOf(body, 'update');
    if (body['fields'] === undefined && body['update'] === undefined && body['properties'] === undefined) {
      throw badRequest("one of 'fields' or 'update' required");
    }
    refuseReadOnly(issue, fields);
    const editable = may(call.account, 'EDIT_ISSUES');
    const parsed = parseFields(
      renderer,
      fields,
      update,
      issue.fields,
      (field) =>
        editable &&
        field.onScreens === true &&
        (field.id !== 'reporter' || may(call.account, 'MODIFY_REPORTER')) &&
        (field.id !== 'assignee' || may(call.account, 'ASSIGN_ISSUES')),
    );
    if (comment !== undefined && !may(call.account, 'ADD_COMMENTS'))
      parsed.errors['comment'] = notOnScreen('comment');
    if (Object.keys(parsed.errors).length > 0) throw badFields(parsed.errors);
    if (body['properties'] !== undefined && !editable)
      throw new JiraError(403, ['You do not have permission to edit this issue.']);
    const after = state.edit(accountAuthor(call.account.accountId), issue.key, {
      fields: parsed.values,
      comment: commentInUpdate(renderer.dialect, comment),
      properties: propertiesIn(renderer.dialect, body['properties']),
    });
    if (call.query['returnIssue'] !== 'true') return { status: 204 };
    return {
      status: 200,
      body: issueJson(renderer, after, viewOf(call.query, ['*all'], renderer.dialect.changelogLimit)),
    };
  });

  http.route('delete', '/issue/:issueIdOrKey', (call) => {
    const issue = visibleIssue(state, call);
    if (!mayOn(call.account, 'DELETE_ISSUES', issue))
      throw new JiraError(403, ['You do not have permission to delete issues in this project.']);
    state.remove(accountAuthor(call.account.accountId), issue.key);
    return { status: 204 };
  });

  function refuseReadOnly(issue: Issue, fields: Body): void {
    const { project } = fields;
    if (project !== undefined && (!isObject(project) || project['key'] !== projectJson(renderer)['key'])) {
      throw badFields({ project: notOnScreen('project') });
    }
    if (
      fields['issuetype'] !== undefined &&
      (!isObject(fields['issuetype']) || fields['issuetype']['id'] !== issue.issueTypeId)
    ) {
      throw badFields({ issuetype: notOnScreen('issuetype') });
    }
  }

  http.route('put', '/issue/:issueIdOrKey/assignee', (call) => {
    const issue = visibleIssue(state, call);
    if (!may(call.account, 'ASSIGN_ISSUES'))
      throw new JiraError(403, ['You do not have permission to assign issues.']);
    const body = bodyOf(call);
    const given = renderer.dialect.kind === 'cloud' ? body['accountId'] : body['name'];
    const assignee = given === null ? null : body;
    const parsed = parseFields(renderer, { assignee }, {}, issue.fields, () => true);
    if (Object.keys(parsed.errors).length > 0) throw badFields(parsed.errors);
    state.edit(accountAuthor(call.account.accountId), issue.key, { fields: parsed.values });
    return { status: 204 };
  });
}

/** What Data Center does not have: reading many at once, and the changelog in pages. */
function addCloudRoutes(http: Http, state: State, renderer: Renderer): void {
  http.route('post', '/issue/bulkfetch', (call) => {
    const body = bodyOf(call);
    const wanted = [...new Set(listOf(body['issueIdsOrKeys']))];
    if (wanted.length === 0) throw badRequest('issueIdsOrKeys must not be empty.');
    if (wanted.length > 100) throw badRequest('Only up to 100 issues can be fetched in a single request.');
    const view = viewOf(body, ['*navigable'], 40);
    const visible = may(call.account, 'BROWSE_PROJECTS') ? wanted : [];
    const found = visible.flatMap((each) => {
      const now = state.read(each);
      return now ? (state.read(now.id, call.momentOf(now.key)) ?? []) : [];
    });
    return {
      status: 200,
      body: { issues: found.map((each) => issueJson(renderer, each, view)), issueErrors: [] },
    };
  });

  http.route('get', '/issue/:issueIdOrKey/changelog', (call) => {
    const issue = visibleIssue(state, call);
    const { startAt, maxResults } = pageOf(call.query, 100);
    const values = issue.changes
      .slice(startAt, startAt + maxResults)
      .map((each) => changeJson(renderer, each));
    const isLast = startAt + values.length >= issue.changes.length;
    const self = `${renderer.base}/rest/api/${renderer.dialect.api}/issue/${issue.key}/changelog`;
    const page = (from: number): string => `${self}?maxResults=${maxResults}&startAt=${from}`;
    return {
      status: 200,
      body: {
        self: page(startAt),
        ...(isLast ? {} : { nextPage: page(startAt + maxResults) }),
        maxResults,
        startAt,
        total: issue.changes.length,
        isLast,
        values,
      },
    };
  });
}
