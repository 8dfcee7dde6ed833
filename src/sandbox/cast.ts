import type { Account } from './jira/model.ts';
import type { SlackUser } from './slack/options.ts';

/** Who plays in the sandbox: the same people in Slack, in Jira and (but for the stranger) in the site file. */
export type Player = {
  id: string;
  name: string;
  title: string;
  roles: readonly string[];
  slack: string;
  jira: string;
};

export const dana: Player = {
  id: 'dana',
  name: 'Dana Whitlock',
  title: 'Developer',
  roles: ['developer'],
  slack: 'U0DANA0001',
  jira: '70121:dana-whitlock',
};

export const quinn: Player = {
  id: 'quinn',
  name: 'Quinn Abara',
  title: 'QA manager',
  roles: ['qa-manager'],
  slack: 'U0QUINN001',
  jira: '70121:quinn-abara',
};

export const otto: Player = {
  id: 'otto',
  name: 'Otto Lindgren',
  title: 'Operator',
  roles: ['operator'],
  slack: 'U0OTTO0001',
  jira: '70121:otto-lindgren',
};

/** In Slack and in Jira, and nowhere in the site file. */
export const sam: Player = {
  id: 'sam',
  name: 'Sam Okafor',
  title: 'From another team',
  roles: [],
  slack: 'U0SAM00001',
  jira: '70121:sam-okafor',
};

export const players: readonly Player[] = [dana, quinn, otto, sam];

export const bot = {
  slackAppId: 'A0FRESHET1',
  slackUser: 'U0FRESHET1',
  slackBot: 'B0FRESHET1',
  jira: '70121:freshet-bot',
  email: 'freshet-bot@shop.example',
};

export const channels = { refreshes: 'C0REFRESH1', operators: 'C0OPERATE1' };

export const project = 'REF';

/** Where the team has its own tickets, which requests may be for. */
export const shopProject = { id: '10100', key: 'SHOP', name: 'Webshop' };

export function slackUsers(): SlackUser[] {
  return players.map((player) => ({
    id: player.slack,
    name: player.id,
    realName: player.name,
    title: player.title,
  }));
}

export function jiraAccounts(botToken: string): Account[] {
  const people = players.map((player) => ({
    accountId: player.jira,
    username: player.id,
    displayName: player.name,
    email: `${player.id}@shop.example`,
    token: `${player.id}-has-no-token-of-use`,
  }));
  return [
    ...people,
    {
      accountId: bot.jira,
      username: 'freshet-bot',
      displayName: 'Freshet',
      email: bot.email,
      token: botToken,
    },
  ];
}
