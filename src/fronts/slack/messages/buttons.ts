import { z } from 'zod';
import type { Backup } from '../../../domain/backup.ts';
import type { Hold } from '../../../domain/calendar/hold.ts';
import { openHookFailure } from '../../../domain/hook.ts';
import { requestIdSchema, type RequestId } from '../../../domain/ids.ts';
import { canBeUndone, notTakenBack } from '../../../domain/run.ts';
import { startOf, type RequestView } from '../../../service/views/view.ts';
import { button, roomInDialog, type Button } from './blocks.ts';
import { cutText, mrkdwn } from './markup.ts';
import { kindWords } from './kind-words.ts';
import { namesText } from './wording.ts';

/** What the buttons of our messages are called; a listener answers to each. */
export const buttonIds = [
  'approve',
  'reject',
  'cancel',
  'undo',
  'retry',
  'acknowledge',
  'release',
  'prove',
] as const;
export type ButtonId = (typeof buttonIds)[number];
/** The two answers to whether an account is somebody's. */
export const linkIds = ['link-confirm', 'link-decline'] as const;
/** The buttons that turn the pages of a list. */
export const pageIds = ['page-next', 'page-previous'] as const;

/** What a button carries: the request, and the digest of exactly what was shown where that is decided on. */
export type ButtonValue = { request: RequestId; digest?: string };

export function encode(value: ButtonValue): string {
  return value.digest === undefined ? value.request : `${value.request} ${value.digest}`;
}

/** Reads a button's value back; undefined when it is none of ours. */
export function decode(text: string): ButtonValue | undefined {
  const [request, digest, ...rest] = text.split(' ');
  const parsed = z
    .strictObject({
      request: requestIdSchema,
      digest: z
        .string()
        .regex(/^[0-9a-f]{64}$/)
        .optional(),
    })
    .safeParse(digest === undefined ? { request } : { request, digest });
  if (!parsed.success || rest.length > 0) return undefined;
  return parsed.data.digest === undefined
    ? { request: parsed.data.request }
    : { request: parsed.data.request, digest: parsed.data.digest };
}

/** Approve and Reject, each with a dialog that names what is decided. */
export function decisionButtons(view: RequestView): (Button | undefined)[] {
  const { request } = view;
  const value = encode({ request: request.id, digest: request.digest });
  return [
    button({
      id: 'approve',
      label: 'Approve',
      value,
      style: 'primary',
      spoken: `Approve ${request.id}`,
      confirm: {
        title: overwriteTitle(view),
        text: mrkdwn`${overwriteText(view)}`,
        yes: 'Approve',
        no: 'Not now',
      },
    }),
    button({
      id: 'reject',
      label: 'Reject',
      value,
      style: 'danger',
      spoken: `Reject ${request.id}`,
      confirm: {
        title: `Reject ${request.id}?`,
        text: mrkdwn`Nothing is touched. To say why, type ${`/refresh reject ${request.id} --reason "..."`} instead.`,
        yes: 'Reject',
        no: 'Not now',
        danger: true,
      },
    }),
  ];
}

/**
 * Yes and No of a holder. They are the approver's own words: what is asked is the same, and whoever presses is judged as what
 * they are to the request.
 */
export function holderButtons({ request }: RequestView): (Button | undefined)[] {
  const value = encode({ request: request.id, digest: request.digest });
  return [
    button({
      id: 'approve',
      label: 'Yes, go on',
      value,
      style: 'primary',
      spoken: `Let ${request.id} go on`,
    }),
    button({
      id: 'reject',
      label: 'No',
      value,
      style: 'danger',
      spoken: `Do not let ${request.id} go on`,
      confirm: {
        title: `End ${request.id}?`,
        text: mrkdwn`Nothing is touched, and its requester is told. To say why, type ${`/refresh reject ${request.id} --reason "..."`} instead.`,
        yes: 'End it',
        no: 'Not now',
        danger: true,
      },
    }),
  ];
}

/** Has one backup restored, only to see that it can be. */
export function proveButton({ id, database }: Pick<Backup, 'id' | 'database'>): Button | undefined {
  return button({
    id: 'prove',
    label: 'Prove',
    value: id,
    spoken: `Prove ${id} of ${database}`,
    confirm: {
      title: `Prove ${id}?`,
      text: mrkdwn`It is restored beside everything, verified and dropped again. Nobody's database is touched.`,
      yes: 'Prove it',
      no: 'Not now',
    },
  });
}

/** Releases one hold. */
export function releaseButton({ id, environment, reason }: Hold, own: boolean): Button | undefined {
  return button({
    id: 'release',
    label: 'Release',
    value: id,
    spoken: `Release ${id} on ${environment}`,
    confirm: {
      title: `Release ${id} on ${cutText(environment, 40)}?`,
      text: mrkdwn`${own ? 'Your hold' : 'It is not your hold; its holder is told. It'} ends now, and what waits for it goes on: ${cutText(reason, 120)}`,
      yes: 'Release it',
      no: 'Keep it',
    },
  });
}

function overwriteTitle(view: RequestView): string {
  const { request } = view;
  const what = kindWords[request.kind].deed;
  const first = request.items[0];
  if (request.items.length === 1 && first !== undefined) {
    return `${what} ${first.databaseName} on ${request.environment}?`;
  }
  return `${what} ${request.items.length} databases on ${request.environment}?`;
}

/** Names every live database that is concerned, as far as a dialog holds them; the card names them all. */
function overwriteText(view: RequestView): string {
  const start = startOf(view);
  // The dialog stays as it is when the moment passes while nobody decides: then a yes starts it at once.
  const starts =
    start === undefined
      ? ''
      : `It starts ${view.request.startAt === undefined ? '' : 'not before '}${start}. `;
  return kindWords[view.request.kind].consent(view, starts, roomInDialog);
}

export function cancelButton(view: RequestView): Button | undefined {
  const { request } = view;
  return button({
    id: 'cancel',
    label: 'Cancel',
    value: encode({ request: request.id }),
    spoken: `Cancel ${request.id}`,
    confirm: {
      title: `Cancel ${request.id}?`,
      text:
        request.state === 'running'
          ? mrkdwn`The step that is running is ended and what was prepared is removed. The live database stays as it is.`
          : mrkdwn`The request ends here. Nothing has been touched.`,
      yes: 'Cancel the request',
      no: 'Keep it',
      danger: true,
    },
  });
}

/** What is known of a request that could be undone. */
type Undone = Pick<RequestView['request'], 'id' | 'environment'>;

/** Undo of what was not taken back yet, where there are replaced copies, while they are still there and nothing newer came over them. */
export function undoButton(
  view: Pick<RequestView, 'swaps' | 'environment'> & { request: Undone },
): Button | undefined {
  const { request, environment } = view;
  const swaps = notTakenBack(view.swaps);
  if (swaps.length === 0 || !swaps.every(canBeUndone)) return undefined;
  const names = swaps.map((swap) => swap.databaseName);
  const needs = environment.protected ? ' It takes an approval, unless you may approve.' : '';
  const before = `Swaps back what ${request.id} put in place: `;
  return button({
    id: 'undo',
    label: 'Undo',
    value: encode({ request: request.id }),
    spoken: `Undo ${request.id}`,
    confirm: {
      title: `Undo ${request.id} on ${request.environment}?`,
      text: mrkdwn`${before}${namesText(names, roomInDialog(before.length + needs.length + 10))}.${needs}`,
      yes: 'Undo',
      no: 'Not now',
      danger: true,
    },
  });
}

export function retryButton(view: RequestView): Button | undefined {
  const { request } = view;
  return button({
    id: 'retry',
    label: 'Retry',
    value: encode({ request: request.id }),
    style: 'primary',
    spoken: `Retry ${request.id}`,
  });
}

/** Calls what is not done of the hooks; while they are being called, and where something else is live by now, there is none. */
export function retryHooksButton({ request, swaps, events }: RequestView): Button | undefined {
  const failure = openHookFailure(events);
  if (failure === undefined || failure.again) return undefined;
  if (swaps.some((swap) => swap.supersededBy !== undefined)) return undefined;
  const names = [failure.hook, ...failure.left];
  return button({
    id: 'retry',
    label: names.length === 1 ? 'Retry hook' : 'Retry hooks',
    value: encode({ request: request.id }),
    style: 'primary',
    spoken: `Retry the hooks of ${request.id}`,
    confirm: {
      title: `Call the hooks of ${request.id} again?`,
      text: mrkdwn`Called in this order, as they were approved: ${namesText(names, roomInDialog(60))}.`,
      yes: 'Call them',
      no: 'Not now',
    },
  });
}

/** Calls hooks as they are now, for who has read what of them has changed. */
export function changedHooksButton(request: RequestId, digest: string): Button | undefined {
  return button({
    id: 'retry',
    label: 'Call them as they are now',
    value: encode({ request, digest }),
    spoken: `Call the changed hooks of ${request}`,
    confirm: {
      title: `Call changed hooks of ${request}?`,
      text: mrkdwn`They are called as this message says that they are now, and not as they were approved. Your yes is kept with the request.`,
      yes: 'Call them',
      no: 'Not now',
    },
  });
}

export function acknowledgeButton(view: RequestView): Button | undefined {
  const { request } = view;
  return button({
    id: 'acknowledge',
    label: 'Acknowledge',
    value: encode({ request: request.id }),
    spoken: `Acknowledge the alert of ${request.id}`,
  });
}
