import { alignmentText, isBeyond } from '../../domain/alignment.ts';
import type { Backup } from '../../domain/backup.ts';
import type { RequestItem, RequestKind } from '../../domain/request.ts';
import type { JiraStatuses } from '../../domain/site.ts';
import { isSingle } from '../../domain/policy/stages.ts';
import { standingText } from '../../domain/policy/words.ts';
import { startOf, type RequestView } from '../../service/views/view.ts';
import {
  atMost,
  bytesText,
  durationText,
  line,
  lines,
  namesText,
  panel,
  paragraph,
  utc,
  type Block,
  type Span,
} from './text.ts';

/** Jira refuses longer summaries (255). */
const longestSummary = 240;
const mostRows = 60;

/** `Refresh orders on uat from BKP-12`, `Undo REQ-12 on uat`. One line within Jira's limit. */
export function summaryOf(view: RequestView): string {
  const { request } = view;
  const place = line(request.environment, 40);
  if (request.kind === 'undo') return `Undo ${request.undoes ?? 'a refresh'} on ${place}`;
  const names = namesText(
    request.items.map((item) => line(item.database, 60)),
    120,
  );
  const backups = namesText(
    request.items.flatMap((item) => item.backup?.id ?? []),
    50,
  );
  return line(`Refresh ${names} on ${place} from ${backups}`, longestSummary);
}

/** True also of a first refresh, before which nothing may be there. */
function keptText(kind: RequestKind): string {
  return kind === 'undo' ? 'What is there now is' : 'What is there now, if anything, is';
}

/** Somebody's words stood here, and were replaced. */
export type Restored = { editedBy: string; at: Date };

/** What somebody needs to know before saying yes: what goes, what comes, how old it is, who wants it and why. */
export function descriptionOf(
  view: RequestView,
  cardUrl: string | undefined,
  restored?: Restored,
  /** Statuses of stages, by their names. */
  stages: JiraStatuses['stages'] = {},
): Block[] {
  const { request, environment, requester } = view;
  const who = line(requester?.name ?? request.requestedBy, 80);
  const place = line(environment.title, 80);
  const standing = request.state === 'pending' ? undefined : standingOf(view);
  return [
    ...(restored === undefined ? [] : [restoredPanel(restored)]),
    request.breakGlass === true
      ? panel('error', `Break-glass: ${who} has this carried out without anybody's approval.`)
      : standing !== undefined
        ? panel('info', `Approved by rule: ${line(standing, 300)}.`)
        : request.needsApproval
          ? panel('warning', askText(view, stages))
          : panel('info', `${line(environment.name, 40)} is not protected: approved by rule.`),
    ...(startOf(view) === undefined
      ? []
      : [
          paragraph(
            request.startAt === undefined ? 'It starts ' : 'It starts not before ',
            { strong: startOf(view)! },
            request.needsApproval ? ', once approved.' : '.',
          ),
        ]),
    paragraph(...askedBy(view, who)),
    ...lines(request.reason, 2000).map((text) => paragraph('“', text, '”')),
    ...(view.ticket === undefined
      ? []
      : [paragraph('It is for ', { link: view.ticket.url, text: view.ticket.key }, '.')]),
    { heading: request.kind === 'undo' ? `Swapped back on ${place}` : `Overwritten on ${place}` },
    request.kind === 'undo' ? undoTable(view) : refreshTable(view),
    ...apartOf(view),
    paragraph(`${keptText(request.kind)} kept for ${durationText(environment.keepOldSeconds)}, for an undo.`),
    paragraph(
      ...(cardUrl === undefined ? [] : [{ link: cardUrl, text: 'Card in Slack' }, ' · ']),
      `${request.id} · what an approval is bound to: `,
      { code: shortDigest(request.digest) },
    ),
  ];
}

function apartOf({ request: { alignment } }: RequestView): Block[] {
  const text = alignment && alignmentText(alignment);
  if (alignment === undefined || text === undefined) return [];
  const said = line(text, 700);
  return isBeyond(alignment) ? [panel('warning', `The data is ${said}`)] : [paragraph(`The data is ${said}`)];
}

/** What it was approved by without anybody being asked, where its schedule was approved. */
function standingOf({ approvals }: RequestView): string | undefined {
  return approvals.find(({ front, voidedAt }) => front === 'rule' && voidedAt === undefined)?.reason;
}

function askedBy({ request }: RequestView, who: string): Span[] {
  const { schedule, front, createdAt } = request;
  if (schedule === undefined) return [{ strong: who }, ` asked for it ${utc(createdAt)}, ${doors[front]}.`];
  const name = line(schedule.name, 40);
  return front === 'rule'
    ? [`Asked for ${utc(createdAt)} by schedule `, { strong: name }, ` of ${who}.`]
    : [{ strong: who }, ` asked for it ${utc(createdAt)}, ${doors[front]}, as schedule ${name} does.`];
}

function restoredPanel({ editedBy, at }: Restored): Block {
  const who = line(editedBy, 60) || 'somebody';
  const seconds = at.toISOString().slice(0, 19).replace('T', ' ');
  return panel(
    'warning',
    `Freshet wrote this again on ${seconds} UTC, because ${who} had edited it. Words that are to stay belong in a comment.`,
  );
}

function askText(view: RequestView, stages: NonNullable<JiraStatuses['stages']>): string {
  const names = namesText(
    view.approvers.map((person) => line(person.name, 60)),
    300,
  );
  const whom =
    view.approvers.length === 0 ? 'Nobody of the site file can approve it yet' : `${names} can approve it`;
  const start = startOf(view);
  const { open } = view.approval;
  const staged = open !== undefined && Object.hasOwn(stages, open.stage.name);
  const several = isSingle(view.request.terms.stages)
    ? ''
    : `It takes several: ${line(standingText(view.approval), 600)}. ${staged ? `“${line(open.stage.name, 40)}” has a status of its own: moving the issue on from there is a yes of that stage. ` : 'Until the last yes Freshet moves the issue back. '}`;
  return `${several}${whom}: move this issue to an approved status to ${start === undefined ? 'start it' : `have it start ${start}, or at once if that is past`}, or reject it. It lapses ${utc(view.request.expiresAt)}.`;
}

function refreshTable(view: RequestView): Block {
  const rows = view.request.items.map((item): Span[] => {
    const backup = view.backups[item.database];
    return [
      targetText(item),
      backup === undefined ? (item.backup?.id ?? '') : `${backup.id} of ${line(backup.environment, 40)}`,
      backup === undefined ? '' : dataText(backup),
      backup === undefined ? '' : bytesText(backup.bytes),
      backup === undefined ? '' : natureText(backup),
    ];
  });
  return {
    table: {
      head: ['Overwritten', 'From', 'Data of', 'Size', 'Data'],
      rows: atMost(rows, mostRows, (left) => [`and ${left} more`]),
    },
  };
}

function undoTable(view: RequestView): Block {
  const rows = view.request.items.map((item): Span[] => [
    targetText(item),
    `what ${view.request.undoes ?? 'the refresh'} replaced`,
  ]);
  return {
    table: {
      head: ['Swapped back', 'To'],
      rows: atMost(rows, mostRows, (left) => [`and ${left} more`]),
    },
  };
}

function targetText(item: RequestItem): string {
  return `${line(item.databaseName, 63)} on server ${line(item.server, 40)}`;
}

function dataText(backup: Backup): string {
  return backup.dataAt === undefined ? `unknown; file of ${utc(backup.takenAt)}` : utc(backup.dataAt);
}

function natureText(backup: Backup): string {
  const data = backup.anonymisation === 'raw' ? 'raw' : `anonymised (${backup.anonymisation})`;
  return backup.scope === 'subset' ? `${data}, cut down` : data;
}

/** Enough of a digest to compare by eye. */
export function shortDigest(digest: string): string {
  return digest.slice(0, 12);
}

const doors: Record<RequestView['request']['front'], string> = {
  slack: 'in Slack',
  jira: 'in Jira',
  web: 'on the web page',
  cli: 'on the command line',
  rule: 'by rule',
  system: 'by Freshet',
};

/** `in Slack`. */
export function doorText(front: RequestView['request']['front'] | undefined): string {
  return front === undefined ? '' : ` ${doors[front]}`;
}
