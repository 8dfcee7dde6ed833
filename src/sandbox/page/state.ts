import type { DatabasesState } from './databases/state.ts';
import type { FreshetState } from './freshet/state.ts';
import type { JiraState } from './jira/state.ts';
import type { SlackState } from './slack/state.ts';

/** What the page shows, as data: the server makes it and the client draws it. Types only, and no secret in any of them. */

/** Each part of the page with its whole state, as one person sees it. */
export type PartStates = {
  slack: SlackState;
  jira: JiraState;
  databases: DatabasesState;
  freshet: FreshetState;
};

export type PartName = keyof PartStates;

/** Somebody one can act as. */
export type Person = {
  id: string;
  name: string;
  title: string;
  /** What they may do, in a sentence. */
  may: string;
  slack: string;
  jira: string;
};

/** Sent once, before the parts. */
export type PageState = {
  /** Changes when the sandbox was started anew, so that a page that stayed open loads the new client. */
  start: string;
  people: readonly Person[];
};
