import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { Server } from 'node:http';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { commands } from '../commands/index.ts';
import { call } from '../runners/call.ts';
import { engineNamed, engines } from '../runners/index.ts';
import { openFolder } from '../runners/repository/folder.ts';
import { runIdFrom, type RequestId } from './domain/ids.ts';
import type { Probe } from './domain/probe.ts';
import { liveNames, type SecretRef, type Site } from './domain/site.ts';
import type { JiraFront } from './fronts/jira/index.ts';
import type { SlackDeps, SlackFront } from './fronts/slack/index.ts';
import { create as createHealth, type Health, type Part } from './health/index.ts';
import { listen, portOf, shut, type Endpoint } from './listen.ts';
import { hostKeys, openMachines } from './machines.ts';
import { openQueue } from './queue/bullmq.ts';
import { within } from './queue/patience.ts';
import type { Queue, QueueWorker } from './queue/queue.ts';
import type { Pace, ServiceDeps } from './service/deps.ts';
import { createService, type Service } from './service/service.ts';
import { openStore } from './store/database.ts';
import type { Store } from './store/store.ts';

export type AppOptions = {
  site: Site;
  /** Reads a secret; the app asks for each once, when it first needs it. */
  secret(ref: SecretRef): Promise<string>;
  databaseUrl: string;
  /** Another role made the tables, also the queue's: this one may not. */
  migrated?: boolean;
  /** Without it the queue lives in PostgreSQL as well. */
  redisUrl?: string;
  slackApiUrl: string;
  pace: Pace;
  /** Where health and metrics are told in full. Without it only `/healthz` and `/readyz` are there, on the main port. */
  healthAt?: Endpoint;
  log: Logger;
};

/** The parts of one process, put together; nothing has been asked of the outside world yet. */
export type App = {
  service: Service;
  /** Starts the fronts, the HTTP port, the reconciler and the scans. */
  startFronts(): Promise<void>;
  /** Starts taking runs from the queue. */
  startWorker(concurrency: number): Promise<void>;
  /** The HTTP port, once the fronts were started. */
  port(): number;
  /** The port of health and metrics, once anything was started. */
  healthPort(): number;
  probes(): Promise<Probe[]>;
  /** Tests the Jira workflow with issues that it makes for that. */
  rehearse(): ReturnType<JiraFront['rehearse']>;
  /** Hands runs on and ends everything, within about ten seconds. Idempotent. */
  stop(): Promise<void>;
};

/** Picks the implementations: the only place that knows them all. */
export async function createApp(options: AppOptions): Promise<App> {
  const { site, log } = options;
  const store = await openStore({ connectionString: options.databaseUrl, log });
  const queue = await openQueue(
    options.redisUrl === undefined
      ? { connectionString: options.databaseUrl, migrated: options.migrated ?? false }
      : { redisUrl: options.redisUrl },
    { log },
  );
  const machines = openMachines(site, await hostKeys(options));
  /** Made when it is first needed, and after the service that asks it. */
  const outward: Outward = {};
  const health = createHealth(site, log.child({ part: 'health' }));
  const service = createService({
    site,
    ...(await roleMembers(options)),
    store,
    queue,
    engine: (server) => engineNamed(site.servers[server]!.engine),
    access: machines.access(options),
    program: machines.program,
    repositories: Object.fromEntries(
      Object.values(site.repositories).map((repository) => [
        repository.name,
        openFolder(repository, {
          program: machines.program(repository.host),
          engines: Object.values(engines),
          sources: sourcesOf(site, repository.environment),
          newRun: () => runIdFrom(randomBytes(5)),
          ignored: (path, why) =>
            log.info({ repository: repository.name, path, why }, 'left out of the catalogue'),
        }),
      ]),
    ),
    call: async (step, { secret, token }, signal) =>
      call(
        step,
        {
          secret: await options.secret(secret),
          ...(token === undefined ? {} : { token: await options.secret(token) }),
        },
        signal,
      ),
    pace: options.pace,
    worker: `${hostname()}-${process.pid}-${randomBytes(3).toString('hex')}`,
    now: () => store.now(),
    random: (bytes) => randomBytes(bytes),
    log,
    ticket: async (key) => (await outward.jira?.ticket(key)) ?? 'unknown',
    measure: (happening) => health.measure(happening),
  });
  return assemble(options, { store, queue, service, health, outward, closeMachines: () => machines.close() });
}

type Fronts = { slack: SlackFront; jira: JiraFront };

type Outward = { jira?: JiraFront };

type Parts = {
  store: Store;
  queue: Queue;
  service: Service;
  health: Health;
  outward: Outward;
  closeMachines(): Promise<void>;
};

function assemble(options: AppOptions, parts: Parts): App {
  const { site, log } = options;
  const { service, health } = parts;
  const stopping = new AbortController();
  // All that rests until its next round listens to it: each host, each repository, each run of the worker.
  setMaxListeners(0, stopping.signal);
  const loops: Promise<void>[] = [];
  let worker: Promise<QueueWorker> | undefined;
  let fronts: Fronts | undefined;
  let server: Server | undefined;
  let healthServer: Server | undefined;
  let healthBegun = false;
  let stopped: Promise<void> | undefined;

  async function createFronts() {
    // A worker speaks to neither: it starts in half the time without what they are made of.
    const [slack, jira] = await Promise.all([
      import('./fronts/slack/index.ts'),
      import('./fronts/jira/index.ts'),
    ]);
    fronts ??= {
      slack: slack.create({
        service,
        commands,
        site,
        reception: await slackReception(options),
        botToken: await options.secret(site.slack.botToken),
        slackApiUrl: options.slackApiUrl,
        issueUrl: (request) => mirrorUrl(service, request, 'jira'),
        log: log.child({ front: 'slack' }),
      }),
      jira: jira.create({
        service,
        site,
        token: await options.secret(site.jira.token),
        ...(site.jira.webhookSecret === undefined
          ? {}
          : { webhookSecret: await options.secret(site.jira.webhookSecret) }),
        baseUrl: site.jira.baseUrl,
        cardUrl: (request) => mirrorUrl(service, request, 'slack'),
        log: log.child({ front: 'jira' }),
      }),
    };
    parts.outward.jira = fronts.jira;
    return fronts;
  }

  /** The first that is started says what this process is made of. */
  async function beginHealth(outward?: Fronts): Promise<void> {
    // Of a worker without a port nobody asks.
    if (healthBegun || (outward === undefined && options.healthAt === undefined)) return;
    healthBegun = true;
    const vitals = service.vitals({ sends: outward !== undefined });
    health.start({
      parts: [...inward(vitals), ...(outward === undefined ? [] : outwardParts(site, outward))],
      canarySeconds: vitals.roundTripSeconds,
      // Nobody else would read them.
      ...(options.healthAt === undefined || outward === undefined ? {} : { figures: service.figures }),
    });
    if (options.healthAt !== undefined) healthServer = await listen([health.own], options.healthAt);
  }

  return {
    service,

    async startFronts() {
      const { slack, jira } = await createFronts();
      await beginHealth({ slack, jira });
      server = await listen([health.open, slack.routes, jira.routes], {
        ...site.http,
        named: 'http.port in the site file',
      });
      await slack.start();
      await jira.start();
      loops.push(
        service.reconcileForEver(stopping.signal),
        service.scanForEver(stopping.signal),
        service.assessForEver(stopping.signal),
        service.sealForEver(stopping.signal),
        service.keepBackupsForEver(stopping.signal),
      );
    },

    async startWorker(concurrency) {
      await beginHealth();
      // Told to stop while it was starting.
      if (stopping.signal.aborted) return;
      worker = parts.queue.work(
        (job, waitedSeconds) => {
          health.waited(waitedSeconds);
          return service.advance(job, stopping.signal);
        },
        { concurrency, canary: service.answerCanary },
      );
      await worker;
    },

    port: () => portOf(server),
    healthPort: () => portOf(healthServer),

    async probes() {
      const { slack, jira } = await createFronts();
      return [...service.probes(), ...slack.probes, ...jira.probes];
    },

    async *rehearse() {
      yield* (await createFronts()).jira.rehearse();
    },

    stop() {
      stopped ??= stop();
      return stopped;
    },
  };

  /** Each of its parts has its time: what hangs on a dead host, store or queue must not use up that of the others. */
  async function stop(): Promise<void> {
    stopping.abort();
    health.end();
    // A run's slice ends at once and what runs on hosts runs on: another worker goes on from there.
    const ending = [
      endWork(),
      fronts?.slack.stop() ?? Promise.resolve(),
      fronts?.jira.stop() ?? Promise.resolve(),
      health.ended(),
      ...loops,
    ];
    await atMost(settleSeconds, Promise.allSettled(ending));
    shut(server);
    shut(healthServer);
    await atMost(1, parts.closeMachines());
    await atMost(1, service.handOn());
    await Promise.all([atMost(1, parts.queue.close()), atMost(1, parts.store.close())]);
  }

  /** What waits for a host that does not answer waits no longer, once no slice is under way. */
  async function endWork(): Promise<void> {
    try {
      await (await worker)?.stop(settleSeconds);
    } finally {
      await parts.closeMachines();
    }
  }

  /** Its failure is told and no reason to leave out what comes after it. */
  async function atMost(seconds: number, work: Promise<unknown>): Promise<void> {
    await within(seconds, work).catch((error: unknown) =>
      log.warn({ err: error }, 'an end was not waited for'),
    );
  }
}

/** How long what is under way has to come to its end, when the process is told to stop. */
const settleSeconds = 7;

/** Without these nothing goes on. A host that is away holds up its own runs only. */
function inward({ store, queue, hosts }: ReturnType<Service['vitals']>): Part[] {
  return [
    { probe: store, everySeconds: 10, needed: true },
    { probe: queue, everySeconds: 10, needed: true },
    ...hosts.map((probe) => ({ probe, everySeconds: 15, needed: false })),
  ];
}

/** Without Slack nobody can ask; what is to be told to Jira waits, and people can still decide in Slack. */
function outwardParts(site: Site, { slack, jira }: Fronts): Part[] {
  return [
    { probe: slack.vital, everySeconds: 2, needed: true },
    { probe: jira.vital, everySeconds: site.jira.pollEverySeconds, needed: false },
  ];
}

/** Asks Slack and Jira who holds a role by them. Where no role comes from there, no process needs their secrets for it. */
async function roleMembers(options: AppOptions): Promise<Pick<ServiceDeps, 'roleMembers'>> {
  const { site, slackApiUrl, log } = options;
  if ((site.roleSources ?? []).length === 0) return {};
  const { baseUrl, email, token } = site.jira;
  const [{ openGroups }, { openRoles }] = await Promise.all([
    import('./fronts/slack/index.ts'),
    import('./fronts/jira/index.ts'),
  ]);
  const groups = openGroups(await options.secret(site.slack.botToken), slackApiUrl, log);
  const roles = openRoles({
    baseUrl,
    ...(email === undefined ? {} : { email }),
    token: await options.secret(token),
    callSeconds: 8,
  });
  return { roleMembers: (source) => (source.kind === 'slack-group' ? groups(source.group) : roles(source)) };
}

/** The configuration holds exactly one of the two secrets. */
async function slackReception(options: AppOptions): Promise<SlackDeps['reception']> {
  const { appToken, signingSecret } = options.site.slack;
  return signingSecret === undefined
    ? { mode: 'socket', appToken: await options.secret(appToken!) }
    : { mode: 'http', signingSecret: await options.secret(signingSecret) };
}

/** The databases of the environment that a repository's backups come from. */
function sourcesOf(site: Site, environment: string) {
  const source = site.environments[environment];
  if (source === undefined) return [];
  return Object.entries(liveNames(source)).map(([database, liveName]) => ({
    database,
    liveName,
    engine: site.databases[database]!.engine,
  }));
}

/** Where a request shows on a front, as that front wrote it down. */
async function mirrorUrl(service: Service, request: RequestId, front: string): Promise<string | undefined> {
  const ref = await service.mirrors.get(request, front);
  return typeof ref === 'object' && ref !== null && 'url' in ref && typeof ref.url === 'string'
    ? ref.url
    : undefined;
}
