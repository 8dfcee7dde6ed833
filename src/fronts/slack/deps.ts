import type { Logger } from 'pino';
import type { Command } from '../../../commands/command.ts';
import type { RequestId } from '../../domain/ids.ts';
import type { Site } from '../../domain/site.ts';
import type { Service } from '../../service/service.ts';
import type { Clients } from './connection/clients.ts';
import type { Surroundings } from './messages/wording.ts';

/** What the front is given. */
export type SlackDeps = {
  service: Service;
  commands: readonly Command[];
  site: Site;
  /** Socket Mode with an app-level token (`xapp-...`), or HTTP mode with the app's signing secret. */
  reception: { mode: 'socket'; appToken: string } | { mode: 'http'; signingSecret: string };
  /** `xoxb-...`, for everything else. */
  botToken: string;
  /** Slack's own, or a stand-in's. */
  slackApiUrl: string;
  /** Address of the request's Jira issue, once there is one. */
  issueUrl(request: RequestId): Promise<string | undefined>;
  log: Logger;
  /** How often a card that runs is brought up to date at most. Default 5. */
  progressSeconds?: number;
  /** How long Homes rest between two rounds at least. Default 2. */
  homeSeconds?: number;
};

/** The same with what the front made of it. */
export type Front = SlackDeps & {
  clients: Clients;
  /** Id of the bot's own workspace. Rejects with Slack's own errors. */
  workspace(): Promise<string>;
  /** Aborted when the front stops. */
  stopping: AbortSignal;
};

export async function surroundingsOf(front: SlackDeps, request: RequestId): Promise<Surroundings> {
  const issueUrl = await front.issueUrl(request);
  return { people: front.site.people, ...(issueUrl === undefined ? {} : { issueUrl }) };
}
