import type { Output } from '../../../../commands/command.ts';
import { isAsking } from '../../../domain/calendar/hindrances.ts';
import { isSingle } from '../../../domain/policy/stages.ts';
import { standingText } from '../../../domain/policy/words.ts';
import { startOf, type RequestView } from '../../../service/views/view.ts';
import { setMessage, takenApartLine } from './alignment.ts';
import { context, message, section, sections, type Message } from './blocks.ts';
import { heldMessage, holdsMessage, releasedMessage } from './calendar.ts';
import { card } from './card.ts';
import { delegationsMessage } from './delegations.ts';
import { accountsMessage } from './links.ts';
import { backupDetail, backupList, help, requestList } from './lists.ts';
import { channelLink, cutText, joined, link, mrkdwn, type Markup } from './markup.ts';
import { previewMessage } from './preview.ts';
import { receivedMessage } from './received.ts';
import { retentionMessage } from './retention.ts';
import { scheduleChanged, scheduleList } from './schedules.ts';
import { taskText } from './kind-words.ts';
import { dotted, issueLink, standing, ticketLink, who, type Surroundings } from './wording.ts';

export type Around = Surroundings & {
  /** Where cards are. */
  channel: string;
  now: Date;
  /** Of the request's card, once it is posted. */
  cardUrl?: string;
};

/** What a command answered, as the one who typed it reads it. */
export function shown(output: Output, around: Around): Message {
  switch (output.kind) {
    case 'requested':
      return requested(output.view, around);
    case 'preview':
      return previewMessage(output.preview, around);
    case 'request':
      return requestDetail(output.view, around);
    case 'requests':
      return requestList(output, around);
    case 'changed':
      return changed(output);
    case 'backups':
      return backupList(output, around.now);
    case 'backup':
      return backupDetail(output, around.now);
    case 'received':
      return receivedMessage(output, around);
    case 'retention':
      return retentionMessage(output);
    case 'accounts':
      return accountsMessage(output);
    case 'delegations':
      return delegationsMessage(output, around);
    case 'held':
      return heldMessage(output);
    case 'released':
      return releasedMessage(output);
    case 'holds':
      return holdsMessage(output, around);
    case 'set':
      return setMessage(output, around.now);
    case 'schedules':
      return scheduleList(output, around);
    case 'schedule':
      return scheduleChanged(output, around);
    case 'help':
      return help(output);
    default:
      return output satisfies never;
  }
}

/** Says that it was heard; the card tells the rest. */
function requested(view: RequestView, around: Around): Message {
  const { request } = view;
  const [wait] = view.waits;
  const held =
    wait === undefined
      ? undefined
      : mrkdwn`:no_entry: ${request.state === 'pending' ? 'After that it waits' : 'It waits'}: ${cutText(wait.why, 400)}.${isAsking(wait) ? ' The holder is asked.' : ''}`;
  const spoken =
    request.state === 'pending'
      ? 'It waits for an approval.'
      : wait === undefined
        ? `It starts ${startOf(view) ?? 'at once'}.`
        : `It waits: ${cutText(wait.why, 300)}.`;
  return message(mrkdwn`${request.id}: ${taskText(request)}. ${spoken}`, [
    section(
      joined(
        [
          mrkdwn`${{ markup: standing(view).sign }} *${request.id}* · ${taskText(request)}`,
          takenApartLine(request),
          approvalNext(view, around),
          held,
        ],
        '\n',
      ),
    ),
    context(dotted(follow(around), issueLink(around), ticketLink(view)), unseen(view)),
  ]);
}

/** What of an approval it takes; undefined where it takes none and something else is said. */
function approvalNext(view: RequestView, around: Around): Markup | undefined {
  const { request, approvers } = view;
  const start = startOf(view);
  if (request.breakGlass === true)
    return mrkdwn`:rotating_light: The glass is broken: it starts ${start ?? 'at once'}; approvers, holders and operators are told.`;
  if (request.state !== 'pending')
    return view.waits.length > 0
      ? undefined
      : mrkdwn`It starts ${start ?? 'at once'}: no approval is needed.`;
  if (approvers.length === 0)
    return mrkdwn`:warning: It needs an approval, but nobody else holds the role that it takes. Ask an administrator.`;
  const needed = cutText(standingText(view.approval), 400);
  if (!view.approval.reachable)
    return mrkdwn`:warning: It needs ${needed}, but too few other people may approve. Ask an administrator.`;
  const can = joined(
    approvers.slice(0, 5).map((person) => who(around, person.id)),
    ', ',
  );
  return mrkdwn`It waits for an approval by ${can}${approvers.length > 5 ? ' or others' : ''}${start === undefined ? '' : `, and then starts ${start}`}.${isSingle(request.terms.stages) ? '' : ` All in all: ${needed}.`}`;
}

/** Said at once: whoever mistyped it would hear of it only later. */
function unseen(view: RequestView): Markup | undefined {
  if (view.ticket === undefined || !view.events.some((event) => event.type === 'ticket-unseen'))
    return undefined;
  return mrkdwn`Jira can't be asked now whether ${view.ticket.key} is there; it is linked as soon as it can.`;
}

function follow(around: Around): Markup {
  return around.cardUrl === undefined
    ? mrkdwn`Follow it in ${channelLink(around.channel)}`
    : link(around.cardUrl, 'Open its card');
}

/** The card as it stands, without its buttons, with the whole reason. */
function requestDetail(view: RequestView, around: Around): Message {
  const { text, blocks } = card(view, around);
  const { reason } = view.request;
  const pieces = reason === '' ? [] : pieced(reason, 900);
  return message({ markup: text }, [
    ...blocks.filter((block) => block.type !== 'actions'),
    ...(reason.length <= 300
      ? []
      : sections([mrkdwn`*The whole reason:*`, ...pieces.map((piece) => mrkdwn`${piece}`)])),
    context(follow(around)),
  ]);
}

function pieced(text: string, length: number): string[] {
  const signs = [...cutText(text, 10_000)];
  const pieces: string[] = [];
  for (let at = 0; at < signs.length; at += length) pieces.push(signs.slice(at, at + length).join(''));
  return pieces;
}

function changed(output: Extract<Output, { kind: 'changed' }>): Message {
  const { did, request, needs } = output;
  const sentence =
    did === 'cancelled' && request.state === 'running'
      ? `${request.id} is being cancelled; the step that is running is ended first.`
      : did === 'retried'
        ? request.state === 'succeeded'
          ? `The hooks of ${request.id} are called again.`
          : `${request.id} is run again.`
        : did === 'acknowledged'
          ? `The alert of ${request.id} is marked as seen.`
          : did === 'settled'
            ? `${request.id} has failed, as settled by hand; its target is free for others.`
            : needs !== undefined
              ? `Your yes to ${request.id} counts. Not all is said yet: ${cutText(needs, 600)}.`
              : `${request.id} is ${did}.`;
  return message(mrkdwn`${sentence}`, [section(mrkdwn`${sentence}`)]);
}
