import { alignmentText, isBeyond } from '../../domain/alignment.ts';
import { keepsText } from '../../domain/kept-rows.ts';
import { factsOf } from '../../domain/request-kinds.ts';
import type { JiraStatuses } from '../../domain/jira-site.ts';
import { hooksOf } from '../../domain/hook.ts';
import { keptFromTheWorld } from '../../domain/neutralising.ts';
import { isSingle } from '../../domain/policy/stages.ts';
import { standingText } from '../../domain/policy/words.ts';
import { takenApartText } from '../../domain/taken-apart.ts';
import { startOf, type RequestView } from '../../service/views/view.ts';
import { impactBlocks } from './impact.ts';
import { kindWords } from './kind-words.ts';
import { atMost, line, lines, namesText, panel, paragraph, utc, type Block, type Span } from './text.ts';

/** Jira refuses longer summaries (255). */
const longestSummary = 240;
const mostRows = 60;

/** `Refresh orders on uat from BKP-12`, `Undo orders of REQ-12 on uat`. One line within Jira's limit. */
export function summaryOf(view: RequestView): string {
  return line(kindWords[view.request.kind].summary(view), longestSummary);
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
  const words = kindWords[request.kind];
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
    { heading: words.heading(place) },
    tableOf(view),
    ...tornOf(view),
    ...keptOf(view),
    ...apartOf(view),
    ...impactBlocks(view),
    ...neutralOf(view),
    ...hooksAfter(view),
    paragraph(words.afterwards(view)),
    paragraph(
      ...(cardUrl === undefined ? [] : [{ link: cardUrl, text: 'Card in Slack' }, ' · ']),
      `${request.id} · what an approval is bound to: `,
      { code: shortDigest(request.digest) },
    ),
  ];
}

/** What of the live databases comes through. */
function keptOf({ request, environment }: RequestView): Block[] {
  if (factsOf(request.kind).brings !== 'backup') return [];
  const kept = request.items.flatMap(({ database, databaseName }): Span[][] => {
    const text = keepsText(databaseName, environment.databases[database]?.keep);
    return text === undefined ? [] : [[line(text, 1000)]];
  });
  return kept.length === 0 ? [] : [{ list: atMost(kept, mostRows, (left): Span[] => [`and ${left} more`]) }];
}

/** That what is asked for takes a set apart. */
function tornOf({ request }: RequestView): Block[] {
  const text = takenApartText(request);
  return text === undefined ? [] : [panel('warning', line(text, 700))];
}

function apartOf({ request: { alignment } }: RequestView): Block[] {
  const text = alignment && alignmentText(alignment);
  if (alignment === undefined || text === undefined) return [];
  const said = line(text, 700);
  return isBeyond(alignment) ? [panel('warning', `The data is ${said}`)] : [paragraph(`The data is ${said}`)];
}

/** What keeps the copies from acting on the world, as it is approved. */
function neutralOf({ request, environment }: RequestView): Block[] {
  if (factsOf(request.kind).brings !== 'backup') return [];
  const names = request.items.map(({ database }) => database);
  const kept = keptFromTheWorld(names, environment.databases, []);
  return kept === undefined
    ? []
    : [paragraph(`Neutralised before the swap, and proven to be so: ${line(kept.text, 700)}.`)];
}

function hooksAfter({ request, environment }: RequestView): Block[] {
  const databases = request.items.map(({ database }) => database);
  const names = hooksOf(environment, { kind: request.kind, databases }).map(({ name }) => name);
  return names.length === 0 ? [] : [paragraph(`After the swap: ${line(names.join(', '), 400)}.`)];
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
    view.approvers.length === 0
      ? 'Nobody of the site file can approve it yet'
      : // It stands there afterwards, too.
        `While it waits, ${names} can approve it`;
  const start = startOf(view);
  const { open } = view.approval;
  const staged = open !== undefined && Object.hasOwn(stages, open.stage.name);
  const several = isSingle(view.request.terms.stages)
    ? ''
    : `It takes several: ${line(standingText(view.approval), 600)}. ${staged ? `“${line(open.stage.name, 40)}” has a status of its own: moving the issue on from there is a yes of that stage. ` : 'Until the last yes Freshet moves the issue back. '}`;
  return `${several}${whom}: move this issue to an approved status to ${start === undefined ? 'start it' : `have it start ${start}, or at once if that is past`}, or reject it. It lapses ${utc(view.request.expiresAt)}.`;
}

function tableOf(view: RequestView): Block {
  const words = kindWords[view.request.kind];
  const rows = view.request.items.map((item) => words.row(view, item));
  return { table: { head: words.head, rows: atMost(rows, mostRows, (left) => [`and ${left} more`]) } };
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
