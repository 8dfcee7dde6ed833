import { Droplets, Info } from 'lucide-preact';
import { Avatar as Initials } from '../frame/avatar.tsx';
import type { SlackState } from '../../slack/state.ts';

/** A picture of somebody: the app's, Slackbot's, or somebody's initials. */
export function Avatar({ state, user, small = false }: { state: SlackState; user: string; small?: boolean }) {
  const person = state.users.find(({ id }) => id === user);
  const size = small ? 12 : 20;
  const look = small ? 'face small' : 'face';
  if (user === 'slackbot')
    return (
      <span class={`${look} face-bot`} aria-hidden="true">
        <Info size={size} />
      </span>
    );
  if (person?.isApp)
    return (
      <span class={`${look} face-app`} aria-hidden="true">
        <Droplets size={size} />
      </span>
    );
  const id = person ? { id: person.handle } : {};
  return <Initials name={person?.name ?? user} {...id} size={small ? 20 : 36} />;
}
