import type { Author, Issue } from './model.ts';
import { projectKeyOf, type Site } from './site.ts';
import type { State } from './state.ts';
import { isRichText, listIn, textOf } from './value-text.ts';
import { findStatus } from './workflow.ts';

/** An issue as a person sees it on its page. */
export interface IssueView {
  readonly key: string;
  readonly id: string;
  readonly summary: string;
  readonly statusId: string;
  readonly status: string;
  readonly labels: readonly string[];
  readonly description: string;
  /** Other fields that are set, by name. */
  readonly details: Readonly<Record<string, string>>;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly links: readonly { readonly title: string; readonly url: string }[];
  /** To other issues, as read from here: `relates to SHOP-123`. */
  readonly issueLinks: readonly string[];
  readonly comments: readonly CommentView[];
  /** Oldest first. */
  readonly history: readonly ChangeView[];
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface CommentView {
  readonly id: string;
  readonly at: number;
  readonly author: string;
  readonly accountId: string | null;
  readonly text: string;
}

export interface ChangeView {
  readonly id: string;
  readonly at: number;
  readonly author: string;
  readonly accountId: string | null;
  readonly field: string;
  readonly from: string;
  readonly to: string;
}

export interface Column {
  readonly statusId: string;
  readonly status: string;
  readonly issues: readonly { readonly key: string; readonly summary: string }[];
}

function nameOf(site: Site, author: Author): string {
  return author.kind === 'account'
    ? (site.accounts.get(author.accountId)?.displayName ?? author.accountId)
    : 'Anonymous';
}

function idOf(author: Author): string | null {
  return author.kind === 'account' ? author.accountId : null;
}

function asString(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function viewIssue(state: State, issue: Issue): IssueView {
  const { site } = state;
  const { summary, labels, description, ...others } = issue.fields;
  const details: Record<string, string> = {};
  for (const [id, value] of Object.entries(others)) {
    const { text } = textOf(site, id, value);
    if (text) details[site.project.fields.find((each) => each.id === id)?.name ?? id] = text;
  }
  return {
    key: issue.key,
    id: issue.id,
    summary: asString(summary),
    statusId: issue.statusId,
    status: findStatus(site.workflow, issue.statusId)?.name ?? issue.statusId,
    labels: listIn(labels),
    description: description !== undefined && isRichText(description) ? description.plain : '',
    details,
    properties: issue.properties,
    links: issue.remoteLinks.map(({ object }) => ({
      title: asString(object['title']),
      url: asString(object['url']),
    })),
    issueLinks: issue.issueLinks.map(({ typeId, outward, issueId }) => {
      const type = site.linkTypes.find(({ id }) => id === typeId);
      return `${(outward ? type?.outward : type?.inward) ?? typeId} ${state.read(issueId)?.key ?? issueId}`;
    }),
    comments: issue.comments.map((each) => ({
      id: each.id,
      at: each.createdAt,
      author: nameOf(site, each.author),
      accountId: idOf(each.author),
      text: each.body.plain,
    })),
    history: issue.changes.flatMap((change) =>
      change.items.map((item) => ({
        id: change.id,
        at: change.createdAt,
        author: nameOf(site, change.author),
        accountId: idOf(change.author),
        field: item.field,
        from: item.fromText ?? '',
        to: item.toText ?? '',
      })),
    ),
    createdAt: issue.createdAt,
    updatedAt: issue.updatedAt,
  };
}

/** The board: one column for each status of the workflow, empty ones too. */
export function viewBoard(state: State): readonly Column[] {
  const issues = state
    .all()
    .map((issue) => viewIssue(state, issue))
    .filter((each) => projectKeyOf(each.key) === state.site.project.key);
  return state.site.workflow.statuses.map(({ id, name }) => ({
    statusId: id,
    status: name,
    issues: issues.filter((each) => each.statusId === id).map(({ key, summary }) => ({ key, summary })),
  }));
}

/** An issue for a terminal transcript: what it says, what was said and who moved it, in order of time. */
export function renderIssue(view: IssueView): string {
  const lines = [`${view.key}  ${view.summary}  [${view.status}]`];
  if (view.labels.length > 0) lines.push(`  labels: ${view.labels.join(' ')}`);
  for (const { title, url } of view.links) lines.push(`  link: ${title} <${url}>`);
  for (const link of view.issueLinks) lines.push(`  ${link}`);
  if (view.description !== '') lines.push('', ...indent(view.description, '  '));
  const happenings = [
    ...view.comments.map(({ at, author, text }) => ({
      at,
      author,
      text: ['commented:', ...indent(text, '  ')],
    })),
    ...view.history.map(({ at, author, field, from, to }) => ({
      at,
      author,
      text: [changeText(field, from, to)],
    })),
  ].sort((a, b) => a.at - b.at);
  if (happenings.length > 0) lines.push('');
  for (const { at, author, text } of happenings) {
    const [first, ...rest] = text;
    lines.push(
      `  ${new Date(at).toISOString().slice(11, 19)}  ${author} ${first}`,
      ...rest.map((line) => `            ${line}`),
    );
  }
  return lines.join('\n');
}

function changeText(field: string, from: string, to: string): string {
  if (field === 'status') return `moved it from ${from} to ${to}`;
  // What it says now stands above; the whole of it, before and after, is for nobody.
  return field === 'description' ? 'changed the description' : `changed ${field} from "${from}" to "${to}"`;
}

function indent(text: string, by: string): string[] {
  return text.split('\n').map((line) => (line === '' ? '' : by + line));
}
