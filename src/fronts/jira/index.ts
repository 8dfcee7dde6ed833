import { setMaxListeners } from 'node:events';
import type { Router } from 'express';
import type { Probe } from '../../domain/probe.ts';
import type { TicketSeen } from '../../domain/ticket.ts';
import { openCloud } from './cloud.ts';
import { openDataCenter } from './data-center.ts';
import { deliverer } from './deliver.ts';
import { usualPace, type Context, type JiraDeps } from './deps.ts';
import { followHints } from './hints.ts';
import { watchForCodes } from './links.ts';
import { openMirror } from './mirror.ts';
import { poll } from './poller.ts';
import { probesOf, vitalOf } from './probes.ts';
import { rehearse, type Leg } from './rehearsal.ts';
import { lookForTicket } from './tickets.ts';
import { webhookRoutes } from './webhook.ts';

export type { JiraDeps } from './deps.ts';
export { openRoles } from './roles.ts';

/** Requests as Jira issues: what happens shows there, and what approvers do there counts. */
export type JiraFront = {
  /** `POST /jira/webhook`, where a webhook secret is configured; else none. */
  routes: Router;
  /** Begins to tell Jira of events and to listen to it. Needs no answer from Jira. */
  start(): Promise<void>;
  /** Ends calls that are on their way; what was not told is told later. Idempotent. */
  stop(): Promise<void>;
  probes: Probe[];
  /** Tests the whole workflow with issues of its own, which it closes: a line for each leg. */
  rehearse(): AsyncGenerator<Leg>;
  /** Whether Jira has a ticket that the bot may read. Answers within seconds, and never throws. */
  ticket(key: string): Promise<TicketSeen>;
  /** Whether Jira answers, and knows the bot. One call. */
  vital: Probe;
};

/** Opens the Jira of the site file, Cloud or Data Center. Asks it nothing before `start`, so that it may be away. */
export function create(deps: JiraDeps): JiraFront {
  const { service, site, log } = deps;
  const baseUrl = deps.baseUrl.replace(/\/+$/, '');
  const stopping = new AbortController();
  // Every call on its way listens to it.
  setMaxListeners(0, stopping.signal);
  const pace = { ...usualPace, ...deps.pace };
  const open = site.jira.kind === 'cloud' ? openCloud : openDataCenter;
  const api = open({
    baseUrl,
    ...(site.jira.email === undefined ? {} : { email: site.jira.email }),
    token: deps.token,
    project: site.jira.project,
    issueType: site.jira.issueType,
    callSeconds: pace.callSeconds,
    signal: stopping.signal,
  });
  const context: Context = {
    service,
    site,
    api,
    mirror: openMirror(service),
    baseUrl,
    cardUrl: (request) => deps.cardUrl(request),
    log,
    pace,
  };
  let loops: Promise<void>[] = [];
  return {
    routes: webhookRoutes(context, deps.webhookSecret),
    probes: probesOf(context),
    vital: vitalOf(api),
    rehearse: () => rehearse(context),
    ticket: (key) => lookForTicket(context, key, pace.ticketSeconds),
    start() {
      if (loops.length === 0) {
        loops = [
          service.feed('jira', deliverer(context), stopping.signal),
          followHints(context, stopping.signal),
          poll(context, stopping.signal),
          watchForCodes(context, stopping.signal),
        ];
      }
      return Promise.resolve();
    },
    async stop() {
      stopping.abort();
      await Promise.all(loops);
    },
  };
}
