import type { Output } from '../../../../commands/command.ts';
import type { Event } from '../../../domain/event.ts';
import type { Delegation } from '../../../domain/policy/deputies.ts';
import { message, section, type Message } from './blocks.ts';
import { code, cutText, joined, mrkdwn, moment, type Markup } from './markup.ts';
import { who, type Surroundings } from './wording.ts';

/** To whom somebody gave the right to approve, and whose they hold: a line each. */
export function delegationLines(
  { given, held }: { given?: Delegation; held: readonly Delegation[] },
  surroundings: Surroundings,
): Markup[] {
  return [
    ...(given === undefined
      ? []
      : [
          mrkdwn`${who(surroundings, given.to)} may approve for you until ${moment(given.until)}. ${code('/refresh delegate off')} takes it back.`,
        ]),
    ...held.map(
      ({ from, until }) => mrkdwn`You may approve for ${who(surroundings, from)} until ${moment(until)}.`,
    ),
  ];
}

export function delegationsMessage(
  output: Extract<Output, { kind: 'delegations' }>,
  surroundings: Surroundings,
): Message {
  const lines = delegationLines(output, surroundings);
  const text =
    lines.length === 0 ? mrkdwn`Nobody approves for you, nor you for anybody.` : joined(lines, '\n');
  return message(text, [section(text)]);
}

/** What a person reads who was given a right, had it taken away, or has one side of what is over; undefined for other events. */
export function delegationMessage(event: Event, surroundings: Surroundings): Message | undefined {
  const giver = who(surroundings, event.actor);
  const text =
    event.type === 'right-delegated'
      ? mrkdwn`${giver} gave you the right to approve in their place until ${moment(new Date(event.until))}. What you approve by it is recorded as said by you for them, and counts once for both of you.`
      : event.type === 'delegation-ended'
        ? mrkdwn`${giver} took back the right to approve in their place.`
        : event.type === 'delegation-lapsed'
          ? mrkdwn`${who(surroundings, event.to)} may not approve in the place of ${who(surroundings, event.from)} any more: ${cutText(event.why, 300)}`
          : undefined;
  return text === undefined ? undefined : message(text, [section(text)]);
}
