import { forbidden, unavailable } from '../../domain/errors.ts';
import type { Actor } from '../../domain/person.ts';
import type { Front } from './deps.ts';
import { cutText } from './messages/markup.ts';
import { guestText, strangerText } from './messages/problem.ts';

/** `quinn (U0QUINN)`: a member whom the site file may not know, as they are kept in events. */
export function memberText(userName: string, user: string): string {
  return `${cutText(userName, 60)} (${user})`;
}

/** A member id says who it is in its own workspace only. Rejects with `Unavailable` (code `slack-unreachable`) while nobody can tell. */
export async function isOurs(
  front: Pick<Front, 'workspace' | 'log'>,
  teams: readonly string[],
): Promise<boolean> {
  let own: string;
  try {
    own = await front.workspace();
  } catch (error) {
    front.log.warn({ err: error }, 'Slack does not say which workspace the bot is of');
    throw unavailable(
      'slack-unreachable',
      'Slack does not answer, so it can not be told whether you are of the workspace that Freshet acts for.',
      'Try again in a minute.',
    );
  }
  return teams.length > 0 && teams.every((team) => team === own);
}

/** The person of the site file who acts. Rejects with `Forbidden` (code `person-unknown`) for everybody else. */
export async function actorOf(
  front: Pick<Front, 'workspace' | 'log' | 'service'>,
  { user, teams }: { user: string; teams: readonly string[] },
): Promise<Actor> {
  const ours = await isOurs(front, teams);
  const person = ours ? await front.service.personOver('slack', user) : undefined;
  if (person !== undefined) return { person, front: 'slack' };
  const { message, hint } = ours ? strangerText(user) : guestText(user);
  throw forbidden('person-unknown', message, hint);
}
