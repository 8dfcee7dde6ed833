import type { Event } from '../../../domain/event.ts';
import type { Request } from '../../../domain/request.ts';
import { keepsCopy } from '../../../domain/run.ts';
import { hookFailureText } from '../../../domain/hook.ts';
import { listed, standingText } from '../../../domain/policy/words.ts';
import { isReading } from '../../../domain/request-kinds.ts';
import type { RequestView } from '../../../service/views/view.ts';
import { context, message, section, type Message } from './blocks.ts';
import { touchedText } from './alert.ts';
import { code, cutText, joined, link, mrkdwn, moment, spoken, type Markup } from './markup.ts';
import { kindWords, taskText } from './kind-words.ts';
import {
  dotted,
  durationText,
  fenceText,
  issueLink,
  nameOf,
  stepTitle,
  type Surroundings,
} from './wording.ts';

/**
 * What the requester is told at the end, and approvers of what waits for them, in words that need nothing around them. Undefined where there
 * is nothing to be told.
 */
export function directMessage(
  view: RequestView,
  event: Event,
  surroundings: Surroundings & { cardUrl?: string },
): Message | undefined {
  const told = sentence(view, event, surroundings);
  if (told === undefined) return undefined;
  const { request } = view;
  const text = joined([told.headline, told.detail], ' ');
  return message({ markup: spoken(text) }, [
    section(joined([mrkdwn`${{ markup: told.sign }} ${told.headline}`, told.detail], '\n')),
    context(
      dotted(
        surroundings.cardUrl === undefined
          ? mrkdwn`${request.id}`
          : link(surroundings.cardUrl, `${request.id} in the channel`),
        issueLink(surroundings),
        request.reason === ''
          ? undefined
          : mrkdwn`${event.type === 'approver-reminded' ? 'the reason' : 'you wrote'}: ${cutText(request.reason, 200)}`,
      ),
    ),
  ]);
}

type Told = { sign: string; headline: Markup; detail?: Markup };

function sentence(view: RequestView, event: Event, surroundings: Surroundings): Told | undefined {
  const { request } = view;
  const yours = mrkdwn`Your request ${request.id} (${taskText(request)})`;
  const by = event.actor === undefined ? undefined : nameOf(surroundings, event.actor);
  const own = event.actor === request.requestedBy;
  const waits = request.state === 'pending';
  switch (event.type) {
    case 'run-succeeded':
      return { sign: ':white_check_mark:', headline: mrkdwn`${yours} is done.`, detail: whatIsThere(view) };
    case 'hook-failed':
      return {
        sign: ':warning:',
        headline: mrkdwn`${yours} is in place, but what follows it is not done.`,
        detail: mrkdwn`${cutText(hookFailureText(event), 800)} The operators know; ${code(`/refresh retry ${request.id}`)} calls it again, ${code(`/refresh undo ${request.id}`)} takes the whole back.`,
      };
    case 'hooks-done':
      return {
        sign: ':white_check_mark:',
        headline: mrkdwn`What follows your request ${request.id} (${taskText(request)}) is done now, too.`,
        detail: mrkdwn`Called again: ${cutText(event.hooks.join(', '), 600)}.`,
      };
    case 'run-failed':
      return {
        sign: ':x:',
        headline: mrkdwn`${yours} failed${event.step === undefined ? '' : ` in step "${stepTitle(view, event.step)}"`}.`,
        detail: mrkdwn`${cutText(event.cause, 600)} ${touchedText(view, event)} The operators know; they, an approver or you can retry it: ${code(`/refresh retry ${request.id}`)}`,
      };
    case 'run-fenced':
      return {
        sign: ':rotating_light:',
        headline: mrkdwn`${yours} stopped${event.unseen === true ? '' : ' in the middle of the swap'}.`,
        detail: mrkdwn`${cutText(event.cause, 600)} ${fenceText(event).now} It waits until an operator has looked; they know.`,
      };
    case 'request-rejected':
      return {
        sign: ':no_entry_sign:',
        headline: mrkdwn`${yours} was rejected${by === undefined ? '' : ` by ${by}`}${event.hold === undefined ? '' : `, who holds ${cutText(request.environment, 60)}`}.`,
        detail:
          event.reason === undefined
            ? mrkdwn`Nothing was touched.`
            : mrkdwn`Reason: ${cutText(event.reason, 700)}`,
      };
    case 'request-held':
      return {
        sign: ':no_entry:',
        headline: mrkdwn`${yours} is approved and waits.`,
        detail: mrkdwn`${cutText(event.why, 600)}. ${goesOn(event, request)}`,
      };
    case 'approval-given':
      return {
        sign: ':heavy_check_mark:',
        headline: mrkdwn`${yours} has the yes of ${by ?? 'somebody'}, for "${cutText(event.stage, 40)}".`,
        detail: mrkdwn`Not all is said yet: ${cutText(event.needs, 600)}.`,
      };
    case 'approver-reminded':
      // Decided, or nothing of theirs any more, since it was written down.
      if (!waits || !view.approvers.some(({ id }) => id === event.to)) return undefined;
      return {
        sign: ':bell:',
        headline: mrkdwn`${request.id} (${taskText(request)}), asked for by ${nameOf(surroundings, request.requestedBy)}, waits for your yes or no.`,
        detail: mrkdwn`It expires ${moment(request.expiresAt)}. Its card has the buttons; ${code(`/refresh approve ${request.id}`)} and ${code(`/refresh reject ${request.id}`)} do the same.`,
      };
    case 'expiry-announced':
      if (!waits) return undefined;
      return {
        sign: ':hourglass:',
        headline: mrkdwn`${yours} expires ${moment(request.expiresAt)}, and is not approved yet.`,
        detail: mrkdwn`Still needed: ${cutText(standingText(view.approval), 600)}. ${canDecide(view)}`,
      };
    case 'request-cancelled':
      return {
        sign: ':no_entry_sign:',
        headline: mrkdwn`${yours} was cancelled${own ? ' by you' : by === undefined ? '' : ` by ${by}`}.`,
        detail: mrkdwn`${event.why === undefined ? '' : `${cutText(event.why, 600)} `}No live database was touched.`,
      };
    case 'request-expired':
      return {
        sign: ':hourglass:',
        headline: mrkdwn`${yours} has expired: nobody decided in time, or its turn never came.`,
        detail: mrkdwn`Nothing was touched. Ask again if it is still wanted.`,
      };
    case 'approval-voided':
      return {
        sign: ':warning:',
        headline: mrkdwn`The approval of your request ${request.id} (${taskText(request)}) does not count any more.`,
        detail: mrkdwn`${cutText(event.why, 600)}${request.state === 'pending' ? ' It waits for a new approval of what it means now.' : ''}`,
      };
    default:
      return undefined;
  }
}

function goesOn(event: Extract<Event, { type: 'request-held' }>, { expiresAt }: Request): string {
  if (event.asks === true) return 'The holder is asked whether it may go on.';
  if (event.window !== true) return 'It goes on by itself when that is over.';
  return new Date(event.until) < expiresAt ? 'It starts by itself then.' : 'It expires before that.';
}

/** Whom the requester may turn to. */
function canDecide({ approvers }: RequestView): string {
  const names = approvers.slice(0, 5).map(({ name }) => cutText(name, 60));
  return names.length === 0 ? 'Nobody can say it now.' : `${listed(names, 'or')} can say it.`;
}

/** What is in the target now, how long nobody could connect, and until when there is a way back. */
function whatIsThere(view: RequestView): Markup {
  const { request, swaps } = view;
  if (isReading(request.kind))
    return joined(
      request.items.slice(0, 10).map((item) => kindWords[request.kind].outcome(view, item)),
      ' ',
    );
  const outage = Math.max(0, ...swaps.map((swap) => swap.outageSeconds));
  const first = request.items[0];
  const now =
    request.items.length === 1 && first !== undefined
      ? kindWords[request.kind].outcome(view, first)
      : mrkdwn`All ${request.items.length} databases on ${request.environment} are in place.`;
  const back =
    swaps[0] === undefined || !swaps.every(keepsCopy)
      ? undefined
      : mrkdwn`Until ${moment(swaps[0].keptUntil)} it can be taken back: ${code(`/refresh undo ${request.id}`)}`;
  return joined(
    [
      now,
      mrkdwn`Nobody could connect for ${durationText(outage)}; connections were ended, so log in again.`,
      back,
    ],
    ' ',
  );
}
