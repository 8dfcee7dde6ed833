import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { hostname } from 'node:os';
import express from 'express';
import type { Logger } from 'pino';
import { commands } from '../commands/index.ts';
import { engineNamed, engines } from '../runners/index.ts';
import type { ServerAccess } from '../runners/engine.ts';
import type { HostProgram } from '../runners/host-program/client.ts';
import { connectHostProgram } from '../runners/host-program/session.ts';
import { openFolder } from '../runners/repository/folder.ts';
import type { Host } from '../runners/transport/host.ts';
import { openSshHost } from '../runners/transport/ssh.ts';
import { configError, unavailable } from './domain/errors.ts';
import { runIdFrom, type RequestId } from './domain/ids.ts';
import type { Probe } from './domain/probe.ts';
import { liveNames, type SecretRef, type Site } from './domain/site.ts';
import { create as createJira, type JiraFront } from './fronts/jira/index.ts';
import { create as createSlack, type SlackDeps, type SlackFront } from './fronts/slack/index.ts';
import { openQueue } from './queue/bullmq.ts';
import { within } from './queue/patience.ts';
import type { Queue, QueueWorker } from './queue/queue.ts';
import type { Pace } from './service/deps.ts';
import { createService, type Service } from './service/service.ts';
import { openStore } from './store/database.ts';
import type { Store } from './store/store.ts';

export type AppOptions = {
  site: Site;
  /** Reads a secret; the app asks for each once, when it first needs it. */
  secret(ref: SecretRef): Promise<string>;
  databaseUrl: string;
  /** Without it the queue lives in PostgreSQL as well. */
  redisUrl?: string;
  slackApiUrl: string;
  pace: Pace;
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
  probes(): Promise<Probe[]>;
  /** Hands runs on and ends everything, within about ten seconds. Idempotent. */
  stop(): Promise<void>;
};

/** Picks the implementations: the only place that knows them all. */
export async function createApp(options: AppOptions): Promise<App> {
  const { site, log } = options;
  const store = await openStore({ connectionString: options.databaseUrl, log });
  const queue = await openQueue(
    options.redisUrl === undefined
      ? { connectionString: options.databaseUrl }
      : { redisUrl: options.redisUrl },
    { log },
  );
  const machines = openMachines(site, await hostKeys(options));
  const service = createService({
    site,
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
    pace: options.pace,
    worker: `${hostname()}-${process.pid}-${randomBytes(3).toString('hex')}`,
    now: () => store.now(),
    random: (bytes) => randomBytes(bytes),
    log,
  });
  return assemble(options, { store, queue, service, closeMachines: () => machines.close() });
}

type Parts = { store: Store; queue: Queue; service: Service; closeMachines(): Promise<void> };

function assemble(options: AppOptions, parts: Parts): App {
  const { site, log } = options;
  const { service } = parts;
  const stopping = new AbortController();
  const loops: Promise<void>[] = [];
  let worker: Promise<QueueWorker> | undefined;
  let fronts: { slack: SlackFront; jira: JiraFront } | undefined;
  let server: Server | undefined;
  let stopped: Promise<void> | undefined;

  async function createFronts() {
    fronts ??= {
      slack: createSlack({
        service,
        commands,
        site,
        reception: await slackReception(options),
        botToken: await options.secret(site.slack.botToken),
        slackApiUrl: options.slackApiUrl,
        issueUrl: (request) => mirrorUrl(service, request, 'jira'),
        log: log.child({ front: 'slack' }),
      }),
      jira: createJira({
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
    return fronts;
  }

  return {
    service,

    async startFronts() {
      const { slack, jira } = await createFronts();
      const app = express();
      app.disable('x-powered-by');
      app.get('/healthz', (_request, response) => {
        // A balancer takes this one out while it hands on what it has.
        const ending = stopping.signal.aborted;
        response
          .status(ending ? 503 : 200)
          .type('text')
          .send(ending ? 'stopping\n' : 'ok\n');
      });
      app.use(slack.routes);
      app.use(jira.routes);
      server = await listen(app, site.http);
      await slack.start();
      await jira.start();
      loops.push(service.reconcileForEver(stopping.signal), service.scanForEver(stopping.signal));
    },

    async startWorker(concurrency) {
      // Told to stop while it was starting.
      if (stopping.signal.aborted) return;
      worker = parts.queue.work((job) => service.advance(job, stopping.signal), { concurrency });
      await worker;
    },

    port() {
      const address = server?.address();
      return typeof address === 'object' && address !== null ? address.port : 0;
    },

    async probes() {
      const { slack, jira } = await createFronts();
      return [...service.probes(), ...slack.probes, ...jira.probes];
    },

    stop() {
      stopped ??= stop();
      return stopped;
    },
  };

  /** Each of its parts has its time: what hangs on a dead host, store or queue must not use up that of the others. */
  async function stop(): Promise<void> {
    stopping.abort();
    // A run's slice ends at once and what runs on hosts runs on: another worker goes on from there.
    const ending = [
      // What waits for a host that does not answer waits no longer, once no slice is under way.
      (worker?.then((one) => one.stop(settleSeconds)) ?? Promise.resolve()).finally(() =>
        parts.closeMachines(),
      ),
      fronts?.slack.stop() ?? Promise.resolve(),
      fronts?.jira.stop() ?? Promise.resolve(),
      ...loops,
    ];
    await atMost(settleSeconds, Promise.allSettled(ending));
    server?.closeAllConnections();
    server?.close();
    await atMost(1, parts.closeMachines());
    await atMost(1, service.handOn());
    await atMost(1, parts.queue.close());
    await atMost(1, parts.store.close());
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

/** Private keys are read once, at the start, so that a missing one is known before anyone waits for it. */
async function hostKeys(options: AppOptions): Promise<Map<string, { key: string; passphrase?: string }>> {
  const keys = new Map<string, { key: string; passphrase?: string }>();
  for (const host of Object.values(options.site.hosts)) {
    keys.set(host.name, {
      key: await options.secret(host.key),
      ...(host.passphrase === undefined ? {} : { passphrase: await options.secret(host.passphrase) }),
    });
  }
  return keys;
}

/** One connection to each host, shared by everything in this process. */
function openMachines(site: Site, keys: Map<string, { key: string; passphrase?: string }>) {
  const hosts = new Map<string, Host>();
  const programs = new Map<string, HostProgram>();

  function host(name: string): Host {
    const known = hosts.get(name);
    if (known !== undefined) return known;
    const entry = site.hosts[name];
    const key = keys.get(name);
    if (entry === undefined || key === undefined) {
      throw configError('host-unknown', `Host "${name}" is not configured.`, 'Add it to the site file.');
    }
    const opened = openSshHost({
      name,
      address: entry.address,
      port: entry.port,
      user: entry.user,
      privateKey: key.key,
      hostKey: entry.hostKey,
      ...(key.passphrase === undefined ? {} : { passphrase: key.passphrase }),
    });
    hosts.set(name, opened);
    return opened;
  }

  function program(name: string): HostProgram {
    const known = programs.get(name) ?? connectHostProgram(host(name));
    programs.set(name, known);
    return known;
  }

  return {
    program,
    access:
      (options: AppOptions) =>
      (name: string): ServerAccess => {
        const server = site.servers[name]!;
        return {
          site: server,
          host: host(server.host),
          program: program(server.host),
          password: (identity) => options.secret(server[identity].password),
        };
      },
    async close() {
      await Promise.allSettled([...programs.values()].map((one) => one.close()));
      await Promise.allSettled([...hosts.values()].map((one) => one.close()));
    },
  };
}

async function listen(app: express.Express, http: Site['http']): Promise<Server> {
  const server = createServer(app);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        unavailable(
          'http-port-taken',
          `Port "${http.port}" of ${http.address} can't be listened on (${error.code ?? 'unknown'}).`,
          'Choose another port as http.port in the site file, or end what has it.',
        ),
      );
    });
    server.listen(http.port, http.address, resolve);
  });
  return server;
}
