import { keepText } from '../../../domain/amounts.ts';
import type { Backup } from '../../../domain/backup.ts';
import type { Event } from '../../../domain/event.ts';
import { hookFailureText } from '../../../domain/hook.ts';
import type { RequestView } from '../../../service/views/view.ts';
import { actions, context, message, section, type Block, type Message } from './blocks.ts';
import { acknowledgeButton, retryButton, retryHooksButton, undoButton } from './buttons.ts';
import { code, cutText, mrkdwn, moment, type Markup } from './markup.ts';
import { taskText } from './kind-words.ts';
import { dotted, door, fenceText, issueLink, stepTitle, who, type Surroundings } from './wording.ts';

export type Failure = Extract<Event, { type: 'run-failed' | 'run-fenced' }>;
export type HookFailed = Extract<Event, { type: 'hook-failed' }>;

/** A failure, as the operators read it: host, step, cause, whether the target was touched, and what can be done. */
export function failureAlert(view: RequestView, failure: Failure, surroundings: Surroundings): Message {
  const { request } = view;
  const task = taskText(request);
  const fenced = failure.type === 'run-fenced';
  const headline = fenced ? fenceText(failure).headline : 'failed';
  const where = dotted(
    failure.host === undefined ? undefined : mrkdwn`Host ${code(failure.host)}`,
    failure.step === undefined
      ? undefined
      : mrkdwn`Step "${stepTitle(view, failure.step)}"${stepId(view, failure.step)}`,
    code(failure.code),
  );
  const since = sinceThen(view, failure, surroundings);
  return message(
    mrkdwn`${request.id} ${headline}: ${task}. ${cutText(failure.cause, 400)} ${touchedText(view, failure)}${since === undefined ? '' : ' It was dealt with since.'}`,
    [
      section(
        mrkdwn`${{ markup: fenced ? ':rotating_light:' : ':x:' }} *${request.id}* ${headline} · ${task}`,
      ),
      section(
        mrkdwn`${where}\n${cutText(failure.cause, 800)}\n*${touchedText(view, failure)}*${failure.hint === '' ? '' : ` Hint: ${cutText(failure.hint, 400)}`}`,
      ),
      context(
        dotted(
          mrkdwn`Asked by ${who(surroundings, request.requestedBy)}`,
          moment(failure.at),
          issueLink(surroundings),
        ),
        since,
      ),
      alertButtons(view, failure),
    ],
  );
}

/** The step's own name beside its title; nothing where that is all there is. */
function stepId(view: RequestView, step: string): Markup | undefined {
  return stepTitle(view, step) === cutText(step, 120) ? undefined : mrkdwn` (${code(step)})`;
}

/** How the target stands, in a sentence. */
export function touchedText(view: RequestView, failure: Failure): string {
  if (failure.type === 'run-fenced')
    return failure.unseen === true
      ? 'How the target stands is not known; the run keeps it.'
      : 'The target is neither wholly old nor wholly new.';
  if (!failure.targetTouched) return 'The live database was not touched.';
  const back = view.request.items.filter((item) => item.state === 'put-back').length;
  if (view.swaps.length > 0) return 'A live database was replaced; it can be swapped back.';
  return back > 0 ? 'What had been swapped was put back.' : 'A live database was touched.';
}

/** Nothing of a later attempt: an alert tells of one failure. */
function after(view: RequestView, failure: Failure | HookFailed): Event[] {
  return view.events.filter((event) => event.id > failure.id);
}

/** What was done about a failure since; undefined where nothing was. */
export function sinceThen(
  view: RequestView,
  failure: Failure | HookFailed,
  surroundings: Surroundings,
): Markup | undefined {
  const later = after(view, failure);
  const facts = later.map((event): Markup | undefined => {
    const by =
      event.actor === undefined
        ? undefined
        : mrkdwn` by ${who(surroundings, event.actor)} ${door(event.front)}`;
    if (event.type === 'alert-acknowledged') return mrkdwn`:eyes: Acknowledged${by}, ${moment(event.at)}`;
    if (event.type === 'request-retried')
      return mrkdwn`:arrows_counterclockwise: Retried${by}, ${moment(event.at)}`;
    if (event.type === 'hooks-retried')
      return mrkdwn`:arrows_counterclockwise: Called again${by}, ${moment(event.at)}`;
    if (event.type === 'hooks-done') return mrkdwn`:white_check_mark: Done, ${moment(event.at)}`;
    if (event.type === 'run-succeeded') return mrkdwn`:white_check_mark: Succeeded, ${moment(event.at)}`;
    if (event.type === 'request-cancelled')
      return mrkdwn`:no_entry_sign: Cancelled${by}, ${moment(event.at)}`;
    if (event.type === 'run-failed' || event.type === 'run-fenced' || event.type === 'hook-failed')
      return mrkdwn`:x: Failed again, ${moment(event.at)}`;
    return undefined;
  });
  const there = facts.filter((fact) => fact !== undefined);
  return there.length === 0 ? undefined : dotted(...there.slice(-4));
}

/** What can be done about a failure; undefined where it was dealt with. */
export function alertButtons(view: RequestView, failure: Failure): Block | undefined {
  const later = after(view, failure);
  const { state } = view.request;
  // What came of a retry has an alert of its own.
  if (later.some((event) => dealtWith.includes(event.type))) return undefined;
  const acknowledged = later.some((event) => event.type === 'alert-acknowledged');
  return actions(
    state === 'failed' || state === 'fenced' ? retryButton(view) : undefined,
    // Only going on leads out of the fence.
    state === 'fenced' ? undefined : undoButton(view),
    acknowledged ? undefined : acknowledgeButton(view),
  );
}

const dealtWith: readonly Event['type'][] = ['request-retried', 'run-succeeded', 'run-failed', 'run-fenced'];

/** A backup that could not be read to its end. */
export function corruptBackupAlert(backup: Backup, why: string): Message {
  return message(
    mrkdwn`Backup ${backup.id} of ${backup.database} is corrupt: ${cutText(why, 400).replace(/\.$/, '')}. It can't be asked for.`,
    [
      section(
        mrkdwn`:warning: Backup *${backup.id}* of ${code(backup.database)} is corrupt: ${cutText(why, 800)}`,
      ),
      context(
        dotted(
          mrkdwn`Repository ${code(backup.repository)}`,
          code(cutText(backup.path, 300)),
          mrkdwn`found ${moment(backup.foundAt)}`,
        ),
        mrkdwn`It is not offered and can't be restored. Look at the job that wrote it.`,
      ),
    ],
  );
}

/** Something about a host that somebody must look at. */
export function hostAlert(event: Extract<Event, { type: 'host-alert' }>): Message {
  return message(mrkdwn`Host ${event.host}: ${cutText(event.cause, 400)} Hint: ${cutText(event.hint, 300)}`, [
    section(
      mrkdwn`:warning: Host ${code(event.host)}: ${cutText(event.cause, 800)}\n*Hint:* ${cutText(event.hint, 500)}`,
    ),
    context(dotted(code(event.code), moment(event.at))),
  ]);
}

/** Something that Freshet does by itself, and could not. */
export function upkeepAlert(event: Extract<Event, { type: 'upkeep-alert' }>): Message {
  const what = cutText(event.what, 300);
  return message(mrkdwn`${what}: ${cutText(event.cause, 400)} Hint: ${cutText(event.hint, 300)}`, [
    section(mrkdwn`:warning: ${what}: ${cutText(event.cause, 800)}\n*Hint:* ${cutText(event.hint, 500)}`),
    context(dotted(code(event.code), moment(event.at))),
  ]);
}

/** A hook failed behind the swaps: nothing was taken back, and somebody is to decide. */
export function hookAlert(view: RequestView, event: HookFailed, surroundings: Surroundings): Message {
  const { request } = view;
  const task = taskText(request);
  return message(
    mrkdwn`${request.id}: ${cutText(hookFailureText(event), 500)} What was swapped stays in place: ${task}.`,
    [
      section(mrkdwn`:warning: *${request.id}* is in place, and a hook failed · ${task}`),
      section(
        mrkdwn`${cutText(hookFailureText(event), 900)}\n*What was swapped stays in place.* Hint: ${cutText(event.hint, 400)}`,
      ),
      context(
        dotted(
          mrkdwn`Asked by ${who(surroundings, request.requestedBy)}`,
          code(event.code),
          moment(event.at),
          issueLink(surroundings),
        ),
        sinceThen(view, event, surroundings),
      ),
      hookButtons(view, event),
    ],
  );
}

/** What can be done about a hook that failed; undefined where it was dealt with. */
export function hookButtons(view: RequestView, failure: HookFailed): Block | undefined {
  const later = after(view, failure);
  // What came of a further call has an alert of its own.
  if (later.some(({ type }) => type === 'hooks-retried')) return undefined;
  const acknowledged = later.some(({ type }) => type === 'alert-acknowledged');
  return actions(
    retryHooksButton(view),
    undoButton(view),
    acknowledged ? undefined : acknowledgeButton(view),
  );
}

/** A front that can't show a request as it should: an issue that no transition leads on, say. */
export function frontAlert(
  event: Extract<Event, { type: 'front-alert' }>,
  surroundings: Surroundings,
): Message {
  const about = event.request ?? 'A front';
  return message(mrkdwn`${about}: ${cutText(event.cause, 400)} Hint: ${cutText(event.hint, 300)}`, [
    section(mrkdwn`:warning: *${about}*: ${cutText(event.cause, 800)}\n*Hint:* ${cutText(event.hint, 500)}`),
    context(dotted(code(event.code), moment(event.at), issueLink(surroundings))),
  ]);
}

/** The newest seal of the log of events: whoever has read it can tell later whether the log was shortened or changed. */
export function headMessage(event: Extract<Event, { type: 'head-announced' }>): Message {
  const { seal, hash, through, sealedAt, keeps, prunedTo, overdue } = event;
  const removed =
    prunedTo === undefined
      ? undefined
      : mrkdwn`events up to seal ${String(prunedTo)} were removed as configured`;
  return message(mrkdwn`Log of events: seal ${String(seal)}, hash ${hash}`, [
    section(mrkdwn`:lock: Log of events: seal *${String(seal)}*\n${code(hash)}`),
    context(
      dotted(
        mrkdwn`holds all events up to ${String(through)}`,
        mrkdwn`sealed ${moment(new Date(sealedAt))}`,
        keeps === undefined ? undefined : mrkdwn`events are kept ${keepText(keeps)}`,
        removed,
        overdue === undefined
          ? undefined
          : mrkdwn`${String(overdue)} events are older than audit.keep: ${code('npx freshet audit prune')}`,
      ),
      mrkdwn`Check it: ${code(`npx freshet audit verify --head ${hash}`)}`,
    ),
  ]);
}
