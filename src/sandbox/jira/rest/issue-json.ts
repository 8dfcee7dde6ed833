import type { Issue } from '../model.ts';
import { findStatus, transitionsFrom } from '../workflow.ts';
import type { Json, Renderer } from './render.ts';
import {
  authorJson,
  changeJson,
  commentJson,
  isoTime,
  issueLinksJson,
  issueTypeJson,
  projectJson,
  statusJson,
  transitionJson,
  valueJson,
} from './render.ts';

export interface IssueView {
  /** As in the request: ids, `*all`, `*navigable`, and `-id` to leave one out. */
  readonly fields: readonly string[];
  readonly expand: readonly string[];
  readonly properties: readonly string[];
  /** How many changelog entries `expand=changelog` shows; the rest is only in the paginated resource. */
  readonly changelogLimit: number;
}

export const supportedExpands = ['changelog', 'transitions', 'names'];

/** All fields of an issue; `text` shows formatted text. */
export function fieldsJson(
  renderer: Renderer,
  issue: Issue,
  text?: (value: { source: unknown; plain: string }) => unknown,
): Json {
  const { site } = renderer;
  const status = findStatus(site.workflow, issue.statusId);
  const type = site.project.issueTypes.find((each) => each.id === issue.issueTypeId);
  const done = issue.changes.findLast((change) => change.items.some((item) => item.field === 'resolution'));
  return {
    ...Object.fromEntries(
      site.project.fields.map((field) => [
        field.id,
        valueJson(renderer, field, issue.fields[field.id] ?? null, text),
      ]),
    ),
    project: projectJson(renderer, issue),
    issuelinks: issueLinksJson(renderer, issue),
    issuetype: type && issueTypeJson(renderer, type),
    status: status && statusJson(renderer, status),
    creator: authorJson(renderer, issue.creator) ?? null,
    created: isoTime(issue.createdAt),
    updated: isoTime(issue.updatedAt),
    resolutiondate: issue.fields['resolution'] && done ? isoTime(done.createdAt) : null,
    comment: {
      self: `${renderer.base}/rest/api/${renderer.dialect.api}/issue/${issue.id}/comment`,
      comments: issue.comments.map((each) => ({
        ...commentJson(renderer, issue, each),
        ...(text ? { body: text(each.body) } : {}),
      })),
      startAt: 0,
      maxResults: issue.comments.length,
      total: issue.comments.length,
    },
  };
}

function pick(all: Json, wanted: readonly string[]): Json {
  const removed = wanted.filter((each) => each.startsWith('-')).map((each) => each.slice(1));
  const named = wanted.filter((each) => !each.startsWith('-') && !each.startsWith('*'));
  const navigable = wanted.includes('*navigable');
  // A request that only leaves fields out starts from all of them.
  const everything = wanted.includes('*all') || (named.length === 0 && !navigable);
  return Object.fromEntries(
    Object.entries(all).filter(
      ([id]) =>
        !removed.includes(id) && (everything || named.includes(id) || (navigable && id !== 'comment')),
    ),
  );
}

/** One issue. Cloud's changelog inside is newest first, unlike its paginated resource. */
export function issueJson(renderer: Renderer, issue: Issue, view: IssueView): Json {
  const { site } = renderer;
  // Data Center shows all of them, oldest first.
  const newest = Number.isFinite(view.changelogLimit)
    ? issue.changes.toReversed().slice(0, view.changelogLimit)
    : issue.changes;
  const properties = view.properties.includes('*all')
    ? issue.properties
    : Object.fromEntries(Object.entries(issue.properties).filter(([key]) => view.properties.includes(key)));
  return {
    expand: 'renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations',
    id: issue.id,
    self: `${renderer.base}/rest/api/${renderer.dialect.api}/issue/${issue.id}`,
    key: issue.key,
    fields: pick(fieldsJson(renderer, issue), view.fields),
    ...(view.properties.length > 0 ? { properties } : {}),
    ...(view.expand.includes('names')
      ? { names: Object.fromEntries(site.project.fields.map((field) => [field.id, field.name])) }
      : {}),
    ...(view.expand.includes('transitions')
      ? {
          transitions: transitionsFrom(site.workflow, issue.statusId).map((each) =>
            transitionJson(renderer, each, false),
          ),
        }
      : {}),
    ...(view.expand.includes('changelog')
      ? {
          changelog: {
            startAt: 0,
            maxResults: newest.length,
            total: issue.changes.length,
            histories: newest.map((each) => changeJson(renderer, each)),
          },
        }
      : {}),
  };
}
