import type { RequestState } from '../../domain/request.ts';
import type { JiraStatuses } from '../../domain/site.ts';
import type { Transition } from './api.ts';

/** What of a request decides where its issue belongs. */
export type Standing = {
  state: RequestState;
  /** It was started at least once. */
  started: boolean;
  cancelling: boolean;
};

/** What a status stands for; undefined for those that the site file does not name. */
export function stateOf(statuses: JiraStatuses, status: string): keyof JiraStatuses | undefined {
  const states = Object.keys(statuses) as (keyof JiraStatuses)[];
  return states.find((state) => [statuses[state]].flat().includes(status));
}

/** Where the issue belongs; `fine`: statuses in which it may be left. The first is where it is brought to otherwise. */
export function statusesFor(statuses: JiraStatuses, standing: Standing): string[] {
  switch (standing.state) {
    case 'approved':
      // A retry waits for its turn: many workflows lead from failed to running only.
      return [...statuses.approved, ...(standing.started ? [statuses.failed] : [])];
    case 'running':
      return [statuses.running, ...(standing.cancelling ? [statuses.cancelled] : [])];
    case 'succeeded':
      return [statuses.succeeded];
    case 'failed':
    case 'fenced':
      return [statuses.failed];
    case 'expired':
      return [statuses.cancelled];
    default:
      return [statuses[standing.state]];
  }
}

/**
 * Whether a person's move to `to` says nothing that the request does not say already: the same decision made over another
 * front, or seen before. Then it is neither applied nor refused.
 */
export function agrees(statuses: JiraStatuses, standing: Standing, to: string): boolean {
  if (statusesFor(statuses, standing).includes(to)) return true;
  const approvedOnce = ['running', 'succeeded', 'failed', 'fenced'].includes(standing.state);
  return approvedOnce && statuses.approved.includes(to);
}

/**
 * The next transition on the way to `target`: straight there, else over a status that lies before it in the life of a
 * request. `visited` keeps it from going in circles. Transitions that are not `open` are none.
 */
export function nextTransition(
  statuses: JiraStatuses,
  target: string,
  transitions: readonly Transition[],
  visited: ReadonlySet<string>,
  open: (transition: Transition) => boolean,
): Transition | undefined {
  for (const to of [target, ...stones(statuses, target)]) {
    const transition = transitions.find((each) => each.to === to && open(each));
    if (transition !== undefined && !visited.has(to)) return transition;
  }
  return undefined;
}

/** Statuses to go over, the nearest to the target first. Never over an approval that there is none of. */
function stones(statuses: JiraStatuses, target: string): string[] {
  const { approved, pending, running, succeeded, failed, rejected, cancelled } = statuses;
  if (target === succeeded || target === failed) return [running, ...approved, pending];
  if (target === running) return [...approved, pending];
  if (approved.includes(target) || target === rejected || target === cancelled) return [pending];
  return [];
}
