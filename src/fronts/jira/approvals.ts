import { conflict } from '../../domain/errors.ts';
import type { RequestId } from '../../domain/ids.ts';
import type { Person } from '../../domain/person.ts';
import type { Finding } from '../../domain/probe.ts';
import type { RequestView } from '../../service/views/view.ts';
import { JiraFault, type ApproverDecision, type Edit, type IssueRef, type IssueState } from './api.ts';
import type { Context } from './deps.ts';
import { descriptionChanged, refusalsRecorded } from './entries.ts';
import { foreignEdit } from './issue.ts';
import type { Ref } from './mirror.ts';
import { placesOf } from './workflow.ts';

type Approver = NonNullable<Ref['approvers']>[number];

/** A no goes before a yes that is seen with it: which was first Jira does not say. */
const order: readonly ApproverDecision['decision'][] = ['declined', 'approved', 'pending'];

/**
 * Applies what approvers answered in Jira Service Management since the last time, each answer once. When it was given is
 * not known: a yes is bound to what the issue showed when it was last seen to be awaited, and counts only where nothing of that has changed since.
 * Answers how many of them led to something.
 */
export async function applyApprovals(
  context: Context,
  request: RequestId,
  issue: IssueState,
): Promise<number> {
  const { api, mirror, service, site } = context;
  if (!site.jira.serviceDesk) return 0;
  // Once it has started, no answer changes anything.
  const { state } = (await service.view(request)).request;
  if (state !== 'pending' && state !== 'approved') return 0;
  const decisions = (await decisionsOn(context, request, issue)).toSorted(
    (a, b) => order.indexOf(a.decision) - order.indexOf(b.decision),
  );
  const known = (await mirror.of(request))?.approvers ?? [];
  const given = decisions.some((each) => each.decision !== 'pending' && !approverOf(known, each).heard);
  // The issue may have been edited after it was read, and before the answer was given.
  const later = given ? await api.read(issue.id) : issue;
  return mirror.alone(request, async (ref, keep) => {
    if (ref === undefined) return 0;
    let approvers = ref.approvers ?? [];
    let acted = 0;
    let unkept = false;
    for (const each of decisions) {
      const before = approverOf(approvers, each);
      if (before.heard) continue;
      const heard = each.decision !== 'pending';
      const awaited = heard ? before.awaited : Math.max(before.awaited, issue.newest);
      if (!heard && approvers.includes(before) && awaited === before.awaited) continue;
      if (heard && (await applyOne(context, request, ref, each, { awaited, issue: later }))) acted++;
      approvers = [...approvers.filter((other) => other !== before), { ...before, awaited, heard }];
      // Written after each: an answer that is seen again after a crash finds the request where it took it.
      if (heard) await keep({ approvers });
      else unkept = true;
    }
    if (unkept) await keep({ approvers });
    return acted;
  });
}

/** What is kept of the approver; the beginning, where nothing is yet. */
function approverOf(
  approvers: readonly Approver[],
  { approval, accountId: approver = '' }: ApproverDecision,
): Approver {
  return (
    approvers.find((each) => each.approval === approval && each.approver === approver) ?? {
      approval,
      approver,
      awaited: 0,
      heard: false,
    }
  );
}

async function decisionsOn(
  { api, log }: Context,
  request: RequestId,
  issue: IssueRef,
): Promise<ApproverDecision[]> {
  try {
    return await api.approverDecisions(issue.id);
  } catch (error) {
    if (!isNone(error)) throw error;
    log.debug({ request, issue: issue.key }, 'no approvals can be read of an issue');
    return [];
  }
}

/** No Jira Service Management, no licence for it, or no request of its. */
function isNone(error: unknown): error is JiraFault {
  return error instanceof JiraFault && (error.status === 403 || error.status === 404);
}

async function applyOne(
  context: Context,
  request: RequestId,
  ref: Ref,
  { accountId, name, decision }: ApproverDecision,
  { awaited, issue }: { awaited: number; issue: IssueState },
): Promise<boolean> {
  const { service, site } = context;
  if (accountId === site.jira.accountId) return false;
  const view = await service.view(request);
  const person = accountId === undefined ? undefined : await service.personOver('jira', accountId);
  if (agrees(view, person, decision)) return false;
  if (person === undefined) {
    await service.refuseStranger(request, 'jira', name === '' ? 'Somebody whom Jira does not name' : name);
    return true;
  }
  const actor = { person, front: 'jira' as const };
  const refusing = (work: () => Promise<unknown>, recorded: boolean) =>
    refusalsRecorded(context, request, person, recorded, work);
  if (decision === 'declined') {
    await refusing(() => service.decide(actor, { request, decision: 'rejected' }), true);
    return true;
  }
  const edit = foreignSince(context, issue, awaited);
  if (edit !== undefined) {
    await refusing(() => Promise.reject(descriptionChanged(request, ref, person, edit)), false);
    return true;
  }
  if (ref.shown.some(({ after }) => after > awaited)) {
    await refusing(() => Promise.reject(outdated(request, ref, person)), false);
    return true;
  }
  const { digest } = ref.shown.at(-1)!;
  await refusing(() => service.decide(actor, { request, decision: 'approved', digest }), true);
  return true;
}

/** Whether the answer says nothing that the request does not say already, over whatever front. */
function agrees(
  { request, approvals }: RequestView,
  person: Person | undefined,
  decision: ApproverDecision['decision'],
): boolean {
  if (decision === 'declined') return request.state === 'rejected';
  return (
    request.state !== 'pending' ||
    approvals.some(
      (each) => each.decision === 'approved' && each.by === person?.id && each.voidedAt === undefined,
    )
  );
}

/** An edit by which the issue has shown other words than the bot's since that entry, or showed them then. */
function foreignSince(context: Context, issue: IssueState, awaited: number): Edit | undefined {
  const since = issue.edits.find(
    ({ id, accountId }) => id > awaited && accountId !== context.site.jira.accountId,
  );
  return since ?? foreignEdit(context, issue, awaited);
}

function outdated(request: RequestId, ref: Ref, person: Person) {
  return conflict(
    'approval-outdated',
    `${person.name} approved ${ref.key} in Jira Service Management, and what it shows has changed meanwhile: a decision counts only for exactly what was shown. Read it as it is now; a yes to it is said by moving the issue, or in Slack.`,
    '',
    { request },
  );
}

/** Whether approvals can be read, by an issue of our type. */
export async function lookAtServiceDesk({ api, site }: Pick<Context, 'api' | 'site'>): Promise<Finding> {
  for (const { id } of placesOf(site.jira.statuses)) {
    const sample = await api.anyIn(id);
    if (sample === undefined) continue;
    try {
      const approvals = new Set((await api.approverDecisions(sample.id)).map(({ approval }) => approval));
      return { ok: true, says: `approvals are read: ${sample.key} has ${approvals.size || 'none'}` };
    } catch (error) {
      if (!isNone(error)) throw error;
      return {
        ok: false,
        says: `no approvals can be read of ${sample.key}, so none counts: ${error.message}`,
        remedy:
          'See that the project is one of Jira Service Management, that new issues have a request type (jira.issue.fields) and that the bot may see requests; or leave jira.serviceDesk out.',
      };
    }
  }
  return { ok: true, says: `no issue of the type "${site.jira.issueType}" to look at yet` };
}
