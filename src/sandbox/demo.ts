import { appendFileSync, existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { explain, isFreshetError } from '../domain/errors.ts';
import { openStore } from '../store/database.ts';
import { findEmbedded, startEmbedded } from '../store/embedded.ts';
import { startBot, type Bot } from './bot.ts';
import { converse } from './console.ts';
import { forgetRuns } from './forget.ts';
import { BILLING_BACKUPS } from './hosts/billing/billing.ts';
import { CATALOG_BACKUPS } from './hosts/catalog/catalog.ts';
import { ENVIRONMENTS } from './hosts/environments.ts';
import { MARK } from './hosts/process.ts';
import { ORDERS_BACKUPS } from './hosts/production.ts';
import { openShopFront } from './hosts/shop-front.ts';
import { buildPage } from './page/build.ts';
import { startPage, type SandboxPage } from './page/server.ts';
import { watchParent } from './parent-watch.mjs';
import { removeSandbox, startSandbox, type Sandbox } from './sandbox.ts';
import { root } from './setup.mjs';
import { createStage } from './story/stage.ts';
import { playStory } from './story/story.ts';
import { createTeller } from './story/teller.ts';

const script = process.argv.includes('--script');
const jiraKind = process.argv.includes('--data-center') ? 'data-center' : 'cloud';
/** The story begins anew each time; what people did by hand to the databases stays for the next time. */
const folder = join(root, '.sandbox', script ? 'story' : 'play');
const logFile = join(folder, 'freshet.log');
const pageLog = join(folder, 'page.log');
const say = (sentence: string) => console.log(sentence);

/** Sandbox and bot until Ctrl-C; with `--script`, the story and an end. Leaves no process behind, however it is told to stop. */
async function demo(): Promise<number> {
  const ending: (() => Promise<void>)[] = [];
  let told: (reason: number) => void = () => undefined;
  const stopped = new Promise<number>((resolve) => (told = resolve));
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.on(signal, () => told(code));
  }
  watchParent(() => told(143));
  try {
    const played = perform(ending, stopped);
    return await Promise.race([played, stopped]);
  } finally {
    for (const end of ending.splice(0).toReversed()) await end();
  }
}

async function perform(ending: (() => Promise<void>)[], stopped: Promise<number>): Promise<number> {
  if (script) await removeSandbox(folder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const sandbox = await startSandbox({
    folder,
    log: say,
    jiraKind,
    billing: true,
    catalog: true,
    takes: true,
  });
  ending.push(() => sandbox.stop());
  // Not before the folder is ours: a demo that runs there has a store of the same name.
  await forgetStore(join(folder, 'store'));
  await forgetRuns(sandbox);
  // Whoever only wants to see the story needs no page; it is built while the bot starts.
  const built = script ? undefined : buildPage();
  built?.catch(() => undefined);
  say('Starts Freshet');
  const bot = await startServing(sandbox, ending);
  if (built !== undefined) {
    // Somebody is connected to uat, as there mostly is: the form warns of them, and a swap ends their session.
    const [uat] = ENVIRONMENTS;
    const shop = openShopFront(sandbox.hosts.hosts['test-db'], uat!);
    ending.push(() => shop.close());
    const page = await servePage(sandbox, await built, ending);
    lookAround(sandbox, page);
    const crashed = bot.ended.then((code) => ({ crashed: code }));
    const end = await Promise.race([converse(sandbox, say), crashed, stopped]);
    if (typeof end === 'number') return end;
    say(`Freshet ended with code ${end.crashed}; its log is ${logFile}`);
    return 1;
  }
  const url = await findEmbedded(join(folder, 'store'));
  if (url === undefined) throw new Error('the store of the bot can not be found');
  const store = await openStore({ connectionString: url });
  ending.push(() => store.close());
  const tell = createTeller({ write: say, colour: process.stdout.isTTY });
  const stage = createStage(sandbox, store, tell);
  try {
    await playStory(stage);
  } catch (error) {
    tell.claim(
      'the story can be told to its end',
      false,
      error instanceof Error ? error.message : String(error),
    );
  }
  const { passed, failed } = tell.result();
  say('');
  say(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

/** The stand-ins forget everything when they end, so what the bot knows of them is forgotten, too. */
async function forgetStore(place: string): Promise<void> {
  if (!existsSync(place)) return;
  const left = await startEmbedded({ folder: place });
  await left.stop();
  await rm(place, { recursive: true, force: true });
}

/** Starts the bot on a store of its own, and waits until it has come to Slack and has read the backups. */
async function startServing(sandbox: Sandbox, ending: (() => Promise<void>)[]): Promise<Bot> {
  const bot = startBot({
    words: ['serve', '--embedded', join(folder, 'store')],
    // By its mark the sandbox's watchdog ends the bot, too, should we be killed.
    environment: { ...sandbox.environment, [MARK]: sandbox.hosts.folder },
    logFile,
  });
  ending.push(() => bot.stop());
  const dead = bot.ended.then((code) => {
    throw new Error(`Freshet ended with code ${code}; its log is ${logFile}`);
  });
  dead.catch(() => undefined);
  await Promise.race([sandbox.slack.waitFor(() => sandbox.slack.connections() > 0, 60_000), dead]);
  await Promise.race([catalogueRead(), dead]);
  return bot;
}

/** The page for a browser. What goes wrong in it is written to the log, not into the conversation. */
async function servePage(
  sandbox: Sandbox,
  built: string,
  ending: (() => Promise<void>)[],
): Promise<SandboxPage> {
  const url = await findEmbedded(join(folder, 'store'));
  if (url === undefined) throw new Error('the store of the bot can not be found');
  const store = await openStore({ connectionString: url, maxConnections: 3 });
  ending.push(() => store.close());
  const page = await startPage({
    sandbox,
    store,
    built,
    log: (fault) => appendFileSync(pageLog, `${new Date().toISOString()} ${String(fault)}\n`),
  });
  ending.push(() => page.close());
  return page;
}

async function catalogueRead(): Promise<void> {
  say('Freshet reads the backups it finds, each to its end');
  const url = await findEmbedded(join(folder, 'store'));
  if (url === undefined) throw new Error('the store of the bot can not be found');
  const store = await openStore({ connectionString: url });
  try {
    const made = ORDERS_BACKUPS + BILLING_BACKUPS + CATALOG_BACKUPS;
    const end = Date.now() + 60_000;
    for (;;) {
      // What was taken of uat before is read as well, whenever.
      const { total } = await store.backups.list({ environment: 'production' }, { limit: 1, offset: 0 });
      if (total >= made) return;
      if (Date.now() > end)
        throw new Error(`only ${total} of ${made} backups were read; the log is ${logFile}`);
      await store.events.wait(0.5);
    }
  } finally {
    await store.close();
  }
}

function lookAround(sandbox: Sandbox, page: SandboxPage): void {
  const host = sandbox.hosts.hosts['test-db'];
  say('');
  say(`Open ${page.url} in a browser: Slack, the Jira board and the databases, as any of the people.`);
  say('');
  say(
    'Everything runs. Slack and Jira are stand-ins on this machine; sshd, PostgreSQL, MariaDB and the backups are real.',
  );
  say(`  Jira issues        ${sandbox.jira.url}/browse/REF-1, once somebody has asked for something`);
  say(
    `  the databases      127.0.0.1:${host.pgPort} (orders_uat, orders_ci, orders_dev, billing_uat, billing_ci)`,
  );
  say(`  on MariaDB         127.0.0.1:${host.mariadbPort} (catalog_uat, catalog_ci)`);
  say(`  the bot’s log      ${logFile}`);
  say(`  its health         http://127.0.0.1:${sandbox.httpPort}/healthz`);
  const variables = Object.entries(sandbox.environment).map(([name, value]) => `${name}=${value}`);
  say('');
  say('Another terminal can look at it as an administrator would:');
  say(`  ${variables.join(' ')} npx freshet check --embedded ${join(folder, 'store')}`);
  say('');
  say('Ctrl-C ends everything.');
  say('');
}

try {
  process.exitCode = await demo();
} catch (error) {
  const plain = isFreshetError(error)
    ? explain(error)
    : error instanceof Error
      ? error.message
      : String(error);
  console.error(`The demo could not go on: ${plain}`);
  process.exitCode = 1;
}
process.exit();
