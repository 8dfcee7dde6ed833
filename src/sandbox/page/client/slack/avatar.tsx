import { Droplets, Info } from 'lucide-preact';
import type { SlackState } from '../../slack/state.ts';

/** A picture of somebody: their initials on a colour of their own. */
export function Avatar({ state, user, small = false }: { state: SlackState; user: string; small?: boolean }) {
  const person = state.users.find(({ id }) => id === user);
  const size = small ? 12 : 20;
  const look = small ? 'avatar small' : 'avatar';
  if (user === 'slackbot')
    return (
      <span class={`${look} avatar-bot`} aria-hidden="true">
        <Info size={size} />
      </span>
    );
  if (person?.isApp)
    return (
      <span class={`${look} avatar-app`} aria-hidden="true">
        <Droplets size={size} />
      </span>
    );
  const name = person?.name ?? user;
  const initials = name
    .split(/\s+/)
    .map((word) => word[0] ?? '')
    .slice(0, 2)
    .join('');
  const hue = [...name].reduce((sum, sign) => (sum * 31 + (sign.codePointAt(0) ?? 0)) % 6, 7);
  return (
    <span class={`${look} hue-${hue}`} aria-hidden="true">
      {initials}
    </span>
  );
}
