import type { Dialect } from './dialect.ts';
import type { Author, Comment, Issue } from './model.ts';
import { account } from './model.ts';
import { may } from './site.ts';
import type { State } from './state.ts';
import { findStatus, transitionsFrom } from './workflow.ts';

/** Somebody in front of Jira's pages: an account id, or an author that Jira does not know any more. */
export type Person = string | Author;

/** What people do with their browser. Throws where the page would not offer it: that is a fault of the test, not of Freshet. */
export interface People {
  /** Takes the transition that leads to the status (id or name), with a comment if one is given. */
  moveIssue(person: Person, key: string, toStatus: string, options?: MoveOptions): Issue;
  comment(person: Person, key: string, text: string): Comment;
  editIssue(
    person: Person,
    key: string,
    /** `text`: the description, as typed. */
    fields: { summary?: string; text?: string; labels?: readonly string[]; assignee?: string | null },
  ): Issue;
  createIssue(
    person: Person,
    /** `project`: the key of another one. */
    issue: { summary: string; text?: string; labels?: readonly string[]; project?: string },
  ): Issue;
  deleteIssue(person: Person, key: string): void;
}

export interface MoveOptions {
  readonly comment?: string;
  /** Values of the transition's screen, as stored: text, or the id of what is chosen. */
  readonly fields?: Readonly<Record<string, string>>;
}

export function createPeople(state: State, dialect: Dialect): People {
  const typed = (text: string) => dialect.typed(text);
  const { site } = state;

  function author(person: Person): Author {
    if (typeof person !== 'string') return person;
    if (!site.accounts.has(person)) throw new Error(`No account "${person}" in the Jira stand-in`);
    return account(person);
  }

  function mustBeAllowed(person: Person, permission: Parameters<typeof may>[1]): void {
    const known = typeof person === 'string' ? site.accounts.get(person) : undefined;
    if (known && !may(known, permission))
      throw new Error(`${known.displayName} has no permission ${permission}`);
  }

  function issueOf(key: string): Issue {
    const issue = state.read(key);
    if (!issue) throw new Error(`No issue "${key}" in the Jira stand-in`);
    return issue;
  }

  return {
    moveIssue(person, key, toStatus, { comment, fields = {} } = {}) {
      const issue = issueOf(key);
      const status = findStatus(site.workflow, toStatus);
      if (!status) throw new Error(`No status "${toStatus}" in the workflow of the Jira stand-in`);
      const transition = transitionsFrom(site.workflow, issue.statusId).find((each) => each.to === status.id);
      if (!transition) {
        const from = findStatus(site.workflow, issue.statusId)?.name;
        throw new Error(`${issue.key} can't be moved from "${from}" to "${status.name}"`);
      }
      const by = author(person);
      mustBeAllowed(person, 'TRANSITION_ISSUES');
      for (const { fieldId, required } of transition.screen ?? []) {
        if (required && !fields[fieldId] && !issue.fields[fieldId]) {
          throw new Error(`The screen of "${transition.name}" requires "${fieldId}"`);
        }
      }
      return state.edit(by, key, {
        statusId: status.id,
        fields,
        ...(comment === undefined ? {} : { comment: typed(comment) }),
      });
    },
    comment(person, key, text) {
      mustBeAllowed(person, 'ADD_COMMENTS');
      return state.addComment(author(person), issueOf(key).key, typed(text));
    },
    editIssue(person, key, { text, ...fields }) {
      mustBeAllowed(person, 'EDIT_ISSUES');
      return state.edit(author(person), issueOf(key).key, {
        fields: text === undefined ? fields : { ...fields, description: typed(text) },
      });
    },
    createIssue(person, { summary, text, labels = [], project }) {
      mustBeAllowed(person, 'CREATE_ISSUES');
      const by = author(person);
      const fields = {
        summary,
        labels,
        description: text === undefined ? null : typed(text),
        priority: '3',
        reporter: by.kind === 'account' ? by.accountId : null,
      };
      return state.create(by, site.project.issueTypes[0]?.id ?? '', fields, {}, project);
    },
    deleteIssue(person, key) {
      state.remove(author(person), issueOf(key).key);
    },
  };
}
