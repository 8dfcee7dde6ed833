import type { Account, Permission } from './model.ts';
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
  /** Names of groups, whose members Jira does not tell here. */
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

export interface Site {
  readonly title: string;
  readonly project: Project;
  readonly workflow: Workflow;
  readonly accounts: Map<string, Account>;
  /** By name; may change while it runs. */
  readonly roles: Map<string, ProjectRole>;
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

export function fieldOf(site: Site, id: string): FieldDefinition | undefined {
  return site.project.fields.find((each) => each.id === id);
}
