import { oneOf } from '../../domain/errors.ts';
import type { JiraFieldValues } from '../../domain/jira-site.ts';
import type { RequestView } from '../../service/views/view.ts';
import { JiraFault, type Field, type JiraApi, type Transition } from './api.ts';
import type { Context } from './deps.ts';
import { stateOf } from './statuses.ts';
import { line } from './text.ts';

const mostCandidates = 12;

/** Something that the site file says of a field and that can't be so. */
export type Problem = { field: string; says: string };

type Fill = { values: Record<string, unknown>; problems: Problem[] };

/** What the site file says of some fields, as Jira's API takes it. */
export function fill(api: Pick<JiraApi, 'text'>, known: readonly Field[], wanted: JiraFieldValues): Fill {
  const filled: Fill = { values: {}, problems: [] };
  for (const [id, given] of Object.entries(wanted)) {
    const field = known.find((each) => each.id === id);
    if (field === undefined) {
      filled.problems.push({ field: id, says: `there is no field "${id}" here; expected ${named(known)}` });
      continue;
    }
    try {
      filled.values[id] = valueOf(api, field, given);
    } catch (error) {
      if (!(error instanceof NotAllowed)) throw error;
      filled.problems.push({ field: id, says: error.message });
    }
  }
  return filled;
}

function named(fields: readonly Field[]): string {
  return candidates(
    fields.map((field) => (field.name === field.id ? field.id : `${field.id} (${field.name})`)),
  );
}

function candidates(names: readonly string[]): string {
  if (names.length === 0) return 'none: there is nothing to choose';
  return names.length <= mostCandidates
    ? oneOf(names)
    : `${oneOf(names.slice(0, mostCandidates))} (and ${names.length - mostCandidates} more)`;
}

class NotAllowed extends Error {}

function valueOf(api: Pick<JiraApi, 'text'>, field: Field, given: unknown): unknown {
  if (field.type !== 'array') return single(api, field, field.type, given);
  const list: unknown[] = Array.isArray(given) ? given : [given];
  return list.map((each) => single(api, field, field.items, each));
}

function single(api: Pick<JiraApi, 'text'>, field: Field, type: string, given: unknown): unknown {
  // As Jira takes it: whoever writes a mapping knows what they want.
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) return given;
  if (Array.isArray(given)) throw new NotAllowed(`"${field.name}" takes one value, not a list`);
  const text = String(given);
  if (field.allowed !== undefined) return { id: chosen(field, field.allowed, text) };
  switch (type) {
    case 'number': {
      if (!Number.isFinite(Number(text))) {
        throw new NotAllowed(`"${field.name}" takes a number, not "${line(text, 60)}"`);
      }
      return Number(text);
    }
    case 'option':
      return { value: text };
    case 'user':
      throw new NotAllowed(`"${field.name}" takes a user as Jira names one, as a mapping`);
    case 'string':
    case 'date':
    case 'datetime':
      return field.rich ? api.text(text) : text;
    case 'any':
      return given;
    default:
      return { name: text };
  }
}

function chosen(field: Field, allowed: NonNullable<Field['allowed']>, text: string): string {
  const found =
    allowed.find((each) => each.name === text) ??
    allowed.find((each) => each.name.toLowerCase() === text.toLowerCase()) ??
    allowed.find((each) => each.id === text);
  if (found !== undefined) return found.id;
  const names = candidates(allowed.map((each) => each.name || each.id));
  throw new NotAllowed(`"${line(text, 60)}" is not allowed for "${field.name}"; expected ${names}`);
}

/** What `jira.issue` wants of a new issue, by field. */
export function wantedOfNew({ site }: Pick<Context, 'site'>): JiraFieldValues {
  const { priority, components, fields } = site.jira.issue;
  return {
    ...(priority === undefined ? {} : { priority }),
    ...(components.length === 0 ? {} : { components }),
    ...fields,
  };
}

/** Fields of a new issue. A `JiraFault` says which part of the site file does not fit: Jira would refuse it as well. */
export async function fieldsOfNew(context: Context, view: RequestView): Promise<Record<string, unknown>> {
  const { api, site } = context;
  const wanted = wantedOfNew(context);
  const { values, problems } =
    Object.keys(wanted).length === 0
      ? { values: {}, problems: [] }
      : fill(api, await api.createFields(), wanted);
  if (problems.length > 0) {
    const all = problems.map(({ field, says }) => `jira.issue, ${field}: ${says}`);
    throw new JiraFault(all.join('. '), 400, false);
  }
  if (site.jira.issue.assignee === 'none') return values;
  for (const person of view.approvers) {
    if (person.jiraAccountId === undefined || person.id === view.request.requestedBy) continue;
    const assignee = await api.assignee(person.jiraAccountId);
    if (assignee !== undefined) return { ...values, assignee };
  }
  return values;
}

/** What is given with the transition: of what the site file says for the state it leads to, that which the screen has. */
export function transitionFields(context: Pick<Context, 'api' | 'site'>, transition: Transition): Fill {
  const { statuses, transitionFields } = context.site.jira;
  const state = stateOf(statuses, transition.to);
  const wanted = (state === undefined ? undefined : transitionFields[state]) ?? {};
  const onScreen = Object.entries(wanted).filter(([id]) =>
    transition.fields.some((field) => field.id === id),
  );
  return fill(context.api, transition.fields, Object.fromEntries(onScreen));
}

/** Why the transition can't be taken, and what mends it; undefined where it can. */
export function lackOf(
  context: Pick<Context, 'api' | 'site'>,
  transition: Transition,
): { says: string; remedy: string } | undefined {
  const { values, problems } = transitionFields(context, transition);
  const state = stateOf(context.site.jira.statuses, transition.to) ?? 'STATE';
  const key = (field: string) => `jira.transitionFields.${state}.${field}`;
  const [problem] = problems;
  if (problem !== undefined) {
    return {
      says: `the transition "${transition.name}" does not take what is configured: ${problem.says}`,
      remedy: `Change ${key(problem.field)} in the site file.`,
    };
  }
  const missing = transition.fields.filter((field) => field.required && !Object.hasOwn(values, field.id));
  if (missing.length === 0) return undefined;
  const choices = missing.map(({ id, allowed }) =>
    allowed === undefined
      ? key(id)
      : `${key(id)} (${candidates(allowed.map((each) => each.name || each.id))})`,
  );
  return {
    says: `the transition "${transition.name}" asks for ${missing.map(({ name }) => `"${name}"`).join(' and ')}`,
    remedy: `Give a value in the site file: ${choices.join(', ')}; or take it off the screen of that transition.`,
  };
}
