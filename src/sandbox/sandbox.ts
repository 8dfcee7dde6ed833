import { randomBytes } from 'node:crypto';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commands } from '../../commands/index.ts';
import { eventsPath } from '../fronts/slack/connection/http.ts';
import { slackManifest } from '../fronts/slack/manifest.ts';
import { bot, channels, jiraAccounts, players, shopProject, slackUsers } from './cast.ts';
import { endHosts } from './hosts/ending.ts';
import { startHosts, type SandboxHosts } from './hosts/hosts.ts';
import { assertUnused } from './hosts/ownership.ts';
import { freePort } from './hosts/process.ts';
import { installOn } from './install.ts';
import { startJira, type JiraStandIn } from './jira/jira.ts';
import type { Workflow } from './jira/workflow.ts';
import { siteFile } from './site-file.ts';
import { startSlack, type SlackStandIn } from './slack/slack.ts';

export type SandboxOptions = {
  /** Everything lies below it. */
  folder: string;
  log?: (sentence: string) => void;
  /** Tests don't wait for disks. Default true. */
  durable?: boolean;
  /** Size of the shop; 1 is 200,000 rows. */
  scale?: number;
  /** Whether uat and ci have a second database, `billing`. Default false. */
  billing?: boolean;
  /** Whether both hosts have a MariaDB, and uat and ci a database `catalog` in it. Default false. */
  catalog?: boolean;
  /** Whether backups are taken of uat and proven, and who may is said by rules. Default false. */
  takes?: boolean;
  /** Which Jira the stand-in is. Default: Cloud. */
  jiraKind?: 'cloud' | 'data-center';
  workflow?: Workflow;
  /** How far Jira's search runs behind. */
  indexDelayMs?: number;
  /** How Slack reaches the bot. Default: Socket Mode. */
  slackMode?: 'socket' | 'http';
  /** The shell that freshet-host runs under on the hosts. Default: the system's sh. */
  shell?: string;
};

/** Stand-ins for Slack and Jira, real database hosts, and the site file that tells a bot of them all. */
export type Sandbox = {
  folder: string;
  hosts: SandboxHosts;
  slack: SlackStandIn;
  jira: JiraStandIn;
  /** The site file; `FRESHET_CONFIG` for a bot. */
  siteFile: string;
  httpPort: number;
  /** What a bot's process needs to know, besides `DATABASE_URL` or `--embedded`. */
  environment: Record<string, string>;
  stop(): Promise<void>;
};

/** Where secrets lie, by their name in the site file. */
type Secrets = Record<'slackApp' | 'slackBot' | 'slackSigning' | 'jira' | 'webhook', string>;

/** Starts the sandbox. What lies in the folder from an earlier time is used again; the stand-ins begin empty. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const log = options.log ?? (() => undefined);
  await mkdir(options.folder, { recursive: true, mode: 0o700 });
  const hosts = await startHosts({
    folder: options.folder,
    log,
    ...(options.durable === undefined ? {} : { durable: options.durable }),
    ...(options.scale === undefined ? {} : { scale: options.scale }),
    billing: options.billing ?? false,
    catalog: options.catalog ?? false,
  });
  const ending: (() => Promise<void>)[] = [() => hosts.stop()];
  const stop = async () => {
    for (const end of ending.splice(0).toReversed()) await end();
  };
  try {
    log('Puts freshet-host onto both hosts');
    await installOn(hosts, options);
    const { files, values } = await makeSecrets(options.folder);
    const httpPort = await freePort();
    const byHttp = options.slackMode === 'http';
    const manifest = slackManifest({ commands });
    const slack = await startSlack({
      team: { id: 'T0WEBSHOP1', name: 'Webshop', domain: 'webshop' },
      users: slackUsers(),
      channels: [
        {
          id: channels.refreshes,
          name: 'db-refreshes',
          members: [...players.map(({ slack: id }) => id), bot.slackUser],
        },
        {
          id: channels.operators,
          name: 'db-operators',
          members: [
            ...players.filter(({ roles }) => roles.includes('operator')).map(({ slack: id }) => id),
            bot.slackUser,
          ],
        },
      ],
      app: {
        id: bot.slackAppId,
        name: 'Freshet',
        botUserId: bot.slackUser,
        botId: bot.slackBot,
        botToken: values.slackBot,
        botScopes: [...(manifest.oauth_config?.scopes?.bot ?? [])],
        appToken: values.slackApp,
        appScopes: ['connections:write'],
        commands: (manifest.features?.slash_commands ?? []).map(({ command }) => command),
        events: [...(manifest.settings?.event_subscriptions?.bot_events ?? [])],
        ...(byHttp
          ? {
              http: {
                requestUrl: `http://127.0.0.1:${httpPort}${eventsPath}`,
                signingSecret: values.slackSigning,
              },
            }
          : {}),
      },
    });
    ending.push(() => slack.close());
    const jira = await startJira({
      accounts: jiraAccounts(values.jira),
      kind: options.jiraKind ?? 'cloud',
      otherProjects: [shopProject],
      webhook: { url: `http://127.0.0.1:${httpPort}/jira/webhook`, secret: values.webhook },
      ...(options.workflow === undefined ? {} : { workflow: options.workflow }),
      ...(options.indexDelayMs === undefined ? {} : { indexDelayMs: options.indexDelayMs }),
    });
    ending.push(() => jira.close());
    const path = join(options.folder, 'site.yaml');
    await cp(fileURLToPath(new URL('scripts', import.meta.url)), join(options.folder, 'scripts'), {
      recursive: true,
    });
    const text = siteFile({
      hosts: hosts.hosts,
      secrets: {
        ...files,
        key: hosts.bot.privateKeyFile,
        admin: hosts.bot.adminPasswordFile,
        loader: hosts.bot.loaderPasswordFile,
        reader: hosts.bot.readerPasswordFile,
      },
      ...(hosts.bot.mariadb === undefined ? {} : { mariadb: hosts.bot.mariadb }),
      jiraUrl: jira.url,
      httpPort,
      slackMode: byHttp ? 'http' : 'socket',
      jiraKind: options.jiraKind ?? 'cloud',
      billing: options.billing ?? false,
      takes: options.takes ?? false,
    });
    await writeFile(path, `# The sandbox's own site file, written anew at each start.\n${text}`, {
      mode: 0o600,
    });
    return {
      folder: options.folder,
      hosts,
      slack,
      jira,
      siteFile: path,
      httpPort,
      environment: { FRESHET_CONFIG: path, SLACK_API_URL: slack.apiUrl, JIRA_BASE_URL: jira.url },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Random, 0600, and the same again at the next start. */
async function makeSecrets(folder: string): Promise<{ files: Secrets; values: Secrets }> {
  const place = join(folder, 'secrets');
  await mkdir(place, { recursive: true, mode: 0o700 });
  const files = {} as Secrets;
  const values = {} as Secrets;
  const prefixes = { slackApp: 'xapp-1-', slackBot: 'xoxb-', slackSigning: '', jira: 'ATATT', webhook: '' };
  for (const [name, prefix] of Object.entries(prefixes) as [keyof Secrets, string][]) {
    const file = join(place, name);
    if (!existsSync(file)) {
      await writeFile(file, `${prefix}${randomBytes(16).toString('hex')}\n`, { mode: 0o600 });
    }
    files[name] = file;
    values[name] = (await readFile(file, 'utf8')).trim();
  }
  return { files, values };
}

/** Ends what an earlier run may have left, and removes all it made. Throws `Conflict` (`sandbox-in-use`) while a process owns it. */
export async function removeSandbox(folder: string): Promise<void> {
  const hosts = join(folder, 'hosts');
  await assertUnused(hosts);
  if (existsSync(hosts)) await endHosts(hosts);
  await rm(folder, { recursive: true, force: true });
}
