import type { SlackState } from '../../slack/state.ts';
import { onLink } from '../go.ts';
import type { Names } from './markup/draw.ts';

/** Names for the ids in what is drawn. */
export function namesIn(state: SlackState): Names {
  const users = new Map(state.users.map((user) => [user.id, user.name]));
  const channels = new Map(state.conversations.map((one) => [one.id, one.name]));
  return { user: (id) => users.get(id), channel: (id) => channels.get(id), me: state.me, onLink };
}
