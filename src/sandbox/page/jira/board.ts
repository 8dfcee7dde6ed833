import { bot } from '../../cast.ts';
import type { JiraStandIn } from '../../jira/jira.ts';
import type { Author, Issue as Stored, RichText } from '../../jira/model.ts';
import { may, resolutions, type Site } from '../../jira/site.ts';
import { textOf } from '../../jira/value-text.ts';
import { statusIds, transitionsFrom, type Status } from '../../jira/workflow.ts';
import type { Issue, JiraState, ScreenField, Text, Transition } from './state.ts';

/** The board as the owner of an account sees it. */
export function boardOf(jira: JiraStandIn, accountId: string): JiraState {
  const { site } = jira;
  const account = site.accounts.get(accountId);
  const sees = account !== undefined && may(account, 'BROWSE_PROJECTS');
  const mayMove = account !== undefined && may(account, 'TRANSITION_ISSUES');
  return {
    title: site.title,
    project: { key: site.project.key, name: site.project.name },
    columns: inOrder(site.workflow.statuses).map(({ id, name, category }) => ({ id, name, category })),
    issues: sees ? jira.stored().map((issue) => issueOf(site, issue, mayMove)) : [],
    mayMove,
    mayComment: account !== undefined && may(account, 'ADD_COMMENTS'),
  };
}

/** The way of a request that goes well first, then the other ends; a status of another workflow keeps its place behind. */
const order: readonly string[] = [
  statusIds.waiting,
  statusIds.approved,
  statusIds.inProgress,
  statusIds.done,
  statusIds.rejected,
  statusIds.failed,
  statusIds.cancelled,
];

function inOrder(statuses: readonly Status[]): Status[] {
  const place = ({ id }: Status) => (order.includes(id) ? order.indexOf(id) : order.length);
  return [...statuses].sort((a, b) => place(a) - place(b));
}

function issueOf(site: Site, issue: Stored, mayMove: boolean): Issue {
  const { summary, labels, description, reporter = null, ...others } = issue.fields;
  return {
    key: issue.key,
    summary: typeof summary === 'string' ? summary : '',
    statusId: issue.statusId,
    labels: Array.isArray(labels) ? labels : [],
    reporter: textOf(site, 'reporter', reporter).text ?? nameOf(site, issue.creator),
    assignee: textOf(site, 'assignee', others['assignee'] ?? null).text ?? undefined,
    createdAt: issue.createdAt,
    updatedAt: issue.updatedAt,
    transitions: mayMove ? transitionsOf(site, issue.statusId) : [],
    description: isRich(description) ? richText(description) : undefined,
    details: Object.entries(others).flatMap(([id, value]) => {
      const { text } = textOf(site, id, value);
      return text
        ? [{ name: site.project.fields.find((field) => field.id === id)?.name ?? id, value: text }]
        : [];
    }),
    links: issue.remoteLinks.flatMap(({ object: { title, url } }) =>
      typeof url === 'string' ? [{ title: typeof title === 'string' ? title : url, url }] : [],
    ),
    comments: issue.comments.map(({ id, createdAt, author, body }) => ({
      id,
      at: createdAt,
      author: nameOf(site, author),
      isBot: author.kind === 'account' && author.accountId === bot.jira,
      body: richText(body),
    })),
    history: issue.changes.flatMap(({ id, createdAt, author, items }) =>
      items.map(({ field, fromText, toText }) => ({
        id,
        at: createdAt,
        author: nameOf(site, author),
        field,
        from: fromText ?? '',
        to: toText ?? '',
      })),
    ),
  };
}

function transitionsOf(site: Site, statusId: string): Transition[] {
  return transitionsFrom(site.workflow, statusId).map(({ id, name, to, screen = [] }) => ({
    id,
    name,
    to,
    screen: screen.map(({ fieldId, required }) => screenField(site, fieldId, required)),
  }));
}

function screenField(site: Site, id: string, required: boolean): ScreenField {
  const field = site.project.fields.find((one) => one.id === id);
  const choices = field?.kind === 'resolution' ? resolutions : field?.options;
  return { id, name: field?.name ?? id, required, choices };
}

function isRich(value: unknown): value is RichText {
  return typeof value === 'object' && value !== null && 'plain' in value;
}

/** Data Center keeps wiki text, which is a string; Cloud keeps a document. */
function richText({ source, plain }: RichText): Text {
  if (typeof source === 'string') return { format: 'wiki', text: source };
  return typeof source === 'object' && source !== null
    ? { format: 'adf', doc: source }
    : { format: 'wiki', text: plain };
}

function nameOf(site: Site, author: Author): string {
  return author.kind === 'account'
    ? (site.accounts.get(author.accountId)?.displayName ?? 'Former user')
    : 'Anonymous';
}
