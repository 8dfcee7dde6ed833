import type {
  Author,
  Change,
  ChangeItem,
  Comment,
  FieldValue,
  Issue,
  RemoteLink,
  RichText,
  StateEvent,
} from './model.ts';
import type { LinkType, Site } from './site.ts';
import { fieldOf } from './site.ts';
import { findStatus } from './workflow.ts';
import { textOf } from './value-text.ts';

/** A change to an issue; everything in one call becomes one changelog entry, as in Jira. */
export interface Edit {
  readonly fields?: Readonly<Record<string, FieldValue>>;
  readonly statusId?: string;
  readonly comment?: RichText;
  readonly properties?: Readonly<Record<string, unknown>>;
}

export interface State {
  readonly site: Site;
  /** The issue as it is now, or as it was at a moment in milliseconds; undefined when it did not exist. */
  read(idOrKey: string, at?: number): Issue | undefined;
  /** Every issue as it was at a moment, in order of creation. */
  all(at?: number): readonly Issue[];
  create(
    by: Author,
    issueTypeId: string,
    fields: Readonly<Record<string, FieldValue>>,
    properties?: Readonly<Record<string, unknown>>,
    /** Of the project, when left out. */
    projectKey?: string,
  ): Issue;
  edit(by: Author, idOrKey: string, edit: Edit): Issue;
  addComment(
    by: Author,
    idOrKey: string,
    body: RichText,
    properties?: Readonly<Record<string, unknown>>,
  ): Comment;
  editComment(
    by: Author,
    idOrKey: string,
    commentId: string,
    body: RichText,
    properties?: Readonly<Record<string, unknown>>,
  ): Comment;
  setProperty(by: Author, idOrKey: string, key: string, value: unknown): Issue;
  /** Makes a link, or changes the one with the same global id; `created` tells which. */
  setLink(by: Author, idOrKey: string, link: Omit<RemoteLink, 'id'>): { link: RemoteLink; created: boolean };
  /** Links two issues; the same link again is no second one. */
  linkIssues(by: Author, type: LinkType, from: Issue, to: Issue): void;
  remove(by: Author, idOrKey: string): void;
  onEvent(listener: (event: StateEvent) => void): () => void;
  /** Forgets every issue; ids and keys go on growing, so that nothing old can be mistaken for something new. */
  clear(): void;
}

interface Version {
  readonly at: number;
  readonly issue: Issue;
}

/** The site's memory: every version of every issue, with the moment it became true. */
export function createState(site: Site): State {
  const versions = new Map<string, Version[]>();
  const listeners = new Set<(event: StateEvent) => void>();
  const last = { issue: 10000, change: 10100, comment: 10200, link: 10300 };
  const numbers = new Map<string, number>();

  function tell(event: Omit<StateEvent, 'at'>): void {
    for (const listener of listeners) listener({ ...event, at: site.now() });
  }

  function read(idOrKey: string, at = Number.POSITIVE_INFINITY): Issue | undefined {
    const key = idOrKey.toUpperCase();
    for (const [id, list] of versions) {
      if (id === idOrKey || list[0]?.issue.key === key) return list.findLast((each) => each.at <= at)?.issue;
    }
    return undefined;
  }

  function mustRead(idOrKey: string): Issue {
    const issue = read(idOrKey);
    if (!issue) throw new Error(`No issue "${idOrKey}" in the Jira stand-in`);
    return issue;
  }

  function keep(issue: Issue): Issue {
    const list = versions.get(issue.id) ?? [];
    list.push({ at: site.now(), issue });
    versions.set(issue.id, list);
    return issue;
  }

  function changeOf(by: Author, items: readonly ChangeItem[]): Change {
    return { id: String(++last.change), author: by, createdAt: site.now(), items };
  }

  function itemsOf(issue: Issue, edit: Edit): ChangeItem[] {
    const items: ChangeItem[] = [];
    for (const [fieldId, value] of Object.entries(edit.fields ?? {})) {
      const before = textOf(site, fieldId, issue.fields[fieldId] ?? null);
      const after = textOf(site, fieldId, value);
      if (before.id === after.id && before.text === after.text) continue;
      const field = fieldOf(site, fieldId);
      const custom = fieldId.startsWith('customfield_');
      items.push({
        field: custom ? (field?.name ?? fieldId) : fieldId,
        fieldId,
        fieldtype: custom ? 'custom' : 'jira',
        from: before.id,
        fromText: before.text,
        to: after.id,
        toText: after.text,
      });
    }
    if (edit.statusId !== undefined && edit.statusId !== issue.statusId) {
      items.push({
        field: 'status',
        fieldId: 'status',
        fieldtype: 'jira',
        from: issue.statusId,
        fromText: findStatus(site.workflow, issue.statusId)?.name ?? null,
        to: edit.statusId,
        toText: findStatus(site.workflow, edit.statusId)?.name ?? null,
      });
    }
    return items;
  }

  function newComment(
    by: Author,
    body: RichText,
    properties: Readonly<Record<string, unknown>> = {},
  ): Comment {
    const now = site.now();
    return {
      id: String(++last.comment),
      author: by,
      updateAuthor: by,
      body,
      createdAt: now,
      updatedAt: now,
      properties,
    };
  }

  return {
    site,
    read,
    all(at = Number.POSITIVE_INFINITY) {
      return [...versions.values()].flatMap((list) => list.findLast((each) => each.at <= at)?.issue ?? []);
    },
    create(by, issueTypeId, fields, properties = {}, projectKey = site.project.key) {
      const now = site.now();
      const number = (numbers.get(projectKey) ?? 0) + 1;
      numbers.set(projectKey, number);
      const issue = keep({
        id: String(++last.issue),
        key: `${projectKey}-${number}`,
        issueTypeId,
        statusId: site.workflow.initialStatusId,
        fields,
        creator: by,
        createdAt: now,
        updatedAt: now,
        comments: [],
        changes: [],
        properties,
        remoteLinks: [],
        issueLinks: [],
      });
      tell({ kind: 'issue-created', by, issue });
      return issue;
    },
    edit(by, idOrKey, edit) {
      const before = mustRead(idOrKey);
      const items = itemsOf(before, edit);
      const change = items.length > 0 ? changeOf(by, items) : undefined;
      const comment = edit.comment && newComment(by, edit.comment);
      const issue = keep({
        ...before,
        statusId: edit.statusId ?? before.statusId,
        fields: { ...before.fields, ...edit.fields },
        properties: { ...before.properties, ...edit.properties },
        comments: comment ? [...before.comments, comment] : before.comments,
        changes: change ? [...before.changes, change] : before.changes,
        updatedAt: change || comment ? site.now() : before.updatedAt,
      });
      if (change) tell({ kind: 'issue-updated', by, issue, change });
      if (comment) tell({ kind: 'comment-created', by, issue, comment });
      return issue;
    },
    addComment(by, idOrKey, body, properties) {
      const before = mustRead(idOrKey);
      const comment = newComment(by, body, properties);
      const issue = keep({
        ...before,
        comments: [...before.comments, comment],
        updatedAt: comment.createdAt,
      });
      tell({ kind: 'comment-created', by, issue, comment });
      return comment;
    },
    editComment(by, idOrKey, commentId, body, properties) {
      const before = mustRead(idOrKey);
      const old = before.comments.find((each) => each.id === commentId);
      if (!old) throw new Error(`No comment "${commentId}" on "${idOrKey}" in the Jira stand-in`);
      const comment = {
        ...old,
        body,
        updateAuthor: by,
        updatedAt: site.now(),
        properties: { ...old.properties, ...properties },
      };
      const comments = before.comments.map((each) => (each.id === commentId ? comment : each));
      const issue = keep({ ...before, comments, updatedAt: comment.updatedAt });
      tell({ kind: 'comment-updated', by, issue, comment });
      return comment;
    },
    setProperty(by, idOrKey, key, value) {
      const before = mustRead(idOrKey);
      const issue = keep({ ...before, properties: { ...before.properties, [key]: value } });
      tell({ kind: 'property-set', by, issue });
      return issue;
    },
    setLink(by, idOrKey, link) {
      const before = mustRead(idOrKey);
      const old = before.remoteLinks.find(
        (each) => each.globalId !== null && each.globalId === link.globalId,
      );
      const made: RemoteLink = { ...link, id: old?.id ?? ++last.link };
      const remoteLinks = old
        ? before.remoteLinks.map((each) => (each === old ? made : each))
        : [...before.remoteLinks, made];
      const issue = keep({ ...before, remoteLinks });
      tell({ kind: 'link-set', by, issue });
      return { link: made, created: !old };
    },
    linkIssues(by, type, from, to) {
      const known = mustRead(from.id).issueLinks.some(
        (each) => each.typeId === type.id && each.issueId === to.id,
      );
      if (known) return;
      const id = String(++last.link);
      for (const [here, there, outward] of [
        [from, to, true],
        [to, from, false],
      ] as const) {
        const before = mustRead(here.id);
        const text = `This issue ${outward ? type.outward : type.inward} ${there.key}`;
        const change = changeOf(by, [
          {
            field: 'Link',
            fieldId: '',
            fieldtype: 'jira',
            from: null,
            fromText: null,
            to: there.key,
            toText: text,
          },
        ]);
        const issue = keep({
          ...before,
          issueLinks: [...before.issueLinks, { id, typeId: type.id, outward, issueId: there.id }],
          changes: [...before.changes, change],
          updatedAt: change.createdAt,
        });
        tell({ kind: 'issue-updated', by, issue, change });
      }
    },
    remove(by, idOrKey) {
      const gone = mustRead(idOrKey);
      versions.delete(gone.id);
      for (const { issueId } of gone.issueLinks) {
        const other = read(issueId);
        if (other === undefined) continue;
        keep({ ...other, issueLinks: other.issueLinks.filter((each) => each.issueId !== gone.id) });
      }
      tell({ kind: 'issue-deleted', by, issue: gone });
    },
    onEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    clear() {
      versions.clear();
    },
  };
}
