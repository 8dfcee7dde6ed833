import type { Output } from '../../../../commands/command.ts';
import { isSingle } from '../../../domain/policy/stages.ts';
import { standingText } from '../../../domain/policy/words.ts';
import { startOf, type RequestView } from '../../../service/view.ts';
import { context, message, section, sections, type Message } from './blocks.ts';
import { card } from './card.ts';
import { backupDetail, backupList, help, requestList } from './lists.ts';
import { channelLink, cutText, joined, link, mrkdwn, type Markup } from './markup.ts';
import { previewMessage } from './preview.ts';
import { dotted, issueLink, standing, taskText, ticketLink, who, type Surroundings } from './wording.ts';

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
      return previewMessage(output.preview, around.now);
    case 'request':
      return requestDetail(output.view, around);
    case 'requests':
      return requestList(output, around);
    case 'changed':
      return changed(output);
    case 'backups':
      return backupList(output);
    case 'backup':
      return backupDetail(output.backup, output.unreadable);
    case 'help':
      return help(output);
    default:
      return output satisfies never;
  }
}

/** Says that it was heard; the card tells the rest. */
function requested(view: RequestView, around: Around): Message {
  const { request, approvers } = view;
  const start = startOf(view);
  const can = joined(
    approvers.slice(0, 5).map((person) => who(around, person.id)),
    ', ',
  );
  const next =
    request.state !== 'pending'
      ? mrkdwn`It starts ${start ?? 'at once'}: no approval is needed.`
      : approvers.length === 0
        ? mrkdwn`:warning: It needs an approval, but nobody else holds the role that it takes. Ask an administrator.`
        : !view.approval.reachable
          ? mrkdwn`:warning: It needs ${cutText(standingText(view.approval), 400)}, but too few other people may approve. Ask an administrator.`
          : mrkdwn`It waits for an approval by ${can}${approvers.length > 5 ? ' or others' : ''}${start === undefined ? '' : `, and then starts ${start}`}.${isSingle(request.terms.stages) ? '' : ` All in all: ${cutText(standingText(view.approval), 400)}.`}`;
  return message(
    mrkdwn`${request.id}: ${taskText(request)}. ${request.state === 'pending' ? 'It waits for an approval.' : `It starts ${start ?? 'at once'}.`}`,
    [
      section(mrkdwn`${{ markup: standing(view).sign }} *${request.id}* · ${taskText(request)}\n${next}`),
      context(dotted(follow(around), issueLink(around), ticketLink(view)), unseen(view)),
    ],
  );
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
        ? `${request.id} is run again.`
        : did === 'acknowledged'
          ? `The alert of ${request.id} is marked as seen.`
          : needs !== undefined
            ? `Your yes to ${request.id} counts. Not all is said yet: ${cutText(needs, 600)}.`
            : `${request.id} is ${did}.`;
  return message(mrkdwn`${sentence}`, [section(mrkdwn`${sentence}`)]);
}
