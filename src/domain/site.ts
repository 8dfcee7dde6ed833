import type { Anonymisation, BackupScope } from './backup.ts';
import type { FreezeWindow, OnFreeze } from './calendar/freeze.ts';
import type { StartWindow } from './calendar/start-window.ts';
import type { OnHold } from './calendar/hold.ts';
import { identityOf, type Person } from './person.ts';
import type { Fallback, Rule, Stage } from './policy/policy.ts';
import type { RoleSource, Unasked } from './role-source.ts';
import type { Schedule } from './schedule/schedule.ts';
import type { WorkingHours } from './working-hours.ts';

/** `env:NAME` or `file:/path`: where a secret is, never the secret. Read when needed, never printed. */
export type SecretRef = `env:${string}` | `file:${string}`;

/** A machine that is reached over SSH. */
export type HostSite = {
  name: string;
  address: string;
  port: number;
  user: string;
  key: SecretRef;
  passphrase?: SecretRef;
  /** Pinned public host key: `ssh-ed25519 AAAA...`. */
  hostKey: string;
  /** Where other hosts reach it when backups travel; by default `address` and `port`. */
  transfer: { address: string; port: number };
  /** Only hosts so marked may hold raw data. */
  holdsRawData: boolean;
};

export type Identity = { user: string; password: SecretRef };

/** A database server on a host. Its port is on the host's loopback interface. */
export type ServerSite = {
  name: string;
  engine: string;
  host: string;
  port: number;
  /** The database to be connected to while others are renamed; holds the fence rows. */
  maintenanceDatabase: string;
  /** Creates, applies settings and swaps. */
  admin: Identity;
  /** Owns the new database only. */
  loader: Identity;
  /** Extensions that may be created in a new database. */
  extensions: readonly string[];
};

/** A database of the product, whatever environment it lives in. */
export type DatabaseSite = { name: string; engine: string; title: string };

/** A SQL file of the environment, read with the site file; its digest is part of what is approved. */
export type Script = { path: string; sha256: string; text: string };

/** A query that must answer exactly `expect` (first column of the first row, as text) in the new database. */
export type Sentinel = { name: string; sql: string; expect: string };

/** Where a database lives in an environment, and what is done to make a copy fit there. */
export type Placement = {
  database: string;
  server: string;
  /** Name on the server: the live name. */
  databaseName: string;
  /** Name of the target in the host's own root-owned file. */
  target: string;
  scripts: readonly Script[];
  minimumRows: Readonly<Record<string, number>>;
  sentinels: readonly Sentinel[];
  /** Parallel jobs of a restore. */
  jobs: number;
};

/** How those who may decide are reminded of what waits for them. */
export type Reminding = {
  /** Each time after the beginning of the wait; grows. None: only the fallback is told, when its time has come. */
  afterSeconds: readonly number[];
  /** Absent: at any hour. */
  hours?: WorkingHours;
};

/** How far apart the data of an environment's databases may be. */
export type AlignmentSite = {
  toleranceSeconds: number;
  /** What becomes of a request that is further apart. */
  beyond: 'warn' | 'refuse';
  /** How far the clocks that moments were taken by may be off from one another; counted as distance. */
  clockOffsetSeconds: number;
};

export type EnvironmentSite = {
  name: string;
  title: string;
  /** IANA name: times that people say of this environment are read and shown in it. */
  timeZone: string;
  /** Never a target. */
  production: boolean;
  /** Needs an approval. */
  protected: boolean;
  /** Which kinds of data may come here. */
  accepts: readonly Anonymisation[];
  /** Roles that may approve. Empty where the site has `rules`; who may is always asked of `policy/rules.ts`. */
  approvers: readonly string[];
  /** Roles that may ask; empty: every person of the site, or as `rules` say. */
  requesters: readonly string[];
  /** What a request needs where that is more than one yes, and who may decide where nobody does. */
  approval?: { stages: readonly Stage[]; fallback?: Fallback };
  /** How long the replaced copy is kept. */
  keepOldSeconds: number;
  /** How long what a failed run had prepared is kept, at most, for a retry; 0: it is taken back at once. */
  keepFailedSeconds: number;
  /** How long a request waits for its approval. */
  approvalSeconds: number;
  /** How those who may decide are reminded; absent: not at all, and the fallback is told at any hour. */
  reminding?: Reminding;
  /** How long a standing approval of a schedule lasts at most. */
  standingApprovalSeconds: number;
  /** How long a swap waits for sessions to end. */
  drainSeconds: number;
  /** Times at which nothing is overwritten here, in `timeZone`. */
  freezes: readonly FreezeWindow[];
  /** What a request meets within them. */
  onFreeze: OnFreeze;
  /** Times within which something may start; absent: at any. */
  startWithin?: StartWindow;
  /** What a request meets while somebody holds it. */
  onHold: OnHold;
  alignment: AlignmentSite;
  /** What can be a target here. Empty for production. */
  databases: Readonly<Record<string, Placement>>;
  /** Production only: database -> its name on its server, so that names in backups can be told apart. */
  sources?: Readonly<Record<string, string>>;
};

/** Database -> its name on its server, for any environment: what the archives taken there call it. */
export function liveNames(environment: EnvironmentSite): Record<string, string> {
  const placed = Object.values(environment.databases).map(({ database, databaseName }) => [
    database,
    databaseName,
  ]);
  return { ...Object.fromEntries(placed), ...environment.sources };
}

/** A place where backups lie. */
export type RepositorySite = {
  name: string;
  host: string;
  /** Name of the root in the host's own root-owned file. */
  root: string;
  /** The environment its backups come from. */
  environment: string;
  anonymisation: Exclude<Anonymisation, 'proven'>;
  scope: BackupScope;
  /**
   * How names tell database and moment, such as `{database}_{dataAt:yyyyMMdd'T'HHmm'Z'}.dump`;
   * see `name-pattern.ts` for the letters. Without it only archive headers tell.
   */
  pattern?: string;
  /** Offset or IANA zone of times in names and archive headers that carry none; by default the host's own. */
  timeZone?: string;
  scanEverySeconds: number;
};

export type SlackSite = {
  /** Socket Mode: the bot connects to Slack. Exactly one of this and `signingSecret` is there. */
  appToken?: SecretRef;
  /** HTTP mode: Slack comes to the bot's own port, and signs what it sends with this. */
  signingSecret?: SecretRef;
  botToken: SecretRef;
  /** Channel ids. */
  channel: string;
  operatorsChannel: string;
};

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

/** Where the newest seal of the events is told of, and for how long events are kept. */
export type AuditSite = {
  /** The hour of the day, in minutes since midnight in `timeZone`. */
  atMinute: number;
  timeZone: string;
  /** Absent: for ever. */
  keepSeconds?: number;
} & ({ post: 'none' } | { post: 'slack'; channel: string } | { post: 'jira'; issue: string });

/** Everything the site file says, checked and with defaults filled in. Immutable for the life of a process. */
export type Site = {
  name: string;
  /** Roles whose holders are the operators: alerted, and without `rules` they may retry and acknowledge. */
  operators: readonly string[];
  /** Who may do what, where; the first that matches counts. Absent: what `operators`, `approvers` and `requesters` mean. */
  rules?: readonly Rule[];
  people: Readonly<Record<string, Person>>;
  /** Roles that people hold by what Slack or Jira says, beside their own. */
  roleSources?: readonly RoleSource[];
  /** Sources that could not be asked for who holds their roles now: by them nobody does. Only in a site as the service resolved it. */
  unasked?: readonly Unasked[];
  hosts: Readonly<Record<string, HostSite>>;
  servers: Readonly<Record<string, ServerSite>>;
  databases: Readonly<Record<string, DatabaseSite>>;
  repositories: Readonly<Record<string, RepositorySite>>;
  environments: Readonly<Record<string, EnvironmentSite>>;
  /** Those that the site file declares; people's are in the store. */
  schedules: Readonly<Record<string, Schedule>>;
  slack: SlackSite;
  jira: JiraSite;
  audit: AuditSite;
  /** Where the bot's own HTTP port listens. */
  http: {
    address: string;
    port: number;
    /** How it is reached from outside, `https://bot.example`; without a slash at its end. */
    publicUrl?: string;
    /** A port of its own for what only one's own network may read. */
    metrics?: { address: string; port: number };
  };
};

/** Stands behind a schedule of the site file that names no owner. No person can be called so: their keys have no space. */
export const theSite = 'the site';

/** Whoever is behind what the site file itself asks for: holds no role, so may what everybody may. */
const siteItself: Person = { id: theSite, name: theSite, roles: [] };

/** The person with this key of the site file, or the site itself. Undefined: not known any more, and the answer is no. */
export function personOf(site: Pick<Site, 'people'>, id: string): Person | undefined {
  if (id === theSite) return siteItself;
  return Object.hasOwn(site.people, id) ? site.people[id] : undefined;
}

/**
 * Why a name does not stand any more for whom it did; undefined where it does. `identity`: what `identityOf` said then; absent: that is not known, and
 * the name alone counts.
 */
export function changedPerson(
  site: Pick<Site, 'people'>,
  id: string,
  identity: string | undefined,
): string | undefined {
  const person = personOf(site, id);
  if (person === undefined) return `"${id}" is not in the site file any more.`;
  if (identity === undefined || identityOf(person) === identity) return undefined;
  return `"${id}" of the site file has another account by now.`;
}

/** The person with this Slack member id. Undefined: unknown, and the answer is no. */
export function personBySlack(site: Site, slackUserId: string): Person | undefined {
  return Object.values(site.people).find((person) => person.slackUserId === slackUserId);
}

/** The person with this Jira account id, or user key of Data Center. Undefined: unknown, and the answer is no. */
export function personByJira(site: Site, accountId: string): Person | undefined {
  return Object.values(site.people).find((person) => person.jiraAccountId === accountId);
}
