import { randomBytes } from 'node:crypto';
import { Pool } from 'pg';
import { pino } from 'pino';
import type { Actor } from '../src/domain/person.ts';
import type { Rule } from '../src/domain/policy/policy.ts';
import type { EnvironmentSite, Placement, Site } from '../src/domain/site.ts';
import { actionIds, blockIds } from '../src/fronts/slack/modal/names.ts';
import { optionsFor, type Searching } from '../src/fronts/slack/modal/options.ts';
import type { ServerAccess } from '../runners/engine.ts';
import type { Queue } from '../src/queue/queue.ts';
import { usualPace } from '../src/service/deps.ts';
import { createService, type Service } from '../src/service/service.ts';
import type { Store } from '../src/store/store.ts';
import { paperSite } from '../test/paper-site.ts';
import { crowdEngine } from '../test/rig/crowd-host.ts';
import { type Figure, figuresOf, timed } from './harness.ts';

/** Names of what `catalogue.bench.ts` has filled the catalogue with. */
export type Filled = { databases: readonly string[]; busy: string; setOf: (at: number) => string[] };

const team = 'T0BENCH';
const teams = 20;
/** An environment in which all databases live. */
const whole = 'whole';

/**
 * The same as people meet it: what Slack's form asks for with each key, from the member's id to the options that are answered, and what
 * `/refresh plan` and a step of the form work out. As many environments as databases, a list of rules for each of many teams; who
 * asks may ask for all. Only hosts are scripted.
 */
export async function servicePaths(
  store: Store,
  filled: Filled,
  rounds: number,
  say: (line: string) => void,
): Promise<Figure[]> {
  const service = serviceOn(store, largeSite(paperSite(), filled));
  return [...(await menus(service, filled, rounds, say)), ...(await plans(service, filled, rounds, say))];
}

/** Nothing is asked for here: no run is queued, and the engine only looks at hosts that are none. */
function serviceOn(store: Store, site: Site): Service {
  const engine = crowdEngine(new Pool(), 'bench');
  return createService({
    site,
    store,
    queue: {} as Queue,
    engine: () => engine,
    access: (server) => ({ site: site.servers[server]! }) as unknown as ServerAccess,
    program: (host) => {
      throw new Error(`nothing runs on ${host} here`);
    },
    repositories: {},
    pace: usualPace,
    worker: 'bench',
    now: () => new Date(),
    random: (bytes) => randomBytes(bytes),
    log: pino({ level: 'silent' }),
  });
}

function largeSite(site: Site, { databases, busy, setOf }: Filled): Site {
  const ci = site.environments['ci']!;
  const placed = (environment: string, names: readonly string[]): Record<string, Placement> =>
    Object.fromEntries(
      names.map((database) => {
        const databaseName = `${database}_${environment}`;
        return [database, { ...ci.databases['orders']!, database, databaseName, target: databaseName }];
      }),
    );
  const environment = (name: string, title: string, names: readonly string[]): [string, EnvironmentSite] => [
    name,
    { ...ci, name, title, databases: placed(name, names) },
  ];
  const all = databases.map((_, at) => environment(`env-${at}`, `Environment ${at}`, setOf(at)));
  const { production } = site.environments;
  const share = Math.ceil(all.length / teams);
  const rules: Rule[] = [
    ...Array.from({ length: teams }, (_, at): Rule => {
      const own = all.slice(at * share, (at + 1) * share).map(([name]) => name);
      return { may: ['request', 'undo'], roles: [`team-${at}`], environments: own, allow: true };
    }),
    { may: 'everything', roles: ['developer'], environments: 'all', allow: true },
    { may: 'everything', roles: 'everybody', environments: 'all', allow: false },
  ];
  return {
    ...site,
    rules,
    databases: Object.fromEntries(
      [...databases, busy].map((name) => [name, { name, engine: 'postgres', title: `Data ${name}` }]),
    ),
    environments: Object.fromEntries([
      ['production', production!],
      ...all,
      environment(whole, 'All of it', [...databases, busy]),
    ]),
  };
}

/** Slack gives up after 2.5 s; a person waits for less. */
const menuMs = 150;

async function menus(
  service: Service,
  { databases, busy }: Filled,
  rounds: number,
  say: (line: string) => void,
): Promise<Figure[]> {
  say('menus of the form');
  const { site } = service;
  const front: Searching = {
    service,
    site,
    workspace: () => Promise.resolve(team),
    log: pino({ level: 'silent' }),
  };
  const menu = async (blockId: string, actionId: string, text: string) => {
    const user = site.people['dana']!.slackUserId!;
    const options = await optionsFor(front, { user, teams: [team], blockId, actionId, text });
    // What only explains must not count as an answer.
    if (text === '' && options[0]?.value === 'none') throw new Error(options[0].text.text);
  };
  const named = (prefix: string) => ['', prefix, '9', `${prefix} 99`, 'nothing-like-it', '7 1', '·'];
  const environments = named('env');
  const living = named('data');
  const backups = ['', '2', 'declared', 'nothing-like-it', 'dump proven', 'BKP-17', '2026'];
  const ofBackups = (database: string, text: string) =>
    menu(blockIds.backup(whole, database), actionIds.backup(database), text);
  const ofEnvironments = await timed(rounds, (at) =>
    menu(blockIds.environment, actionIds.environment, environments[at % environments.length]!),
  );
  const ofDatabases = await timed(rounds, (at) =>
    menu(blockIds.databases(whole), actionIds.databases, living[at % living.length]!),
  );
  const many = await timed(rounds, (at) =>
    ofBackups(databases[(at * 7919) % databases.length]!, backups[at % backups.length]!),
  );
  const one = await timed(rounds, (at) => ofBackups(busy, backups[at % backups.length]!));
  const count = databases.length;
  return [
    ...figuresOf(`the form's menu of ${count} environments`, ofEnvironments, menuMs),
    ...figuresOf(`the form's menu of ${count} databases`, ofDatabases, menuMs),
    ...figuresOf("the form's menu of backups", many, menuMs),
    ...figuresOf("the form's menu of backups, of the large database", one, menuMs),
  ];
}

async function plans(
  service: Service,
  { databases, setOf }: Filled,
  rounds: number,
  say: (line: string) => void,
): Promise<Figure[]> {
  say('sets through the service');
  const dana: Actor = { person: service.site.people['dana']!, front: 'slack' };
  const placeOf = (at: number) => (at * 31) % databases.length;
  const wishOf = (at: number) => ({ environment: `env-${placeOf(at)}`, names: setOf(placeOf(at)) });
  const aligned = await timed(rounds, (at) => {
    const { environment, names } = wishOf(at);
    return service.align(dana, { environment, databases: names });
  });
  const refresh = (at: number) => {
    const { environment, names } = wishOf(at);
    return { environment, databases: names.map((database) => ({ database })), reason: '' };
  };
  const planned = await timed(rounds, (at) => service.previewRefresh(dana, refresh(at)));
  const stepped = await timed(Math.ceil(rounds / 3), (at) => service.prospect(dana, refresh(at)));
  const count = setOf(0).length;
  return [
    ...figuresOf(`a set of ${count} databases, as the service proposes it`, aligned, 50),
    ...figuresOf(`the plan of a refresh of ${count}, hosts scripted`, planned),
    ...figuresOf(`a step of the form with ${count} chosen`, stepped),
  ];
}
