import type { Block } from './text.ts';

/** An issue as calls name it: by id, which stays when somebody moves it to another project. */
export type IssueRef = { id: string; key: string };

/** One move of an issue to another status, from its changelog. Ids grow with every change of the site. */
export type StatusEntry = {
  id: number;
  at: Date;
  to: string;
  toName: string;
  /** Absent where Jira does not say who it was. */
  accountId?: string;
  /** As Jira shows the author, for people to read; empty where it shows nobody. */
  name: string;
  /** An app or automation, not a person. */
  app: boolean;
};

/** A change of the issue's description or summary. */
export type Edit = Pick<StatusEntry, 'id' | 'accountId' | 'name'>;

export type IssueState = IssueRef & {
  statusId: string;
  statusName: string;
  /** Oldest first. */
  entries: readonly StatusEntry[];
  /** Oldest first. */
  edits: readonly Edit[];
  /** The newest id in its whole changelog; 0 where nothing was ever changed. */
  newest: number;
};

/** A transition that can be taken now. */
export type Way = {
  id: string;
  name: string;
  to: string;
  /** Names of fields that its screen asks for and that nobody fills in for us. */
  asksFor: readonly string[];
};

export type NewIssue = {
  summary: string;
  description: readonly Block[];
  labels: readonly string[];
  property: unknown;
};

/**
 * What this front needs of Jira, whichever kind of Jira it is. All calls end within `callSeconds` of the front's pace and throw `JiraFault`
 * for what Jira refused or did not answer, and `RetryAfter` where it says to wait.
 */
export interface JiraApi {
  /** With its labels and property from the first moment on. An ambiguous `JiraFault` means: it may exist. */
  create(issue: NewIssue): Promise<IssueRef>;
  /** Issues with the label that the search index knows; it runs behind by seconds. `property` as given to `create`. */
  findByLabel(label: string): Promise<(IssueRef & { property: unknown })[]>;
  /** Issues with the label that changed in the last minutes, as far as the index knows; `updated` is Jira's text. */
  changedSince(label: string, minutes: number): Promise<(IssueRef & { updated: string })[]>;
  read(id: string): Promise<IssueState>;
  ways(id: string): Promise<Way[]>;
  move(id: string, way: string): Promise<void>;
  describe(id: string, summary: string, description: readonly Block[]): Promise<void>;
  /** Adds a comment that carries the event's number. */
  comment(id: string, event: number, body: readonly Block[]): Promise<void>;
  /** Whether a comment of the bot's, not older than `since`, carries the event's number. */
  hasComment(id: string, event: number, since: Date): Promise<boolean>;
  /** Account id of whom the token belongs to. */
  myself(): Promise<{ accountId: string; name: string }>;
  /** Names of the project's issue types with the ids of the statuses that issues of the type can have. */
  issueTypes(): Promise<{ name: string; statuses: { id: string; name: string }[] }[]>;
  /** Which of the permissions the bot lacks in the project. */
  lacks(permissions: readonly string[]): Promise<string[]>;
}

/**
 * Jira refused a call or did not answer. Made instead of the client's own errors, which carry the request with its
 * credentials: only the status and Jira's own sentences come through.
 */
export class JiraFault extends Error {
  /** Absent where no answer came. */
  readonly status: number | undefined;
  /** It may have happened all the same. */
  readonly ambiguous: boolean;

  constructor(message: string, status: number | undefined, ambiguous: boolean) {
    super(message);
    this.name = 'JiraFault';
    this.status = status;
    this.ambiguous = ambiguous;
  }

  /** Jira understood and said no; the same call will be refused again until somebody changes something. */
  get refused(): boolean {
    const { status } = this;
    return status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 409;
  }
}
