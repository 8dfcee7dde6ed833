import type { SlackState } from '../../../slack/state.ts';
import type { InSight } from './complete.ts';

/** Requests and backups that are named in what a person can read, newest first. */
export function inSight(state: SlackState): InSight {
  const texts = state.conversations
    .flatMap(({ messages }) => messages)
    .toSorted((a, b) => Number(b.ts) - Number(a.ts))
    .map(({ text, blocks }) => `${text} ${JSON.stringify(blocks)}`);
  const all = [state.home, ...state.views].map((view) => JSON.stringify(view?.blocks ?? []));
  const found = (prefix: string): string[] => {
    const pattern = new RegExp(`\\b${prefix}-[1-9]\\d*\\b`, 'g');
    const ids = new Set([...texts, ...all].flatMap((text) => text.match(pattern) ?? []));
    return [...ids].toSorted((a, b) => Number(b.slice(4)) - Number(a.slice(4)));
  };
  return { requests: found('REQ'), backups: found('BKP') };
}
