import type { FreshetError } from '../../../domain/errors.ts';
import type { RequestId } from '../../../domain/ids.ts';
import { actions, context, message, section, type Block, type Message } from './blocks.ts';
import { changedHooksButton } from './buttons.ts';
import { code, cutText, mrkdwn } from './markup.ts';

/** A refusal as the person who caused it reads it: the sentence, what to do, and the code to look it up by. */
export function problemMessage(error: FreshetError): Message {
  const sentence = cutText(error.message, 1500);
  const hint = error.hint === '' ? undefined : cutText(error.hint, 1000);
  return message(mrkdwn`${sentence}${hint === undefined ? '' : ` Hint: ${hint}`}`, [
    section(
      hint === undefined ? mrkdwn`:warning: ${sentence}` : mrkdwn`:warning: ${sentence}\n*Hint:* ${hint}`,
    ),
    context(code(error.code)),
    offered(error),
  ]);
}

/** What the person may do about it at once. */
function offered({ code: refused, about }: FreshetError): Block | undefined {
  const { request, changed } = about;
  if (refused !== 'hooks-changed' || request === undefined || changed === undefined) return undefined;
  return actions(changedHooksButton(request as RequestId, changed));
}

/** What people read when the fault is ours; the log has the rest under `reference`. */
export function faultMessage(reference: string, told: boolean): Message {
  const then = told
    ? 'The operators were told.'
    : 'Please tell the operators; they could not be reached from here.';
  return message(mrkdwn`Something went wrong on our side. ${then} Reference: ${reference}`, [
    section(mrkdwn`:warning: Something went wrong on our side. ${then}`),
    context(mrkdwn`Reference ${code(reference)}`),
  ]);
}

/** One line for the operators about a fault of ours. */
export function faultNotice(reference: string, deed: string): Message {
  const sentence = mrkdwn`Freshet could not carry out ${code(cutText(deed, 200))} because of a fault of its own.`;
  return message(
    mrkdwn`Freshet could not carry out a command because of a fault of its own. Reference: ${reference}`,
    [section(mrkdwn`:warning: ${sentence} Its log says more under reference ${code(reference)}.`)],
  );
}

/** What somebody reads whom the site file does not know. */
export function strangerText(slackUserId: string): { message: string; hint: string } {
  return {
    message: `Slack member "${slackUserId}" is nobody that Freshet knows; it acts for people of its site file only.`,
    hint: `Ask an administrator to add you to the site file with the Slack member id ${slackUserId}.`,
  };
}

/** What somebody reads who is a member of another workspace, in a channel that both share. */
export function guestText(slackUserId: string): { message: string; hint: string } {
  return {
    message: `Slack member "${slackUserId}" is of another workspace; Freshet acts for members of its own only.`,
    hint: 'Ask somebody of the workspace that Freshet is installed in.',
  };
}
