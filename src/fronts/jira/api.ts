import type { Block } from './text.ts';

/** An issue as calls name it: by id, which stays when somebody moves it to another project. */
export type IssueRef = { id: string; key: string };

/** One move of an issue to another status, from its changelog. Ids grow with every change of the site. */
export type StatusEntry = {
  id: number;
  at: Date;
  from: string;
  to: string;
  toName: string;
  /** As the site file has it: the account id in Cloud, the user key in Data Center. Absent where Jira does not say who it was. */
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

/** A field on the screen of a transition, or of the creation of an issue. */
export type Field = {
  id: string;
  name: string;
  /** It must be given: Jira has no value of its own for it. */
  required: boolean;
  /** Jira's word for what it holds: `string`, `option`, `array` ...; `items` for arrays. */
  type: string;
  items: string;
  /** It holds formatted text. */
  rich: boolean;
  /** Where only some values may be chosen. */
  allowed?: readonly { id: string; name: string }[];
};

/** A transition that can be taken now. */
export type Transition = {
  id: string;
  name: string;
  to: string;
  /** What its screen asks for or takes. */
  fields: readonly Field[];
};

/** What tells our issue of a request apart from every other: another installation's, an earlier one's, a clone. */
export type Mark = { site: string; request: string; createdAt: string; digest: string };

export type NewIssue = {
  summary: string;
  description: readonly Block[];
  labels: readonly string[];
  mark: Mark;
  /** Further fields, as Jira's API takes them. */
  fields: Readonly<Record<string, unknown>>;
};

/** How links between issues are called: `outward` where they start, `inward` at the other end. */
export type LinkType = { name: string; inward: string; outward: string };

/** A link as one of its issues shows it; `outward`: it starts here. */
export type IssueLink = { type: string; outward: boolean; to: IssueRef };

/** What one approver of an approval in Jira Service Management has answered so far. */
export type ApproverDecision = {
  /** Id of the approval. */
  approval: string;
  /** As the site file has it; absent where Jira does not say who it is. */
  accountId?: string;
  name: string;
  decision: 'approved' | 'declined' | 'pending';
};

/** What somebody said on an issue. */
export type Remark = { at: Date; accountId?: string; text: string; edited?: true };

/**
 * What this front needs of Jira, whichever kind of Jira it is. All calls end within `callSeconds` of the front's pace and throw `JiraFault`
 * for what Jira refused or did not answer, and `RetryAfter` where it says to wait.
 */
export interface JiraApi {
  /** With its labels and its mark from the first moment on. An ambiguous `JiraFault` means: it may exist. */
  create(issue: NewIssue): Promise<IssueRef>;
  /**
   * Issues with the label that the search index knows and that carry this mark, whatever digest was shown at their creation. The index
   * runs behind by seconds. `digest`: what it showed; empty where that is not known any more.
   */
  findOwn(label: string, mark: Mark): Promise<(IssueRef & { digest: string })[]>;
  /** Issues with the label that changed in the last minutes, as far as the index knows; `updated` is Jira's text. */
  changedSince(label: string, minutes: number): Promise<(IssueRef & { updated: string })[]>;
  /** Any issue of our type that is in the status now, as far as the index knows. */
  anyIn(statusId: string): Promise<IssueRef | undefined>;
  read(id: string): Promise<IssueState>;
  transitions(id: string): Promise<Transition[]>;
  move(id: string, transition: string, fields: Readonly<Record<string, unknown>>): Promise<void>;
  describe(id: string, summary: string, description: readonly Block[]): Promise<void>;
  /** Adds a comment that carries the event's number. */
  comment(id: string, event: number, body: readonly Block[]): Promise<void>;
  /** Whether a comment of the bot's, not older than `since`, carries the event's number. */
  hasComment(id: string, event: number, since: Date): Promise<boolean>;
  /** Comments not older than `since` that everybody may read and nobody else has changed, newest first. */
  remarks(id: string, since: Date): Promise<Remark[]>;
  /**
   * Of all approvals that Jira Service Management has of the issue. Refused with 403 or 404 where it has none to tell of: it is not there, has no
   * licence, or the issue is no request of its.
   */
  approverDecisions(id: string): Promise<ApproverDecision[]>;
  /** Any issue that the bot may read, of whatever project. Undefined: there is none, or it may not. */
  find(key: string): Promise<IssueRef | undefined>;
  /** Empty where issue linking is switched off. */
  linkTypes(): Promise<LinkType[]>;
  links(id: string): Promise<IssueLink[]>;
  /** Makes a link of the type with this name that starts at `from`. */
  link(from: string, to: string, type: string): Promise<void>;
  remove(id: string): Promise<void>;
  /** Whom the token belongs to. */
  myself(): Promise<{ accountId: string; name: string }>;
  /** The user with that id; `id` is the one that the site file should have. Undefined where Jira knows nobody. */
  user(id: string): Promise<{ id: string; name: string } | undefined>;
  /** What the assignee field takes for that user; undefined where issues of the project can't be assigned to them. */
  assignee(id: string): Promise<unknown>;
  /** Plain text, as a field of formatted text takes it. */
  text(text: string): unknown;
  /** Names of the project's issue types with the ids of the statuses that issues of the type can have. */
  issueTypes(): Promise<{ name: string; statuses: { id: string; name: string }[] }[]>;
  /** What can be given to a new issue of our type. */
  createFields(): Promise<Field[]>;
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
