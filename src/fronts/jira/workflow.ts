import type { Finding } from '../../domain/probe.ts';
import {
  jiraStates,
  type JiraSite,
  type JiraState as State,
  type JiraStatuses,
} from '../../domain/jira-site.ts';
import type { JiraApi, Transition } from './api.ts';
import type { Context } from './deps.ts';
import { fill, lackOf, wantedOfNew } from './fields.ts';
import { nextTransition, stateOf } from './statuses.ts';
import { line } from './text.ts';

/* What `check` finds out about the project's workflow and screens, set against what the site file says of them. */

/** A status that the site file names, and where the bot has to be able to take an issue from there. */
export type Place = { label: string; id: string; needs: readonly Goal[] };
/** Any of the statuses will do. */
export type Goal = { label: string; ids: readonly string[] };

/** Where the bot takes an issue from each state; people move issues too, but the bot must be able to follow and to undo. */
const needed: Readonly<Record<State, readonly State[]>> = {
  pending: ['approved', 'rejected', 'cancelled'],
  approved: ['running', 'cancelled', 'pending'],
  rejected: ['pending'],
  running: ['succeeded', 'failed', 'cancelled'],
  failed: ['running'],
  succeeded: [],
  cancelled: [],
};

/** All statuses that the site file names, in the order of a request's life; those of stages behind `pending`. */
export function placesOf(statuses: JiraStatuses): Place[] {
  const stages = Object.entries(statuses.stages ?? {}).map(([name, id]) => ({
    label: `stage "${line(name, 40)}"`,
    ids: [id],
  }));
  const goal = (state: State): Goal => ({
    label: state,
    // Where stages have statuses, waiting is any of these.
    ids:
      state === 'pending' ? [statuses.pending, ...stages.flatMap(({ ids }) => ids)] : idsOf(statuses, state),
  });
  return jiraStates.flatMap((state) => {
    const first = state === 'pending' ? stages.slice(0, 1) : [];
    const needs = [...first, ...needed[state].map(goal)];
    const own = idsOf(statuses, state).map((id): Place => ({ label: state, id, needs }));
    if (state !== 'pending') return own;
    const staged = stages.map(({ label, ids }, index): Place => {
      const before = stages.slice(0, index).slice(-1);
      const next = stages[index + 1] ?? goal('approved');
      return { label, id: ids[0]!, needs: [next, ...before, goal('rejected'), goal('cancelled')] };
    });
    return [...own, ...staged];
  });
}

/** Those that issues of our type can have. */
export async function knownStatuses(api: JiraApi, site: JiraSite): Promise<{ id: string; name: string }[]> {
  return (await api.issueTypes()).find((each) => each.name === site.issueType)?.statuses ?? [];
}

function idsOf(statuses: JiraStatuses, state: State): readonly string[] {
  return [statuses[state]].flat();
}

/** Which statuses issues of our type can have, and what each stands for. */
export async function lookAtStatuses(api: JiraApi, site: JiraSite): Promise<Finding> {
  const known = await knownStatuses(api, site);
  const wanted = placesOf(site.statuses);
  const missing = wanted.filter(({ id }) => !known.some((status) => status.id === id));
  if (missing.length > 0) {
    return {
      ok: false,
      says: `the workflow of "${site.issueType}" has no ${missing.map(({ label, id }) => `${label} "${id}"`).join(', ')}`,
      remedy: `Its statuses are ${known.map(({ id, name }) => `${id} (${name})`).join(', ') || 'not known'}: put their ids into jira.statuses.`,
    };
  }
  const said = wanted.map(({ label, id }) => `${label} is ${shown(known, id)}`);
  const unused = known.filter(({ id }) => stateOf(site.statuses, id) === undefined);
  const rest =
    unused.length === 0 ? [] : [`not used: ${unused.map(({ id }) => shown(known, id)).join(', ')}`];
  return { ok: true, says: [...said, ...rest].join(', ') };
}

function shown(known: readonly { id: string; name: string }[], id: string): string {
  const status = known.find((each) => each.id === id);
  return status === undefined ? `"${id}"` : `"${status.name}" (${id})`;
}

/**
 * Which transition leads where. Jira tells an ordinary account only the transitions of an issue that is in the status, so an issue of our
 * type is looked for in each; where there is none yet, it says so.
 */
export async function lookAtTransitions(context: Pick<Context, 'api' | 'site'>): Promise<Finding> {
  const { api } = context;
  const site = context.site.jira;
  const known = await knownStatuses(api, site);
  const name = (id: string) => known.find((each) => each.id === id)?.name ?? id;
  const said: string[] = [];
  const wrong: string[] = [];
  const remedies = new Set<string>();
  const unseen: string[] = [];
  for (const place of placesOf(site.statuses)) {
    const { id } = place;
    const sample = known.some((each) => each.id === id) ? await api.anyIn(id) : undefined;
    if (sample === undefined) {
      unseen.push(`"${name(id)}"`);
      continue;
    }
    const transitions = await api.transitions(sample.id);
    const list = transitions.map((transition) => `"${transition.name}" to "${name(transition.to)}"`);
    said.push(`from "${name(id)}" ${list.join(', ') || 'nothing'}`);
    for (const fault of faultsOf(context, place, transitions, name)) {
      wrong.push(fault.says);
      remedies.add(fault.remedy);
    }
  }
  const without = unseen.length === 0 ? [] : [`no issue to look at yet in ${unseen.join(', ')}`];
  if (wrong.length === 0) return { ok: true, says: [...said, ...without].join('; ') };
  return {
    ok: false,
    says: [...new Set(wrong), ...without].join('; '),
    remedy: [...remedies].join(' '),
  };
}

/** What is missing where an issue stands in the place and these are the transitions out of it. */
export function faultsOf(
  context: Pick<Context, 'api' | 'site'>,
  place: Place,
  transitions: readonly Transition[],
  name: (id: string) => string,
): { says: string; remedy: string }[] {
  const { statuses } = context.site.jira;
  // What the bot would do, from here on.
  const open = (transition: Transition) => lackOf(context, transition) === undefined;
  return place.needs.flatMap(({ label, ids }) => {
    const leads = ids.some(
      (id) => nextTransition(statuses, id, transitions, new Set([place.id]), open) !== undefined,
    );
    if (leads) return [];
    const closed = transitions
      .filter((transition) => ids.includes(transition.to))
      .flatMap((transition) => lackOf(context, transition) ?? []);
    if (closed.length > 0) return closed.map(({ says, remedy }) => ({ says: `${says} (${label})`, remedy }));
    return [
      {
        says: `no transition from "${name(place.id)}" to "${name(ids[0]!)}" (${label})`,
        remedy: `Add it to the workflow, for the bot and for those who move issues by hand.`,
      },
    ];
  });
}

/** Whether new issues can be made as the site file says: fields that are not there, lack or have another value. */
export async function lookAtFields(context: Pick<Context, 'api' | 'site'>): Promise<Finding> {
  const { api, site } = context;
  const known = await api.createFields();
  const wanted = wantedOfNew(context);
  const { values, problems } = fill(api, known, wanted);
  const own = ['project', 'issuetype', 'summary', 'description', 'labels', 'reporter'];
  const assigned = site.jira.issue.assignee === 'none' ? [] : ['assignee'];
  const missing = known.filter(
    ({ id, required }) => required && ![...own, ...assigned].includes(id) && !Object.hasOwn(values, id),
  );
  const lacking = [...own.slice(2, 5), ...assigned].filter((id) => !known.some((field) => field.id === id));
  const faults = [
    ...problems.map(({ says }) => says),
    ...missing.map(({ id, name, allowed }) => {
      const among =
        allowed === undefined ? '' : `, one of ${allowed.map((each) => `"${each.name}"`).join(', ')}`;
      return `new issues need "${name}" (${id})${among}`;
    }),
    ...lacking.map((id) => `${id} is on no screen for new issues`),
  ];
  if (faults.length > 0) {
    return {
      ok: false,
      says: faults.join('; '),
      remedy: `Change jira.issue in the site file, or the screens of "${site.jira.issueType}" in ${site.jira.project}.`,
    };
  }
  const given = Object.keys(values);
  return { ok: true, says: given.length === 0 ? 'nothing is asked for' : `given: ${given.join(', ')}` };
}
