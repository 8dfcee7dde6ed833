import { readEnvironment, secretsOf, type Environment } from '../config/environment.ts';
import { loadSite } from '../config/load.ts';
import { openSecrets } from '../config/secrets.ts';
import { isBaseUrl } from '../config/schema/values.ts';
import { commands } from '../commands/index.ts';
import { engineSites } from '../runners/index.ts';
import { createApp, type App } from './app.ts';
import { bringUp, database, lookAtStore, readyToServe, readyToWork, runtimeUrl } from './database.ts';
import { inputError } from './domain/errors.ts';
import { hostInstallScript, type InstallWords } from './host-install.ts';
import type { Endpoint } from './listen.ts';
import { createLogger } from './log.ts';
import { usualPace } from './service/deps.ts';
import type { Finding, Probe } from './domain/probe.ts';
import type { SecretRef } from './domain/site.ts';
import { findingLine, guarded } from './service/health/probes.ts';

/** What was said on the command line. */
export type WorkerOptions = { embedded?: string; concurrency: number; lease?: number; metricsPort?: number };
export type MigrateOptions = { embedded?: string; runtimeRole?: string };
export type CheckOptions = WorkerOptions & { workflow?: boolean };
export type ManifestOptions = { url?: string; link?: boolean };
export type ServeOptions = WorkerOptions & { worker: boolean; reconcile?: number };

/** Everything a process reads before it does anything: variables, site file, secrets, log. */
async function open(environment: Environment) {
  const secrets = openSecrets(process.env);
  for (const secret of secretsOf(environment)) secrets.know(secret);
  const log = createLogger({ level: environment.logLevel, secrets: () => secrets.known() });
  const { site, warnings } = await loadSite({
    path: environment.sitePath,
    engines: engineSites,
    ...(environment.jiraBaseUrl === undefined ? {} : { jiraBaseUrl: environment.jiraBaseUrl }),
  });
  for (const warning of warnings) log.warn({ path: warning.path }, `${warning.message} ${warning.hint}`);
  return { secrets, log, site };
}

type Opened = Awaited<ReturnType<typeof open>>;

/** Slack, Jira, the HTTP port, the reconciler and, unless told otherwise, a worker; until it is told to stop. */
export async function serve(options: ServeOptions): Promise<void> {
  const environment = readEnvironment();
  const opened = await open(environment);
  const store = await database(environment, options.embedded, opened, 'start');
  await untilTold(opened, store.stop, async () => {
    const migrated = await readyToServe(store, opened.log);
    const { metrics } = opened.site.http;
    const own = metrics && { ...metrics, named: 'http.metrics.port in the site file' };
    const app = await create(environment, opened, { url: runtimeUrl(store), migrated }, options, own);
    return {
      app,
      begin: async () => {
        await app.startFronts();
        if (options.worker) await app.startWorker(options.concurrency);
        const about = { port: app.port(), ...metricsPortOf(app), worker: options.worker };
        opened.log.info(about, 'Freshet is ready');
      },
    };
  });
}

/** A worker alone, until it is told to stop. */
export async function work(options: WorkerOptions): Promise<void> {
  const environment = readEnvironment();
  const opened = await open(environment);
  const store = await database(environment, options.embedded, opened, 'find');
  await untilTold(opened, store.stop, async () => {
    const migrated = await readyToWork(store, opened.log);
    const app = await create(environment, opened, { url: runtimeUrl(store), migrated }, options);
    return {
      app,
      begin: async () => {
        await app.startWorker(options.concurrency);
        opened.log.info(metricsPortOf(app), 'The worker is ready');
      },
    };
  });
}

/** Where it is told; nothing where it is not. */
function metricsPortOf(app: App): { metricsPort?: number } {
  const metricsPort = app.healthPort();
  return metricsPort === 0 ? {} : { metricsPort };
}

/** Brings the store to this version, and ends. */
export async function migrateOnly(options: MigrateOptions): Promise<void> {
  const environment = readEnvironment();
  const secrets = openSecrets(process.env);
  for (const secret of secretsOf(environment)) secrets.know(secret);
  const log = createLogger({ level: environment.logLevel, secrets: () => secrets.known() });
  const store = await database(environment, options.embedded, { log, secrets }, 'start');
  try {
    const { runtimeRole } = options;
    const { applied, role } = await bringUp(store, log, {
      queue: environment.redisUrl === undefined,
      ...(runtimeRole === undefined ? {} : { runtimeRole }),
    });
    console.log(applied.length === 0 ? 'The store is up to date.' : `Applied ${applied.join(', ')}.`);
    if (role !== undefined) console.log(`Role "${role}" may use it, and change no event.`);
  } finally {
    await store.stop();
  }
}

/** Looks at everything and changes nothing; exit code 1 when something is to be mended. */
export async function check(options: CheckOptions): Promise<void> {
  const environment = readEnvironment();
  const opened = await open({ ...environment, logLevel: 'silent' });
  let failed = 0;
  const say = (name: string, finding: Finding) => {
    if (!finding.ok) failed++;
    console.log(findingLine(name, finding));
  };
  say('site', { ok: true, says: `${environment.sitePath} has no faults` });
  for (const probe of secretProbes(opened)) {
    const finding = await probe.run();
    if (!finding.ok) say(probe.name, finding);
  }
  if (failed === 0) say('secrets', { ok: true, says: 'all can be read, and by nobody else' });
  const store = await database(environment, options.embedded, opened, 'find');
  try {
    say('store', await guarded('store', () => lookAtStore(runtimeUrl(store))).run());
    // Each of these stands on what was just found wanting: one line of it is enough.
    if (failed === 0) {
      const at = { url: runtimeUrl(store), migrated: await readyToWork(store, opened.log) };
      await lookAround(await create(environment, opened, at, options), options, say);
    }
  } finally {
    await store.stop();
  }
  console.log(failed === 0 ? 'Everything is well.' : `${failed} to mend.`);
  process.exitCode = failed === 0 ? 0 : 1;
}

async function lookAround(
  app: App,
  { workflow = false }: CheckOptions,
  say: (name: string, finding: Finding) => void,
): Promise<void> {
  try {
    for (const probe of await app.probes()) say(probe.name, await probe.run());
    if (workflow) for await (const leg of app.rehearse()) say(`jira workflow, ${leg.name}`, leg);
  } finally {
    await app.stop();
  }
}

/** One probe for each secret that the site file names. */
function secretProbes({ site, secrets }: Opened): Probe[] {
  const refs = new Set<SecretRef | undefined>([
    ...Object.values(site.hosts).flatMap((host) => [host.key, host.passphrase]),
    ...Object.values(site.servers).flatMap(({ admin, loader, reader }) => [
      admin.password,
      loader.password,
      reader?.password,
    ]),
    site.slack.appToken,
    site.slack.signingSecret,
    site.slack.botToken,
    site.jira.token,
    site.jira.webhookSecret,
  ]);
  return [...refs].flatMap((ref) => {
    if (ref === undefined) return [];
    return guarded(`secret ${ref}`, async () => {
      await secrets.resolve(ref);
      return { ok: true, says: 'can be read' };
    });
  });
}

/** Prints the manifest of the Slack app, or a link that carries it. */
export async function manifest({ url, link }: ManifestOptions): Promise<void> {
  if (url !== undefined && !isBaseUrl(url)) {
    throw inputError(
      'url-malformed',
      `"${url}" is not allowed; expected an https:// address without user, password, query or fragment.`,
      'Give the address under which Slack reaches the bot, before any path: --url https://bot.example',
    );
  }
  const { manifestLink, manifestYaml } = await import('./fronts/slack/manifest.ts');
  const words = { commands, ...(url === undefined ? {} : { publicUrl: url.replace(/\/+$/, '') }) };
  process.stdout.write(link === true ? `${manifestLink(words)}\n` : manifestYaml(words));
}

/** Prints the script that sets a host up. */
export async function hostInstall(host: string, words: InstallWords): Promise<void> {
  const environment = readEnvironment();
  const { site, secrets } = await open({ ...environment, logLevel: 'silent' });
  const key = site.hosts[host]?.key;
  process.stdout.write(
    await hostInstallScript(site, host, key === undefined ? '' : await secrets.resolve(key), words),
  );
}

function create(
  environment: Environment,
  { site, secrets, log }: Opened,
  store: { url: string; migrated: boolean },
  options: { lease?: number; reconcile?: number; metricsPort?: number },
  own?: Endpoint,
): Promise<App> {
  const { metricsPort } = options;
  // Several processes of one machine share the site file: what is said on the command line counts.
  const address = site.http.metrics?.address ?? '127.0.0.1';
  const healthAt = metricsPort === undefined ? own : { address, port: metricsPort, named: '--metrics-port' };
  return createApp({
    site,
    ...(healthAt === undefined ? {} : { healthAt }),
    secret: (ref) => secrets.resolve(ref),
    databaseUrl: store.url,
    migrated: store.migrated,
    slackApiUrl: environment.slackApiUrl,
    pace: {
      ...usualPace,
      leaseSeconds: options.lease ?? usualPace.leaseSeconds,
      reconcileSeconds: options.reconcile ?? usualPace.reconcileSeconds,
    },
    log,
    ...(environment.redisUrl === undefined ? {} : { redisUrl: environment.redisUrl }),
  });
}

/** Runs a process until SIGTERM or SIGINT, then hands on what it has, within ten seconds. A second signal ends it at once. */
async function untilTold(
  { log }: Opened,
  stopStore: () => Promise<void>,
  start: () => Promise<{ app: App; begin: () => Promise<void> }>,
): Promise<void> {
  let app: App | undefined;
  try {
    const told = new Promise<string>((resolve) => {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) {
        process.once(signal, () => {
          process.once(signal, () => process.exit(130));
          resolve(signal);
        });
      }
    });
    const started = await start();
    app = started.app;
    // What rejects without anybody waiting must not end the process: runs of others go on in it.
    process.on('unhandledRejection', (error) =>
      log.error({ err: error }, 'a promise failed with nobody waiting for it'),
    );
    await Promise.race([started.begin(), told]);
    log.info({ signal: await told }, 'Stopping');
  } finally {
    await app?.stop();
    await stopStore();
    // All that had to be kept is kept: what still waits for a dead peer must not keep the process.
    setTimeout(() => process.exit(), 200).unref();
  }
}
