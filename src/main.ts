import { Command, CommanderError, Option } from 'commander';
import { SiteInvalid } from '../config/faults.ts';
import { explain, inputError, isFreshetError } from './domain/errors.ts';
import type { InstallWords } from './host-install.ts';
import { addAudit } from './audit/command.ts';
import { addInit } from './init/command.ts';
import type {
  CheckOptions,
  ManifestOptions,
  MigrateOptions,
  ServeOptions,
  WorkerOptions,
} from './processes.ts';
import { usualPace } from './service/deps.ts';

// Help, and what is not understood, need none of what the processes load.
const processes = () => import('./processes.ts');

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

  const metricsPort = () =>
    new Option(
      '--metrics-port <port>',
      'health and metrics of this process on this port (0: a free one); else http.metrics of the site file for serve, none for a worker',
    ).argParser(portNumber);

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
    .addOption(metricsPort())
    .option('--no-worker', 'leave the runs to worker processes')
    .action(async (options: ServeOptions) => (await processes()).serve(options));
  freshet
    .command('worker')
    .description('takes runs from the queue; as many processes as you like')
    .addOption(embedded())
    .addOption(concurrency())
    .addOption(lease())
    .addOption(metricsPort())
    .action(async (options: WorkerOptions) => (await processes()).work(options));
  freshet
    .command('migrate')
    .description(
      "brings the bot's own database to this version; as its owner (MIGRATE_DATABASE_URL), where that is another role than the bot's",
    )
    .addOption(embedded())
    .option(
      '--runtime-role <name>',
      'the role that serve and worker log in as; that of DATABASE_URL by default',
    )
    .action(async (options: MigrateOptions) => (await processes()).migrateOnly(options));
  freshet
    .command('check')
    .description(
      'looks at the site file, Slack, Jira, the store and every host; a line each, with the remedy',
    )
    .addOption(embedded())
    .option(
      '--workflow',
      'also tests the Jira workflow, with issues that it makes, marks as a dry run and closes',
    )
    .action(async (options: CheckOptions) => (await processes()).check(options));
  freshet
    .command('manifest')
    .description('prints the manifest of the Slack app; https://api.slack.com/apps makes the app of it')
    .option('--url <address>', 'for HTTP mode: where Slack reaches the bot, such as https://bot.example')
    .option('--link', "prints a link instead that opens Slack's page with the manifest filled in")
    .action(async (words: ManifestOptions) => (await processes()).manifest(words));
  addInit(freshet);
  addAudit(freshet, embedded);
  const host = freshet.command('host').description('what database hosts need');
  host
    .command('install')
    .argument('<host>', 'its name in the site file')
    .description('prints the script that sets a host up; read it, then run it there as root')
    .option('--root <name=path>', 'where a repository lies there; for each', collect, [])
    .option(
      '--bin <folder>',
      'folder of the client programs, /usr/bin by default; ENGINE=FOLDER of one engine',
      collect,
      [],
    )
    .option('--state <folder>', "the host program's own folder", '/var/lib/freshet/state')
    .option(
      '--passfile <file>',
      "file with the loader's password, for the tools there; SERVER=FILE of one server",
      collect,
      [],
    )
    .option(
      '--data <folder>',
      'data folder of the server, to tell its free space; SERVER=FOLDER of one',
      collect,
      [],
    )
    .option('--hook <name=path>', 'program of a hook that the site has on this host; for each', collect, [])
    .action(async (host: string, words: InstallWords) => (await processes()).hostInstall(host, words));
  return freshet;
}

function wholeFrom1(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 3600) return value;
  throw inputError(
    'number-malformed',
    `"${text}" is not allowed; expected a whole number from 1 to 3600.`,
    'npx freshet help lists the options.',
  );
}

function portNumber(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= 65_535) return value;
  throw inputError(
    'number-malformed',
    `"${text}" is not allowed; expected a port from 0 to 65535.`,
    'npx freshet help lists the options.',
  );
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
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
