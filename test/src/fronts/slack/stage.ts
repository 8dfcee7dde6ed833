import { pino } from 'pino';
import { commands } from '../../../../commands/index.ts';
import type { RequestId } from '../../../../src/domain/ids.ts';
import type { Site } from '../../../../src/domain/site.ts';
import { cardKeeper, type Cards } from '../../../../src/fronts/slack/cards.ts';
import { openClients } from '../../../../src/fronts/slack/connection/clients.ts';
import type { Front } from '../../../../src/fronts/slack/deps.ts';
import { create, openGroups, type SlackDeps, type SlackFront } from '../../../../src/fronts/slack/index.ts';
import { eventReasons, scopes } from '../../../../src/fronts/slack/scopes.ts';
import type { SlackApp } from '../../../../src/sandbox/slack/options.ts';
import { startSlack, type SlackStandIn } from '../../../../src/sandbox/slack/slack.ts';
import type { Message } from '../../../../src/sandbox/slack/workspace.ts';
import { briskly, soonerAgain } from '../../../briskly.ts';
import { openPaper, type Paper } from '../../../house-of-paper.ts';
import { paperSite } from '../../../paper-site.ts';
import { untilHolds } from '../../../until.ts';

/** The people of the paper site in Slack, and one whom it does not know. */
export const dana = 'U0DANA';
export const quinn = 'U0QUINN';
export const rosa = 'U0ROSA';
export const otto = 'U0OTTO';
export const stranger = 'U0SAM';
export const channel = 'C0REFRESH1';
export const operators = 'C0OPERATE1';
export const team = 'T0SHOP';
/** Of another workspace, with whom the channel is shared. */
export const guest = 'U0GUEST';
/** Neither the bot's nor everybody's. */
export const elsewhere = 'C0RANDOM1';

export const app: SlackApp = {
  id: 'A0FRESHET',
  name: 'Freshet',
  botUserId: 'U0BOT',
  botId: 'B0BOT',
  botToken: 'xoxb-1-secret',
  botScopes: [...scopes],
  appToken: 'xapp-1-secret',
  appScopes: ['connections:write'],
  commands: ['/refresh', '/backups'],
  events: Object.keys(eventReasons),
};

export type Stage = {
  slack: SlackStandIn;
  paper: Paper;
  front: SlackFront;
  /** What was logged, one JSON text each. */
  logged: string[];
  issueUrls: Map<RequestId, string>;
  /** A further process of the bot on the same store and workspace. */
  another(change?: Partial<SlackDeps>): Promise<SlackFront>;
  /** What keeps the cards in a process of its own, without the rest of it. */
  keeper(): { front: Front; cards: Cards };
  refresh(who: string, text: string): Promise<void>;
  backups(who: string, text: string): Promise<void>;
  /** The card of a request, once it is posted. */
  card(id: RequestId): Promise<Message>;
  /** Resolves when the card reads so. */
  cardReads(id: RequestId, words: RegExp): Promise<Message>;
  /** What this person alone was told, from the `from`th on, once it reads so. */
  told(who: string, words: RegExp): Promise<string>;
  read(message: Pick<Message, 'text' | 'blocks'>): string;
  /** Does the work of a worker: waits for a job, and advances until none is left. */
  work(): Promise<void>;
};

export type StageOptions = {
  site?: (site: Site) => Site;
  app?: Partial<SlackApp>;
  deps?: Partial<SlackDeps>;
  rateLimits?: boolean;
  /** Leaves the front unstarted. */
  idle?: boolean;
};

/** Opens stages, and closes all of them after each test of the calling suite. */
export function openStages() {
  const closing: (() => Promise<void>)[] = [];

  async function open(options: StageOptions = {}): Promise<Stage> {
    const site = paperSite();
    const slack = await startSlack({
      team: { id: team, name: 'Webshop', domain: 'webshop' },
      users: [
        ...Object.values(site.people).map(({ id, name, slackUserId }) => ({
          id: slackUserId!,
          name: id,
          realName: name,
        })),
        { id: stranger, name: 'sam', realName: 'Sam' },
        { id: guest, name: 'gina', realName: 'Gina', teamId: 'T0PARTNER' },
      ],
      channels: [
        { id: channel, name: 'db-refreshes', members: [dana, quinn, rosa, otto, stranger, guest, 'U0BOT'] },
        { id: operators, name: 'db-operators', isPrivate: true, members: [otto, 'U0BOT'] },
        { id: elsewhere, name: 'random', members: [dana] },
      ],
      app: { ...app, ...options.app },
      rateLimits: options.rateLimits ?? false,
    });
    closing.push(() => slack.close());
    const groups = openGroups(app.botToken, slack.apiUrl, pino({ level: 'silent' }));
    const paper = await openPaper(options.site, {
      roleMembers: (source) =>
        source.kind === 'slack-group' ? groups(source.group) : Promise.reject(new Error('no Jira here')),
    });
    closing.push(() => paper.close());
    briskly(paper);
    soonerAgain(paper);
    const logged: string[] = [];
    const log = pino({ level: 'info' }, { write: (line: string) => void logged.push(line) });
    const issueUrls = new Map<RequestId, string>();

    const deps: SlackDeps = {
      service: paper.service,
      commands,
      site: paper.site,
      reception: { mode: 'socket', appToken: app.appToken },
      botToken: app.botToken,
      slackApiUrl: slack.apiUrl,
      issueUrl: (request) => Promise.resolve(issueUrls.get(request)),
      log,
      progressSeconds: 0.2,
      homeSeconds: 0.05,
      ...options.deps,
    };

    function keeper() {
      const clients = openClients(deps.botToken, deps.slackApiUrl, log);
      const front: Front = {
        ...deps,
        clients,
        workspace: () => Promise.resolve(team),
        stopping: new AbortController().signal,
      };
      return { front, cards: cardKeeper(front) };
    }

    async function start(change: Partial<SlackDeps> = {}): Promise<SlackFront> {
      const front = create({ ...deps, ...change });
      closing.push(() => front.stop());
      if (options.idle !== true) await front.start();
      return front;
    }

    const front = await start();
    const read = (message: Pick<Message, 'text' | 'blocks'>) => slack.renderText(message, { width: 400 });
    const cardOf = (id: RequestId) =>
      slack.messages(channel).find((one) => one.threadTs === undefined && one.text.startsWith(`${id}:`));
    const say = async (command: string, who: string, text: string, where = channel) => {
      const delivery = await slack.command(who, where, text, { command });
      if (delivery.error !== undefined) throw new Error(`${command} ${text}: ${delivery.error}`);
    };

    async function work(): Promise<void> {
      await untilHolds(() => paper.jobs.length > 0);
      await paper.drain();
    }

    return {
      work,
      slack,
      paper,
      front,
      logged,
      issueUrls,
      another: start,
      keeper,
      read,
      refresh: (who, text) => say('/refresh', who, text),
      backups: (who, text) => say('/backups', who, text),
      card: (id) => slack.waitFor(() => cardOf(id), 20_000, `the card of ${id}`),
      cardReads: (id, words) =>
        slack.waitFor(
          () => {
            const found = cardOf(id);
            return found !== undefined && words.test(read(found)) ? found : undefined;
          },
          20_000,
          `the card of ${id} to read ${String(words)}; it reads\n${cardOf(id) === undefined ? '(none)' : read(cardOf(id)!)}\n`,
        ),
      told: (who, words) =>
        slack.waitFor(
          () =>
            slack
              .ephemerals(who)
              .map(read)
              .findLast((text) => words.test(text)),
          20_000,
          `${who} to be told ${String(words)}`,
        ),
    };
  }

  afterEach(async function () {
    this.timeout(60_000);
    for (const close of closing.splice(0).toReversed()) await close();
  });

  return open;
}

/** How many cards the channel holds. */
export function cards(stage: Stage): number {
  return stage.slack.messages(channel).filter((one) => one.threadTs === undefined).length;
}

/** An option that is approved with every request of uat becomes another one. */
export function optionChanged({ paper }: Stage): void {
  const changed = { ...paper.site.environments.uat!, drainSeconds: 99 };
  (paper.deps.site.environments as Record<string, unknown>).uat = changed;
}
