import type { Output } from '../../../../commands/command.ts';
import { frozenText, isAsking, type Hindrance } from '../../../domain/calendar/hindrances.ts';
import type { Hold } from '../../../domain/calendar/hold.ts';
import type { Event } from '../../../domain/event.ts';
import { factsOf } from '../../../domain/request-kinds.ts';
import type { EnvironmentCalendar } from '../../../service/approvals/holds.ts';
import type { Foreseen } from '../../../service/runs/foresee.ts';
import type { RequestView } from '../../../service/views/view.ts';
import { actions, context, message, section, sections, type Block, type Message } from './blocks.ts';
import { cancelButton, holderButtons } from './buttons.ts';
import { itemLines } from './items.ts';
import { code, cutText, joined, link, moment, mrkdwn, spoken, type Markup } from './markup.ts';
import { taskText } from './kind-words.ts';
import { dotted, door, durationText, issueLink, nameOf, who, type Surroundings } from './wording.ts';

/** What of the calendar would stand in the way of something that is about to be asked for, and what that means. */
export function waitLines(waits: readonly Hindrance[]): Markup[] {
  const lines = waits.slice(0, describedHolds).map((wait) => {
    const means = {
      refuse: 'Nothing may be asked for that would start before.',
      wait: wait.kind === 'window' ? 'It would wait until then.' : 'It would wait for the end.',
      ask: 'Its holder would be asked first.',
    }[wait.meets];
    return mrkdwn`${wait.meets === 'refuse' ? ':x:' : ':no_entry:'} ${cutText(wait.why, 400)}. ${means}`;
  });
  const rest = waits.length - lines.length;
  return rest > 0 ? [...lines, mrkdwn`… and ${rest} further holds.`] : lines;
}

/** That the swap would fall into a freeze window, though the start does not. */
export function foreseenLine(foreseen: Foreseen | undefined): Markup | undefined {
  if (foreseen === undefined) return undefined;
  const { seconds, swapAt, why } = foreseen;
  return mrkdwn`:warning: By earlier runs, which took ${durationText(Math.max(60, seconds))} to their swap, it swaps about ${moment(swapAt)}. Then ${cutText(why, 300)}. A swap waits for no window.`;
}

/** A hold on one line. */
export function holdLine(hold: Hold, surroundings: Surroundings): Markup {
  return dotted(
    mrkdwn`:no_entry: Held by ${who(surroundings, hold.by)} until ${moment(hold.until)} (${hold.id})`,
    mrkdwn`“${cutText(hold.reason, 300)}”`,
  );
}

/** What the calendar says of an environment, a line each. */
export function calendarLines(
  { environment, holds, freeze }: EnvironmentCalendar,
  surroundings: Surroundings,
): Markup[] {
  const shown = holds.slice(0, describedHolds).map((hold) => holdLine(hold, surroundings));
  const rest = holds.length - shown.length;
  return [
    ...shown,
    ...(rest > 0 ? [mrkdwn`and ${rest} more: ${code(`/refresh holds ${environment.name}`)}`] : []),
    ...(freeze === undefined ? [] : [mrkdwn`:no_entry: ${frozenText(environment, freeze)}`]),
  ];
}

const describedHolds = 3;

export function heldMessage({ hold, running, swapping }: Extract<Output, { kind: 'held' }>): Message {
  const goesOn =
    running.length === 0
      ? undefined
      : mrkdwn`:warning: ${running.join(', ')} had begun and ${running.length === 1 ? 'goes' : 'go'} on. You get a message with a button to stop ${running.length === 1 ? 'it' : 'each'} before its swap; ${code(`/refresh cancel ${running[0]}`)} does the same.`;
  const tooLate =
    swapping.length === 0
      ? undefined
      : mrkdwn`:warning: ${swapping.join(', ')} ${swapping.length === 1 ? 'is' : 'are'} beyond what can be cancelled.`;
  return message(mrkdwn`${hold.environment} is held by you (${hold.id}).`, [
    section(
      joined(
        [
          mrkdwn`:no_entry: *${hold.environment}* is held by you until ${moment(hold.until)} (${hold.id}): “${cutText(hold.reason, 300)}”`,
          goesOn,
          tooLate,
          mrkdwn`To end it sooner: ${code(`/refresh release ${hold.environment}`)}`,
        ],
        '\n',
      ),
    ),
  ]);
}

export function releasedMessage({ holds }: Extract<Output, { kind: 'released' }>): Message {
  const names = holds.map(({ id, environment }) => `${id} on ${environment}`).join(', ');
  return message(mrkdwn`Released: ${names}.`, [section(mrkdwn`:white_check_mark: Released: ${names}.`)]);
}

export function holdsMessage(
  { environments }: Extract<Output, { kind: 'holds' }>,
  surroundings: Surroundings,
): Message {
  const told = environments.filter(({ holds, freeze }) => holds.length > 0 || freeze !== undefined);
  if (told.length === 0) {
    const names = environments.length === 1 ? environments[0]!.environment.name : 'No environment';
    const sentence =
      environments.length === 1 ? `${names} is neither held nor frozen.` : `${names} is held or frozen.`;
    return message(mrkdwn`${sentence}`, [section(mrkdwn`${sentence}`)]);
  }
  return message(
    mrkdwn`Held or frozen: ${told.map(({ environment }) => environment.name).join(', ')}.`,
    told.flatMap((one) =>
      sections([
        mrkdwn`*${one.environment.name}*`,
        ...one.holds.map((hold) => holdLine(hold, surroundings)),
        ...(one.freeze === undefined ? [] : calendarLines({ ...one, holds: [] }, surroundings)),
      ]),
    ),
  );
}

type HoldEvent = Extract<Event, { type: 'hold-placed' | 'hold-released' }>;

/** What the channel is told of a hold. */
export function holdNotice(event: HoldEvent, surroundings: Surroundings): Message {
  const by = mrkdwn`${who(surroundings, event.actor)} ${door(event.front)}`;
  const name = cutText(event.environment, 60);
  if (event.type === 'hold-released') {
    const whose =
      event.holder === event.actor ? undefined : mrkdwn` of ${nameOf(surroundings, event.holder)}`;
    const text = mrkdwn`${event.hold}${whose} on *${name}* was released by ${by}.`;
    return message(text, [section(mrkdwn`:white_check_mark: ${text}`)]);
  }
  const until = moment(new Date(event.until));
  const text = mrkdwn`*${name}* is held by ${by} until ${until} (${event.hold}): “${cutText(event.reason, 300)}”`;
  return message(text, [section(mrkdwn`:no_entry: ${text}`)]);
}

/** What one person is told: a holder who is asked, whose hold was released or is passed by a swap, and whoever is passed over. Undefined: nothing any more. */
export function personMessage(
  event: Event,
  view: RequestView | undefined,
  surroundings: Surroundings & { cardUrl?: string },
): Message | undefined {
  if (event.type === 'hold-released') {
    const text = mrkdwn`Your hold ${event.hold} on ${cutText(event.environment, 60)} was released by ${who(surroundings, event.actor)} ${door(event.front)}.`;
    return message(text, [section(mrkdwn`:warning: ${text}`)]);
  }
  if (view === undefined) return undefined;
  if (event.type === 'request-held' || event.type === 'holder-reminded')
    return askHolder(event, view, surroundings);
  if (event.type === 'run-met-hold') return onItsWay(event, view, surroundings);
  if (event.type === 'swap-not-waiting') return swapsNow(view, surroundings);
  if (event.type === 'glass-broken') return glassMessage(event, view, surroundings);
  return undefined;
}

function askHolder(
  event: Extract<Event, { type: 'request-held' | 'holder-reminded' }>,
  view: RequestView,
  surroundings: Surroundings & { cardUrl?: string },
): Message | undefined {
  const { request } = view;
  const stands = view.waits.some((wait) => isAsking(wait) && wait.hold.id === event.hold);
  if (!stands || request.state !== 'approved' || event.digest !== request.digest) return undefined;
  const task = taskText(request);
  const until = moment(new Date(event.until));
  const sign = event.type === 'holder-reminded' ? ':bell:' : ':no_entry:';
  return message(
    mrkdwn`You hold ${request.environment}. May ${request.id} (${task}) go on? Until you say yes it waits.`,
    [
      section(
        mrkdwn`${{ markup: sign }} You hold *${cutText(request.environment, 60)}* until ${until} (${event.hold ?? ''}). May *${request.id}* (${task}) go on?`,
      ),
      ...sections(itemLines(view)),
      context(
        mrkdwn`Asked by ${who(surroundings, request.requestedBy)} and approved; until you say yes, or your hold ends, it waits. A no ends it: ${code(`/refresh reject ${request.id} --reason "..."`)}`,
        request.reason === '' ? undefined : mrkdwn`“${cutText(request.reason, 300)}”`,
        cardLine(view, surroundings),
      ),
      actions(...holderButtons(view)),
    ],
  );
}

/** Somebody holds what a run is about to overwrite: they may not have known of it. Nothing once it can't be cancelled any more. */
function onItsWay(
  event: Extract<Event, { type: 'run-met-hold' }>,
  view: RequestView,
  surroundings: Surroundings & { cardUrl?: string },
): Message | undefined {
  const { request, run } = view;
  if (request.state !== 'running' || run === undefined || run.barrierAt !== undefined) return undefined;
  const task = taskText(request);
  return message(
    mrkdwn`You hold ${request.environment} now, and ${request.id} (${task}) is on its way: it goes on unless it is cancelled before its swap.`,
    [
      section(
        mrkdwn`:warning: You hold *${cutText(request.environment, 60)}* now (${event.hold}), and *${request.id}* (${task}) is on its way. It goes on unless it is cancelled before its swap.`,
      ),
      ...sections(itemLines(view)),
      context(
        mrkdwn`Asked by ${who(surroundings, request.requestedBy)}; it had begun ${moment(run.startedAt)}, before the hold.`,
        cardLine(view, surroundings),
      ),
      actions(cancelButton(view)),
    ],
  );
}

/** It came to its swap, and nobody has cancelled it. */
function swapsNow(view: RequestView, surroundings: Surroundings & { cardUrl?: string }): Message {
  const { request } = view;
  const what = mrkdwn`*${request.id}* (${taskText(request)}) comes to its swap while you hold *${cutText(request.environment, 60)}*: it had begun, and a swap waits for nobody.`;
  const back =
    factsOf(request.kind).brings === 'kept-copy'
      ? undefined
      : mrkdwn`Once it is done, ${code(`/refresh undo ${request.id}`)} takes it back.`;
  const lines = [joined([mrkdwn`:warning: ${what}`, back], ' '), ...itemLines(view)];
  return message({ markup: spoken(what) }, [
    ...sections(lines),
    context(mrkdwn`Asked by ${who(surroundings, request.requestedBy)}.`, cardLine(view, surroundings)),
  ]);
}

function cardLine({ request }: RequestView, surroundings: Surroundings & { cardUrl?: string }): Markup {
  const { cardUrl } = surroundings;
  return dotted(
    cardUrl === undefined ? mrkdwn`${request.id}` : link(cardUrl, `${request.id} in the channel`),
    issueLink(surroundings),
  );
}

type Broken = Extract<Event, { type: 'glass-broken' }>;

/** `Otto broke the glass: REQ-3 (refresh orders on uat) starts without an approval.` */
export function glassLines(event: Broken, view: RequestView, surroundings: Surroundings): Markup[] {
  const { request } = view;
  return [
    mrkdwn`:rotating_light: *Break-glass:* ${who(surroundings, event.actor)} has ${request.id} (${taskText(request)}) carried out without anybody's approval.`,
    mrkdwn`Reason: ${cutText(event.reason, 600)}`,
    ...event.passed.map((why) => mrkdwn`Passed over: ${cutText(why, 400)}`),
    ...(request.startAt === undefined
      ? []
      : [mrkdwn`It starts later: holds and freeze windows that come until then keep it back.`]),
  ];
}

function glassMessage(
  event: Broken,
  view: RequestView,
  surroundings: Surroundings & { cardUrl?: string },
): Message {
  const name = nameOf(surroundings, event.actor ?? '');
  return message(
    mrkdwn`Break-glass: ${name} has ${view.request.id} (${taskText(view.request)}) carried out without anybody's approval: ${cutText(event.reason, 300)}`,
    [
      ...sections(glassLines(event, view, surroundings)),
      ...sections(itemLines(view)),
      context(
        mrkdwn`You are told because you could have approved it, or hold ${cutText(view.request.environment, 60)}.`,
        cardLine(view, surroundings),
      ),
    ],
  );
}

/** The same for the operators. */
export function glassAlert(event: Broken, view: RequestView, surroundings: Surroundings): Message {
  const name = nameOf(surroundings, event.actor ?? '');
  const blocks: (Block | undefined)[] = [
    ...sections(glassLines(event, view, surroundings)),
    ...sections(itemLines(view)),
    context(dotted(moment(event.at), issueLink(surroundings))),
  ];
  return message(
    mrkdwn`Break-glass: ${name} has ${view.request.id} (${taskText(view.request)}) carried out without anybody's approval: ${cutText(event.reason, 300)}`,
    blocks,
  );
}
