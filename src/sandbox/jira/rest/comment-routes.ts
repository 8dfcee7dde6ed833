import { JiraError, badRequest } from '../errors.ts';
import type { Call, Http } from '../http.ts';
import { listOf, pageOf } from '../http.ts';
import type { Comment, Issue } from '../model.ts';
import { account as accountAuthor } from '../model.ts';
import { may, mayOn } from '../site.ts';
import type { State } from '../state.ts';
import type { Body } from './fields.ts';
import { bodyOf } from './issue-routes.ts';
import { canBrowse, visibleIssue } from './permissions.ts';
import type { Renderer } from './render.ts';
import { commentJson } from './render.ts';
import { commentBody, propertiesIn } from './write.ts';

/** Comments of an issue; in Cloud with entity properties on them. */
export function addCommentRoutes(http: Http, state: State, renderer: Renderer): void {
  http.route('get', '/issue/:issueIdOrKey/comment', (call) => {
    const issue = visibleIssue(state, call);
    const { startAt, maxResults } = pageOf(call.query, 100);
    const order = call.query['orderBy'] ?? 'created';
    if (!['created', '+created', ' created', '-created', 'false'].includes(order)) {
      throw badRequest(`Invalid orderBy value "${order}".`);
    }
    const all = order === '-created' ? issue.comments.toReversed() : issue.comments;
    const comments = all
      .slice(startAt, startAt + maxResults)
      .map((each) => commentJson(renderer, issue, each, withProperties(call)));
    return { status: 200, body: { startAt, maxResults, total: all.length, comments } };
  });

  http.route('post', '/issue/:issueIdOrKey/comment', (call) => {
    const issue = visibleIssue(state, call);
    if (!mayOn(call.account, 'ADD_COMMENTS', issue)) {
      throw new JiraError(403, ['You do not have the permission to comment on this issue.']);
    }
    const body = bodyOf(call);
    refuseVisibility(body);
    const comment = state.addComment(
      accountAuthor(call.account.accountId),
      issue.key,
      commentBody(renderer.dialect, body['body']),
      propertiesIn(renderer.dialect, body['properties']),
    );
    return { status: 201, body: commentJson(renderer, issue, comment, withProperties(call)) };
  });

  http.route('get', '/issue/:issueIdOrKey/comment/:id', (call) => {
    const issue = visibleIssue(state, call);
    return { status: 200, body: commentJson(renderer, issue, commentOf(issue, call), withProperties(call)) };
  });

  http.route('put', '/issue/:issueIdOrKey/comment/:id', (call) => {
    const issue = visibleIssue(state, call);
    const old = commentOf(issue, call);
    const { account } = call;
    const own = old.author.kind === 'account' && old.author.accountId === account.accountId;
    if (!may(account, 'EDIT_ALL_COMMENTS') && !(own && may(account, 'EDIT_OWN_COMMENTS'))) {
      throw badRequest(`You do not have permission to edit comment with id '${old.id}'.`);
    }
    const body = bodyOf(call);
    refuseVisibility(body);
    const comment = state.editComment(
      accountAuthor(account.accountId),
      issue.key,
      old.id,
      commentBody(renderer.dialect, body['body']),
      propertiesIn(renderer.dialect, body['properties']),
    );
    return { status: 200, body: commentJson(renderer, issue, comment, withProperties(call)) };
  });

  function visibleComment(call: Call): { issue: Issue; comment: Comment } {
    const id = call.params['commentId'];
    for (const issue of canBrowse(call.account) ? state.all(call.readAt) : []) {
      const comment = issue.comments.find((each) => each.id === id);
      if (comment) return { issue, comment };
    }
    throw new JiraError(404, [`Can not find a comment for the id: ${id}.`]);
  }

  if (!renderer.dialect.takesProperties) return;

  http.route('get', '/comment/:commentId/properties', (call) => {
    const { comment } = visibleComment(call);
    const self = `${renderer.base}/rest/api/${renderer.dialect.api}/comment/${comment.id}/properties/`;
    const keys = Object.keys(comment.properties).map((key) => ({
      self: self + encodeURIComponent(key),
      key,
    }));
    return { status: 200, body: { keys } };
  });

  http.route('get', '/comment/:commentId/properties/:propertyKey', (call) => {
    const { comment } = visibleComment(call);
    const key = call.params['propertyKey'] ?? '';
    if (!Object.hasOwn(comment.properties, key)) {
      throw new JiraError(404, [`The property with key '${key}' does not exist.`]);
    }
    return { status: 200, body: { key, value: comment.properties[key] } };
  });
}

function commentOf(issue: Issue, call: Call): Comment {
  const comment = issue.comments.find((each) => each.id === call.params['id']);
  if (!comment) throw new JiraError(404, [`Can not find a comment for the id: ${call.params['id']}.`]);
  return comment;
}

function refuseVisibility(body: Body): void {
  if (body['visibility'] !== undefined)
    throw badRequest('The Jira stand-in does not know restricted comments.');
}

function withProperties(call: Call): boolean {
  return listOf(call.query['expand']).includes('properties');
}
