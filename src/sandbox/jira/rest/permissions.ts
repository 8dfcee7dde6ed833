import { issueNotFound } from '../errors.ts';
import type { Call } from '../http.ts';
import type { Account, Issue } from '../model.ts';
import { may, mayOn } from '../site.ts';
import type { State } from '../state.ts';

/** The issue named in the path, for an account that may see it; Jira answers 404 for both kinds of absence. */
export function visibleIssue(state: State, call: Call): Issue {
  const issue = state.read(call.params['issueIdOrKey'] ?? '', call.readAt);
  if (!issue || !mayOn(call.account, 'BROWSE_PROJECTS', issue)) throw issueNotFound();
  return issue;
}

export function canBrowse(account: Account): boolean {
  return may(account, 'BROWSE_PROJECTS');
}
