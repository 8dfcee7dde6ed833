import { Command, CommanderError, Option } from 'commander';
import { readEnvironment, secretsOf, type Environment } from '../config/environment.ts';
import { SiteInvalid } from '../config/faults.ts';
import { loadSite } from '../config/load.ts';
import { openSecrets } from '../config/secrets.ts';
import { engines } from '../runners/index.ts';
import { createApp, type App } from './app.ts';
import { configError, explain, inputError, isFreshetError } from './domain/errors.ts';
import { hostInstallScript, type InstallWords } from './host-install.ts';
import { createLogger } from './log.ts';
import { usualPace } from './service/deps.ts';
import { findingLine } from './service/probes.ts';
import { findEmbedded, startEmbedded } from './store/embedded.ts';
import { migrate, pendingMigrations } from './store/migrate.ts';

/** The processes of an installation, and what an administrator does at the command line. */
function program(): Command {
  // A reader who has seen enough (`| head`) is no fault.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  const freshet = new Command('freshet')
    .description('Self-service database refreshes from Slack, approved in Jira, carried out over SSH.')
    .exitOverride()
    .showHelpAfterError('(npx freshet help lists what there is)');
  const embedded = () =>
    new Option(
      '--embedded [folder]',
      'run PostgreSQL from npm packages, with its data in this folder',
    ).preset('.freshet');
  const concurrency = () =>
    new Option('--concurrency <runs>', 'runs taken at once').default(4).argParser(wholeFrom1);

  const lease = () =>
    new Option('--lease <seconds>', 'a worker silent for so long loses its runs to the next')
      .default(usualPace.leaseSeconds)
      .argParser(wholeFrom1);

  freshet
    .command('serve')
    .description('Slack, Jira, the reconciler, and a worker')
    .addOption(embedded())
    .addOption(concurrency())
    .addOption(lease())
    .option(
      '--reconcile <seconds>',
      'how often what should be is compared with what is',
      wholeFrom1,
      usualPace.reconcileSeconds,
    )
    .option('--no-worker', 'leave the runs to worker processes')
    .action((options: ServeOptions) => serve(options));
  freshet
    .command('worker')
    .description('takes runs from the queue; as many processes as you like')
    .addOption(embedded())
    .addOption(concurrency())
    .addOption(lease())
    .action((options: WorkerOptions) => work(options));
  freshet
    .command('migrate')
    .description("brings the bot's own database to this version")
    .addOption(embedded())
    .action((options: WorkerOptions) => migrateOnly(options));
  freshet
    .command('check')
    .description(
      'looks at the site file, Slack, Jira, the store and every host; a line each, with the remedy',
    )
    .addOption(embedded())
    .action((options: WorkerOptions) => check(options));
  const host = freshet.command('host').description('what database hosts need');
  host
    .command('install')
    .argument('<host>', 'its name in the site file')
    .description('prints the script that sets a host up; read it, then run it there as root')
    .option('--root <name=path>', 'where a repository lies there; for each', collect, [])
    .option('--bin <folder>', 'folder of the PostgreSQL programs', '/usr/bin')
    .option('--state <folder>', "the host program's own folder", '/var/lib/freshet/state')
    .option('--passfile <file>', 'password file for the tools there, with the password of the loader')
    .option('--data <folder>', 'data folder of the server, to tell its free space')
    .action((host: string, words: InstallWords) => hostInstall(host, words));
  return freshet;
}

type WorkerOptions = { embedded?: string; concurrency: number; lease?: number };
type ServeOptions = WorkerOptions & { worker: boolean; reconcile?: number };

function wholeFrom1(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 3600) return value;
  throw inputError(
    'number-malformed',
    `"${text}" is not allowed; expected a whole number from 1 to 3600.`,
    'npx freshet help lists the options.',
  );
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

/** Everything a process reads before it does anything: variables, site file, secrets, log. */
async function open(environment: Environment) {
  const secrets = openSecrets(process.env);
  for (const secret of secretsOf(environment)) secrets.know(secret);
  const log = createLogger({ level: environment.logLevel, secrets: () => secrets.known() });
  const { site, warnings } = await loadSite({
    path: environment.sitePath,
    engines: Object.keys(engines),
    ...(environment.jiraBaseUrl === undefined ? {} : { jiraBaseUrl: environment.jiraBaseUrl }),
  });
  for (const warning of warnings) log.warn({ path: warning.path }, `${warning.message} ${warning.hint}`);
  return { secrets, log, site };
}

type Opened = Awaited<ReturnType<typeof open>>;

/** The store's address, and how to let go of a server that this process runs itself. */
async function database(
  environment: Environment,
  embedded: string | undefined,
  { log, secrets }: Pick<Opened, 'log' | 'secrets'>,
  own: 'start' | 'find',
): Promise<{ url: string; stop: () => Promise<void> }> {
  const nothing = () => Promise.resolve();
  if (embedded === undefined) {
    if (environment.databaseUrl !== undefined) return { url: environment.databaseUrl, stop: nothing };
    throw configError(
      'store-unnamed',
      'No database for the state of Freshet was named; expected DATABASE_URL or --embedded.',
      'Set DATABASE_URL=postgresql://user@host/freshet, or say --embedded FOLDER to run one from npm packages.',
    );
  }
  const found = own === 'find' ? await findEmbedded(embedded) : undefined;
  if (found !== undefined) {
    secrets.know(new URL(found).password);
    return { url: found, stop: nothing };
  }
  const server = await startEmbedded({ folder: embedded, log });
  secrets.know(new URL(server.connectionString).password);
  return { url: server.connectionString, stop: () => server.stop() };
}

async function serve(options: ServeOptions): Promise<void> {
  const environment = readEnvironment();
  const opened = await open(environment);
  const store = await database(environment, options.embedded, opened, 'start');
  await untilTold(opened, store.stop, async () => {
    await migrate(store.url, opened.log);
    const app = await create(environment, opened, store.url, options);
    return {
      app,
      begin: async () => {
        await app.startFronts();
        if (options.worker) await app.startWorker(options.concurrency);
        opened.log.info({ port: app.port(), worker: options.worker }, 'Freshet is ready');
      },
    };
  });
}

async function work(options: WorkerOptions): Promise<void> {
  const environment = readEnvironment();
  const opened = await open(environment);
  const store = await database(environment, options.embedded, opened, 'find');
  await untilTold(opened, store.stop, async () => {
    const pending = await pendingMigrations(store.url);
    if (pending.length > 0) {
      throw configError(
        'store-not-migrated',
        `The store lacks ${pending.length} migrations; expected one that is up to date.`,
        'Run npx freshet migrate, or start npx freshet serve first.',
      );
    }
    const app = await create(environment, opened, store.url, options);
    return {
      app,
      begin: async () => {
        await app.startWorker(options.concurrency);
        opened.log.info({}, 'The worker is ready');
      },
    };
  });
}

async function migrateOnly(options: WorkerOptions): Promise<void> {
  const environment = readEnvironment();
  const secrets = openSecrets(process.env);
  for (const secret of secretsOf(environment)) secrets.know(secret);
  const log = createLogger({ level: environment.logLevel, secrets: () => secrets.known() });
  const store = await database(environment, options.embedded, { log, secrets }, 'start');
  try {
    const done = await migrate(store.url, log);
    console.log(done.length === 0 ? 'The store is up to date.' : `Applied ${done.join(', ')}.`);
  } finally {
    await store.stop();
  }
}

async function check(options: WorkerOptions): Promise<void> {
  const environment = readEnvironment();
  const opened = await open({ ...environment, logLevel: 'silent' });
  console.log(findingLine('site', { ok: true, says: `${environment.sitePath} has no faults` }));
  const store = await database(environment, options.embedded, opened, 'find');
  const pending = await pendingMigrations(store.url);
  const app = await create(environment, opened, store.url, options);
  let failed = 0;
  if (pending.length > 0) {
    failed++;
    console.log(
      findingLine('store', {
        ok: false,
        says: `it lacks ${pending.length} migrations`,
        remedy: 'Run npx freshet migrate; what needs the store is not looked at before.',
      }),
    );
  }
  try {
    for (const probe of pending.length > 0 ? [] : await app.probes()) {
      const finding = await probe.run();
      if (!finding.ok) failed++;
      console.log(findingLine(probe.name, finding));
    }
  } finally {
    await app.stop();
    await store.stop();
  }
  console.log(failed === 0 ? 'Everything is well.' : `${failed} to mend.`);
  process.exitCode = failed === 0 ? 0 : 1;
}

async function hostInstall(host: string, words: InstallWords): Promise<void> {
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
  databaseUrl: string,
  options: { lease?: number; reconcile?: number },
): Promise<App> {
  return createApp({
    site,
    secret: (ref) => secrets.resolve(ref),
    databaseUrl,
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
  }
}

try {
  await program().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode;
  else if (error instanceof SiteInvalid) {
    console.error(error.render());
    process.exitCode = 1;
  } else if (isFreshetError(error)) {
    console.error(`${error.code}: ${explain(error)}`);
    process.exitCode = 1;
  } else throw error;
}
