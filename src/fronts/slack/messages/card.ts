import type { Event } from '../../../domain/event.ts';
import { isAsking } from '../../../domain/calendar/hindrances.ts';
import { keptFromTheWorld } from '../../../domain/neutralising.ts';
import { isSingle } from '../../../domain/policy/stages.ts';
import { standingText } from '../../../domain/policy/words.ts';
import { isOver, type RequestState } from '../../../domain/request.ts';
import { keepsCopy, notTakenBack } from '../../../domain/run.ts';
import { factsOf, isReading, needsYes } from '../../../domain/request-kinds.ts';
import { startOf, type RequestView } from '../../../service/views/view.ts';
import { alignmentLine, takenApartLine } from './alignment.ts';
import { actions, context, message, section, sections, type Block, type Message } from './blocks.ts';
import { foreseenLine, glassLines } from './calendar.ts';
import { decisionButtons, undoButton, cancelButton, retryHooksButton } from './buttons.ts';
import { changedLines, impactParts } from './impact.ts';
import { itemLines, itemsSpoken, keptLines } from './items.ts';
import { code, cutText, joined, mrkdwn, moment, spoken, type Markup } from './markup.ts';
import { kindWords, taskText } from './kind-words.ts';
import {
  byName,
  door,
  dotted,
  durationText,
  fenceText,
  issueLink,
  nameOf,
  namesText,
  standing,
  startsAfter,
  stepTitle,
  ticketLink,
  who,
  type Surroundings,
} from './wording.ts';
import { hooksLine, hooksFact } from './card-hooks.ts';

/**
 * The one card of a request, as it stands: what, from where onto what, who and why, how far, and what can be done about it.
 * Pure: the same view gives the same card, so that an edit that would change nothing can be left out.
 */
export function card(view: RequestView, surroundings: Surroundings): Message {
  const { request } = view;
  const { sign, words } = standing(view);
  const title = taskText(request);
  const text = joined(
    [
      mrkdwn`${request.id}: ${title}, ${words}.`,
      mrkdwn`Asked by ${nameOf(surroundings, request.requestedBy)}${request.reason === '' ? '' : `: ${cutText(request.reason, 200)}`}.`,
      ...(neverBegan(request.state) ? [] : itemsSpoken(view)),
      tornLine(view) && { markup: spoken(tornLine(view)!) },
      ...(neverBegan(request.state) ? [] : [alignmentSpoken(request)]),
      ...impactParts(view, byName(surroundings))
        .flat()
        .map((line) => ({ markup: `${spoken(line)}.` })),
      startLine(view) && mrkdwn`${startLine(view)}.`,
      progressLine(view) && { markup: spoken(progressLine(view)!) },
      ...(isOver(request.state) || request.state === 'fenced'
        ? ending(view, byName(surroundings)).map((line) => ({ markup: spoken(line) }))
        : []),
    ],
    ' ',
  );
  return message(text, [
    section(mrkdwn`${{ markup: sign }} *${request.id}* · ${title} · *${words}*`),
    // What came to nothing takes little room.
    ...(neverBegan(request.state)
      ? [context(joined(itemLines(view), '\n'))]
      : sections([
          ...itemLines(view),
          tornLine(view),
          ...keptLines(view),
          neutralLine(view),
          alignmentLine(request.alignment),
          hooksLine(view),
        ])),
    ...impactParts(view, surroundings).flatMap(sections),
    ...sections([startLine(view), progressLine(view), ...ending(view, surroundings)]),
    ...sections(remarks(view, surroundings)),
    context(...asked(view, surroundings)),
    context(...decisions(view, surroundings)),
    ...buttons(view),
  ]);
}

/** That a set is taken apart, unless nothing came of it. */
function tornLine({ request }: RequestView): Markup | undefined {
  return neverBegan(request.state) || request.state === 'failed' ? undefined : takenApartLine(request);
}

function alignmentSpoken({ alignment }: RequestView['request']): Markup | undefined {
  const line = alignmentLine(alignment);
  return line && { markup: spoken(line) };
}

/** What keeps the copies from acting on the world. */
function neutralLine({ request, environment, events }: RequestView): Markup | undefined {
  if (factsOf(request.kind).brings !== 'backup') return undefined;
  const names = request.items.map(({ database }) => database);
  const kept = keptFromTheWorld(names, environment.databases, events);
  return (
    kept &&
    mrkdwn`:shield: ${kept.proven ? 'Neutralised, and proven to be so' : 'Neutralised before the swap'}: ${cutText(kept.text, 700)}`
  );
}

/** Ended before anything was done. */
function neverBegan(state: RequestState): boolean {
  return state === 'rejected' || state === 'expired' || state === 'cancelled';
}

/** Nobody was asked, and everybody sees it; and what else it waits for than its headline says. */
function remarks(view: RequestView, surroundings: Surroundings): Markup[] {
  const broken = lastOf(view, ['glass-broken']);
  const glass = broken?.type === 'glass-broken' ? glassLines(broken, view, surroundings) : [];
  // What waits for an approval is not edited when a hold comes or goes.
  const waits = view.request.state === 'approved' ? view.waits : [];
  const further = waits.slice(1).map(({ why }) => mrkdwn`:no_entry: ${cutText(why, 300)}`);
  const asking = waits.filter(isAsking).map(({ hold }) => who(surroundings, hold.by));
  const asks = asking.length === 0 ? [] : [mrkdwn`Asked for a yes: ${joined(asking.slice(0, 5), ', ')}`];
  const foreseen = foreseenLine(view.foreseen);
  return [...glass, ...further.slice(0, 3), ...asks, ...(foreseen === undefined ? [] : [foreseen])];
}

function asked(view: RequestView, surroundings: Surroundings): (Markup | undefined)[] {
  const { request } = view;
  const by = dotted(
    askedBy(view, surroundings),
    mrkdwn`${moment(request.createdAt)}`,
    issueLink(surroundings),
    ticketLink(view),
  );
  return [by, request.reason === '' ? undefined : mrkdwn`“${cutText(request.reason, 300)}”`];
}

function askedBy({ request }: RequestView, surroundings: Surroundings): Markup {
  const { schedule, front } = request;
  const by = who(surroundings, request.requestedBy);
  if (schedule === undefined) return mrkdwn`Asked by ${by} ${door(front)}`;
  // Somebody may have had it run at another time than its own.
  return front === 'rule'
    ? mrkdwn`:calendar: Asked by schedule *${schedule.name}* of ${by}`
    : mrkdwn`:calendar: Asked by ${by} ${door(front)}, as schedule *${schedule.name}* does`;
}

/** When it will start, while somebody has to decide on that as well. */
function startLine(view: RequestView): Markup | undefined {
  const start = startOf(view);
  if (start === undefined || view.request.state !== 'pending') return undefined;
  // Its moment passed, such as when the approval for it did not count any more: then it starts at once.
  const last = view.events.at(-1);
  const isPast = last !== undefined && !startsAfter(view, last.at);
  if (isPast && view.request.startWithin === undefined) return undefined;
  return mrkdwn`Starts ${start}, once approved`;
}

/** A bar, how far, which step and how long it still takes; only while it runs. */
function progressLine(view: RequestView): Markup | undefined {
  const { request, run, progress } = view;
  if (request.state !== 'running' || run === undefined) return undefined;
  if (progress === undefined || progress.at < run.startedAt) return mrkdwn`Starting…`;
  const fraction = Math.min(1, Math.max(0, progress.fraction));
  const full = Math.floor(fraction * 10);
  const left = progress.secondsLeft;
  return dotted(
    mrkdwn`${`${'▓'.repeat(full)}${'░'.repeat(10 - full)}`} ${Math.floor(fraction * 100)} %`,
    mrkdwn`${cutText(progress.title, 120)}${progress.host === undefined ? '' : ` on ${progress.host}`}`,
    progress.note === undefined ? undefined : mrkdwn`${cutText(progress.note, 200)}`,
    left === undefined ? undefined : mrkdwn`about ${durationText(Math.max(1, Math.round(left)))} left`,
  );
}

/** How it ended, in plain words. */
function ending(view: RequestView, surroundings: Surroundings): Markup[] {
  const { request } = view;
  const last = lastOf(view, endings);
  if (last === undefined || !(isOver(request.state) || request.state === 'fenced')) return [];
  if (last.type === 'run-succeeded') return succeeded(view, last.seconds);
  if (last.type === 'run-failed') {
    const touched = last.targetTouched
      ? 'A live database was touched; see the thread.'
      : 'The live database was not touched.';
    return [
      mrkdwn`${place(view, last)}: ${cutText(last.cause, 600)}`,
      mrkdwn`*${touched}*${last.hint === '' ? '' : ` Hint: ${cutText(last.hint, 300)}`}`,
    ];
  }
  if (last.type === 'run-fenced') {
    return [
      mrkdwn`${place(view, last)}: ${cutText(last.cause, 600)}`,
      mrkdwn`*${fenceText(last).now}* The operators know.`,
    ];
  }
  if (last.type === 'request-rejected') {
    return last.reason === undefined ? [] : [mrkdwn`Reason: ${cutText(last.reason, 600)}`];
  }
  if (last.type === 'request-cancelled') {
    const by =
      last.actor === undefined
        ? undefined
        : mrkdwn`Cancelled by ${who(surroundings, last.actor)} ${door(last.front)}.`;
    const why = last.why === undefined ? undefined : mrkdwn`${cutText(last.why, 600)}`;
    return [joined([by, why, mrkdwn`No live database was touched.`], ' ')];
  }
  return [
    mrkdwn`Nobody decided in time, or its turn never came; nothing was touched. Ask again if it is still wanted.`,
  ];
}

const endings = [
  'run-succeeded',
  'run-failed',
  'run-fenced',
  'request-rejected',
  'request-cancelled',
  'request-expired',
] as const;

function place(view: RequestView, event: { step?: string; host?: string }): Markup {
  const step =
    event.step === undefined ? mrkdwn`Failed` : mrkdwn`Failed in step "${stepTitle(view, event.step)}"`;
  return event.host === undefined ? step : mrkdwn`${step} on ${code(event.host)}`;
}

function succeeded(view: RequestView, seconds: number): Markup[] {
  const { swaps, request } = view;
  if (isReading(request.kind)) return [mrkdwn`Took ${durationText(seconds)}`];
  const outage = Math.max(0, ...swaps.map((swap) => swap.outageSeconds));
  const lost = notCarried(view);
  return [
    dotted(
      mrkdwn`Took ${durationText(seconds)}`,
      mrkdwn`nobody could connect for ${durationText(outage)}`,
      ...keptFacts(view),
    ),
    ...changedLines(view),
    ...hooksFact(view),
    ...(lost.length === 0
      ? []
      : [
          mrkdwn`:warning: Could not be carried over: ${cutText(lost.slice(0, 12).join(', '), 700)}${lost.length > 12 ? ` and ${lost.length - 12} more (in the thread)` : ''}`,
        ]),
  ];
}

/** Until when there is a way back, and what has gone that way already. */
function keptFacts({ swaps, request }: RequestView): Markup[] {
  if (!swaps.some(keepsCopy) || !kindWords[request.kind].tellsKept) return [];
  if (swaps.every(({ supersededBy }) => supersededBy !== undefined)) return [mrkdwn`replaced since`];
  const copies = notTakenBack(swaps.filter(keepsCopy));
  const back = swaps.filter(({ stands }) => stands === 'old').map(({ databaseName }) => databaseName);
  return [
    ...copies
      .slice(0, 1)
      .map(
        ({ keptUntil }) =>
          mrkdwn`the replaced ${copies.length === 1 ? 'copy is' : 'copies are'} kept until ${moment(keptUntil)}`,
      ),
    ...(back.length === 0 ? [] : [mrkdwn`taken back since: ${namesText(back, 200)}`]),
  ];
}

/** What the swaps of this run could not carry over from the replaced databases. */
export function notCarried(view: RequestView): string[] {
  const begun = view.events.findLastIndex((event) => event.type === 'run-started');
  return view.events
    .slice(begun + 1)
    .flatMap((event) => (event.type === 'item-swapped' ? event.notCarried : []));
}

/** Who decided and when, or who can. */
function decisions(view: RequestView, surroundings: Surroundings): (Markup | undefined)[] {
  const { request, approvers } = view;
  const lines: (Markup | undefined)[] = [];
  const several = !isSingle(request.terms.stages);
  const inForce = view.approvals.filter((approval) => approval.voidedAt === undefined);
  const decided = inForce.at(-1);
  if (several && request.needsApproval && inForce.some(({ decision }) => decision === 'approved')) {
    const yeses = inForce.filter(({ decision }) => decision === 'approved');
    const names = yeses.map(
      ({ by, stage, for: principal }) =>
        mrkdwn`${who(surroundings, by)}${forText(principal, surroundings)}${stage === undefined ? '' : ` (${cutText(stage, 40)})`}`,
    );
    if (request.state !== 'pending')
      lines.push(mrkdwn`:heavy_check_mark: Yes by ${joined(names.slice(0, 12), ', ')}`);
  }
  if (several && request.state === 'pending')
    lines.push(mrkdwn`Approval: ${cutText(standingText(view.approval), 600)}`);
  const told = several && request.needsApproval && decided?.decision === 'approved';
  if (decided !== undefined && !told) {
    const sign = decided.decision === 'approved' ? ':heavy_check_mark:' : ':no_entry_sign:';
    lines.push(
      decided.front === 'rule'
        ? request.breakGlass === true
          ? mrkdwn`Approved by nobody: ${who(surroundings, request.requestedBy)} broke the glass`
          : decided.reason !== undefined
            ? mrkdwn`:heavy_check_mark: Approved by rule: ${cutText(decided.reason, 300)}`
            : mrkdwn`Approved by rule: ${byRule(view)}`
        : mrkdwn`${{ markup: sign }} ${decided.decision === 'approved' ? 'Approved' : 'Rejected'} by ${who(surroundings, decided.by)}${forText(decided.for, surroundings)} ${door(decided.front)}, ${moment(decided.at)}`,
    );
  }
  if (request.state !== 'pending') return lines;
  const voided = lastOf(view, ['approval-voided']);
  if (voided?.type === 'approval-voided')
    lines.push(mrkdwn`The approval was taken back: ${cutText(voided.why, 300)}`);
  const can = approvers.slice(0, 5).map((person) => who(surroundings, person.id));
  lines.push(
    can.length === 0
      ? mrkdwn`:warning: Nobody may approve this: no other person holds the role it takes.`
      : !view.approval.reachable
        ? mrkdwn`:warning: Too few other people may approve this for all that is still needed. Ask an administrator.`
        : mrkdwn`Can be approved by ${joined(can, ', ')}${approvers.length > 5 ? ` and ${approvers.length - 5} others` : ''} until ${moment(request.expiresAt)}`,
  );
  return lines;
}

function byRule({ request, environment }: RequestView): string {
  if (!environment.protected) return `${request.environment} needs no approval`;
  return needsYes(request.kind, environment)
    ? `${request.environment} lets its approvers undo`
    : 'a proof touches nothing of it';
}

function forText(principal: string | undefined, surroundings: Surroundings): Markup | undefined {
  return principal === undefined ? undefined : mrkdwn` for ${who(surroundings, principal)}`;
}

function buttons(view: RequestView): Block[] {
  const { state } = view.request;
  const row =
    state === 'pending'
      ? actions(...decisionButtons(view), cancelButton(view))
      : state === 'approved' || (state === 'running' && !tooLateToCancel(view))
        ? actions(cancelButton(view))
        : state === 'succeeded'
          ? actions(retryHooksButton(view), undoButton(view))
          : undefined;
  return row === undefined ? [] : [row];
}

function tooLateToCancel(view: RequestView): boolean {
  return view.run?.barrierAt !== undefined || view.run?.cancelRequestedAt !== undefined;
}

function lastOf(view: RequestView, types: readonly Event['type'][]): Event | undefined {
  return view.events.findLast((event) => types.includes(event.type));
}
