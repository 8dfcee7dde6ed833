import type { Logger } from 'pino';
import type { RequestId } from '../../domain/ids.ts';
import type { Site } from '../../domain/site.ts';
import type { RequestView } from '../../service/views/view.ts';
import type { Service } from '../../service/service.ts';
import type { JiraApi } from './api.ts';
import type { Mirror } from './mirror.ts';
import type { Standing } from './statuses.ts';

/** What `app.ts` hands to this front. */
export type JiraDeps = {
  service: Service;
  site: Site;
  token: string;
  /** Without one no webhooks are taken, and only polling is used. */
  webhookSecret?: string;
  /** No slash at the end. */
  baseUrl: string;
  /** The request's Slack card, once there is one. */
  cardUrl(request: RequestId): Promise<string | undefined>;
  log: Logger;
  pace?: Partial<Pace>;
};

/** Times in seconds that tests shorten. */
export type Pace = {
  /** How long Jira may take to answer; well below the lease of an effect. */
  callSeconds: number;
  /** How long Jira may need to finish a create that was not answered, and its index to show it. */
  settleSeconds: number;
  /** How soon to look again when a webhook is ahead of what Jira shows; doubled each time. */
  staleSeconds: number;
  /** How long an issue of an open request is not looked at before the poller reads it. */
  unseenSeconds: number;
  /** How long a transition that does not seem to be there is looked for, as Jira may answer as of some seconds ago. */
  doubtSeconds: number;
  /** How often comments are read while somebody's code is waited for. */
  codeSeconds: number;
  /** How long somebody who names a ticket waits for Jira to say whether it is there. */
  ticketSeconds: number;
  /** How long a new issue waits for the request's card, to link to it at once. */
  cardSeconds: number;
};

export const usualPace: Pace = {
  callSeconds: 15,
  settleSeconds: 10,
  staleSeconds: 1,
  unseenSeconds: 300,
  doubtSeconds: 5,
  codeSeconds: 5,
  ticketSeconds: 2,
  cardSeconds: 2,
};

/** What the parts of this front share. */
export type Context = {
  service: Service;
  site: Site;
  api: JiraApi;
  mirror: Mirror;
  baseUrl: string;
  cardUrl(request: RequestId): Promise<string | undefined>;
  log: Logger;
  pace: Pace;
};

export function standingOf(view: RequestView): Standing {
  const { stages, open } = view.approval;
  const waits = (open ?? stages.at(-1))?.stage.name;
  return {
    state: view.request.state,
    stages: stages.map(({ stage }) => stage.name),
    ...(view.request.state === 'pending' && waits !== undefined ? { open: waits } : {}),
    started: view.run !== undefined,
    cancelling: view.run?.cancelRequestedAt !== undefined,
  };
}
