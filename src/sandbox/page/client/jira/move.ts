import { signal } from '@preact/signals';
import type { Issue, Transition } from '../../jira/state.ts';
import { doIt } from '../do.ts';
import { parts } from '../live.ts';

/** A move that asks something first. */
export const asking = signal<{ issue: Issue; transition: Transition } | undefined>();

/** A move that was made here and has not come back yet: the card stands where it was put. */
export const underway = signal<{ key: string; to: string } | undefined>();

export function transitionTo(issue: Issue, statusId: string): Transition | undefined {
  return issue.transitions.find(({ to }) => to === statusId);
}

/** Takes a way at once, or asks first: where the way's own screen does, and where the end of it wants a reason. */
export function take(issue: Issue, transition: Transition): void {
  const end = parts.jira.value?.columns.find(({ id }) => id === transition.to)?.category === 'done';
  if (end || transition.screen.length > 0) asking.value = { issue, transition };
  else void move(issue.key, transition, {});
}

/** Moves it; undefined when done, or why not. */
export async function move(
  key: string,
  transition: Transition,
  more: { comment?: string; fields?: Record<string, string> },
): Promise<string | undefined> {
  underway.value = { key, to: transition.to };
  const outcome = await doIt('jira', 'move', { key, to: transition.to, ...more });
  // What comes of it is on its way as well.
  setTimeout(() => (underway.value = undefined), outcome.ok ? 250 : 0);
  return outcome.ok ? undefined : outcome.error;
}
