import { Version3Client } from 'jira.js';
import { adf } from './adf.ts';
import {
  type Edit,
  type IssueRef,
  type IssueState,
  type JiraApi,
  type StatusEntry,
  type Way,
} from './api.ts';
import { createCaller } from './call.ts';
import { isObject, objectsIn, textIn } from './json.ts';
import { line } from './text.ts';

export type CloudOptions = {
  baseUrl: string;
  email: string;
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

/** Jira Cloud, REST v3 with ADF, through jira.js. */
export function openCloud(options: CloudOptions): JiraApi {
  const client = new Version3Client({
    host: options.baseUrl,
    authentication: { basic: { email: options.email, apiToken: options.token } },
    baseRequestConfig: { timeout: options.callSeconds * 1000, signal: options.signal },
  });
  const call = createCaller();
  let me: Promise<{ accountId: string; name: string }> | undefined;

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

  const project = `project = ${quoted(options.project)}`;

  return {
    async create({ summary, description, labels, property }) {
      const made = await call('create', undefined, () =>
        client.issues.createIssue({
          fields: {
            project: { key: options.project },
            issuetype: { name: options.issueType },
            summary,
            description: adf(description),
            labels: [...labels],
          },
          properties: [{ key: issueProperty, value: property }],
        }),
      );
      return { id: made.id, key: made.key };
    },

    async findByLabel(label) {
      const found = await search(`${project} AND labels = ${quoted(label)}`, ['created']);
      return found.map((issue) => ({ ...refOf(issue), property: propertyOf(issue) }));
    },

    async changedSince(label, minutes) {
      const jql = `${project} AND labels = ${quoted(label)} AND updated >= -${Math.ceil(minutes)}m ORDER BY updated ASC`;
      const found = await search(jql, ['updated']);
      return found.map((issue) => ({ ...refOf(issue), updated: textIn(issue, 'fields', 'updated') }));
    },

    async read(id): Promise<IssueState> {
      const issue = await call('read', id, () =>
        client.issues.getIssue({ issueIdOrKey: id, fields: ['status'], expand: 'changelog' }),
      );
      const shown = objectsIn(issue.changelog?.histories);
      const total = issue.changelog?.total ?? shown.length;
      const changes = shown.length < total ? await wholeChangelog(id) : shown;
      const { status } = issue.fields;
      return {
        id: issue.id,
        key: issue.key,
        statusId: String(status.id),
        statusName: line(String(status.name), 60),
        entries: changes.flatMap(entryOf).sort((a, b) => a.id - b.id),
        edits: changes.flatMap(editOf).sort((a, b) => a.id - b.id),
        newest: Math.max(0, ...changes.map((change) => Number(change['id']))),
      };
    },

    async ways(id) {
      const { transitions = [] } = await call('read', id, () =>
        client.issues.getTransitions({ issueIdOrKey: id, expand: 'transitions.fields' }),
      );
      return transitions
        .filter((each) => each.isAvailable !== false && each.id !== undefined && each.to?.id !== undefined)
        .map((each): Way => ({
          id: String(each.id),
          name: line(each.name ?? '', 60),
          to: String(each.to?.id),
          asksFor: requiredFields(each.fields),
        }));
    },

    async move(id, way) {
      await call('move', id, () => client.issues.doTransition({ issueIdOrKey: id, transition: { id: way } }));
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
      const { accountId } = await (me ??= this.myself());
      for (let startAt = 0; ;) {
        const page = await call('read', id, () =>
          client.issueComments.getComments({
            issueIdOrKey: id,
            startAt,
            maxResults: 100,
            orderBy: '-created',
          }),
        );
        const comments = objectsIn(page.comments);
        for (const comment of comments) {
          if (new Date(textIn(comment, 'created')) < since) return false;
          if (textIn(comment, 'author', 'accountId') !== accountId) continue;
          if ((await eventOf(textIn(comment, 'id'))) === event) return true;
        }
        startAt += comments.length;
        if (comments.length === 0 || startAt >= (page.total ?? 0)) return false;
      }
    },

    async myself() {
      const user = await call('read', undefined, () => client.myself.getCurrentUser());
      return { accountId: user.accountId, name: line(user.displayName ?? '', 60) };
    },

    async issueTypes() {
      const types = await call('read', undefined, () => client.projects.getAllStatuses(options.project));
      return objectsIn(types).map((type) => ({
        name: textIn(type, 'name'),
        statuses: objectsIn(type['statuses']).map((status) => ({
          id: textIn(status, 'id'),
          name: line(textIn(status, 'name'), 60),
        })),
      }));
    },

    async lacks(permissions) {
      const answer = await call('read', undefined, () =>
        client.permissions.getMyPermissions({
          projectKey: options.project,
          permissions: permissions.join(','),
        }),
      );
      const held: unknown = answer.permissions;
      return permissions.filter((name) => {
        const permission = isObject(held) ? held[name] : undefined;
        return !isObject(permission) || permission['havePermission'] !== true;
      });
    },
  };

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

function refOf(issue: Record<string, unknown>): IssueRef {
  return { id: textIn(issue, 'id'), key: textIn(issue, 'key') };
}

function propertyOf(issue: Record<string, unknown>): unknown {
  const { properties } = issue;
  return isObject(properties) ? properties[issueProperty] : undefined;
}

/** The status items of one entry of the changelog; a change of other fields has none. */
function entryOf(change: Record<string, unknown>): StatusEntry[] {
  return objectsIn(change['items'])
    .filter(
      (item) => item['fieldId'] === 'status' || (item['fieldId'] === undefined && item['field'] === 'status'),
    )
    .map((item) => ({
      id: Number(change['id']),
      at: new Date(textIn(change, 'created')),
      to: textIn(item, 'to'),
      toName: line(textIn(item, 'toString'), 60),
      app: textIn(change, 'author', 'accountType') === 'app',
      ...authorOf(change),
    }));
}

function authorOf(change: Record<string, unknown>): Pick<StatusEntry, 'accountId' | 'name'> {
  const accountId = textIn(change, 'author', 'accountId');
  const name = line(textIn(change, 'author', 'displayName'), 60);
  return accountId === '' ? { name } : { name, accountId };
}

function editOf(change: Record<string, unknown>): Edit[] {
  const edited = objectsIn(change['items']).some((item) =>
    ['description', 'summary'].includes(textIn(item, 'fieldId') || textIn(item, 'field')),
  );
  return edited ? [{ id: Number(change['id']), ...authorOf(change) }] : [];
}

function requiredFields(fields: unknown): string[] {
  if (!isObject(fields)) return [];
  return Object.values(fields)
    .filter(isObject)
    .filter((field) => field['required'] === true && field['hasDefaultValue'] !== true)
    .map((field) => line(textIn(field, 'name'), 60));
}

/** A string of JQL. */
function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}
