import type { RequestId } from '../../domain/ids.ts';
import type { IssueState } from './api.ts';
import { applyApprovals } from './approvals.ts';
import { standingOf, type Context } from './deps.ts';
import { applyEntries } from './entries.ts';
import { describe } from './issue.ts';
import { bring } from './move.ts';
import { statusesFor } from './statuses.ts';

/** Reads the request's issue and applies what people did to it. Undefined where there is no issue yet. */
export async function look(context: Context, request: RequestId): Promise<IssueState | undefined> {
  const { api, mirror, service, site } = context;
  const ref = await mirror.of(request);
  if (ref === undefined) return undefined;
  const issue = await api.read(ref.id);
  // Before the moves: with the last answer to an approval Jira moves the issue by itself.
  const answers = await applyApprovals(context, request, issue);
  // What came of it is told by the events that were recorded, comment before move.
  if ((await applyEntries(context, request, issue)) + answers > 0) return issue;
  const view = await service.view(request);
  await describe(context, view, ref);
  const fine = statusesFor(site.jira.statuses, standingOf(view));
  return fine.includes(issue.statusId) ? issue : bring(context, request, ref);
}
