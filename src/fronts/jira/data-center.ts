import { createHash } from 'node:crypto';
import { Version2Client } from 'jira.js';
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
import type { JiraApi, Mark } from './api.ts';
import { absent, askedOnce, createCaller, given } from './call.ts';
import type { ClientOptions } from './cloud.ts';
import { isObject, objectsIn, textIn } from './json.ts';
import { linkingOver, type Send } from './linking.ts';
import { serviceDeskOver } from './service-desk.ts';
import { line } from './text.ts';
import { wiki } from './wiki.ts';

/** Keys stay when somebody is renamed, and are never given to somebody else. Names are. */
const idOf: IdOf = (user) => textIn(user, 'key');

/**
 * Jira Data Center, REST v2 with wiki text, by a personal access token (Jira 8.14 or later). Its documentation promises no properties in a
 * create or comment call: an issue of ours is known by a label and by who made it, a comment by an anchor that nobody sees.
 */
export function openDataCenter(options: ClientOptions): JiraApi {
  const client = new Version2Client({
    host: options.baseUrl,
    baseRequestConfig: {
      timeout: options.callSeconds * 1000,
      signal: options.signal,
      headers: { Authorization: `Bearer ${options.token}` },
    },
  });
  const call = createCaller();
  const jql = queries(options.project, options.issueType);
  const me = askedOnce(myself);

  const send: Send = (method, path, more) =>
    client.sendRequest({ url: `/rest/${path}`, method, ...more }, undefined as never);

  function get(path: string, params: Record<string, string | number>): Promise<unknown> {
    return send('GET', `api/2${path}`, { params });
  }

  /** By offset: `/search/jql` and its tokens are Cloud's. */
  async function search(
    query: string,
    fields: string[],
    most = Infinity,
  ): Promise<Record<string, unknown>[]> {
    const found: Record<string, unknown>[] = [];
    for (;;) {
      const page = await call('search', undefined, () =>
        client.issueSearch.searchForIssuesUsingJqlPost({
          jql: query,
          fields,
          startAt: found.length,
          maxResults: Math.min(most, 100),
        }),
      );
      const issues = objectsIn(page.issues);
      found.push(...issues);
      if (issues.length === 0 || found.length >= Math.min(most, page.total ?? 0)) return found;
    }
  }

  /** Newest first: this resource promises no order of its own. */
  async function comments(id: string, since: Date): Promise<Record<string, unknown>[]> {
    const answer = await call('read', id, () => get(`/issue/${id}/comment`, {}));
    return (isObject(answer) ? objectsIn(answer['comments']) : [])
      .filter((comment) => new Date(textIn(comment, 'created')) >= since)
      .toSorted((a, b) => Number(b['id']) - Number(a['id']));
  }

  async function everyPage(path: string): Promise<Record<string, unknown>[]> {
    const found: Record<string, unknown>[] = [];
    for (;;) {
      const page = await call('read', undefined, () => get(path, { startAt: found.length, maxResults: 50 }));
      const values = isObject(page) ? objectsIn(page['values']) : [];
      found.push(...values);
      if (values.length === 0 || (isObject(page) && page['isLast'] === true)) return found;
    }
  }

  async function myself() {
    const user = await call('read', undefined, () => get('/myself', {}));
    return { accountId: idOf(user), name: line(textIn(user, 'displayName'), 60) };
  }

  async function userOf(params: Record<string, string>): Promise<unknown> {
    return absent(call('read', undefined, () => get('/user', params)));
  }

  return {
    ...linkingOver(send, call, '2'),
    ...serviceDeskOver(send, call, idOf),

    async create({ summary, description, labels, mark, fields }) {
      const made = await call('create', undefined, () =>
        client.issues.createIssue({
          fields: {
            ...fields,
            project: { key: options.project },
            issuetype: { name: options.issueType },
            summary,
            description: wiki(description),
            labels: [...labels, markLabel(mark) + mark.digest.slice(0, 12)],
          },
        }),
      );
      return { id: made.id, key: made.key };
    },

    async findOwn(label, mark) {
      const { accountId } = await me();
      const found = await search(jql.labelled(label), ['labels', 'creator']);
      return found.flatMap((issue) => {
        const fields = isObject(issue['fields']) ? issue['fields'] : {};
        const labels = Array.isArray(fields['labels']) ? fields['labels'].map(String) : [];
        const own = labels.find((each) => each.startsWith(markLabel(mark)));
        // A clone takes the labels with it, but not who made the issue.
        if (own === undefined || idOf(fields['creator']) !== accountId) return [];
        const shown = own.slice(markLabel(mark).length);
        return [{ ...refOf(issue), digest: mark.digest.startsWith(shown) ? mark.digest : '' }];
      });
    },

    async changedSince(label, minutes) {
      const found = await search(jql.changed(label, minutes), ['updated']);
      return found.map((issue) => ({ ...refOf(issue), updated: textIn(issue, 'fields', 'updated') }));
    },

    async anyIn(statusId) {
      return (await search(jql.inStatus(statusId), ['created'], 1)).map(refOf)[0];
    },

    async read(id) {
      // The whole changelog comes with it; a resource of pages is Cloud's.
      const issue = await call('read', id, () =>
        client.issues.getIssue({ issueIdOrKey: id, fields: ['status'], expand: 'changelog' }),
      );
      return stateOf(issue, objectsIn(issue.changelog?.histories), idOf);
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
        client.issues.editIssue({ issueIdOrKey: id, fields: { summary, description: wiki(description) } }),
      );
    },

    async comment(id, event, body) {
      const text = `${wiki(body)}\n\n${anchor(event)}`;
      await call('comment', id, () => client.issueComments.addComment({ issueIdOrKey: id, comment: text }));
    },

    async hasComment(id, event, since) {
      const { accountId } = await me();
      return (await comments(id, since)).some(
        (comment) => idOf(comment['author']) === accountId && textIn(comment, 'body').includes(anchor(event)),
      );
    },

    async remarks(id, since) {
      const said = await comments(id, since);
      return said.flatMap((comment) => remarkOf(comment, textIn(comment, 'body'), idOf));
    },

    myself,

    async user(id) {
      const user = (await userOf({ key: id })) ?? (await userOf({ username: id }));
      return user === undefined ? undefined : { id: idOf(user), name: line(textIn(user, 'displayName'), 60) };
    },

    async assignee(id) {
      const user = await userOf({ key: id });
      const name = textIn(user, 'name');
      if (name === '') return undefined;
      const users = await call('read', undefined, () =>
        get('/user/assignable/search', { project: options.project, username: name }),
      );
      return objectsIn(users).some((each) => idOf(each) === id) ? { name } : undefined;
    },

    text: (text) => text,

    async issueTypes() {
      return issueTypesIn(
        await call('read', undefined, () => get(`/project/${options.project}/statuses`, {})),
      );
    },

    async createFields() {
      // Since Jira 8.4; the older resource without an issue type is gone since 9.0.
      const path = `/issue/createmeta/${options.project}/issuetypes`;
      const type = (await everyPage(path)).find((each) => textIn(each, 'name') === options.issueType);
      if (type === undefined) return [];
      return (await everyPage(`${path}/${textIn(type, 'id')}`)).map((field) =>
        fieldOf(textIn(field, 'fieldId'), field),
      );
    },

    async lacks(permissions) {
      const answer = await call('read', undefined, () =>
        get('/mypermissions', { projectKey: options.project }),
      );
      return lackingIn(answer, permissions);
    },
  };
}

/** Says which request it is of, for programs; labels are short and have no spaces. What comes behind is what it showed. */
function markLabel({ site, request, createdAt }: Mark): string {
  const sum = createHash('sha256')
    .update(JSON.stringify([site, request, createdAt]))
    .digest('hex');
  return `freshet-${sum.slice(0, 16)}-`;
}

function anchor(event: number): string {
  return `{anchor:freshet-event-${event}}`;
}
