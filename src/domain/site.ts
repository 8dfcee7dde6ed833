import type { Anonymisation, BackupScope } from './backup.ts';
import type { FreezeWindow, OnFreeze } from './calendar/freeze.ts';
import type { StartWindow } from './calendar/start-window.ts';
import type { OnHold } from './calendar/hold.ts';
import type { KeptRows } from './kept-rows.ts';
import type { Hook } from './hook.ts';
import type { Neutralising } from './neutralising.ts';
import { identityOf, type Person } from './person.ts';
import type { Fallback, Rule, Stage } from './policy/policy.ts';
import type { Retention } from './retention.ts';
import type { RoleSource, Unasked } from './role-source.ts';
import type { Schedule } from './schedule/schedule.ts';
import type { Script } from './script.ts';
import type { SecretRef } from './secret-ref.ts';
import type { WorkingHours } from './working-hours.ts';
import type { JiraSite } from './jira-site.ts';

export type { SecretRef } from './secret-ref.ts';

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
  /** In how many transfers of backups from host to host it takes part at once, whatever runs they are of; absent: any. */
  transfers?: number;
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
  /** Reads everything and writes nothing: backups are taken under it. Absent: none can be taken here. */
  reader?: Identity;
  /** A source and nothing else: the site file names its reader alone, which then stands for admin and loader as well, so that whoever asked for them could write nothing. */
  onlyRead?: true;
  /** Extensions that may be created in a new database. */
  extensions: readonly string[];
  /** Backups of its engine are proven here. */
  proves?: ProvingSite;
};

/** Where backups are restored only to see that they can be. */
export type ProvingSite = {
  /** An empty database that is never touched: the new ones are called after it, and take encoding and place from it. */
  databaseName: string;
  /** Name of the target in the host's own root-owned file. */
  target: string;
  jobs: number;
};

/** A database of the product, whatever environment it lives in. */
export type DatabaseSite = {
  name: string;
  engine: string;
  title: string;
  /** What must hold in a backup of it, beside what always must, for a proof to count. */
  proof?: Pick<Placement, 'minimumRows' | 'sentinels'>;
};

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
  /** What keeps the copy from acting on the world, in this order, after the scripts; absent: nothing. */
  neutralise?: readonly Neutralising[];
  minimumRows: Readonly<Record<string, number>>;
  sentinels: readonly Sentinel[];
  /** Rows of the live database that a refresh puts into the new one, after the scripts; absent: none. */
  keep?: readonly KeptRows[];
  /** Parallel jobs of a restore. */
  jobs: number;
  /**
   * Whether scheduled events of a backup run here (MySQL): never, which is the default, or those that run in the database that is live
   * now.
   */
  events?: 'disabled' | 'as-live';
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
  /** What Freshet took of it may come back, whatever kind that is. */
  acceptsOwn?: true;
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
  /** What is called after a swap, in this order; absent: nothing. */
  hooks?: readonly Hook[];
  /** What can be a target here. Empty for production. */
  databases: Readonly<Record<string, Placement>>;
  /** Production only: where databases are that backups may be taken of. Never a target. */
  reads?: Readonly<Record<string, Placement>>;
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
  /** How often at least the newest backup of each database here is proven; absent: on request only. */
  proveEverySeconds?: number;
  /** Freshet may put backups here that it takes of `environment`. */
  takes?: true;
  /** Which of those stay; absent: all. */
  retention?: Retention;
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
