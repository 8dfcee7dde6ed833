import { randomBytes } from 'node:crypto';
import type { Output } from '../../../commands/command.ts';
import { check, understand, type Spoken } from '../../../commands/grammar.ts';
import { forbidden, inputError, isFreshetError, type FreshetError } from '../../domain/errors.ts';
import { parseBackupId, parseHoldId, type RequestId } from '../../domain/ids.ts';
import type { Actor, Person } from '../../domain/person.ts';
import { message, section } from './messages/blocks.ts';
import { decode } from './messages/buttons.ts';
import type { Cards } from './cards.ts';
import { deedText, type Deed } from './deed.ts';
import type { Front } from './deps.ts';
import { code, cutText, mrkdwn } from './messages/markup.ts';
import { isOurs, memberText } from './member.ts';
import { faultMessage, faultNotice, guestText, problemMessage, strangerText } from './messages/problem.ts';
import { decodeSchedule, type ScheduleButtonId } from './messages/schedule-buttons.ts';
import type { Say } from './replies.ts';
import { shown } from './messages/shown.ts';

/** What must not simply be done again after it was cut off in the middle: each time makes something new. */
const makesNew = new Set([
  'refresh',
  'refresh undo',
  'refresh retry',
  'refresh hold',
  'refresh schedule add',
  'refresh schedule run',
]);
const decisions = new Map([
  ['refresh approve', 'approved'],
  ['refresh reject', 'rejected'],
]);

/**
 * Carries out what somebody did in Slack and answers them alone. Never throws. `attempts` above 1: an earlier attempt was cut
 * off; what would make something new is then not done again, and they are told; a decision that counts already is left so.
 */
export function actor(front: Front, cards: Cards, say: Say) {
  const { site, service, log } = front;

  return async function act(deed: Deed, attempts: number): Promise<void> {
    try {
      const ours = await isOurs(front, deed.teams);
      const person = ours ? await service.personOver('slack', deed.user) : undefined;
      if (person === undefined) throw await refuseStranger(deed, ours);
      const spoken = await understoodOf(deed, person);
      const words = spoken.command.words.join(' ');
      if (attempts > 1 && makesNew.has(words)) {
        await say(deed, interrupted(deed));
        return;
      }
      if (attempts > 1 && (await counts(spoken, person))) return;
      if (deed.kind === 'button') await removeStray(deed);
      const by: Actor = { person, front: 'slack' };
      const output = await spoken.command.run(service, by, spoken.input);
      await answer(deed, output);
    } catch (error) {
      await explainTo(deed, error);
    }
  };

  /** Whether this very decision of theirs is in force. */
  async function counts({ command, input }: Spoken, person: Person): Promise<boolean> {
    const wanted = decisions.get(command.words.join(' '));
    if (wanted === undefined) return false;
    const { request: id, digest } = input as { request: RequestId; digest?: string };
    const { request, approvals } = await service.view(id);
    return approvals.some(
      ({ decision, by, front: over, voidedAt, digest: bound }) =>
        decision === wanted &&
        by === person.id &&
        over === 'slack' &&
        voidedAt === undefined &&
        bound === (digest ?? request.digest),
    );
  }

  /** A button that carries what nobody made is written down: with the request where it names one, else by itself. */
  async function understoodOf(deed: Deed, person: Person): Promise<Spoken> {
    try {
      return understood(deed);
    } catch (error) {
      if (isFreshetError(error) && error.code === 'button-unknown')
        await writeDown(deed, { who: person.name, actor: person.id }, error);
      throw error;
    }
  }

  async function writeDown(
    deed: Deed,
    by: { who: string; actor?: string },
    error: FreshetError,
  ): Promise<void> {
    const named = deed.kind === 'button' && decides(deed.button) ? decode(deed.value)?.request : undefined;
    if (named !== undefined && (await service.refuse(named, 'slack', by.who, error))) return;
    await service.refuseAttempt({ front: 'slack', ...by, what: `pressing "${deedText(deed)}"` }, error);
  }

  function understood(deed: Deed): Spoken {
    if (deed.kind === 'command') return understand(front.commands, deed.group, deed.text);
    if (deed.kind === 'form') {
      const command = named('refresh');
      return { command, input: check(command, deed.input) };
    }
    if (deed.kind === 'hold') {
      const command = named('refresh', 'hold');
      return { command, input: check(command, deed.input) };
    }
    if (deed.button === 'page-next' || deed.button === 'page-previous') return turned(deed.value);
    if (deed.button === 'link-confirm' || deed.button === 'link-decline') {
      const command = named('refresh', 'link');
      const answer = deed.button === 'link-confirm' ? 'confirm' : 'decline';
      return { command, input: check(command, { [answer]: deed.value }) };
    }
    if (deed.button === 'release') {
      const command = named('refresh', 'release');
      if (parseHoldId(deed.value) === undefined) throw unreadable();
      return { command, input: check(command, { of: deed.value }) };
    }
    if (deed.button === 'prove') {
      const command = named('backups', 'prove');
      if (parseBackupId(deed.value) === undefined) throw unreadable();
      return { command, input: check(command, { backup: deed.value }) };
    }
    if (isScheduleButton(deed.button)) return tended(deed.button, deed.value);
    const value = decode(deed.value);
    if (value === undefined) throw unreadable();
    // Without one it would count for whatever the request is now, not for what was shown.
    if (decides(deed.button) && value.digest === undefined) throw unreadable();
    const command = named('refresh', deed.button);
    const input =
      deed.button === 'undo'
        ? { of: value.request }
        : decides(deed.button)
          ? { request: value.request, ...(value.digest === undefined ? {} : { digest: value.digest }) }
          : {
              request: value.request,
              ...(deed.button === 'retry' && value.digest !== undefined ? { changed: value.digest } : {}),
            };
    return { command, input: check(command, input) };
  }

  /** A button of a schedule: the word of the command, and the name of the schedule. */
  function tended(button: ScheduleButtonId, value: string): Spoken {
    const input = decodeSchedule(value);
    // Without a digest it would count for whatever the schedule is now, not for what was shown.
    const decides = button === 'schedule-approve';
    if (input === undefined || decides !== (input.digest !== undefined)) throw unreadable();
    const command = named('refresh', 'schedule', button.slice('schedule-'.length));
    return { command, input: check(command, input) };
  }

  function named(...words: string[]) {
    const found = front.commands.find((command) => command.words.join(' ') === words.join(' '));
    if (found === undefined) throw unreadable();
    return found;
  }

  /** A page of a list: the button carries a line, which may only look. */
  function turned(line: string): Spoken {
    const [, group = '', rest = ''] = /^\/(\w+)\s*(.*)$/s.exec(line) ?? [];
    const spoken = understand(front.commands, group, rest);
    if (spoken.command.access !== 'see') throw unreadable();
    return spoken;
  }

  async function answer(deed: Deed, output: Output): Promise<void> {
    // The card shows what a button did; only what it does not show is said.
    // A question that was put to one person is answered where it stands.
    const asked = deed.kind === 'button' && deed.channel.startsWith('D');
    if (deed.kind === 'button' && output.kind === 'changed' && !asked) return;
    if (deed.kind === 'button' && output.kind === 'released' && deed.channel === '') return;
    const surroundings = { people: site.people };
    const view = output.kind === 'requested' || output.kind === 'request' ? output.view : undefined;
    const cardUrl = view && (await cards.refOf(view.request.id))?.url;
    const issueUrl = view && (await front.issueUrl(view.request.id));
    const around = {
      ...surroundings,
      channel: site.slack.channel,
      now: service.now(),
      ...(cardUrl === undefined ? {} : { cardUrl }),
      ...(issueUrl === undefined ? {} : { issueUrl }),
    };
    const turning = deed.kind === 'button' && output.kind !== 'requested' && output.kind !== 'schedule';
    await say(deed, shown(output, around), { replace: turning });
  }

  async function explainTo(deed: Deed, error: unknown): Promise<void> {
    if (isFreshetError(error)) {
      log.info({ user: deed.user, deed: deedText(deed), code: error.code }, 'refused');
      await say(deed, problemMessage(error));
      return;
    }
    const reference = randomBytes(4).toString('hex');
    log.error(
      { err: error, reference, user: deed.user, deed: deedText(deed) },
      'a command failed by a fault of ours',
    );
    const told = await front.clients.alerts.chat
      .postMessage({ channel: site.slack.operatorsChannel, ...faultNotice(reference, deedText(deed)) })
      .then(
        () => true,
        () => false,
      );
    await say(deed, faultMessage(reference, told));
  }

  /** Somebody whom the site file does not know; what they tried to decide is kept with the request. */
  async function refuseStranger(deed: Deed, ours: boolean): Promise<FreshetError> {
    const { message: sentence, hint } = ours ? strangerText(deed.user) : guestText(deed.user);
    const refusal = forbidden('person-unknown', sentence, hint);
    const who = memberText(deed.userName, ours ? deed.user : `${deed.user} of another workspace`);
    let spoken: Spoken;
    try {
      spoken = understood(deed);
    } catch {
      if (deed.kind === 'button') await writeDown(deed, { who }, refusal);
      return refusal;
    }
    if (spoken.command.access !== 'decide') return refusal;
    const { request } = spoken.input as { request: Parameters<typeof service.refuseStranger>[0] };
    await service.refuseStranger(request, 'slack', who);
    return refusal;
  }

  /** A card that is not the request's card (an answer of Slack's got lost, and it was posted twice) goes. */
  async function removeStray(deed: Extract<Deed, { kind: 'button' }>): Promise<void> {
    if (deed.messageTs === undefined || deed.channel !== site.slack.channel) return;
    if (site.slack.channel === site.slack.operatorsChannel) return;
    const request = decode(deed.value)?.request;
    const ref = request === undefined ? undefined : await cards.refOf(request);
    if (ref === undefined || ref.channel !== deed.channel || ref.ts === deed.messageTs) return;
    await front.clients.replies.chat
      .delete({ channel: deed.channel, ts: deed.messageTs })
      .catch((error: unknown) => log.warn({ err: error }, 'a second card of a request could not be removed'));
  }
}

function isScheduleButton(button: string): button is ScheduleButtonId {
  return button.startsWith('schedule-');
}

function decides(button: string): boolean {
  return button === 'approve' || button === 'reject';
}

function unreadable(): FreshetError {
  return inputError(
    'button-unknown',
    'This button is not understood any more; Freshet has changed since it was made.',
    '/refresh status shows how things stand.',
  );
}

function interrupted(deed: Deed) {
  const line = cutText(deedText(deed), 200);
  return message(
    mrkdwn`Freshet was interrupted while it worked on "${line}", and does not do it twice. /refresh status shows whether it was done.`,
    [
      section(
        mrkdwn`:warning: Freshet was interrupted while it worked on ${code(line)}, and does not do it twice.\n*Hint:* ${code('/refresh status')} shows whether it was done; ask again if it was not.`,
      ),
    ],
  );
}
