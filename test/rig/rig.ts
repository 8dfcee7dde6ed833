import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RequestId } from '../../src/domain/ids.ts';
import type { Request, RequestState } from '../../src/domain/request.ts';
import { startBot, type Bot } from '../../src/sandbox/bot.ts';
import { BILLING_BACKUPS } from '../../src/sandbox/hosts/billing/billing.ts';
import { CATALOG_BACKUPS } from '../../src/sandbox/hosts/catalog/catalog.ts';
import { ORDERS_BACKUPS } from '../../src/sandbox/hosts/production.ts';
import { startSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { createStage, type Stage } from '../../src/sandbox/story/stage.ts';
import { createTeller } from '../../src/sandbox/story/teller.ts';
import { openStore } from '../../src/store/database.ts';
import { startEmbedded } from '../../src/store/embedded.ts';
import { postmaster } from '../../src/store/embedded/postmaster.ts';
import { migrate } from '../../src/store/migrate.ts';
import type { Store } from '../../src/store/store.ts';
import { startRedis, type PrivateRedis } from '../redis.ts';
import { askingOf, type Asking } from './asking.ts';
import { follow, type Following } from './following.ts';
import { emptyCatalogue, groundFolders, layGround } from './ground.ts';
import type { Proxy } from './proxy.ts';
import { sampleProcesses, type Samples } from './samples.ts';
import { says } from './says.ts';
import { changeSite, startWires, writeSite, type SiteText } from './site.ts';
import { watchTools, type Tools } from './tools.ts';
import { until } from '../until.ts';

export type RigOptions = {
  /** Worker processes from the start. */
  workers?: number;
  /** The queue on a Redis of the rig's own. */
  redis?: boolean;
  /** A wire between the bot and `test-db`, and one between the hosts. */
  proxies?: boolean;
  /** Further words of `serve`; by default `--no-worker`. */
  serve?: readonly string[];
  /** Put before each process of Freshet. */
  before?: (sandbox: Sandbox) => readonly string[];
  /** Changes the site file before anything reads it. */
  site?: (site: SiteText, sandbox: Sandbox) => void | Promise<void>;
  /** Before the bot starts. */
  prepare?: (sandbox: Sandbox) => Promise<void>;
  /** Size of the shop; 1 is 200,000 rows. */
  scale?: number;
  /** Whether the sandbox has a second database, `billing`. */
  billing?: boolean;
  /** Whether the sandbox has a MariaDB with a third one, `catalog`. */
  catalog?: boolean;
  /** Whether the sandbox takes backups of uat, and proves them. */
  takes?: boolean;
  /** Backups that the catalogue must come to know, if others than the sandbox makes. */
  backups?: number;
  /** The catalogue begins empty, also where an earlier rig has read the same backups. */
  unread?: boolean;
  indexDelayMs?: number;
  /** Which Jira the stand-in is; Cloud by default. */
  jiraKind?: 'cloud' | 'data-center';
};

/** A whole installation of a test file's own: sandbox, store, processes of Freshet, and the ways to harm them. */
export type Rig = Following &
  Asking & {
    folder: string;
    sandbox: Sandbox;
    store: Store;
    storeUrl: string;
    /** The store's own server: gone, and there again with all that was committed. */
    storeServer: { pid(): number; stop(): Promise<void>; start(): Promise<void> };
    /** The site file that the processes read; `SiteText` when parsed. */
    siteFile: string;
    stage: Stage;
    tools: Tools;
    samples: Samples;
    redis?: PrivateRedis;
    /** Between the bot and `test-db`; between the hosts. Only with `proxies`. */
    wire: Proxy;
    transferWire: Proxy;
    /** Every process that was started, dead ones too. */
    bots: Bot[];
    serve: Bot;
    /** Changes the site file and starts `serve` anew, as an administrator does. */
    resite(change: (site: SiteText) => void): Promise<void>;
    /** What `npx freshet ...` says on this site and store; rejects where it ends with another exit code than 0. */
    says(words: readonly string[]): Promise<string>;
    /** Starts `npx freshet ...` on this site and store, or on another site file. */
    start(words: readonly string[], environment?: Record<string, string>): Bot;
    startWorker(): Bot;
    /** Ends what there is of workers and further processes, and starts so many workers: for the next suite on the same rig. */
    workers(count: number): Promise<void>;
    /** A worker that lives, by its name in the store (`host-PID-random`). */
    workerNamed(name: string): Bot;
    /** Everything that the processes logged. */
    logs(): Promise<string>;
    until(request: RequestId, states: readonly RequestState[], seconds?: number): Promise<Request>;
    stop(): Promise<void>;
  };

/** Size of the shop. */
export const usualScale = 0.05;
/** How long a silent worker keeps its runs in tests; long enough for a machine that is busy. */
export const leaseSeconds = 2;

/** For the `before` hook of a test file: what a start takes on a machine that does much else. */
export const startMs = 420_000;
/** Seconds: how long is waited for what a request, a run or a step comes to, unless a test says otherwise. */
const patience = 240;
/** What the bot itself may take of it. */
const comingSeconds = 180;
const started: Promise<Rig>[] = [];

/** For the `after` hook: ends every rig of the file, also one that was still starting when its hook ran out of time. */
export async function stopRigs(): Promise<void> {
  for (const one of await Promise.allSettled(started.splice(0))) {
    if (one.status === 'fulfilled') await one.value.stop();
  }
}

/** Starts a rig. Throws with the tail of the logs when Freshet does not come up; then nothing is left running. */
export function startRig(options: RigOptions = {}): Promise<Rig> {
  const rig = rise(options);
  started.push(rig);
  return rig;
}

async function rise(options: RigOptions): Promise<Rig> {
  const folder = await mkdtemp(join(tmpdir(), 'rig-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const isUsual = options.billing !== true && options.catalog !== true;
    if (options.scale === undefined && isUsual) await layUsualGround(folder);
    return await riseIn(folder, options, remove);
  } catch (error) {
    await remove();
    throw error;
  }
}

/** What a rig begins with, in its folder; also for a sandbox of another kind, of `usualScale`. */
export function layUsualGround(folder: string): Promise<void> {
  return layGround(folder, (aside) => riseIn(aside, {}));
}

/** `last` is done when all of it has ended. */
async function riseIn(folder: string, options: RigOptions, last?: () => Promise<void>): Promise<Rig> {
  const ending: (() => Promise<unknown>)[] = last === undefined ? [] : [last];
  const stop = async () => {
    const errors: unknown[] = [];
    for (const end of ending.splice(0).toReversed()) {
      try {
        await end();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  };
  try {
    return await build(folder, options, ending, stop);
  } catch (error) {
    const said = await readFile(join(folder, 'freshet.log'), 'utf8').catch(() => '');
    await stop().catch(() => undefined);
    throw new Error(`The rig did not start: ${String(error)}\n${said.slice(-3000)}`, { cause: error });
  }
}

async function build(
  folder: string,
  options: RigOptions,
  ending: (() => Promise<unknown>)[],
  stop: () => Promise<void>,
): Promise<Rig> {
  const storeOptions = {
    folder: join(folder, groundFolders.store),
    settings: { fsync: 'off' },
    seconds: comingSeconds,
  };
  const [sandbox, embedded, redis] = await Promise.all([
    startSandbox({
      folder: join(folder, groundFolders.sandbox),
      durable: false,
      scale: options.scale ?? usualScale,
      billing: options.billing ?? false,
      catalog: options.catalog ?? false,
      takes: options.takes ?? false,
      ...(options.indexDelayMs === undefined ? {} : { indexDelayMs: options.indexDelayMs }),
      ...(options.jiraKind === undefined ? {} : { jiraKind: options.jiraKind }),
    }).then((up) => {
      ending.push(() => up.stop());
      return up;
    }),
    startEmbedded(storeOptions).then((up) => {
      ending.push(() => up.stop());
      return up;
    }),
    options.redis === true
      ? startRedis().then((up) => {
          ending.push(() => up.stop());
          return up;
        })
      : undefined,
  ]);
  await migrate(embedded.connectionString);
  if (options.unread === true) await emptyCatalogue(embedded.connectionString);
  const store = await openStore({ connectionString: embedded.connectionString });
  ending.push(() => store.close());
  await options.prepare?.(sandbox);
  await mkdir(join(folder, 'host-tools'));
  const tools = await watchTools(sandbox.hosts.hosts['test-db'], join(folder, 'host-tools'));
  const wires = options.proxies === true ? await startWires(sandbox, ending) : undefined;
  const siteFile = await writeSite(sandbox, wires, options.site);

  const bots: Bot[] = [];
  // The pid of one that has ended may be somebody else's.
  const living = new Set<Bot>();
  const logFile = join(folder, 'freshet.log');
  const environment = {
    ...sandbox.environment,
    FRESHET_CONFIG: siteFile,
    // So that the sandbox's watchdog ends them, too, should this process be killed.
    FRESHET_SANDBOX: sandbox.hosts.folder,
    // A warning that `checkInvariants` finds says where it comes from.
    NODE_OPTIONS: '--trace-warnings',
    ...(redis === undefined ? {} : { REDIS_URL: redis.url }),
  };
  const before = options.before?.(sandbox);

  function start([verb = '', ...words]: readonly string[], more: Record<string, string> = {}): Bot {
    const bot = startBot({
      // What a test says comes last and counts.
      words: [verb, '--embedded', storeOptions.folder, '--lease', String(leaseSeconds), ...words],
      environment: { ...environment, ...more },
      logFile,
      ...(before === undefined ? {} : { before }),
    });
    bots.push(bot);
    living.add(bot);
    void bot.ended.then(() => living.delete(bot));
    return bot;
  }
  ending.push(() => Promise.all(bots.map((bot) => bot.stop(10))));

  const samples = sampleProcesses(folder, () => [...living].map(({ pid }) => pid));
  ending.push(() => Promise.resolve(samples.stop()));
  const serving = ['serve', '--reconcile', '1', ...(options.serve ?? ['--no-worker'])];
  const serve = start(serving);
  for (let at = 0; at < (options.workers ?? 0); at += 1) start(['worker']);
  const died = Promise.race(
    bots.map(async (bot) => {
      const code = await bot.ended;
      throw new Error(`${bot === serve ? 'serve' : 'a worker'} ended with code ${code}`);
    }),
  );
  died.catch(() => undefined);
  await Promise.race([
    died,
    until('the bot comes to Slack', () => sandbox.slack.connections() > 0, comingSeconds),
  ]);
  const beside =
    (options.billing === true ? BILLING_BACKUPS : 0) + (options.catalog === true ? CATALOG_BACKUPS : 0);
  const backups = options.backups ?? ORDERS_BACKUPS + beside;
  await Promise.race([
    died,
    until(
      'the backups are read',
      async () => (await store.backups.list({}, { limit: 1, offset: 0 })).total >= backups,
      comingSeconds,
    ),
  ]);

  const tell = createTeller({ write: () => undefined, colour: false });
  const rig: Rig = {
    ...follow(store, embedded.connectionString),
    folder,
    sandbox,
    store,
    storeUrl: embedded.connectionString,
    storeServer: {
      pid: () =>
        postmaster(join(storeOptions.folder, 'cluster/data'))?.pid ?? missing('a server of its store'),
      stop: () => embedded.stop(),
      start: async () => void (await startEmbedded(storeOptions)),
    },
    siteFile,
    stage: createStage(sandbox, store, tell),
    tools,
    samples,
    ...(redis === undefined ? {} : { redis }),
    get wire() {
      return wires?.bot ?? missing('proxies');
    },
    get transferWire() {
      return wires?.transfer ?? missing('proxies');
    },
    bots,
    serve,
    start,
    async resite(change) {
      await changeSite(siteFile, change);
      await rig.serve.stop(30);
      rig.serve = start(serving);
      await until('the bot is back', () => sandbox.slack.connections() > 0, comingSeconds);
    },
    says: (words) => says(words, { ...environment, DATABASE_URL: embedded.connectionString }),
    startWorker: () => start(['worker']),
    async workers(count) {
      await Promise.all(bots.filter((bot) => bot !== rig.serve).map((bot) => bot.stop()));
      for (let at = 0; at < count; at += 1) start(['worker']);
    },
    workerNamed(name) {
      const pid = Number(/-(\d+)-[0-9a-f]+$/.exec(name)?.[1]);
      return bots.find((bot) => bot.pid === pid) ?? missing(`a worker ${name}`);
    },
    logs: () => readFile(logFile, 'utf8'),
    ...askingOf(sandbox, store),
    async until(request, states, seconds = patience) {
      try {
        return await rig.stage.until(request, states, seconds);
      } catch (error) {
        throw new Error(`${String(error)}\nLogged as errors:\n${errorsIn(await rig.logs())}`, {
          cause: error,
        });
      }
    },
    stop,
  };
  return rig;
}

function missing(what: string): never {
  throw new Error(`the rig was started without ${what}`);
}

/** The last lines of a log that tell of an error. */
function errorsIn(log: string): string {
  return log
    .split('\n')
    .filter((line) => /"level":"(?:error|fatal)"/.test(line))
    .slice(-8)
    .join('\n');
}
