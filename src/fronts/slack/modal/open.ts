import { randomBytes, randomUUID } from 'node:crypto';
import { WebAPIHTTPError, WebAPIRateLimitedError, WebAPIRequestError } from '@slack/web-api';
import { isFreshetError, unavailable, type FreshetError } from '../../../domain/errors.ts';
import type { Actor } from '../../../domain/person.ts';
import { refusalCode } from '../connection/clients.ts';
import type { Front } from '../deps.ts';
import { actorOf } from '../member.ts';
import { problemMessage } from '../messages/problem.ts';
import { replier } from '../replies.ts';
import { nothingChosen, type Chosen } from './chosen.ts';
import type { Meta } from './names.ts';
import { show, update, type Target } from './show.ts';
import { loadingView, refreshForm, refusalView, type FormKind } from './view.ts';
import { within } from './within.ts';

/** Who opens the form, and how they are answered. */
export type Opening = {
  /** Good for three seconds and one view. */
  triggerId: string;
  user: string;
  /** Ids of the workspaces that Slack names with it: where it was done, and whose member did it. */
  teams: readonly string[];
  /** Where they are answered; empty: in a direct message. */
  channel: string;
  responseUrl?: string;
  /** Name of the environment that is chosen from the start. */
  preset?: string;
};

/**
 * Opens the form: at once with a "Loading" view, then with what the person may ask for, or why they may not. To be called
 * straight from a listener, beside the acknowledgement. Never throws: where the form can't be opened they are told how to ask
 * in one line.
 */
export async function openModal(front: Front, opening: Opening): Promise<void> {
  const { preset } = opening;
  await openForm(front, opening, refreshForm, async (actor, target, meta) =>
    show(front, actor, target, meta, await beginning(front, actor, preset), () => false),
  );
}

/** Opens a form of any kind; `fill` shows what is in it. Never throws. */
export async function openForm(
  front: Front,
  opening: Opening,
  kind: FormKind,
  fill: (actor: Actor, target: Target, meta: Meta) => Promise<void>,
): Promise<void> {
  const { user, channel } = opening;
  const meta: Meta = { user, channel };
  const target = await opened(front, opening, meta, kind);
  if (target === undefined) return;
  try {
    const actor = await actorOf(front, opening);
    await fill(actor, target, meta);
  } catch (error) {
    const refusal = asRefusal(front, error, user, kind);
    try {
      // Opened just now: whatever else is shown since is newer.
      await update(front, target, refusalView(meta, refusal, kind), () => false);
    } catch (failed) {
      front.log.warn({ err: failed, user }, 'a form that is open could not be changed');
      await tell(front, opening, refusal);
    }
  }
}

/** How long the store is waited for; the form begins empty without it. */
const storeMs = 1000;

/** What is chosen from the start: what they asked for last, of the environment that is preset if one is. */
async function beginning(front: Front, actor: Actor, preset: string | undefined): Promise<Chosen> {
  const empty = preset === undefined ? nothingChosen : { ...nothingChosen, environment: preset };
  try {
    const last = await within(front.service.lastWish(actor, preset), storeMs);
    return last === undefined ? empty : { ...empty, ...last };
  } catch (error) {
    if (!isFreshetError(error, 'Unavailable')) throw error;
    front.log.warn({ err: error }, 'the form begins without what was asked for last');
    return empty;
  }
}

/** The view that is open now; undefined when there is none, or another process opened it. */
async function opened(
  front: Front,
  opening: Opening,
  meta: Meta,
  kind: FormKind,
): Promise<Target | undefined> {
  const externalId = randomUUID();
  const view = { ...loadingView(meta, kind), external_id: externalId };
  try {
    const { view: now } = await front.clients.replies.views.open({ trigger_id: opening.triggerId, view });
    return now?.id === undefined || now.hash === undefined ? { externalId } : { id: now.id, hash: now.hash };
  } catch (error) {
    const code = refusalCode(error);
    // The same delivery came twice; it is open.
    if (code === 'exchanged_trigger_id') return undefined;
    // Without an answer it may be open all the same: then it goes by our name for it.
    if (code === undefined && (await isThere(front, { externalId }, meta, kind))) return { externalId };
    front.log.info({ err: error, user: opening.user }, 'a form could not be opened');
    await tell(front, opening, notOpened(code, kind));
    return undefined;
  }
}

async function isThere(
  front: Front,
  target: Target & { externalId: string },
  meta: Meta,
  kind: FormKind,
): Promise<boolean> {
  try {
    const view = { ...loadingView(meta, kind), external_id: target.externalId };
    return (await update(front, target, view, () => false)) !== undefined;
  } catch {
    return false;
  }
}

async function tell(front: Front, { user, channel, responseUrl }: Opening, problem: FreshetError) {
  const asker = { user, channel, ...(responseUrl === undefined ? {} : { responseUrl }) };
  await replier(front)(asker, problemMessage(problem));
}

/** What went wrong, as people read it; faults of ours without their details. */
function asRefusal(front: Front, error: unknown, user: string, kind: FormKind): FreshetError {
  if (isFreshetError(error)) return error;
  if (isSilence(error)) return notOpened(undefined, kind);
  const reference = randomBytes(4).toString('hex');
  front.log.error({ err: error, reference, user }, 'a form failed by a fault of ours');
  return unavailable(
    'form-failed',
    `The form can not be shown because of a fault of ours (reference ${reference}).`,
    `Type it instead: ${kind.instead}; and please tell the operators the reference.`,
  );
}

/** Slack did not answer, or not now. */
function isSilence(error: unknown): boolean {
  return (
    error instanceof WebAPIRequestError ||
    error instanceof WebAPIHTTPError ||
    error instanceof WebAPIRateLimitedError
  );
}

function notOpened(code: string | undefined, { instead }: FormKind): FreshetError {
  const why =
    code === 'expired_trigger_id'
      ? 'it was asked for more than three seconds ago'
      : code === undefined
        ? 'Slack does not answer'
        : `Slack refuses it with "${code}"`;
  return unavailable(
    'form-not-opened',
    `The form could not be opened: ${why}.`,
    `Try again, or type it: ${instead}; /refresh help tells more.`,
  );
}
