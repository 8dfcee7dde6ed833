import type { RequestId } from '../../domain/ids.ts';
import { RetryAfter, pause } from '../../service/feed.ts';
import { JiraFault, type IssueState, type Transition } from './api.ts';
import { lackOf, transitionFields } from './fields.ts';
import { standingOf, type Context } from './deps.ts';
import { applyEntries } from './entries.ts';
import type { Ref } from './mirror.ts';
import { nextTransition, statusesFor } from './statuses.ts';
import { sentence } from './text.ts';

const mostMoves = 8;

/**
 * Brings the issue to where its request stands, by transitions that are found when they are needed. What people did is
 * applied before anything is moved, so that no word of theirs is moved away unread. Where no way leads there, the
 * operators are told once.
 */
export async function bring(context: Context, request: RequestId, ref: Ref): Promise<IssueState> {
  const { api, service, site } = context;
  const { statuses } = site.jira;
  const visited = new Set<string>();
  let refused: string | undefined;
  let issue = await api.read(ref.id);
  for (let moves = 0; moves < mostMoves; moves++) {
    await applyEntries(context, request, issue);
    const fine = statusesFor(statuses, standingOf(await service.view(request)));
    if (fine.includes(issue.statusId)) {
      await settled(context, request);
      return issue;
    }
    const target = fine[0]!;
    visited.add(issue.statusId);
    const transitions = await api.transitions(ref.id);
    const transition = nextTransition(
      statuses,
      target,
      transitions,
      visited,
      (each) => lackOf(context, each) === undefined,
    );
    if (transition === undefined) {
      // Moved since it was read, or read as of a moment ago: these transitions may be those of another status.
      const again = await laterState(context, request, ref, issue, target);
      if (again !== undefined) {
        issue = again;
        continue;
      }
      await stuck(context, request, issue, target, noTransition(context, transitions, target));
      return issue;
    }
    try {
      await api.move(ref.id, transition.id, transitionFields(context, transition).values);
      issue = await readAfter(context, ref, issue.newest);
    } catch (error) {
      if (!(error instanceof JiraFault) || !isNo(error)) throw error;
      // Somebody may have moved it in the same moment; the same refusal twice, of what is so, is the workflow's.
      const about = `${issue.statusId}>${transition.id}`;
      if (refused === about) {
        const again = await laterState(context, request, ref, issue, target);
        if (again !== undefined) {
          issue = again;
          continue;
        }
        await stuck(context, request, issue, target, { why: error.message, code: 'jira-no-way' });
        return issue;
      }
      refused = about;
      issue = await api.read(ref.id);
    }
  }
  throw new RetryAfter(5, `${ref.key} is moved to and fro.`);
}

function isNo(error: JiraFault): boolean {
  return error.status === 400 || error.status === 409;
}

/** Jira may answer as of a moment ago: what was just moved must be seen before the next move is chosen. */
export async function readAfter(
  { api }: Pick<Context, 'api'>,
  ref: Pick<Ref, 'id' | 'key'>,
  newest: number,
): Promise<IssueState> {
  for (let tries = 0; tries < 5; tries++) {
    const issue = await api.read(ref.id);
    if (issue.newest > newest) return issue;
    await pause(0.1 * 2 ** tries, new AbortController().signal);
  }
  throw new RetryAfter(2, `Jira does not show yet that ${ref.key} was moved.`);
}

async function settled({ mirror }: Context, request: RequestId): Promise<void> {
  if ((await mirror.of(request))?.stuck === undefined) return;
  await mirror.change(request, { stuck: undefined });
}

/** The issue as soon as it shows more than `issue`; undefined where it goes on showing the same, or that was told already. */
async function laterState(
  { api, mirror, pace }: Context,
  request: RequestId,
  ref: Ref,
  issue: IssueState,
  target: string,
): Promise<IssueState | undefined> {
  const told = (await mirror.of(request))?.stuck === `${issue.statusId}>${target}`;
  const until = Date.now() + (told ? 0 : pace.doubtSeconds * 1000);
  for (;;) {
    const again = await api.read(ref.id);
    if (again.newest !== issue.newest || again.statusId !== issue.statusId) return again;
    if (Date.now() >= until) return undefined;
    await pause(pace.doubtSeconds / 5, new AbortController().signal);
  }
}

type NoTransition = { why: string; code: string; hint?: string };

function noTransition(context: Context, transitions: readonly Transition[], target: string): NoTransition {
  if (transitions.length === 0)
    return { why: 'Jira offers the bot no transition there', code: 'jira-no-way' };
  const lacks = transitions
    .filter((transition) => transition.to === target)
    .map((transition) => lackOf(context, transition));
  const lack = lacks.find((each) => each !== undefined);
  return lack === undefined
    ? { why: 'no transition of the workflow leads there', code: 'jira-no-way' }
    : { why: lack.says, code: 'jira-transition-fields', hint: lack.remedy };
}

async function stuck(
  context: Context,
  request: RequestId,
  issue: IssueState,
  target: string,
  { why, code, hint }: NoTransition,
): Promise<void> {
  const about = `${issue.statusId}>${target}`;
  const name = await statusName(context, target);
  await context.mirror.alone(request, async (ref, keep) => {
    if (ref === undefined || ref.stuck === about) return;
    await context.service.alertFront(request, 'jira', {
      code,
      cause: sentence(`${ref.key} can't be moved from "${issue.statusName}" to "${name}": ${why}`),
      hint:
        hint ??
        'Its status is wrong until somebody adds such a transition to the workflow or moves it by hand; Freshet goes by the request.',
    });
    await keep({ stuck: about });
  });
}

async function statusName({ api, site }: Context, id: string): Promise<string> {
  const types = await api.issueTypes();
  const own = types.find((type) => type.name === site.jira.issueType) ?? types[0];
  return own?.statuses.find((status) => status.id === id)?.name ?? id;
}
