import { jiraStates, type JiraState } from '../domain/jira-site.ts';

/** What init may be told on the command line; everything else is asked for, or has a default. */
export type InitWords = {
  /** The site file to be written. */
  site?: string;
  force?: boolean;
  yes?: boolean;
  name?: string;
  timeZone?: string;
  slack?: string;
  url?: string;
  channel?: string;
  operatorsChannel?: string;
  person?: string[];
  operators?: string;
  jira?: string;
  jiraUrl?: string;
  jiraEmail?: string;
  jiraProject?: string;
  jiraIssueType?: string;
  jiraAccount?: string;
  jiraStatus?: string[];
  jiraWebhook?: string;
  host?: string[];
  server?: string;
  extensions?: string;
  database?: string[];
  environment?: string[];
  repository?: string[];
  secrets?: string;
  httpPort?: string;
};

/** Everything the site file is made from, checked one by one. */
export type Answers = {
  name: string;
  /** IANA name. */
  timeZone: string;
  slack: { mode: 'socket' | 'http'; channel: string; operatorsChannel: string };
  publicUrl?: string;
  httpPort: number;
  people: { id: string; name: string; roles: string[]; slack: string; jira: string }[];
  operators: string[];
  jira: {
    kind: 'cloud' | 'data-center';
    baseUrl: string;
    email?: string;
    project: string;
    issueType: string;
    /** Undefined: not known yet, and a placeholder is written. */
    accountId?: string;
    statuses: Partial<Record<JiraState, string>>;
    webhook: boolean;
  };
  hosts: { name: string; address: string; port: number; user: string; hostKey: string }[];
  server: {
    name: string;
    engine: string;
    host: string;
    port: number;
    admin: string;
    loader: string;
    /** Absent where the engine has none. */
    extensions?: string[];
  };
  databases: { name: string; production: string }[];
  environments: {
    name: string;
    protected: boolean;
    approvers: string[];
    raw: boolean;
    databases: Record<string, string>;
  }[];
  repositories: {
    name: string;
    host: string;
    path: string;
    anonymised: boolean;
    pattern: string;
    timeZone: string;
  }[];
  secrets: 'file' | 'env';
};

/** Written where an id is not known yet: in the form of one, and no project has it. */
export const placeholders = {
  accountId: 'not-known-yet',
  status: (state: JiraState) => String(900_001 + jiraStates.indexOf(state)),
};
