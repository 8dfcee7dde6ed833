import type { IdOf } from './answers.ts';
import type { ApproverDecision, JiraApi } from './api.ts';
import type { createCaller } from './call.ts';
import { isObject, objectsIn, textIn } from './json.ts';
import type { Send } from './linking.ts';
import { line } from './text.ts';

/** Approvals are an experimental part of the API, in Data Center at least, which refuses with 412 whoever does not say that it knows. */
const optIn = { 'X-ExperimentalApi': 'opt-in' };
const pageSize = 50;

/**
 * Approvals of Jira Service Management, alike in Cloud and Data Center but for how they name people
 * (developer.atlassian.com/server/jira-servicedesk/rest/v1005/api-group-approval). They are read and never answered: nothing but `GET` is sent there.
 */
export function serviceDeskOver(
  send: Send,
  call: ReturnType<typeof createCaller>,
  idOf: IdOf,
): Pick<JiraApi, 'approverDecisions'> {
  return {
    async approverDecisions(id) {
      const found: ApproverDecision[] = [];
      for (let start = 0; ;) {
        const page = await call('read', id, () =>
          send('GET', `servicedeskapi/request/${id}/approval`, {
            params: { start, limit: pageSize },
            headers: optIn,
          }),
        );
        const approvals = isObject(page) ? objectsIn(page['values']) : [];
        found.push(...approvals.flatMap((approval) => decisionsIn(approval, idOf)));
        start += approvals.length;
        if (approvals.length === 0 || !isObject(page) || page['isLastPage'] !== false) return found;
      }
    },
  };
}

/** A word that is not known is none. */
function decisionsIn(approval: Record<string, unknown>, idOf: IdOf): ApproverDecision[] {
  return objectsIn(approval['approvers']).flatMap((approver) => {
    const decision = textIn(approver, 'approverDecision');
    if (decision !== 'approved' && decision !== 'declined' && decision !== 'pending') return [];
    // An app is nobody, whoever it says it is.
    const app = textIn(approver, 'approver', 'accountType') === 'app';
    const accountId = app ? '' : idOf(approver['approver']);
    return [
      {
        approval: textIn(approval, 'id'),
        name: line(textIn(approver, 'approver', 'displayName'), 60),
        decision,
        ...(accountId === '' ? {} : { accountId }),
      },
    ];
  });
}
