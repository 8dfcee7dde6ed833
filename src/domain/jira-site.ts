import type { SecretRef } from './secret-ref.ts';

/** Jira status ids; `approved` may be several, any of which counts as a yes. */
export type JiraStatuses = {
  pending: string;
  approved: readonly string[];
  rejected: string;
  running: string;
  succeeded: string;
  failed: string;
  cancelled: string;
  /** By the name of a stage of an approval, in order: where the issue stands while that stage waits, instead of in `pending`. */
  stages?: Readonly<Record<string, string>>;
};

/** What a status can stand for; that of a stage stands for `pending`. */
export type JiraState = Exclude<keyof JiraStatuses, 'stages'>;

/** All of them, in the order in which a request comes by. */
export const jiraStates: readonly JiraState[] = [
  'pending',
  'approved',
  'rejected',
  'running',
  'succeeded',
  'failed',
  'cancelled',
];

/** By the id of a field: what it is chosen by (a name, a text), or the value as Jira's REST API takes it. */
export type JiraFieldValues = Readonly<Record<string, unknown>>;

/** What a new issue has besides its summary, its description and our own labels. */
export type JiraIssueSite = {
  /** Name of a priority. */
  priority?: string;
  labels: readonly string[];
  /** Names of components of the project. */
  components: readonly string[];
  fields: JiraFieldValues;
  /** `approver`: the first approver of the environment who can be assigned, and who did not ask. */
  assignee: 'none' | 'approver';
};

export type JiraSite = {
  kind: 'cloud' | 'data-center';
  baseUrl: string;
  /** Cloud only: Data Center signs in by the token alone. */
  email?: string;
  token: SecretRef;
  /** Account id of the bot, its user key in Data Center: its own changes are never a decision. */
  accountId: string;
  project: string;
  issueType: string;
  issue: JiraIssueSite;
  webhookSecret?: SecretRef;
  statuses: JiraStatuses;
  /** Values for fields that a transition asks for, by the state it leads to. */
  transitionFields: Readonly<Partial<Record<JiraState, JiraFieldValues>>>;
  pollEverySeconds: number;
  /** Name or words of the type of link from a request's issue to the ticket that it is for. */
  linkType: string;
  /** Whether the ticket is told how it ended. */
  ticketComments: boolean;
  /** Whether answers to the approvals of Jira Service Management count as decisions. */
  serviceDesk: boolean;
};
