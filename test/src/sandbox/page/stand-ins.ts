import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bot, channels, jiraAccounts, players, slackUsers } from '../../../../src/sandbox/cast.ts';
import { startJira, type JiraStandIn } from '../../../../src/sandbox/jira/jira.ts';
import type { Workflow } from '../../../../src/sandbox/jira/workflow.ts';
import { startPage } from '../../../../src/sandbox/page/server.ts';
import type { Sandbox } from '../../../../src/sandbox/sandbox.ts';
import { root } from '../../../../src/sandbox/setup.mjs';
import { startSlack, type SlackStandIn } from '../../../../src/sandbox/slack/slack.ts';

/** What must never be in a state of the page. */
export const secrets = {
  slackBot: 'xoxb-page-secret',
  slackApp: 'xapp-1-page-secret',
  jira: 'ATATT-page-secret',
};

export type StandIns = { slack: SlackStandIn; jira: JiraStandIn; url: string; close(): Promise<void> };

/** The page over the stand-ins alone: no bot, and hosts that are not there. `built` is a page without a script by default. */
export async function startStandIns(
  options: { built?: string; workflow?: Workflow; port?: number } = {},
): Promise<StandIns> {
  const slack = await startSlack({
    team: { id: 'T0WEBSHOP1', name: 'Webshop', domain: 'webshop' },
    users: slackUsers(),
    channels: [
      {
        id: channels.refreshes,
        name: 'db-refreshes',
        members: [...players.map((one) => one.slack), bot.slackUser],
      },
    ],
    app: {
      id: bot.slackAppId,
      name: 'Freshet',
      botUserId: bot.slackUser,
      botId: bot.slackBot,
      botToken: secrets.slackBot,
      botScopes: ['chat:write', 'commands'],
      appToken: secrets.slackApp,
      appScopes: ['connections:write'],
      commands: ['/refresh', '/backups'],
      events: [],
    },
  });
  const jira = await startJira({
    accounts: jiraAccounts(secrets.jira),
    ...(options.workflow === undefined ? {} : { workflow: options.workflow }),
  });
  const folder = await mkdtemp(join(tmpdir(), 'freshet-page-'));
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>Freshet sandbox</title>');
  const gone = () => Promise.reject(new Error('this host is not there'));
  const host = { connect: gone, files: { backups: {} } };
  const standIns = async () => {
    await jira.close();
    await slack.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const page = await startPage({
      sandbox: {
        slack,
        jira,
        folder,
        siteFile: join(root, 'config/example/site.yaml'),
        hosts: { hosts: { 'test-db': host, 'prod-db': host } },
      } as unknown as Sandbox,
      built: options.built ?? folder,
      port: options.port ?? 0,
    });
    return {
      slack,
      jira,
      url: page.url,
      async close() {
        await page.close();
        await standIns();
      },
    };
  } catch (error) {
    await standIns();
    throw error;
  }
}
