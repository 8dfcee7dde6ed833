import { pino } from 'pino';
import { commands } from '../../../../../commands/index.ts';
import type { Site } from '../../../../../src/domain/site.ts';
import { create } from '../../../../../src/fronts/slack/index.ts';
import { eventReasons, scopes } from '../../../../../src/fronts/slack/scopes.ts';
import { bot, channels, players, slackUsers } from '../../../../../src/sandbox/cast.ts';
import type { Part } from '../../../../../src/sandbox/page/parts.ts';
import { partOf } from '../../../../../src/sandbox/page/slack/part.ts';
import { wordsOf } from '../../../../../src/sandbox/page/slack/words.ts';
import { startSlack, type SlackStandIn } from '../../../../../src/sandbox/slack/slack.ts';
import { briskly } from '../../../../briskly.ts';
import { openPaper, type Paper } from '../../../../house-of-paper.ts';

/** The paper house with the sandbox's people: the bot's Slack front, the stand-in, and the page's part over it. */
export type PaneStage = {
  slack: SlackStandIn;
  paper: Paper;
  part: Part<'slack'>;
  close(): Promise<void>;
};

/** As `Site`, with the Slack ids that the sandbox's people have. */
function withCast(site: Site): Site {
  const people = { ...site.people };
  for (const { id, name, slack } of players)
    if (people[id]) people[id] = { ...people[id], name, slackUserId: slack };
  return { ...site, people };
}

export async function openPane(): Promise<PaneStage> {
  const everybody = players.map(({ slack }) => slack);
  const slack = await startSlack({
    team: { id: 'T0WEBSHOP1', name: 'Webshop', domain: 'webshop' },
    users: slackUsers(),
    channels: [
      { id: channels.refreshes, name: 'db-refreshes', members: [...everybody, bot.slackUser] },
      {
        id: channels.operators,
        name: 'db-operators',
        members: [players.find(({ id }) => id === 'otto')!.slack, bot.slackUser],
      },
    ],
    app: {
      id: bot.slackAppId,
      name: 'Freshet',
      botUserId: bot.slackUser,
      botId: bot.slackBot,
      botToken: 'xoxb-pane',
      botScopes: [...scopes],
      appToken: 'xapp-pane',
      appScopes: ['connections:write'],
      commands: ['/refresh', '/backups'],
      events: Object.keys(eventReasons),
    },
    rateLimits: false,
  });
  const paper = await openPaper(withCast);
  briskly(paper);
  const front = create({
    service: paper.service,
    commands,
    site: paper.site,
    reception: { mode: 'socket', appToken: 'xapp-pane' },
    botToken: 'xoxb-pane',
    slackApiUrl: slack.apiUrl,
    issueUrl: () => Promise.resolve('http://127.0.0.1:1/browse/REF-1'),
    log: pino({ level: 'silent' }),
    progressSeconds: 0.2,
  });
  await front.start();
  return {
    slack,
    paper,
    part: partOf(slack, () => wordsOf(paper.site, slack.app.commands)),
    async close() {
      await front.stop();
      await paper.close();
      await slack.close();
    },
  };
}
