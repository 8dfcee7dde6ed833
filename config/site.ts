import { freezeFrom } from '../src/domain/calendar/freeze.ts';
import { startWindowFrom } from '../src/domain/calendar/start-window.ts';
import type { KeptRows } from '../src/domain/kept-rows.ts';
import type { Person } from '../src/domain/person.ts';
import type { RoleSource } from '../src/domain/role-source.ts';
import type {
  AlignmentSite,
  AuditSite,
  EnvironmentSite,
  Placement,
  SecretRef,
  Site,
} from '../src/domain/site.ts';
import { workingHoursOf } from '../src/domain/working-hours.ts';
import { theSite } from '../src/domain/site.ts';
import type { Script } from '../src/domain/script.ts';
import { toNeutralising, type Packs } from './packs.ts';
import { secondsOf } from './schema/values.ts';
import { toHook } from './hooks.ts';
import { toJira } from './jira.ts';
import type { SiteFile } from './schema.ts';
import { absoluteRef } from './secrets.ts';
import type { Rule, Stage } from '../src/domain/policy/policy.ts';
import { usualCatchUpSeconds, type Schedule } from '../src/domain/schedule/schedule.ts';
import { toHost, toServer, toDatabase, toRepository, usualJobs } from './to-servers.ts';

/** What the making of a site takes from outside its file. */
export type Surroundings = {
  /** Folder of the site file: `file:` paths start there. */
  folder: string;
  /** Goes before the one of the file. */
  jiraBaseUrl?: string;
  /** Scripts as they were read, by the path in the file. */
  scripts: ReadonlyMap<string, Script>;
  packs: Packs;
  /** Of the file, for each of its databases. */
  productionHosts?: readonly string[];
};

/** The site from a file without faults. */
export function toSite(file: SiteFile, around: Surroundings): Site {
  const ref = (text: string): SecretRef => absoluteRef(text, around.folder);
  const { slack, jira } = file;
  return {
    name: file.name,
    operators: file.operators,
    ...(file.rules === undefined ? {} : { rules: file.rules.map(toRule) }),
    people: mapped(file.people, person),
    ...(file.roles === undefined ? {} : { roleSources: Object.entries(file.roles).flatMap(toSources) }),
    hosts: mapped(file.hosts, (name, host) => toHost(name, host, ref)),
    servers: mapped(file.servers, (name, server) => toServer(name, server, ref)),
    databases: mapped(file.databases, toDatabase),
    repositories: mapped(file.repositories, toRepository),
    schedules: mapped(file.schedules ?? {}, (name, schedule) => toSchedule(name, schedule, file)),
    environments: mapped(file.environments, (name, environment) =>
      toEnvironment(name, environment, file, around),
    ),
    slack: {
      channel: slack.channel,
      operatorsChannel: slack.operatorsChannel,
      botToken: ref(slack.botToken),
      ...(slack.appToken === undefined ? {} : { appToken: ref(slack.appToken) }),
      ...(slack.signingSecret === undefined ? {} : { signingSecret: ref(slack.signingSecret) }),
    },
    jira: toJira(jira, around.jiraBaseUrl, ref),
    audit: toAudit(file),
    http: {
      address: file.http.address,
      port: file.http.port,
      ...(file.http.publicUrl === undefined ? {} : { publicUrl: file.http.publicUrl }),
      ...(file.http.metrics === undefined ? {} : { metrics: file.http.metrics }),
    },
  };
}

function toAudit({ audit, slack, timeZone }: SiteFile): AuditSite {
  const { post, channel = slack.operatorsChannel, issue, at, keep } = audit;
  const [hour, minute] = at.split(':').map(Number);
  const when = {
    atMinute: hour! * 60 + minute!,
    timeZone,
    ...(keep === undefined ? {} : { keepSeconds: keep }),
  };
  if (post === 'slack') return { post, channel, ...when };
  return post === 'jira' ? { post, issue: issue!, ...when } : { post, ...when };
}

function mapped<A, B>(
  entries: Readonly<Record<string, A>>,
  make: (name: string, entry: A) => B,
): Record<string, B> {
  return Object.fromEntries(Object.entries(entries).map(([name, entry]) => [name, make(name, entry)]));
}

function person(id: string, { name, roles, slack, jira }: SiteFile['people'][string]): Person {
  return {
    id,
    name,
    roles,
    ...(slack === undefined ? {} : { slackUserId: slack }),
    ...(jira === undefined ? {} : { jiraAccountId: jira }),
  };
}

function toSources([role, { slackGroup, jiraRole }]: [
  string,
  NonNullable<SiteFile['roles']>[string],
]): RoleSource[] {
  return [
    ...(slackGroup === undefined ? [] : [{ role, kind: 'slack-group' as const, group: slackGroup }]),
    ...(jiraRole === undefined
      ? []
      : [{ role, kind: 'jira-role' as const, project: jiraRole.project, name: jiraRole.role }]),
  ];
}

function toRule({ name, ...rest }: NonNullable<SiteFile['rules']>[number]): Rule {
  return name === undefined ? rest : { name, ...rest };
}

function toStage({ when, ...rest }: StageFile): Stage {
  return when === undefined ? rest : { ...rest, when };
}

type ApprovalFile = NonNullable<SiteFile['environments'][string]['approval']>;
type StageFile = NonNullable<ApprovalFile['stages']>[number];

function approvalOf(
  stages: readonly Stage[],
  fallback: ApprovalFile['fallback'],
): Pick<EnvironmentSite, 'approval'> {
  if (stages.length === 0 && fallback === undefined) return {};
  const then = fallback && { fallback: { roles: fallback.roles, afterSeconds: fallback.after } };
  return { approval: { stages, ...then } };
}

/** The roles that decide in one of the stages. */
function rolesOf(stages: readonly Stage[]): string[] {
  return [...new Set(stages.flatMap(({ roles }) => (roles === 'everybody' ? [] : roles)))];
}

function toSchedule(
  name: string,
  schedule: NonNullable<SiteFile['schedules']>[string],
  file: SiteFile,
): Schedule {
  const { cron, kind, environment, databases, enabled } = schedule;
  return {
    name,
    cron,
    timeZone: schedule.timeZone ?? file.environments[environment]?.timeZone ?? file.timeZone,
    wish: { kind, environment, databases },
    reason: schedule.reason ?? '',
    owner: schedule.owner ?? theSite,
    catchUpSeconds: schedule.catchUp ?? usualCatchUpSeconds,
    enabled,
  };
}

type EnvironmentFile = SiteFile['environments'][string];

function toEnvironment(
  name: string,
  environment: EnvironmentFile,
  file: SiteFile,
  around: Surroundings,
): EnvironmentSite {
  const { production } = environment;
  const stages = (environment.approval?.stages ?? []).map(toStage);
  return {
    name,
    title: environment.title ?? name,
    timeZone: environment.timeZone ?? file.timeZone,
    production,
    protected: environment.protected,
    accepts: production ? [] : (environment.accepts ?? ['declared', 'proven']),
    ...(environment.acceptsOwn === true ? { acceptsOwn: true as const } : {}),
    approvers: environment.approvers ?? rolesOf(stages),
    requesters: environment.requesters ?? [],
    ...approvalOf(stages, environment.approval?.fallback),
    keepOldSeconds: environment.keepOld ?? secondsOf('7d')!,
    keepFailedSeconds: environment.keepFailed ?? secondsOf('1d')!,
    approvalSeconds: environment.approvalWithin ?? secondsOf('3d')!,
    ...reminding(environment),
    standingApprovalSeconds: environment.standingApproval ?? secondsOf('90d')!,
    drainSeconds: environment.drain ?? secondsOf('10s')!,
    // What is no window was refused with the file.
    freezes: (environment.freeze ?? []).flatMap(({ window, reason }) => freezeFrom(window, reason) ?? []),
    onFreeze: environment.onFreeze ?? 'wait',
    ...startWindowOf(environment.startWithin),
    onHold: environment.onHold ?? 'ask',
    alignment: toAlignment(environment.alignment),
    ...(environment.hooks === undefined
      ? {}
      : { hooks: environment.hooks.map((hook) => toHook(hook, (text) => absoluteRef(text, around.folder))) }),
    databases: production
      ? {}
      : mapped(environment.databases, (database, placement) =>
          toPlacement(database, placement, file.databases[database]?.engine ?? '', {
            ...around,
            productionHosts: file.productionHosts ?? [],
          }),
        ),
    ...(production ? sourcesOf(environment, file, around) : {}),
  };
}

/** What production tells: the names of its databases, and where those are that may be read. */
function sourcesOf(
  { databases }: EnvironmentFile,
  file: SiteFile,
  around: Surroundings,
): Pick<EnvironmentSite, 'sources' | 'reads'> {
  const readable = Object.entries(databases).filter(([, { target }]) => target !== undefined);
  const reads = mapped(Object.fromEntries(readable), (database, placement) =>
    toPlacement(database, placement, file.databases[database]?.engine ?? '', around),
  );
  return {
    sources: mapped(databases, (_, { databaseName }) => databaseName),
    ...(readable.length === 0 ? {} : { reads }),
  };
}

function startWindowOf(text: string | undefined) {
  const startWithin = text === undefined ? undefined : startWindowFrom(text);
  return startWithin === undefined ? {} : { startWithin };
}

function reminding({
  production,
  remind,
  workingHours,
}: EnvironmentFile): Pick<EnvironmentSite, 'reminding'> {
  const afterSeconds = remind ?? ['1h', '4h', '1d'].map((each) => secondsOf(each)!);
  if (production) return {};
  const hours = workingHoursOf(workingHours ?? 'mon-fri 09:00-17:30');
  return {
    reminding: {
      afterSeconds: afterSeconds.toSorted((a, b) => a - b),
      ...(hours === undefined ? {} : { hours }),
    },
  };
}

function toAlignment({ tolerance, beyond, clockOffset }: EnvironmentFile['alignment'] = {}): AlignmentSite {
  return {
    toleranceSeconds: tolerance ?? secondsOf('6h')!,
    beyond: beyond ?? 'warn',
    clockOffsetSeconds: clockOffset ?? 0,
  };
}

function toKeptRows({
  table,
  where,
}: NonNullable<EnvironmentFile['databases'][string]['keep']>[number]): KeptRows {
  return where === undefined ? { table } : { table, where };
}

function toPlacement(
  database: string,
  placement: EnvironmentFile['databases'][string],
  engine: string,
  around: Surroundings,
): Placement {
  const { server, target, databaseName, neutralise } = placement;
  // The checks refuse targets without either; this is for whoever forgets to call them.
  if (server === undefined || target === undefined)
    throw new TypeError(`"${database}" has no server or target`);
  return {
    database,
    server,
    databaseName,
    target,
    scripts: (placement.scripts ?? []).map((path) => around.scripts.get(path)!),
    ...(neutralise === undefined ? {} : { neutralise: toNeutralising(neutralise, engine, around) }),
    minimumRows: placement.minimumRows ?? {},
    sentinels: placement.sentinels ?? [],
    ...((placement.keep ?? []).length === 0 ? {} : { keep: (placement.keep ?? []).map(toKeptRows) }),
    jobs: placement.jobs ?? usualJobs,
    ...(placement.events === undefined ? {} : { events: placement.events }),
  };
}
