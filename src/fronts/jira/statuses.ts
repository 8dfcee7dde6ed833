import type { RequestState } from '../../domain/request.ts';
import { jiraStates, type JiraState, type JiraStatuses } from '../../domain/jira-site.ts';
import type { Transition } from './api.ts';

/** What of a request decides where its issue belongs. */
export type Standing = {
  state: RequestState;
  /** It was started at least once. */
  started: boolean;
  cancelling: boolean;
  /** The stages of its approval, in order. */
  stages: readonly string[];
  /** While it waits: the stage that is open. */
  open?: string;
};

/** What a status stands for; undefined for those that the site file does not name. */
export function stateOf(statuses: JiraStatuses, status: string): JiraState | undefined {
  if (stageOf(statuses, status) !== undefined) return 'pending';
  return jiraStates.find((state) => [statuses[state]].flat().includes(status));
}

/** The stage whose status it is. */
export function stageOf({ stages = {} }: JiraStatuses, status: string): string | undefined {
  return Object.keys(stages).find((stage) => stages[stage] === status);
}

function statusOfStage({ stages = {} }: JiraStatuses, stage: string | undefined): string | undefined {
  return stage !== undefined && Object.hasOwn(stages, stage) ? stages[stage] : undefined;
}

/** Where the issue belongs; `fine`: statuses in which it may be left. The first is where it is brought to otherwise. */
export function statusesFor(statuses: JiraStatuses, standing: Standing): string[] {
  switch (standing.state) {
    case 'pending':
      return [statusOfStage(statuses, standing.open) ?? statuses.pending];
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
  // Where the stage that is open has a status of its own: back to waiting is no word about it.
  if (standing.state === 'pending' && to === statuses.pending) return true;
  const approvedOnce = ['running', 'succeeded', 'failed', 'fenced'].includes(standing.state);
  return approvedOnce && statuses.approved.includes(to);
}

/**
 * What a person says by moving an issue: a yes, a no, an end. `passed`: a yes to a stage that is not the open one. `undefined`: it is
 * moved where only Freshet moves it. `stage`: the one that a yes is given in, where its status says so.
 */
export function meant(
  statuses: JiraStatuses,
  standing: Standing,
  { from, to }: { from: string; to: string },
): { word: 'approved' | 'rejected' | 'cancelled' | 'passed'; stage?: string } | undefined {
  if (to === statuses.rejected) return { word: 'rejected' };
  if (to === statuses.cancelled) return { word: 'cancelled' };
  const left = stageOf(statuses, from);
  const onward = left !== undefined && to === statusOfStage(statuses, stageAfter(statuses, standing, left));
  if (!onward && !statuses.approved.includes(to)) return undefined;
  if (left === undefined) return { word: 'approved' };
  return {
    word: standing.state === 'pending' && left !== standing.open ? 'passed' : 'approved',
    stage: left,
  };
}

/** The next stage that has a status. */
function stageAfter(statuses: JiraStatuses, { stages }: Standing, stage: string): string | undefined {
  const at = stages.indexOf(stage);
  return at < 0
    ? undefined
    : stages.slice(at + 1).find((each) => statusOfStage(statuses, each) !== undefined);
}

/** Whether a later move to `to` takes a yes back that was given by moving the issue out of `from`. */
export function takesBack(statuses: JiraStatuses, from: string, to: string): boolean {
  if ([statuses.pending, statuses.rejected, statuses.cancelled].includes(to)) return true;
  const order = Object.values(statuses.stages ?? {});
  return order.includes(to) && order.indexOf(to) <= order.indexOf(from);
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
  const stages = Object.values(statuses.stages ?? {});
  const waiting = [pending, ...stages].toReversed();
  if (target === succeeded || target === failed) return [running, ...approved, ...waiting];
  if (target === running) return [...approved, ...waiting];
  if (approved.includes(target)) return waiting;
  if (target === rejected || target === cancelled) return [pending];
  return stages.includes(target) ? [pending, ...stages.slice(0, stages.indexOf(target))].toReversed() : [];
}
