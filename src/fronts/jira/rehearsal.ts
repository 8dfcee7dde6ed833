import type { Finding } from '../../domain/probe.ts';
import { RetryAfter, pause } from '../../service/feed.ts';
import { JiraFault, type IssueRef, type Mark } from './api.ts';
import type { Context } from './deps.ts';
import { fill, lackOf, transitionFields, wantedOfNew } from './fields.ts';
import { linkTypeMeant } from './linking.ts';
import { readAfter } from './move.ts';
import { remedyFor } from './probes.ts';
import { nextTransition } from './statuses.ts';
import { paragraph } from './text.ts';
import { knownStatuses } from './workflow.ts';

/** The issues of a rehearsal carry it, and not the label of requests' issues: the poller never takes them for one. */
export const rehearsalLabel = 'freshet-dry-run';

/** One leg of a rehearsal, and how it went. */
export type Leg = { name: string } & Finding;

const mostMoves = 6;

/**
 * Takes issues of its own, marked as a dry run, through all that happens to those of requests: fields, label, words, a link, and every
 * way that the bot has to be able to go. At most four issues, as some ways have no way back; they are closed at the end, and deleted where
 * the bot may. What people do themselves (approve, reject) is taken by the bot in their stead.
 */
export async function* rehearse(context: Context): AsyncGenerator<Leg> {
  const made: IssueRef[] = [];
  try {
    const leg = await tried(context, 'a new issue', () => make(context, made));
    yield leg;
    if (!leg.ok) return;
    yield await tried(context, 'label and mark', () => found(context, made[0]!));
    yield await tried(context, 'summary and description', () => described(context, made[0]!));
    yield await tried(context, 'comment', () => commented(context, made[0]!));
    const names = new Map(
      (await knownStatuses(context.api, context.site.jira)).map(({ id, name }) => [id, name]),
    );
    for (const [index, script] of scriptsOf(context).entries()) {
      if (made[index] === undefined) {
        const again = await tried(context, 'a new issue', () => make(context, made));
        if (!again.ok) yield again;
        if (made[index] === undefined) break;
      }
      yield* walk(context, made[index], script, names);
    }
    if (made.length > 1) yield await tried(context, 'link', () => linked(context, made[0]!, made[1]!));
  } finally {
    if (made.length > 0) yield await tried(context, 'tidying up', () => tidied(context, made));
  }
}

/** Statuses to be taken one after the other, an issue for each list: each begins as a new issue. */
function scriptsOf({ site }: Context): string[][] {
  const {
    pending,
    approved,
    rejected,
    running,
    succeeded,
    failed,
    cancelled,
    stages = {},
  } = site.jira.statuses;
  const first = approved[0]!;
  const staged = Object.values(stages);
  // Where an issue is put back when a yes or a no does not count.
  const back = staged[0] ?? pending;
  return [
    [pending, ...approved.flatMap((each) => [each, back]), first, running, failed, running, succeeded],
    [pending, ...staged.slice(0, 1), rejected, back, cancelled],
    [pending, ...staged, ...staged.slice(0, -1).toReversed(), ...staged.slice(1), first, running, cancelled],
    [pending, first, cancelled],
  ];
}

/** A way that can't be gone is told, and the script goes on with those that start where the issue is. */
async function* walk(
  context: Context,
  { id, key }: IssueRef,
  script: readonly string[],
  names: ReadonlyMap<string, string>,
): AsyncGenerator<Leg> {
  const name = (status: string | undefined) => `"${names.get(status ?? '') ?? status ?? ''}"`;
  const untried = new Set<string>();
  let at = (await patiently(() => context.api.read(id))).statusId;
  const [start] = script;
  if (at !== start) {
    yield {
      name: `${key} begins`,
      ok: false,
      says: `new issues start in ${name(at)}, not in ${name(start)} (pending)`,
      remedy: `Let the workflow of "${context.site.jira.issueType}" begin there, or set jira.statuses.pending to it.`,
    };
    await isDone(() => go(context, id, start!, name));
    at = (await patiently(() => context.api.read(id))).statusId;
  }
  for (const [index, to] of script.entries()) {
    const from = script[index - 1];
    if (at === to || from === undefined) continue;
    if (at !== from) {
      untried.add(`${name(from)} to ${name(to)}`);
      continue;
    }
    const leg = await tried(context, `${key} ${name(from)} to ${name(to)}`, () => go(context, id, to, name));
    yield leg;
    at = (await patiently(() => context.api.read(id))).statusId;
  }
  if (untried.size > 0) {
    yield {
      name: `${key} not tried`,
      ok: true,
      says: `${[...untried].join(', ')}, because the issue did not get there`,
    };
  }
}

/** As the bot goes with an issue of a request. */
async function go(
  context: Context,
  id: string,
  target: string,
  name: (status: string) => string,
): Promise<Finding> {
  const { api, site } = context;
  const visited = new Set<string>();
  const taken: string[] = [];
  for (let moves = 0; moves < mostMoves; moves++) {
    const issue = await patiently(() => api.read(id));
    if (issue.statusId === target) return { ok: true, says: `by ${taken.join(', then ')}` };
    visited.add(issue.statusId);
    const transitions = await patiently(() => api.transitions(id));
    const open = (each: (typeof transitions)[number]) => lackOf(context, each) === undefined;
    const transition = nextTransition(site.jira.statuses, target, transitions, visited, open);
    if (transition === undefined) {
      const lack = transitions
        .filter((each) => each.to === target)
        .map((each) => lackOf(context, each))
        .find((each) => each !== undefined);
      if (lack !== undefined) return { ok: false, ...lack };
      const offered = transitions.map((each) => `"${each.name}" to ${name(each.to)}`).join(', ') || 'nothing';
      return {
        ok: false,
        says: `no transition from ${name(issue.statusId)} leads there; the bot is offered ${offered}`,
        remedy: `Add one from ${name(issue.statusId)} to ${name(target)} to the workflow, without a condition that keeps the bot's account from it.`,
      };
    }
    try {
      await patiently(() => api.move(id, transition.id, transitionFields(context, transition).values));
    } catch (error) {
      if (!(error instanceof JiraFault) || error.status !== 400) throw error;
      return {
        ok: false,
        says: `"${transition.name}" was refused: ${error.message}`,
        remedy: `Look at the validators and the screen of "${transition.name}"; values for its fields are jira.transitionFields in the site file.`,
      };
    }
    taken.push(`"${transition.name}"`);
    await patiently(() => readAfter(context, issue, issue.newest));
  }
  return { ok: false, says: 'the workflow leads in circles', remedy: 'Add a transition straight there.' };
}

const summary = 'Dry run by "npx freshet check --workflow", not a request: it may be closed or deleted';
const begunAt = new Date().toISOString();

function markOf({ site }: Context): Mark {
  return { site: site.name, request: 'dry-run', createdAt: begunAt, digest: '0'.repeat(64) };
}

async function make(context: Context, made: IssueRef[]): Promise<Finding> {
  const { api, site } = context;
  const wanted = wantedOfNew(context);
  const { values, problems } = fill(api, await patiently(() => api.createFields()), wanted);
  const issue = await patiently(() =>
    api.create({
      summary,
      description: [paragraph(summary)],
      labels: [...new Set([rehearsalLabel, ...site.jira.issue.labels])],
      mark: markOf(context),
      fields: values,
    }),
  );
  made.push(issue);
  if (problems.length === 0) return { ok: true, says: `${issue.key} was made` };
  return {
    ok: false,
    says: problems.map(({ says }) => says).join('; '),
    remedy: 'Change jira.issue in the site file.',
  };
}

/** By what a request's issue is found again when the answer to its creation was lost. */
async function found(context: Context, { id, key }: IssueRef): Promise<Finding> {
  const { api, pace, site } = context;
  const until = Date.now() + 3 * pace.settleSeconds * 1000;
  for (;;) {
    const own = await patiently(() => api.findOwn(rehearsalLabel, markOf(context)));
    if (own.some((each) => each.id === id)) {
      const kept = site.jira.kind === 'cloud' ? 'its property' : 'the label that marks it';
      return { ok: true, says: `${key} is found again by its label and ${kept}` };
    }
    if (Date.now() > until) {
      return {
        ok: false,
        says: `${key} is not found again by its label "${rehearsalLabel}" and what marks it`,
        remedy:
          'See that "Labels" is on the screens, that no automation changes labels, and that the search index of Jira is well.',
      };
    }
    await pause(pace.settleSeconds / 5, new AbortController().signal);
  }
}

async function described(context: Context, issue: IssueRef): Promise<Finding> {
  const { api, site } = context;
  const { newest } = await patiently(() => api.read(issue.id));
  await patiently(() => api.describe(issue.id, `${summary}.`, [paragraph(summary), paragraph('Edited.')]));
  const { edits } = await patiently(() => readAfter(context, issue, newest));
  const author = edits.at(-1)?.accountId;
  if (author === site.jira.accountId) return { ok: true, says: 'edited, and the history says by the bot' };
  return {
    ok: false,
    says: `the history says that "${author ?? 'nobody'}" edited it, not "${site.jira.accountId}"`,
    remedy: 'Set jira.accountId to the account of the token: what the bot does itself is known by it.',
  };
}

async function commented({ api }: Context, { id }: IssueRef): Promise<Finding> {
  const since = new Date(Date.now() - 600_000);
  await patiently(() => api.comment(id, 1, [paragraph('A comment of the dry run.')]));
  if (await patiently(() => api.hasComment(id, 1, since)))
    return { ok: true, says: 'added, and found again' };
  return {
    ok: false,
    says: 'it was added, and is not found again by what marks it',
    remedy: 'See that nothing removes or rewrites comments of the bot.',
  };
}

async function linked({ api, site }: Context, from: IssueRef, to: IssueRef): Promise<Finding> {
  const types = await patiently(() => api.linkTypes());
  if (types.length === 0) return { ok: true, says: 'issue linking is switched off' };
  const meant = linkTypeMeant(types, site.jira.linkType);
  if (meant === undefined) {
    const remedy = 'Set jira.linkType to one that "jira links" names.';
    return { ok: false, says: `there is no type of link "${site.jira.linkType}"`, remedy };
  }
  await patiently(() => api.link(from.id, to.id, meant.type.name));
  const there = (await patiently(() => api.links(from.id))).some((link) => link.to.id === to.id);
  if (there) return { ok: true, says: `${from.key} and ${to.key} by "${meant.type.name}"` };
  return { ok: false, says: 'it was made, and is not shown', remedy: 'Look at the two issues in Jira.' };
}

/** Closed whatever the rest came to; deleted where that is allowed. */
async function tidied(context: Context, made: readonly IssueRef[]): Promise<Finding> {
  const { api, site } = context;
  const { cancelled, succeeded, rejected } = site.jira.statuses;
  const mayDelete = (await patiently(() => api.lacks(['DELETE_ISSUES']))).length === 0;
  const left: string[] = [];
  for (const { id, key } of made) {
    if (!(await isDone(() => go(context, id, cancelled, (status) => status)))) {
      const { statusId } = await patiently(() => api.read(id));
      if (![cancelled, succeeded, rejected].includes(statusId) && !mayDelete) left.push(key);
    }
    if (mayDelete && !(await isDone(() => patiently(() => api.remove(id))))) left.push(key);
  }
  const keys = made.map(({ key }) => key).join(', ');
  if (left.length > 0) {
    return {
      ok: false,
      says: `${left.join(', ')} could not be closed`,
      remedy: 'Close or delete them by hand.',
    };
  }
  return {
    ok: true,
    says: mayDelete ? `${keys} deleted` : `${keys} closed; to have them deleted, grant DELETE_ISSUES`,
  };
}

async function isDone(work: () => Promise<unknown>): Promise<boolean> {
  try {
    const answer = await work();
    return !(typeof answer === 'object' && answer !== null && 'ok' in answer && answer.ok === false);
  } catch (error) {
    if (error instanceof JiraFault || error instanceof RetryAfter) return false;
    throw error;
  }
}

async function tried({ site }: Context, name: string, work: () => Promise<Finding>): Promise<Leg> {
  try {
    return { name, ...(await work()) };
  } catch (error) {
    if (error instanceof RetryAfter)
      return { name, ok: false, says: error.message, remedy: 'Try again in some minutes.' };
    if (!(error instanceof JiraFault)) throw error;
    const said =
      error.status === 400
        ? 'Change what Jira names: screens, fields, jira.issue.'
        : remedyFor(site.jira, error);
    return { name, ok: false, says: error.message, remedy: said };
  }
}

/** So many writes in so short a time may be too many: Jira says how long to wait. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let waits = 0; ; waits++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof RetryAfter) || waits >= 5 || error.seconds > 60) throw error;
      await pause(error.seconds, new AbortController().signal);
    }
  }
}
