import type { types } from '@slack/bolt';
import { check } from '../../../../commands/grammar.ts';
import { forbidden, inputError, isFreshetError } from '../../../domain/errors.ts';
import type { FreshetError } from '../../../domain/errors.ts';
import type { Actor } from '../../../domain/person.ts';
import type { Deed, FormInput } from '../deed.ts';
import type { Front } from '../deps.ts';
import { notStored, type intake } from '../intake.ts';
import { cutText } from '../messages/markup.ts';
import { actorOf, memberText } from '../member.ts';
import { chosenIn, type Chosen, type Values } from './chosen.ts';
import { formOf, startOf, wishOf } from './form.ts';
import { blockIds, decodeMeta, type Meta } from './names.ts';
import { formView, refusalView } from './view.ts';
import { within } from './within.ts';

/** What Slack delivers when somebody submits, as far as it counts. */
export type Submission = {
  user: string;
  userName: string;
  teams: readonly string[];
  viewId: string;
  metadata: string;
  values: Values;
  /** Ids of the inputs that the view shows: an error may stand at these only. */
  inputs: readonly string[];
};

/** What Slack is answered: nothing closes the form. */
export type Answer =
  | undefined
  | { response_action: 'errors'; errors: Record<string, string> }
  | { response_action: 'update'; view: types.ModalView };

/** Where submissions are stored. */
export type Taking = Pick<ReturnType<typeof intake>, 'accept' | 'knows'>;

/** Slack waits for 3 s in all: what can't be checked by then is accepted, and answered by a message. */
const answerMs = 2600;
const checkMs = 1300;
const recordMs = 1000;

/**
 * Takes a submission in: checked as far as time allows, stored once, and answered with the errors where they belong.
 * What is stored is carried out like a line that was typed, by whichever process comes first. Never throws.
 */
export async function submitted(front: Front, taking: Taking, submission: Submission): Promise<Answer> {
  const startedAt = Date.now();
  const meta = decodeMeta(submission.metadata);
  if (meta === undefined) return turnedAway(front, submission, undefined, unreadable());
  if (meta.user !== submission.user) return turnedAway(front, submission, meta, notYours());
  const chosen = chosenIn(submission.values);
  const key = `modal ${submission.viewId}`;
  const answer = (await checked(front, submission, meta, chosen)) ?? unsettled(chosen);
  // The same submission may come twice: what was accepted is not refused for having been.
  if (answer !== undefined) return (await isKnown(front, taking, key)) ? undefined : answer;
  const left = Math.max(500, answerMs - (Date.now() - startedAt));
  const outcome = await taking.accept(key, deedOf(submission, meta, chosen), left);
  return outcome === 'unsure' ? refused(meta, notStored()) : undefined;
}

/** Whether it was accepted before: the same submission may come twice. */
export async function isKnown(front: Front, taking: { knows(key: string): Promise<boolean> }, key: string) {
  try {
    return (await within(taking.knows(key), 500)) ?? false;
  } catch (error) {
    front.log.warn({ err: error }, 'the inbox could not be asked');
    return false;
  }
}

/** What speaks against it; undefined: nothing, or nothing that could be found out in time. */
async function checked(front: Front, submission: Submission, meta: Meta, chosen: Chosen): Promise<Answer> {
  try {
    return await within(judged(front, submission, meta, chosen), checkMs);
  } catch (error) {
    if (isFreshetError(error, 'Forbidden')) return refused(meta, error);
    // Whatever it is, the deed itself meets it again, and answers for it.
    front.log.warn(
      { err: error, user: submission.user },
      'a form could not be checked before it was accepted',
    );
    return undefined;
  }
}

async function judged(front: Front, submission: Submission, meta: Meta, chosen: Chosen): Promise<Answer> {
  const actor = await actorOf(front, submission);
  const { environment } = chosen;
  if (environment === undefined || !chosen.settled) {
    const how = { withinMs: checkMs / 2, notice: unsettledText(chosen) };
    const form = await formOf(front, actor, meta, chosen, how);
    return { response_action: 'update', view: formView(form) };
  }
  const faults = await faultsOf(front, actor, { ...chosen, environment });
  if (faults.length === 0) return undefined;
  const errors: Record<string, string> = {};
  for (const { error, block } of faults) {
    const at =
      submission.inputs.find((one) => one === block || one.startsWith(`${block}:`)) ??
      submission.inputs.find((one) => one === blockIds.databases(environment));
    errors[at ?? blockIds.environment] ??= errorText(error);
  }
  return { response_action: 'errors', errors };
}

/**
 * Submitted faster than the form could follow: it does not show the databases of what is chosen. That is never accepted
 * unchecked, or what was chosen for one environment would be done to another.
 */
function unsettled(chosen: Chosen): Answer {
  if (chosen.environment !== undefined && chosen.settled) return undefined;
  return { response_action: 'errors', errors: { [blockIds.environment]: unsettledText(chosen) } };
}

function unsettledText({ environment }: Chosen): string {
  return `Choose databases${environment === undefined ? '' : ` of ${environment}`}, then submit again.`;
}

type Placed = { error: FreshetError; block: string };

/** The refusals of the command and of the service, each with the field it belongs to. */
async function faultsOf(
  front: Front,
  actor: Actor,
  chosen: Chosen & { environment: string },
): Promise<Placed[]> {
  const command = front.commands.find(({ words }) => words.join(' ') === 'refresh');
  if (command === undefined) throw new Error('there is no command to refresh');
  try {
    check(command, inputOf(chosen));
  } catch (error) {
    if (!isFreshetError(error)) throw error;
    const [, at = ''] = (error.about['field'] ?? '').split('.');
    const database = chosen.databases.filter((one) => chosen.backups[one] !== undefined)[Number(at)];
    return [{ error, block: blockOf(error, chosen.environment, database) }];
  }
  const faults = await front.service.faultsOf(actor, wishOf(chosen));
  return faults.map(({ error, database }) => ({
    error,
    block: blockOf(error, chosen.environment, database),
  }));
}

function blockOf(error: FreshetError, environment: string, database: string | undefined): string {
  const [field] = (error.about['field'] ?? '').split('.');
  if (field === 'environment') return blockIds.environment;
  if (field === 'reason') return blockIds.reason;
  if (field === 'at') return blockIds.when;
  if (field === 'for') return blockIds.ticket;
  if (field === 'backup' && database !== undefined) return blockIds.backup(environment, database);
  return blockIds.databases(environment);
}

/** One line below a field; the hint where it fits. */
export function errorText({ message, hint }: FreshetError): string {
  return cutText(hint === '' || message.length > 250 ? message : `${message} ${hint}`, 350);
}

function inputOf(chosen: Chosen): FormInput {
  return {
    environment: chosen.environment ?? '',
    databases: [...chosen.databases],
    backup: chosen.databases.flatMap((database) => chosen.backups[database] ?? []),
    reason: chosen.reason,
    ...(chosen.ticket === '' ? {} : { for: chosen.ticket }),
    ...(chosen.when === undefined ? {} : { at: startOf(chosen.when).toISOString() }),
  };
}

function deedOf(submission: Submission, meta: Meta, chosen: Chosen): Deed {
  return {
    kind: 'form',
    user: submission.user,
    userName: submission.userName,
    channel: meta.channel,
    teams: [...submission.teams],
    input: inputOf(chosen),
  };
}

/** Says no to a form that is not theirs to submit, and writes it down. */
export async function turnedAway(
  front: Front,
  { user, userName }: Submission,
  meta: Meta | undefined,
  error: FreshetError,
): Promise<Answer> {
  const what = meta === undefined ? 'submitting a form' : `submitting the form of ${meta.user}`;
  const attempt = { front: 'slack', who: memberText(userName, user), what } as const;
  await within(front.service.refuseAttempt(attempt, error), recordMs).catch((failed: unknown) =>
    front.log.warn({ err: failed, user }, 'a refused form could not be written down'),
  );
  return refused(meta ?? { user, channel: '' }, error);
}

/** The form says why it is not taken. */
export function refused(meta: Meta, error: FreshetError): Answer {
  return { response_action: 'update', view: refusalView(meta, error) };
}

export function unreadable(): FreshetError {
  return inputError(
    'form-unknown',
    'This form is not understood any more; Freshet has changed since it was opened.',
    'Close it and type /refresh to open a new one.',
  );
}

export function notYours(): FreshetError {
  return forbidden(
    'form-not-yours',
    'This form was opened for somebody else; only they can submit it.',
    'Type /refresh to open one of your own.',
  );
}
