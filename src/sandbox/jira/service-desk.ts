import { ServiceDeskError } from './errors.ts';
import { pageOf, type Http } from './http.ts';
import type { Account, Issue } from './model.ts';
import { isoTime, userJson, type Json, type Renderer } from './rest/render.ts';
import { mayOn, projectKeyOf } from './site.ts';
import type { State } from './state.ts';

type Decision = 'approved' | 'declined' | 'pending';

/** People in the portal of Jira Service Management. Throws where it would not offer it: that is a fault of the test. */
export interface Portal {
  /** Asks these accounts for their approval of a request. Nothing of the issue changes by it. */
  openApproval(key: string, approvers: readonly string[]): void;
  /** Answers the newest approval of the issue that waits for the person. The issue is neither changed nor moved by it, and no webhook tells of it. */
  answerApproval(person: string, key: string, decision: 'approved' | 'declined'): void;
}

interface Approval {
  readonly id: string;
  readonly approvers: Map<string, Decision>;
  readonly createdAt: number;
  completedAt?: number;
}

/** The approvals of the project's issues, which are all service requests; `forget` ends them all. */
export function createServiceDesk(http: Http, state: State, renderer: Renderer) {
  const approvals = new Map<string, Approval[]>();
  let last = 0;

  function issueOf(key: string): Issue {
    const issue = state.read(key);
    if (!issue) throw new Error(`No issue "${key}" in the Jira stand-in`);
    return issue;
  }

  const portal: Portal = {
    openApproval(key, approvers) {
      const { id } = issueOf(key);
      const unknown = approvers.find((each) => !state.site.accounts.has(each));
      if (unknown !== undefined) throw new Error(`No account "${unknown}" in the Jira stand-in`);
      const opened: Approval = {
        id: String(++last),
        approvers: new Map(approvers.map((each) => [each, 'pending'])),
        createdAt: state.site.now(),
      };
      approvals.set(id, [...(approvals.get(id) ?? []), opened]);
    },
    answerApproval(person, key, decision) {
      const asked = approvals.get(issueOf(key).id)?.findLast((each) => canAnswer(each, person));
      if (!asked) throw new Error(`${key} has no approval that waits for "${person}"`);
      asked.approvers.set(person, decision);
      if (finalDecision(asked) !== 'pending') asked.completedAt = state.site.now();
    },
  };

  http.route(
    'get',
    '/rest/servicedeskapi/request/:issueIdOrKey/approval',
    ({ account, params, query, header }) => {
      if (renderer.dialect.kind === 'data-center' && header('X-ExperimentalApi') !== 'opt-in') {
        throw new ServiceDeskError(
          412,
          'This API is experimental. You must set the header "X-ExperimentalApi: opt-in" to opt into using this API.',
        );
      }
      const issue = state.read(params['issueIdOrKey'] ?? '');
      const isRequest = issue !== undefined && projectKeyOf(issue.key) === state.site.project.key;
      if (!isRequest || !mayOn(account, 'BROWSE_PROJECTS', issue)) {
        throw new ServiceDeskError(
          404,
          'The request could not be found, or you do not have permission to view it.',
        );
      }
      const { startAt, maxResults } = pageOf(
        { startAt: query['start'] ?? '', maxResults: query['limit'] ?? '' },
        50,
      );
      const all = approvals.get(issue.id) ?? [];
      const values = all
        .slice(startAt, startAt + maxResults)
        .map((each) => approvalJson(renderer, each, account));
      const isLastPage = startAt + values.length >= all.length;
      return {
        status: 200,
        body: { size: values.length, start: startAt, limit: maxResults, isLastPage, values },
      };
    },
  );

  return { portal, forget: () => approvals.clear() };
}

/** Everybody has to say yes, and one no ends it. */
function finalDecision({ approvers }: Approval): Decision {
  const said = [...approvers.values()];
  if (said.includes('declined')) return 'declined';
  return said.every((each) => each === 'approved') ? 'approved' : 'pending';
}

function canAnswer(approval: Approval, person: string): boolean {
  return finalDecision(approval) === 'pending' && approval.approvers.get(person) === 'pending';
}

function approvalJson(renderer: Renderer, approval: Approval, reader: Account): Json {
  const { id, approvers, createdAt, completedAt } = approval;
  const date = (at: number) => ({ iso8601: isoTime(at), epochMillis: at });
  return {
    id,
    name: 'Waiting for approval',
    finalDecision: finalDecision(approval),
    canAnswerApproval: canAnswer(approval, reader.accountId),
    approvers: [...approvers].map(([accountId, approverDecision]) => ({
      approver: userJson(renderer, accountId),
      approverDecision,
    })),
    createdDate: date(createdAt),
    ...(completedAt === undefined ? {} : { completedDate: date(completedAt) }),
  };
}
