import type { types } from '@slack/bolt';
import { forbidden, isFreshetError } from '../../../domain/errors.ts';
import type { Actor } from '../../../domain/person.ts';
import { assertMayHold } from '../../../domain/access.ts';
import { environmentNamed } from '../../../domain/lookup.ts';
import type { HoldWish } from '../../../service/approvals/holds.ts';
import type { Deed } from '../deed.ts';
import type { Front } from '../deps.ts';
import { actorOf } from '../member.ts';
import { notStored } from '../intake.ts';
import { plain, section } from '../messages/blocks.ts';
import { calendarLines } from '../messages/calendar.ts';
import { joined, mrkdwn } from '../messages/markup.ts';
import { momentOf, type Values } from './chosen.ts';
import { environmentInput, most, reasonInput } from './fields.ts';
import { startOf } from './form.ts';
import { actionIds, blockIds, decodeMeta, holdCallbackId, type Meta } from './names.ts';
import { openForm, type Opening } from './open.ts';
import { update } from './show.ts';
import {
  errorText,
  isKnown,
  notYours,
  refused,
  turnedAway,
  unreadable,
  type Answer,
  type Submission,
  type Taking,
} from './submit.ts';
import { frame } from './view.ts';
import { within } from './within.ts';

/** Opens the form that holds an environment, with the one chosen that `opening` names. Never throws. */
export async function openHoldForm(front: Front, opening: Opening): Promise<void> {
  await openForm(front, opening, holdForm, async (actor, target, meta) => {
    const view = await holdView(front, actor, meta, opening.preset);
    await update(front, target, view, () => false);
  });
}

export const holdForm = {
  callbackId: holdCallbackId,
  title: 'Hold an environment',
  instead: '/refresh hold uat until friday 17:00 "why"',
};

/** How long the store is waited for; the form stands without it. */
const storeMs = 2500;

/** Those that the person may hold, what is held already, until when, and why. */
async function holdView(
  front: Front,
  actor: Actor,
  meta: Meta,
  preset: string | undefined,
): Promise<types.ModalView> {
  const { site, service } = front;
  const environments = service.holdableFor(actor);
  if (environments.length === 0) throw nowhere(actor.person.name);
  const only = environments.length === 1 ? environments[0] : undefined;
  const chosen = preset === undefined ? only : environmentNamed(site, preset);
  // Never another one in its place.
  if (chosen !== undefined) assertMayHold(site, chosen, actor.person);
  const standing = await within(
    service.calendar().catch(() => undefined),
    storeMs,
  );
  const lines = (standing ?? [])
    .filter(({ environment }) => environments.includes(environment))
    .flatMap((one) =>
      calendarLines(one, { people: site.people }).map((line) => mrkdwn`*${one.environment.name}*: ${line}`),
    );
  return {
    ...frame(meta, holdForm, [
      lines.length === 0 ? undefined : section(joined(lines.slice(0, 10), '\n')),
      environmentInput(environments, chosen, { actionId: actionIds.heldEnvironment, follows: false }),
      untilInput(),
      { ...reasonInput('Why, for those who have to wait'), optional: false },
    ]),
    submit: plain('Hold', 24),
  };
}

function untilInput(): types.InputBlock {
  return {
    type: 'input',
    block_id: blockIds.until,
    label: plain('Until', most.label),
    hint: plain(
      'Until then nothing here is overwritten without your yes, or at all: as the site file says.',
      200,
    ),
    element: { type: 'datetimepicker', action_id: actionIds.until },
  };
}

/** Takes a submission in, as `/refresh hold` would be taken that says the same. Never throws. */
export async function holdSubmitted(front: Front, taking: Taking, submission: Submission): Promise<Answer> {
  const meta = decodeMeta(submission.metadata);
  if (meta === undefined) return turnedAway(front, submission, undefined, unreadable());
  if (meta.user !== submission.user) return turnedAway(front, submission, meta, notYours());
  const { wish, missing } = wishIn(submission.values);
  if (wish === undefined) return { response_action: 'errors', errors: { [missing]: 'This is needed.' } };
  const key = `hold-modal ${submission.viewId}`;
  const answer = await faultOf(front, submission, meta, wish);
  if (answer !== undefined) return (await isKnown(front, taking, key)) ? undefined : answer;
  const outcome = await taking.accept(key, deedOf(submission, meta, wish));
  return outcome === 'unsure' ? refused(meta, notStored()) : undefined;
}

async function faultOf(front: Front, submission: Submission, meta: Meta, wish: HoldWish): Promise<Answer> {
  try {
    await front.service.assertHold(await actorOf(front, submission), wish);
    return undefined;
  } catch (error) {
    if (!isFreshetError(error)) throw error;
    const field = error.about['field'] ?? '';
    if (error.kind === 'Forbidden' && field === '') return refused(meta, error);
    const block =
      field === 'until' ? blockIds.until : field === 'reason' ? blockIds.reason : blockIds.environment;
    return { response_action: 'errors', errors: { [block]: errorText(error) } };
  }
}

function wishIn(values: Values): { wish: HoldWish; missing?: never } | { wish?: never; missing: string } {
  const environment = values[blockIds.environment]?.[actionIds.heldEnvironment]?.selected_option?.value;
  const until = momentOf(values[blockIds.until]?.[actionIds.until]?.selected_date_time);
  const reason = values[blockIds.reason]?.[actionIds.reason]?.value?.trim() ?? '';
  if (environment === undefined) return { missing: blockIds.environment };
  if (until === undefined) return { missing: blockIds.until };
  return { wish: { environment, until: startOf(until), reason } };
}

/** As checked input, never as a line: what people write about why is theirs, whatever quotes and dashes are in it. */
function deedOf(submission: Submission, meta: Meta, { environment, until, reason }: HoldWish): Deed {
  return {
    kind: 'hold',
    user: submission.user,
    userName: submission.userName,
    channel: meta.channel,
    teams: [...submission.teams],
    input: { environment, until: [until.toISOString()], reason },
  };
}

function nowhere(name: string) {
  return forbidden(
    'hold-not-allowed',
    `${name} may not hold any environment; the rules of the site file say who may.`,
    'Ask somebody who may.',
    { field: 'environment' },
  );
}
