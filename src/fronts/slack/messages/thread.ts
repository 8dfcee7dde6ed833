import { isAsking } from '../../../domain/calendar/hindrances.ts';
import type { Event, InPlaceOf } from '../../../domain/event.ts';
import { changedTexts } from '../../../domain/impact.ts';
import { hookFailureText } from '../../../domain/hook.ts';
import { neutralisedText } from '../../../domain/neutralising.ts';
import { listed, standingText } from '../../../domain/policy/words.ts';
import { keepsCopy } from '../../../domain/run.ts';
import { isReading } from '../../../domain/request-kinds.ts';
import { startOf, type RequestView } from '../../../service/views/view.ts';
import { message, sections, type Message } from './blocks.ts';
import { glassLines } from './calendar.ts';
import { notCarried } from './card.ts';
import { takenText } from './kind-words.ts';
import { code, cutText, joined, link, moment, mrkdwn, spoken, type Markup } from './markup.ts';
import {
  byName,
  door,
  durationText,
  fenceText,
  startsAfter,
  stepTitle,
  who,
  type Surroundings,
} from './wording.ts';

/** A step that took at least this long is told as soon as it is done; shorter ones with the next that is told. */
const longStepSeconds = 30;

/**
 * What is said of an event below the card; undefined where nothing is. Steps are told in groups (each long one with the
 * short ones before it, the rest at the end), so that a thread stays readable and Slack's pace is kept. Which group a
 * step belongs to follows from the events alone.
 */
export function threadMessage(
  view: RequestView,
  event: Event,
  surroundings: Surroundings,
): Message | undefined {
  const steps = stepLines(view, event);
  const lines = [...steps, ...linesOf(view, event, surroundings)];
  if (lines.length === 0) return undefined;
  const read = [...steps, ...linesOf(view, event, byName(surroundings))];
  return message(
    joined(
      read.map((line) => ({ markup: spoken(line) })),
      '\n',
    ),
    sections(lines),
  );
}

function linesOf(view: RequestView, event: Event, surroundings: Surroundings): Markup[] {
  const { id } = view.request;
  const by = mrkdwn`${who(surroundings, event.actor)} ${door(event.front)}`;
  const start = startsAfter(view, event.at) ? ` It starts ${startOf(view)}.` : '';
  switch (event.type) {
    case 'request-approved':
      return [
        event.standing !== undefined
          ? mrkdwn`:heavy_check_mark: Approved by rule: ${cutText(event.standing, 300)}.${start}`
          : event.byRule === true
            ? view.request.breakGlass === true
              ? mrkdwn`:rotating_light: Nobody approved it: the glass was broken.${start}`
              : mrkdwn`:heavy_check_mark: Approved by rule: ${view.request.environment} needs nobody's approval for this.${start}`
            : event.stage === undefined
              ? mrkdwn`:heavy_check_mark: Approved by ${by}${inPlace(event, surroundings)}.${start}`
              : mrkdwn`:heavy_check_mark: A yes by ${by}${inPlace(event, surroundings)}, for "${cutText(event.stage, 40)}": it was the last one needed.${start}`,
      ];
    case 'approval-given':
      return [
        mrkdwn`:heavy_check_mark: A yes by ${by}${inPlace(event, surroundings)}, for "${cutText(event.stage, 40)}". Not all is said yet: ${cutText(event.needs, 600)}.`,
      ];
    case 'request-rejected':
      return [
        mrkdwn`:no_entry_sign: Rejected by ${by}${inPlace(event, surroundings)}${event.hold === undefined ? undefined : `, who holds ${cutText(view.request.environment, 60)}`}${event.reason === undefined ? '.' : `: ${cutText(event.reason, 700)}`}`,
      ];
    case 'request-cancelled':
      return [
        joined(
          [
            event.actor === undefined
              ? mrkdwn`:no_entry_sign: Cancelled.`
              : mrkdwn`:no_entry_sign: Cancelled by ${by}.`,
            event.why === undefined ? undefined : mrkdwn`${cutText(event.why, 700)}`,
          ],
          ' ',
        ),
      ];
    case 'request-expired':
      return [mrkdwn`:hourglass: Nobody decided in time, or its turn never came; ${id} has expired.`];
    case 'fallback-opened':
      if (view.request.state !== 'pending') return [];
      return [
        mrkdwn`:bell: Nobody has decided for ${durationText(view.request.terms.fallback?.afterSeconds ?? 0)}: ${cutText(listed(view.request.terms.fallback?.roles ?? [], 'or'), 200)} may now, too.`,
      ];
    case 'approvers-reminded':
      // Decided since it was written down.
      if (view.request.state !== 'pending') return [];
      return [
        mrkdwn`:bell: Still needed: ${cutText(standingText(view.approval), 600)}. It can be given by ${decidersOf(view, surroundings)} until ${moment(view.request.expiresAt)}.`,
      ];
    case 'approval-voided':
      return [mrkdwn`:warning: The approval does not count any more: ${cutText(event.why, 700)}`];
    case 'request-revised':
      return [mrkdwn`:warning: ${cutText(event.why, 700)} A yes counts for what the card shows now.`];
    case 'decision-refused':
      return [
        mrkdwn`:no_entry_sign: A decision ${event.who === undefined ? '' : `of ${cutText(event.who, 80)} `}was refused: ${cutText(event.why, 700)}`,
      ];
    case 'request-retried':
      return [mrkdwn`:arrows_counterclockwise: ${by} had it run again.`];
    case 'request-waiting':
      return [mrkdwn`:hourglass: Waits behind ${event.behind}, which has the same target.`];
    case 'request-held':
      return [
        joined(
          [
            mrkdwn`:no_entry: It waits: ${cutText(event.why, 600)}.`,
            event.asks === true
              ? mrkdwn`${who(surroundings, event.holder)} is asked whether it may go on.`
              : undefined,
          ],
          ' ',
        ),
      ];
    case 'holder-reminded':
      // Answered since it was written down, or over.
      if (!view.waits.some((wait) => isAsking(wait) && wait.hold.id === event.hold)) return [];
      return [
        mrkdwn`:bell: Still needed: the yes of ${who(surroundings, event.holder)}, who holds ${view.request.environment} until ${moment(new Date(event.until))}.`,
      ];
    case 'request-freed':
      return [
        mrkdwn`:white_check_mark: The hold ${event.hold} was released; it does not wait for that any more.`,
      ];
    case 'run-met-hold':
      return [
        mrkdwn`:warning: ${who(surroundings, event.holder)} holds ${view.request.environment} from now on until ${moment(new Date(event.until))} (“${cutText(event.reason, 300)}”). This had begun, and goes on unless it is cancelled before its swap.`,
      ];
    case 'swap-not-waiting':
      return [
        mrkdwn`:warning: *It swaps now, and does not wait:* what is loaded beside the live database takes its room, and the run holds the target.`,
        ...event.passed.slice(0, 5).map((why) => mrkdwn`:no_entry: ${cutText(why, 400)}`),
      ];
    case 'hold-allowed':
      return [mrkdwn`:heavy_check_mark: ${by}, who holds ${view.request.environment}, lets it go on.`];
    case 'glass-broken':
      return glassLines(event, view, surroundings);
    case 'cancel-requested':
      return [mrkdwn`${by} wants it cancelled; the step that is running is ended first.`];
    case 'ticket-unseen':
      return [
        mrkdwn`:hourglass: Jira can't be asked now whether ${ticketShown(view, event.ticket)} is there; it is linked as soon as it can.`,
      ];
    case 'ticket-linked':
      return [mrkdwn`:link: Linked to ${ticketShown(view, event.ticket)} in Jira.`];
    case 'ticket-refused':
      return [
        mrkdwn`:warning: ${event.what === 'link' ? 'Not linked to' : 'No comment on'} ${ticketShown(view, event.ticket)}: ${cutText(event.why, 600)} The request itself goes by its approval.`,
      ];
    case 'run-resumed':
      return [mrkdwn`Another worker goes on with the run from where it stood.`];
    case 'item-neutralised':
      return [
        mrkdwn`:shield: ${code(event.database)} can't act on the world any more, proven in the copy: ${cutText(neutralisedText(event.held), 1500)}.`,
      ];
    case 'item-swapped': {
      const lost = event.notCarried.slice(0, 40).map((one) => mrkdwn`• ${cutText(one, 200)}`);
      const rest = event.notCarried.length - lost.length;
      const kept = isFirst(view, event)
        ? mrkdwn`There was none before it, so none is kept.`
        : mrkdwn`The replaced copy is kept as ${code(event.kept)}.`;
      return [
        mrkdwn`:white_check_mark: ${code(event.database)} is in place; nobody could connect for ${durationText(event.outageSeconds)}. ${kept}`,
        ...(lost.length === 0 ? [] : [mrkdwn`:warning: Could not be carried over from it:`, ...lost]),
        ...(rest > 0 ? [mrkdwn`… and ${rest} more.`] : []),
        ...(event.keeps ?? []).slice(0, 20).map((one) => mrkdwn`Kept of it: ${cutText(one, 300)}`),
        ...(event.changed === undefined
          ? []
          : changedTexts(event.changed).map((text) => mrkdwn`${cutText(text, 700)}`)),
      ];
    }
    case 'item-taken':
      return [
        mrkdwn`:floppy_disk: ${code(event.database)} is backed up: ${takenText(event)}, in ${code(event.repository)}.`,
      ];
    case 'item-proven':
      return [mrkdwn`:white_check_mark: *${event.backup}* was restored and verified: it is proven.`];
    case 'item-unproven':
      return [
        mrkdwn`:x: *${event.backup}* did not stand the proof: ${cutText(event.why, 800)} It is not chosen by itself any more; whoever names it is told.`,
      ];
    case 'item-put-back':
      return [
        mrkdwn`:leftwards_arrow_with_hook: ${code(event.database)} was put back, because not everything of ${id} could be swapped.`,
      ];
    case 'run-succeeded':
      return [
        mrkdwn`:white_check_mark: Done after ${durationText(event.seconds)}${notCarried(view).length === 0 && !isReading(view.request.kind) ? '; everything of the old database was carried over' : ''}.`,
      ];
    case 'hook-failed':
      return [
        mrkdwn`:warning: ${cutText(hookFailureText(event), 900)}`,
        mrkdwn`What was swapped stays in place. Hint: ${cutText(event.hint, 500)}`,
      ];
    case 'hooks-retried':
      return [
        mrkdwn`:arrows_counterclockwise: ${by} had called again: ${cutText(event.hooks.join(', '), 600)}.`,
        ...(event.changed === undefined
          ? []
          : [mrkdwn`Not as they were approved: ${cutText(event.changed.join('; '), 900)}.`]),
      ];
    case 'hooks-done':
      return [mrkdwn`:white_check_mark: Done now: ${cutText(event.hooks.join(', '), 600)}.`];
    case 'run-failed':
      return [
        mrkdwn`:x: ${failedStep(view, event)}: ${cutText(event.cause, 800)}`,
        mrkdwn`${event.targetTouched ? 'A live database was touched.' : 'The live database was not touched.'}${event.hint === '' ? '' : ` Hint: ${cutText(event.hint, 500)}`}`,
      ];
    case 'run-fenced':
      return [
        mrkdwn`:rotating_light: ${failedStep(view, event)}: ${cutText(event.cause, 800)}`,
        mrkdwn`${fenceText(event).now} The operators know. ${event.hint === '' ? '' : `Hint: ${cutText(event.hint, 500)}`}`,
      ];
    default:
      return [];
  }
}

/** `, for @Quinn`: by whose right, where it was not their own. */
function inPlace(event: InPlaceOf, surroundings: Surroundings): Markup | undefined {
  if (event.fallback === true) return mrkdwn` as the fallback`;
  return event.for === undefined ? undefined : mrkdwn` for ${who(surroundings, event.for)}`;
}

/** Those who may decide now, as many as are written to. */
function decidersOf({ approvers }: RequestView, surroundings: Surroundings): Markup {
  const shown = approvers.slice(0, 5).map(({ id }) => who(surroundings, id));
  const more = approvers.length - shown.length;
  const all = [...shown, ...(more > 0 ? [mrkdwn`${more} others`] : [])];
  return all.length === 0 ? mrkdwn`nobody` : joined(all, ', ');
}

function ticketShown({ ticket }: RequestView, key: string): Markup {
  return ticket === undefined ? mrkdwn`${key}` : link(ticket.url, key);
}

/** Nothing was there before, and so there is nothing to go back to. */
function isFirst(view: RequestView, event: Extract<Event, { type: 'item-swapped' }>): boolean {
  const swap = view.swaps.find((one) => one.database === event.database && one.run === event.run);
  return swap !== undefined && !keepsCopy(swap);
}

function failedStep(view: RequestView, event: { step?: string; host?: string }): Markup {
  const step =
    event.step === undefined ? mrkdwn`It failed` : mrkdwn`Step "${stepTitle(view, event.step)}" failed`;
  return event.host === undefined ? step : mrkdwn`${step} on ${code(event.host)}`;
}

const ends: readonly Event['type'][] = ['run-succeeded', 'run-failed', 'run-fenced', 'request-cancelled'];

function isTold(event: Event): boolean {
  return ends.includes(event.type) || (event.type === 'step-done' && event.seconds >= longStepSeconds);
}

/** The steps that are told with `event`: those since the one before that was told. */
function stepLines(view: RequestView, event: Event): Markup[] {
  if (!isTold(event)) return [];
  const at = view.events.findIndex((one) => one.id === event.id);
  if (at < 0) return [];
  const before = view.events.slice(0, at).findLastIndex((one) => isTold(one) || one.type === 'run-started');
  return view.events
    .slice(before + 1, at + 1)
    .filter((one) => one.type === 'step-done')
    .map(
      (one) =>
        mrkdwn`• ${cutText(one.title, 200)}${one.host === undefined ? '' : ` on ${one.host}`} · ${durationText(one.seconds)}`,
    );
}
