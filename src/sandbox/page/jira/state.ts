/** The Jira board as one person sees it. */
export type JiraState = {
  title: string;
  project: { key: string; name: string };
  columns: readonly Column[];
  issues: readonly Issue[];
  /** May move issues at all. */
  mayMove: boolean;
  mayComment: boolean;
};

/** A status of the workflow, in its order. */
export type Column = { id: string; name: string; category: 'new' | 'indeterminate' | 'done' };

export type Issue = {
  key: string;
  summary: string;
  statusId: string;
  labels: readonly string[];
  reporter: string;
  assignee: string | undefined;
  createdAt: number;
  updatedAt: number;
  /** Only what the workflow and this person's permissions allow from here. */
  transitions: readonly Transition[];
  description: Text | undefined;
  /** Other fields that are set. */
  details: readonly { name: string; value: string }[];
  links: readonly { title: string; url: string }[];
  comments: readonly { id: string; at: number; author: string; isBot: boolean; body: Text }[];
  /** Oldest first. */
  history: readonly { id: string; at: number; author: string; field: string; from: string; to: string }[];
};

/** A transition somebody can take: its name, where it leads to, and the fields its screen asks for. */
export type Transition = {
  id: string;
  name: string;
  to: string;
  screen: readonly ScreenField[];
};

export type ScreenField = {
  id: string;
  name: string;
  required: boolean;
  /** What there is to choose from; undefined where one types. */
  choices: readonly { id: string; name: string }[] | undefined;
};

/** Formatted text: Cloud's document format, or the wiki text of Data Center. */
export type Text = { format: 'adf'; doc: unknown } | { format: 'wiki'; text: string };
