/** What the stand-in remembers. Nothing here knows ADF, REST or HTTP: a second representation can be put over the same state. */

export const permissionNames = [
  'BROWSE_PROJECTS',
  'CREATE_ISSUES',
  'EDIT_ISSUES',
  'TRANSITION_ISSUES',
  'ADD_COMMENTS',
  'EDIT_OWN_COMMENTS',
  'EDIT_ALL_COMMENTS',
  'LINK_ISSUES',
  'ASSIGN_ISSUES',
  'ASSIGNABLE_USER',
  'MODIFY_REPORTER',
  'DELETE_ISSUES',
  'ADMINISTER_PROJECTS',
  'USER_PICKER',
] as const;
export type Permission = (typeof permissionNames)[number];

export function isPermission(name: string): name is Permission {
  return permissionNames.some((each) => each === name);
}

/** What an ordinary member of a project may do; `USER_PICKER` is the site's "Browse users and groups". */
export const memberPermissions: readonly Permission[] = [
  'BROWSE_PROJECTS',
  'CREATE_ISSUES',
  'EDIT_ISSUES',
  'TRANSITION_ISSUES',
  'ADD_COMMENTS',
  'EDIT_OWN_COMMENTS',
  'LINK_ISSUES',
  'ASSIGN_ISSUES',
  'ASSIGNABLE_USER',
  'USER_PICKER',
];

/** An account of the site: a person, or an app such as the bot or Jira's automation. */
export interface Account {
  readonly accountId: string;
  readonly displayName: string;
  /** Data Center only: the name that people type, which may change; the account id is the user key there. */
  readonly username?: string;
  /** Signs in with it; shown to others only if `emailVisible`, as privacy settings hide it by default. */
  readonly email: string;
  readonly token: string;
  readonly accountType?: 'atlassian' | 'app';
  readonly active?: boolean;
  readonly emailVisible?: boolean;
  /** In the project; `memberPermissions` when left out. */
  readonly permissions?: readonly Permission[];
  /** By the key of another project; as in the project when left out. */
  readonly permissionsIn?: Readonly<Record<string, readonly Permission[]>>;
}

/** Who did something. Jira shows changes of removed or anonymous authors without an author, or with a null account id. */
export type Author =
  | { readonly kind: 'account'; readonly accountId: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'null-id' };

/** Formatted text as its representation sent it, and what a person reads. */
export interface RichText {
  readonly source: unknown;
  readonly plain: string;
}

export type FieldValue = string | readonly string[] | RichText | null;

export interface Comment {
  readonly id: string;
  readonly author: Author;
  readonly updateAuthor: Author;
  readonly body: RichText;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface ChangeItem {
  readonly field: string;
  readonly fieldId: string;
  readonly fieldtype: 'jira' | 'custom';
  readonly from: string | null;
  readonly fromText: string | null;
  readonly to: string | null;
  readonly toText: string | null;
}

/** One entry of the changelog. Ids grow over the whole site, in the order of the changes. */
export interface Change {
  readonly id: string;
  readonly author: Author;
  readonly createdAt: number;
  readonly items: readonly ChangeItem[];
}

export interface RemoteLink {
  readonly id: number;
  readonly globalId: string | null;
  readonly relationship: string | null;
  readonly application: unknown;
  readonly object: Readonly<Record<string, unknown>>;
}

/** A link to another issue, as one of its two ends has it. */
export interface IssueLink {
  readonly id: string;
  readonly typeId: string;
  /** Whether it is read by the type's outward words from here. */
  readonly outward: boolean;
  readonly issueId: string;
}

/** One version of an issue; each change makes a new one and the old ones stay readable. */
export interface Issue {
  readonly id: string;
  readonly key: string;
  readonly issueTypeId: string;
  readonly statusId: string;
  readonly fields: Readonly<Record<string, FieldValue>>;
  readonly creator: Author;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Oldest first. */
  readonly comments: readonly Comment[];
  /** Oldest first. */
  readonly changes: readonly Change[];
  readonly properties: Readonly<Record<string, unknown>>;
  readonly remoteLinks: readonly RemoteLink[];
  readonly issueLinks: readonly IssueLink[];
}

/** What happened to the state, told to the webhooks and to `onChange`. */
export interface StateEvent {
  readonly kind:
    | 'issue-created'
    | 'issue-updated'
    | 'issue-deleted'
    | 'comment-created'
    | 'comment-updated'
    | 'property-set'
    | 'link-set';
  readonly at: number;
  readonly by: Author;
  readonly issue: Issue;
  readonly change?: Change;
  readonly comment?: Comment;
}

export function account(accountId: string): Author {
  return { kind: 'account', accountId };
}
