import { Version3Client } from 'jira.js';
import { adf, plainOf } from './adf.ts';
import {
  fieldOf,
  issueTypesIn,
  lackingIn,
  queries,
  refOf,
  remarkOf,
  stateOf,
  transitionsIn,
  type IdOf,
} from './answers.ts';
import type { JiraApi } from './api.ts';
import { absent, askedOnce, createCaller, given } from './call.ts';
import { isObject, objectsIn, textIn } from './json.ts';
import { linkingOver, type Send } from './linking.ts';
import { serviceDeskOver } from './service-desk.ts';
import { line, paragraph } from './text.ts';

export type ClientOptions = {
  baseUrl: string;
  /** Of the account; in Cloud only. */
  email?: string;
  token: string;
  project: string;
  issueType: string;
  /** How long a call may take. */
  callSeconds: number;
  /** Ends calls that are on their way. */
  signal?: AbortSignal;
};

/** Property of an issue that says which request it is of. */
const issueProperty = 'freshet';
/** Property of a comment that says which event it tells of. */
const commentProperty = 'freshet-event';

const idOf: IdOf = (user) => textIn(user, 'accountId');

/** Jira Cloud, REST v3 with ADF, through jira.js. */
export function openCloud(options: ClientOptions): JiraApi {
  const client = new Version3Client({
    host: options.baseUrl,
    authentication: { basic: { email: options.email ?? '', apiToken: options.token } },
    baseRequestConfig: { timeout: options.callSeconds * 1000, signal: options.signal },
  });
  const call = createCaller();
  const me = askedOnce(myself);

  async function search(jql: string, fields: string[]): Promise<Record<string, unknown>[]> {
    const found: Record<string, unknown>[] = [];
    let nextPageToken: string | undefined;
    do {
      const page = await call('search', undefined, () =>
        client.issueSearch.searchForIssuesUsingJqlEnhancedSearchPost({
          jql,
          fields,
          properties: [issueProperty],
          maxResults: 100,
          ...(nextPageToken === undefined ? {} : { nextPageToken }),
        }),
      );
      found.push(...objectsIn(page.issues));
      nextPageToken = page.nextPageToken ?? undefined;
    } while (nextPageToken !== undefined);
    return found;
  }

  /** All of it; `expand=changelog` shows only a part of a long one. */
  async function wholeChangelog(id: string): Promise<Record<string, unknown>[]> {
    const found: Record<string, unknown>[] = [];
    for (;;) {
      const page = await call('read', id, () =>
        client.issues.getChangeLogs({ issueIdOrKey: id, startAt: found.length, maxResults: 100 }),
      );
      const values = objectsIn(page.values);
      found.push(...values);
      if (page.isLast !== false || values.length === 0) return found;
    }
  }

  const send: Send = (method, path, more) =>
    client.sendRequest({ url: `/rest/${path}`, method, ...more }, undefined as never);

  const jql = queries(options.project, options.issueType);

  return {
    ...linkingOver(send, call, '3'),
    ...serviceDeskOver(send, call, idOf),

    async create({ summary, description, labels, mark, fields }) {
      const made = await call('create', undefined, () =>
        client.issues.createIssue({
          fields: {
            ...fields,
            project: { key: options.project },
            issuetype: { name: options.issueType },
            summary,
            description: adf(description),
            labels: [...labels],
          },
          properties: [{ key: issueProperty, value: mark }],
        }),
      );
      return { id: made.id, key: made.key };
    },

    async findOwn(label, mark) {
      const found = await search(jql.labelled(label), ['created']);
      // A clone made by a person has our label as well, but not our property.
      return found.flatMap((issue) => {
        const kept = isObject(issue['properties']) ? issue['properties'][issueProperty] : undefined;
        const same = (['site', 'request', 'createdAt'] as const).every(
          (name) => textIn(kept, name) === mark[name],
        );
        return same ? [{ ...refOf(issue), digest: textIn(kept, 'digest') }] : [];
      });
    },

    async changedSince(label, minutes) {
      const found = await search(jql.changed(label, minutes), ['updated']);
      return found.map((issue) => ({ ...refOf(issue), updated: textIn(issue, 'fields', 'updated') }));
    },

    async anyIn(statusId) {
      const page = await call('search', undefined, () =>
        client.issueSearch.searchForIssuesUsingJqlEnhancedSearchPost({
          jql: jql.inStatus(statusId),
          fields: ['created'],
          maxResults: 1,
        }),
      );
      return objectsIn(page.issues).map(refOf)[0];
    },

    async read(id) {
      const issue = await call('read', id, () =>
        client.issues.getIssue({ issueIdOrKey: id, fields: ['status'], expand: 'changelog' }),
      );
      const shown = objectsIn(issue.changelog?.histories);
      const total = issue.changelog?.total ?? shown.length;
      return stateOf(issue, shown.length < total ? await wholeChangelog(id) : shown, idOf);
    },

    async transitions(id) {
      return transitionsIn(
        await call('read', id, () =>
          client.issues.getTransitions({ issueIdOrKey: id, expand: 'transitions.fields' }),
        ),
      );
    },

    async move(id, transition, fields) {
      await call('move', id, () =>
        client.issues.doTransition({ issueIdOrKey: id, transition: { id: transition }, ...given(fields) }),
      );
    },

    async describe(id, summary, description) {
      await call('edit', id, () =>
        client.issues.editIssue({ issueIdOrKey: id, fields: { summary, description: adf(description) } }),
      );
    },

    async comment(id, event, body) {
      await call('comment', id, () =>
        client.issueComments.addComment({
          issueIdOrKey: id,
          comment: adf(body),
          properties: [{ key: commentProperty, value: event }],
        }),
      );
    },

    async hasComment(id, event, since) {
      const { accountId } = await me();
      for await (const comment of comments(id, since)) {
        if (idOf(comment['author']) !== accountId) continue;
        if ((await eventOf(textIn(comment, 'id'))) === event) return true;
      }
      return false;
    },

    async remarks(id, since) {
      const found = [];
      for await (const comment of comments(id, since)) {
        found.push(...remarkOf(comment, plainOf(comment['body']), idOf));
      }
      return found;
    },

    myself,

    async user(id) {
      const user = await absent(call('read', undefined, () => client.users.getUser({ accountId: id })));
      return user === undefined ? undefined : { id: user.accountId, name: line(user.displayName ?? '', 60) };
    },

    async assignee(id) {
      const users = await call('read', undefined, () =>
        client.userSearch.findAssignableUsers({ project: options.project, accountId: id }),
      );
      return objectsIn(users).some((user) => idOf(user) === id) ? { accountId: id } : undefined;
    },

    text: (text) => adf(text.split('\n').map((each) => paragraph(each))),

    async issueTypes() {
      return issueTypesIn(
        await call('read', undefined, () => client.projects.getAllStatuses(options.project)),
      );
    },

    async createFields() {
      const projectIdOrKey = options.project;
      const types = await everyPage('issueTypes', (startAt) =>
        client.issues.getCreateIssueMetaIssueTypes({ projectIdOrKey, startAt, maxResults: 50 }),
      );
      const type = types.find((each) => textIn(each, 'name') === options.issueType);
      if (type === undefined) return [];
      const issueTypeId = textIn(type, 'id');
      const fields = await everyPage('fields', (startAt) =>
        client.issues.getCreateIssueMetaIssueTypeId({ projectIdOrKey, issueTypeId, startAt, maxResults: 50 }),
      );
      return fields.map((field) => fieldOf(textIn(field, 'fieldId'), field));
    },

    async lacks(permissions) {
      const answer = await call('read', undefined, () =>
        client.permissions.getMyPermissions({
          projectKey: options.project,
          permissions: permissions.join(','),
        }),
      );
      return lackingIn(answer, permissions);
    },
  };

  async function myself() {
    const user = await call('read', undefined, () => client.myself.getCurrentUser());
    return { accountId: user.accountId, name: line(user.displayName ?? '', 60) };
  }

  async function everyPage(
    list: string,
    page: (startAt: number) => Promise<unknown>,
  ): Promise<Record<string, unknown>[]> {
    const found: Record<string, unknown>[] = [];
    for (;;) {
      const answer = await call('read', undefined, () => page(found.length));
      const some = isObject(answer) ? objectsIn(answer[list]) : [];
      found.push(...some);
      if (some.length === 0 || found.length >= Number(textIn(answer, 'total'))) return found;
    }
  }

  /** Newest first, page by page, as long as they are asked for. */
  async function* comments(id: string, since: Date): AsyncGenerator<Record<string, unknown>> {
    for (let startAt = 0; ;) {
      const page = await call('read', id, () =>
        client.issueComments.getComments({ issueIdOrKey: id, startAt, maxResults: 100, orderBy: '-created' }),
      );
      const some = objectsIn(page.comments);
      for (const comment of some) {
        if (new Date(textIn(comment, 'created')) < since) return;
        yield comment;
      }
      startAt += some.length;
      if (some.length === 0 || startAt >= (page.total ?? 0)) return;
    }
  }

  async function eventOf(comment: string): Promise<unknown> {
    const keys = await call('read', undefined, () =>
      client.issueCommentProperties.getCommentPropertyKeys({ commentId: comment }),
    );
    if (!objectsIn(keys.keys).some((each) => each['key'] === commentProperty)) return undefined;
    const property = await call('read', undefined, () =>
      client.issueCommentProperties.getCommentProperty({ commentId: comment, propertyKey: commentProperty }),
    );
    return property.value;
  }
}
