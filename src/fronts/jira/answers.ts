import type { Edit, Field, IssueRef, IssueState, Remark, StatusEntry, Transition } from './api.ts';
import { isObject, objectsIn, textIn } from './json.ts';
import { line } from './text.ts';

/** What both kinds of Jira answer alike, but for how they name people. */

/** Id of a person in a user of an answer; empty where there is none. */
export type IdOf = (user: unknown) => string;

export function refOf(issue: unknown): IssueRef {
  return { id: textIn(issue, 'id'), key: textIn(issue, 'key') };
}

/** An issue with its whole changelog, in any order. */
export function stateOf(issue: unknown, changes: readonly Record<string, unknown>[], idOf: IdOf): IssueState {
  return {
    ...refOf(issue),
    statusId: textIn(issue, 'fields', 'status', 'id'),
    statusName: line(textIn(issue, 'fields', 'status', 'name'), 60),
    entries: changes.flatMap((change) => entryOf(change, idOf)).sort((a, b) => a.id - b.id),
    edits: changes.flatMap((change) => editOf(change, idOf)).sort((a, b) => a.id - b.id),
    newest: Math.max(0, ...changes.map((change) => Number(change['id']))),
  };
}

/** The status items of one entry of the changelog; a change of other fields has none. */
function entryOf(change: Record<string, unknown>, idOf: IdOf): StatusEntry[] {
  return objectsIn(change['items'])
    .filter((item) => isField(item, ['status']))
    .map((item) => ({
      id: Number(change['id']),
      at: new Date(textIn(change, 'created')),
      from: textIn(item, 'from'),
      to: textIn(item, 'to'),
      toName: line(textIn(item, 'toString'), 60),
      app: textIn(change, 'author', 'accountType') === 'app',
      ...authorOf(change, idOf),
    }));
}

/** Where Jira gives no ids of fields, a field that somebody made up may be called like one of Jira's own. */
function isField(item: Record<string, unknown>, ids: readonly string[]): boolean {
  return item['fieldtype'] !== 'custom' && ids.includes(textIn(item, 'fieldId') || textIn(item, 'field'));
}

function editOf(change: Record<string, unknown>, idOf: IdOf): Edit[] {
  const edited = objectsIn(change['items']).some((item) => isField(item, ['description', 'summary']));
  return edited ? [{ id: Number(change['id']), ...authorOf(change, idOf) }] : [];
}

function authorOf(change: Record<string, unknown>, idOf: IdOf): Pick<StatusEntry, 'accountId' | 'name'> {
  const accountId = idOf(change['author']);
  const name = line(textIn(change, 'author', 'displayName'), 60);
  return accountId === '' ? { name } : { name, accountId };
}

/**
 * A comment as the words of its author; none where only some may read it, as what is taken from it is shown in Slack to
 * all, and none where somebody else has changed it since.
 */
export function remarkOf(comment: Record<string, unknown>, text: string, idOf: IdOf): Remark[] {
  const restricted = isObject(comment['visibility']) || comment['jsdPublic'] === false;
  const accountId = idOf(comment['author']);
  const changed = isObject(comment['updateAuthor']) && idOf(comment['updateAuthor']) !== accountId;
  if (restricted || changed) return [];
  const [created, updated] = [textIn(comment, 'created'), textIn(comment, 'updated')];
  return [
    {
      at: new Date(created),
      text,
      ...(accountId === '' ? {} : { accountId }),
      ...(updated === '' || updated === created ? {} : { edited: true }),
    },
  ];
}

export function transitionsIn(answer: unknown): Transition[] {
  const transitions = isObject(answer) ? objectsIn(answer['transitions']) : [];
  return transitions
    .filter((each) => each['isAvailable'] !== false && textIn(each, 'id') && textIn(each, 'to', 'id'))
    .map((each) => ({
      id: textIn(each, 'id'),
      name: line(textIn(each, 'name'), 60),
      to: textIn(each, 'to', 'id'),
      fields: isObject(each['fields'])
        ? Object.entries(each['fields']).map(([id, field]) => fieldOf(id, field))
        : [],
    }));
}

export function fieldOf(id: string, field: unknown): Field {
  const allowed = isObject(field) ? field['allowedValues'] : undefined;
  return {
    id,
    name: line(textIn(field, 'name') || id, 60),
    required: isObject(field) && field['required'] === true && field['hasDefaultValue'] !== true,
    type: textIn(field, 'schema', 'type'),
    items: textIn(field, 'schema', 'items'),
    rich:
      textIn(field, 'schema', 'custom').endsWith(':textarea') ||
      ['environment', 'description'].includes(textIn(field, 'schema', 'system')),
    ...(Array.isArray(allowed)
      ? {
          allowed: objectsIn(allowed).map((each) => ({
            id: textIn(each, 'id'),
            name: line(textIn(each, 'name') || textIn(each, 'value'), 100),
          })),
        }
      : {}),
  };
}

export function issueTypesIn(answer: unknown): { name: string; statuses: { id: string; name: string }[] }[] {
  return objectsIn(answer).map((type) => ({
    name: textIn(type, 'name'),
    statuses: objectsIn(type['statuses']).map((status) => ({
      id: textIn(status, 'id'),
      name: line(textIn(status, 'name'), 60),
    })),
  }));
}

export function lackingIn(answer: unknown, permissions: readonly string[]): string[] {
  const held = isObject(answer) ? answer['permissions'] : undefined;
  return permissions.filter((name) => {
    const permission = isObject(held) ? held[name] : undefined;
    return !isObject(permission) || permission['havePermission'] !== true;
  });
}

/** A string of JQL. */
export function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}

/** JQL for what this front asks. */
export function queries(project: string, issueType: string) {
  const ours = `project = ${quoted(project)}`;
  return {
    labelled: (label: string) => `${ours} AND labels = ${quoted(label)}`,
    changed: (label: string, minutes: number) =>
      `${ours} AND labels = ${quoted(label)} AND updated >= -${Math.ceil(minutes)}m ORDER BY updated ASC`,
    inStatus: (status: string) =>
      `${ours} AND issuetype = ${quoted(issueType)} AND status = ${quoted(status)} ORDER BY updated DESC`,
  };
}
