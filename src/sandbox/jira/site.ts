import type { Account, Issue, Permission } from './model.ts';
import { memberPermissions } from './model.ts';
import type { Workflow } from './workflow.ts';

/** The parts of the site that an administrator sets up, fixed while the stand-in runs (accounts may change). */

export interface NamedId {
  readonly id: string;
  readonly name: string;
}

/** `text` is one line of 255 characters, `rich-text` is formatted (ADF in REST v3), `option` a select list. */
export type FieldKind =
  'text' | 'rich-text' | 'labels' | 'user' | 'priority' | 'components' | 'resolution' | 'option';

export interface FieldDefinition {
  readonly id: string;
  readonly name: string;
  readonly kind: FieldKind;
  /** Must be given when an issue is made. */
  readonly required?: boolean;
  /** On the create and edit screens; a field that is on no screen can be set by a transition's screen only. */
  readonly onScreens?: boolean;
  /** Choices of a select list. */
  readonly options?: readonly NamedId[];
}

/** People and groups of a project, under a name that the whole site knows. */
export interface ProjectRole {
  readonly id: number;
  readonly name: string;
  /** Account ids. */
  readonly people: readonly string[];
  /** Names of groups; who is in them is told by the group alone. */
  readonly groups?: readonly string[];
}

export interface Project {
  readonly id: string;
  readonly key: string;
  readonly name: string;
  readonly issueTypes: readonly NamedId[];
  readonly fields: readonly FieldDefinition[];
  readonly components: readonly NamedId[];
}

/** Links read `outward` from the issue that they start at, and `inward` from the other. */
export interface LinkType extends NamedId {
  readonly inward: string;
  readonly outward: string;
}

/** Another project: its issues can be seen, linked and commented. All else of it is as in the project. */
export interface OtherProject extends NamedId {
  readonly key: string;
}

export interface Site {
  readonly title: string;
  /** Its clock, in milliseconds: what issues were when, how far the index is behind, how often was written. */
  now(): number;
  readonly project: Project;
  readonly otherProjects: readonly OtherProject[];
  /** None: issue linking is switched off. */
  readonly linkTypes: readonly LinkType[];
  readonly workflow: Workflow;
  readonly accounts: Map<string, Account>;
  /** By name; may change while it runs. */
  readonly roles: Map<string, ProjectRole>;
  /** Account ids by the name of a group of the site; may change while it runs. */
  readonly groups: Map<string, readonly string[]>;
  /** Keys of issue properties that an app has declared for JQL. Jira indexes no others. */
  readonly indexedProperties: readonly string[];
}

export const priorities: readonly NamedId[] = [
  { id: '1', name: 'Highest' },
  { id: '2', name: 'High' },
  { id: '3', name: 'Medium' },
  { id: '4', name: 'Low' },
  { id: '5', name: 'Lowest' },
];

export const resolutions: readonly NamedId[] = [
  { id: '10000', name: 'Done' },
  { id: '10001', name: "Won't Do" },
];

/** Those that a new Jira has. */
export const usualLinkTypes: readonly LinkType[] = [
  { id: '10000', name: 'Blocks', inward: 'is blocked by', outward: 'blocks' },
  { id: '10001', name: 'Cloners', inward: 'is cloned by', outward: 'clones' },
  { id: '10002', name: 'Duplicate', inward: 'is duplicated by', outward: 'duplicates' },
  { id: '10003', name: 'Relates', inward: 'relates to', outward: 'relates to' },
];

export const systemFields: readonly FieldDefinition[] = [
  { id: 'summary', name: 'Summary', kind: 'text', required: true, onScreens: true },
  { id: 'description', name: 'Description', kind: 'rich-text', onScreens: true },
  { id: 'labels', name: 'Labels', kind: 'labels', onScreens: true },
  { id: 'priority', name: 'Priority', kind: 'priority', onScreens: true },
  { id: 'assignee', name: 'Assignee', kind: 'user', onScreens: true },
  { id: 'reporter', name: 'Reporter', kind: 'user', onScreens: true },
  { id: 'components', name: 'Components', kind: 'components', onScreens: true },
  { id: 'resolution', name: 'Resolution', kind: 'resolution' },
];

/** One project for refreshes; extra fields, issue types or components replace the default ones. */
export function project(changes: Partial<Project> = {}): Project {
  return {
    id: '10000',
    key: 'REF',
    name: 'Database refreshes',
    issueTypes: [{ id: '10002', name: 'Task' }],
    components: [],
    ...changes,
    fields: [...systemFields, ...(changes.fields ?? [])],
  };
}

export function permissionsOf(account: Account): readonly Permission[] {
  if (account.active === false) return [];
  return account.permissions ?? memberPermissions;
}

export function may(account: Account, permission: Permission): boolean {
  return permissionsOf(account).includes(permission);
}

/** The same for an issue, which may be of another project. */
export function mayOn(account: Account, permission: Permission, { key }: Pick<Issue, 'key'>): boolean {
  const there = account.permissionsIn?.[projectKeyOf(key)];
  return there === undefined || account.active === false
    ? may(account, permission)
    : there.includes(permission);
}

/** `SHOP` of `SHOP-123`. */
export function projectKeyOf(issueKey: string): string {
  return issueKey.replace(/-\d+$/, '');
}

export function fieldOf(site: Site, id: string): FieldDefinition | undefined {
  return site.project.fields.find((each) => each.id === id);
}
