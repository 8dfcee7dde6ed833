import { createServer, type Server } from 'node:http';
import express from 'express';
import { pino } from 'pino';
import type { Event, EventType } from '../../../../src/domain/event.ts';
import type { RequestId } from '../../../../src/domain/ids.ts';
import type { Request, RequestState } from '../../../../src/domain/request.ts';
import type { Site } from '../../../../src/domain/site.ts';
import { create, openRoles, type JiraDeps, type JiraFront } from '../../../../src/fronts/jira/index.ts';
import { startJira, type JiraOptions, type JiraStandIn } from '../../../../src/sandbox/jira/jira.ts';
import type { Account } from '../../../../src/sandbox/jira/model.ts';
import { project } from '../../../../src/sandbox/jira/site.ts';
import { createService } from '../../../../src/service/service.ts';
import { briskly, soonerAgain } from '../../../briskly.ts';
import { openPaper, type Paper } from '../../../house-of-paper.ts';
import { until } from '../../../until.ts';

export const token = 'bot-token-that-no-log-may-hold';
export const secret = 'webhook-secret';
export const bot = '70121:bot';
export const quinn = '70121:quinn';
export const rosa = '70121:rosa';
export const dana = '70121:dana';
/** Known to Jira, and to nobody else. */
export const stranger = '70121:sam';
export const automation = '70121:automation';

export const accounts: readonly Account[] = [
  ...['dana', 'quinn', 'rosa', 'otto', 'sam'].map((name) => ({
    accountId: `70121:${name}`,
    username: name,
    displayName: `${name[0]!.toUpperCase()}${name.slice(1)}`,
    email: `${name}@paper.example`,
    token: `${name}-token`,
  })),
  {
    accountId: bot,
    username: 'freshet',
    displayName: 'Freshet',
    email: 'bot@paper.example',
    token,
    permissionsIn: { HR: [] },
  },
  {
    accountId: automation,
    displayName: 'Automation for Jira',
    email: 'automation@paper.example',
    token: 'none',
    accountType: 'app',
  },
];

/** A real service over the real store, this front, and the stand-in that it talks to and hears from. */
export type Stage = {
  paper: Paper;
  jira: JiraStandIn;
  front: JiraFront;
  url: string;
  /** Everything that was logged, as one text. */
  logged(): string;
  /** Asks for orders on an environment, from a new backup: no two ask for the same. */
  ask(environment?: string, person?: string, ticket?: string): Promise<Request>;
  /** The request's issue, once there is one. */
  issueOf(id: RequestId): Promise<string>;
  state(id: RequestId): Promise<RequestState | undefined>;
  reaches(id: RequestId, state: RequestState): Promise<void>;
  /** Until the issue is in the status (name). */
  shows(key: string, status: string): Promise<void>;
  events(id: RequestId, ...types: EventType[]): Promise<Event[]>;
  /** Until nothing is left to be told to Jira. */
  told(): Promise<void>;
  comments(key: string): string[];
  /** A second process over the same store and the same Jira. */
  another(more?: Partial<JiraDeps>): JiraFront;
  close(): Promise<void>;
};

export type StageOptions = Partial<JiraOptions> & {
  deps?: Partial<JiraDeps>;
  /** Seconds; a minute where a test does not want the poller: it finds what a webhook that was lost did not tell. */
  pollEvery?: number;
  /** No webhook reaches the front. */
  deaf?: boolean;
  unsigned?: boolean;
  site?: (site: Site) => Site;
  /** The front is not started. */
  idle?: boolean;
};

export async function openStage(options: StageOptions = {}): Promise<Stage> {
  const {
    deps: more = {},
    pollEvery = 60,
    deaf = false,
    unsigned = false,
    idle = false,
    site: change,
    ...jiraOptions
  } = options;
  const jira = await startJira({
    accounts,
    project: project({ key: 'DBR' }),
    otherProjects: [
      { id: '10001', key: 'SHOP', name: 'Shop' },
      { id: '10002', key: 'HR', name: 'Human resources' },
    ],
    indexDelayMs: 100,
    writeLimits: [],
    webhookOptions: {
      retryMs: 20,
      timeoutMs: 20_000,
      ...(jiraOptions.kind === 'data-center' ? {} : { retries: 3 }),
    },
    ...jiraOptions,
  });
  const roles = openRoles({ baseUrl: jira.url, email: 'bot@paper.example', token, callSeconds: 8 });
  const paper = await openPaper(
    (site) => {
      const { email, ...rest } = site.jira;
      const kind = jiraOptions.kind ?? 'cloud';
      const signIn = kind === 'cloud' && email !== undefined ? { kind, email } : { kind };
      const own = { ...site, jira: { ...rest, ...signIn, baseUrl: jira.url, pollEverySeconds: pollEvery } };
      return change === undefined ? own : change(own);
    },
    {
      roleMembers: (source) =>
        source.kind === 'jira-role' ? roles(source) : Promise.reject(new Error('no Slack here')),
    },
  );
  briskly(paper);
  soonerAgain(paper, { asked: false });
  const said: string[] = [];
  const log = pino({ level: 'debug' }, { write: (text: string) => void said.push(text) });
  const started: JiraFront[] = [];
  const make = (service: JiraDeps['service'], extra: Partial<JiraDeps>) => {
    const made = create({
      service,
      site: paper.site,
      token,
      ...(unsigned ? {} : { webhookSecret: secret }),
      baseUrl: jira.url,
      cardUrl: () => Promise.resolve('https://paper.slack.example/archives/C0REFRESH1/p1'),
      log,
      ...extra,
      pace: {
        settleSeconds: 0.4,
        staleSeconds: 0.05,
        doubtSeconds: 0.2,
        codeSeconds: 0.05,
        cardSeconds: 0.1,
        ...extra.pace,
      },
    });
    started.push(made);
    return made;
  };
  const front = make(paper.service, more);
  paper.deps.ticket = (key) => front.ticket(key);
  const app = express();
  app.use(front.routes);
  const server = createServer(app);
  const port = await listen(server);
  const url = `http://127.0.0.1:${port}/jira/webhook`;
  if (!deaf) jira.setWebhook(unsigned ? { url } : { url, secret });
  if (!idle) await front.start();

  const stage: Stage = {
    paper,
    jira,
    front,
    url,
    logged: () => said.join(''),
    async ask(environment = 'uat', person = 'dana', ticket) {
      await paper.backup();
      return paper.service.requestRefresh(paper.actor(person), {
        environment,
        databases: [{ database: 'orders' }],
        reason: 'release 12',
        ...(ticket === undefined ? {} : { ticket }),
      });
    },
    issueOf: (id) =>
      eventually(async () => {
        const ref = await paper.service.mirrors.get(id, 'jira');
        return (ref as { key?: string } | undefined)?.key;
      }, `an issue for ${id}`),
    state: async (id) => (await paper.store.requests.get(id))?.state,
    async reaches(id, state) {
      await eventually(async () => (await stage.state(id)) === state, `${id} is ${state}`);
    },
    async shows(key, status) {
      await eventually(
        () => Promise.resolve(jira.issue(key).status === status),
        `${key} shows ${status}`,
        () => jira.renderText(key),
      );
    },
    async events(id, ...types) {
      return paper.store.events.ofRequest(id, types.length === 0 ? undefined : types);
    },
    async told() {
      await eventually(
        async () => (await paper.store.outbox.lag('jira')).waiting === 0,
        'nothing left to tell',
      );
    },
    comments: (key) => jira.issue(key).comments.map((comment) => comment.text),
    another(extra = {}) {
      // Leases tell processes apart by their name.
      const service = createService({ ...paper.deps, worker: `paper-${started.length + 1}` });
      return make(service, extra);
    },
    async close() {
      await Promise.all(started.map((each) => each.stop()));
      server.closeAllConnections();
      server.close();
      await jira.close();
      await paper.close();
    },
  };
  return stage;
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Waits until it gives something, and fails with what there is otherwise. */
export function eventually<T>(
  look: () => Promise<T | undefined | false>,
  what: string,
  state: () => string = () => '',
  seconds = 60,
): Promise<T> {
  return until(what, look, seconds, state, 10);
}

export function rest(seconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, seconds * 1000);
  });
}
