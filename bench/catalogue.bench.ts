import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Client } from 'pg';
import type { Backup, Takeable } from '../src/domain/backup.ts';
import { openStore } from '../src/store/database.ts';
import { startEmbedded } from '../src/store/embedded.ts';
import { migrate } from '../src/store/migrate.ts';
import type { Store } from '../src/store/store.ts';
import { type Bench, type Figure, figure, figuresOf, pairs, seconds, timed } from './harness.ts';
import { type Filled, servicePaths } from './service-paths.ts';

/**
 * The catalogue with very many backups, over the embedded store: lists, the search as somebody types, aligned sets, the same through the
 * service and Slack's form with as many environments as databases, and how fast backups are taken in. Rows that are only read are made by the server; what is taken in goes through the store as a scan's does.
 * The alignment is measured against the plain way: read all moments of the databases and merge them in memory.
 */
export const bench: Bench = {
  title: 'The catalogue',
  async run(args, say) {
    const { values } = parseArgs({
      args,
      options: {
        backups: { type: 'string', default: '1000000' },
        databases: { type: 'string', default: '10000' },
        rounds: { type: 'string', default: '300' },
        ingest: { type: 'string', default: '50000' },
      },
    });
    const folder = await mkdtemp(join(tmpdir(), 'bench-'));
    try {
      const server = await startEmbedded({ folder });
      try {
        const { connectionString } = server;
        await migrate(connectionString);
        const size = { backups: Number(values.backups), databases: Number(values.databases) };
        await fill(connectionString, size, say);
        const store = await openStore({ connectionString });
        try {
          const rounds = Number(values.rounds);
          return [
            ...(await lists(store, size.databases, rounds, say)),
            ...(await searches(store, size, rounds, say)),
            ...(await sets(store, size.databases, rounds, say)),
            ...(await servicePaths(store, filledWith(size), rounds, say)),
            ...(await ingest(store, Number(values.ingest), say)),
          ];
        } finally {
          await store.close();
        }
      } finally {
        await server.stop();
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

type Say = (line: string) => void;
type Size = { backups: number; databases: number };

/** A database with a hundredth of all backups, as a busy one would have. */
const busy = 'busy';
const kinds = ['raw', 'declared', 'proven'] as const;
const databasesOfASet = 10;

/** The databases of a set lie anywhere. */
function setOf(at: number, databases: number): string[] {
  return Array.from({ length: databasesOfASet }, (_, index) => `db-${(at * 7919 + index * 131) % databases}`);
}

function filledWith({ databases }: Size): Filled {
  const names = Array.from({ length: databases }, (_, at) => `db-${at}`);
  return { databases: names, busy, setOf: (at) => setOf(at, databases) };
}
const batch = 1000;

/** Each database of an environment of its own, with a backup each hour or so, at minutes of its own; a third of each kind. */
async function fill(connectionString: string, { backups, databases }: Size, say: Say): Promise<void> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    const few = Math.floor(backups * 0.99);
    say(`making ${backups} backups of ${databases} databases`);
    const rows = (numbers: string, database: string, ago: string) => `
      insert into freshet.backups (database, environment, repository, path, engine, format, data_at, data_at_origin,
        taken_at, bytes, checksum, anonymisation, scope, state, found_at, read_at)
      select ${database}, 'e-' || (n % ${databases}), 'nightly', 'dumps/' || ${database} || '_' || n || '.dump', 'postgres',
        'pg-custom', now() - ${ago}, 'name-pattern', now() - ${ago}, n, md5(n::text),
        (array['raw', 'declared', 'proven'])[1 + (n / ${databases}) % 3], 'full', 'present', now(), now()
      from ${numbers} as n`;
    await client.query(
      rows(
        `generate_series(0, ${few - 1})`,
        `'db-' || (n % ${databases})`,
        `make_interval(hours => n / ${databases}, mins => (n % ${databases}) * 7 % 60)`,
      ),
    );
    await client.query(
      rows(`generate_series(${few}, ${backups - 1})`, `'${busy}'`, `make_interval(mins => n - ${few})`),
    );
    await client.query('analyze freshet.backups');
  } finally {
    await client.end();
  }
}

async function lists(store: Store, databases: number, rounds: number, say: Say): Promise<Figure[]> {
  say('lists');
  const took = await timed(rounds, (at) => {
    const database = at % 10 === 0 ? busy : `db-${(at * 7919) % databases}`;
    const filter = at % 2 === 0 ? { database } : { database, anonymised: true, state: 'present' as const };
    return store.backups.list(filter, { limit: 10, offset: (at % 3) * 10 });
  });
  return figuresOf('a page of a list', took, 50);
}

async function searches(
  store: Store,
  { backups, databases }: Size,
  rounds: number,
  say: Say,
): Promise<Figure[]> {
  say('searches');
  const today = new Date().toISOString();
  const typed = [
    [],
    ['2'],
    ['declared'],
    ['nothing-like-it'],
    ['dump', 'proven'],
    [today.slice(0, 10)],
    ['full', '0'],
  ];
  const search = (database: string, words: string[], at: number) =>
    store.backups.search({ database, words, ...(at % 4 === 3 ? {} : { accepts: kinds.slice(1) }) }, 100);
  const many = await timed(rounds, (at) =>
    search(`db-${(at * 7919) % databases}`, typed[at % typed.length]!, at),
  );
  const one = await timed(rounds, (at) => search(busy, [...typed, [`busy_${backups - 5}`]][at % 8]!, at));
  return [
    ...figuresOf('a search while typing', many, 100),
    ...figuresOf(`a search in a database of ${Math.ceil(backups * 0.01)} backups`, one, 100),
  ];
}

async function sets(store: Store, databases: number, rounds: number, say: Say): Promise<Figure[]> {
  say('aligned sets');
  const wantedOf = (at: number): Takeable[] =>
    setOf(at, databases).map((database) => ({
      database,
      sources: kinds.slice(1).map((anonymisation) => ({ anonymisation, repositories: ['nightly'] })),
    }));
  const withinSeconds = 3600;
  const ours = (at: number) => store.backups.aligned(wantedOf(at), { withinSeconds, beside: [] });
  const took = await timed(rounds, ours);
  const nothing = await timed(Math.ceil(rounds / 10), async (at) => {
    // Too narrow for most: the closest of all is looked for as well.
    await store.backups.aligned(wantedOf(at), { withinSeconds: 1, beside: [] });
    await store.backups.closest(wantedOf(at), { beside: [] });
  });
  const measured = await pairs(
    15,
    (at) => seconds(() => ours(at)),
    (at) => seconds(() => plainly(store, wantedOf(at), withinSeconds)),
  );
  for (let at = 0; at < 15; at += 1) {
    const [one, other] = [await ours(at), await plainly(store, wantedOf(at), withinSeconds)];
    const same = one?.map(({ dataAt }) => dataAt!.getTime()).join() === other?.join();
    if (!same) throw new Error('the plain way found another set');
  }
  return [
    ...figuresOf(`a set of ${databasesOfASet} databases`, took, 50),
    ...figuresOf('no set near enough, and the closest', nothing),
    figure('a set, against reading all and merging', measured.ratio, 'times'),
  ];
}

/** Reads all backups of the databases and goes through the moments from the newest on. */
async function plainly(
  store: Store,
  wanted: readonly Takeable[],
  withinSeconds: number,
): Promise<number[] | undefined> {
  const all: { at: number; of: number }[] = [];
  for (const [of, { database, sources }] of wanted.entries()) {
    const accepted: readonly string[] = sources.map(({ anonymisation }) => anonymisation);
    const { backups } = await store.backups.list({ database, usable: true }, { limit: 1_000_000, offset: 0 });
    for (const { dataAt, anonymisation } of backups)
      if (dataAt !== undefined && accepted.includes(anonymisation)) all.push({ at: dataAt.getTime(), of });
  }
  all.sort((a, b) => b.at - a.at);
  const lists = wanted.map((_, of) => all.filter((one) => one.of === of).map(({ at }) => at));
  const heads = wanted.map(() => 0);
  for (;;) {
    const moments = lists.map((list, of) => list[heads[of]!]);
    if (moments.some((moment) => moment === undefined)) return undefined;
    const known = moments.flatMap((moment) => moment ?? []);
    const oldest = Math.min(...known);
    if (Math.max(...known) - oldest <= withinSeconds * 1000) return known;
    for (const [of, list] of lists.entries())
      while ((list[heads[of]!] ?? 0) > oldest + withinSeconds * 1000) heads[of]! += 1;
  }
}

async function ingest(store: Store, count: number, say: Say): Promise<Figure[]> {
  say(`taking in ${count} backups`);
  const now = new Date();
  const made = Array.from({ length: count }, (_, at): Omit<Backup, 'id'> => ({
    database: `db-${at % 100}`,
    environment: 'production',
    repository: 'taken-in',
    path: `dumps/taken-in-${at}.dump`,
    engine: 'postgres',
    format: 'pg-custom',
    engineVersion: '15.18',
    dataAt: new Date(now.getTime() - at * 60_000),
    dataAtOrigin: 'name-pattern',
    takenAt: now,
    bytes: at,
    checksum: at.toString(16).padStart(64, '0'),
    anonymisation: 'declared',
    scope: 'full',
    state: 'present',
    foundAt: now,
    readAt: now,
  }));
  const put = async () => {
    const ids: string[] = [];
    for (let at = 0; at < count; at += batch) {
      const some = made.slice(at, at + batch);
      ids.push(...(await store.write((tx) => tx.backups.putAll(some))).map(({ id }) => id));
    }
    return ids;
  };
  let first: string[] = [];
  let again: string[] = [];
  const once = await seconds(async () => (first = await put()));
  const twice = await seconds(async () => (again = await put()));
  const changed = again.filter((id, at) => id !== first[at]).length;
  const kept = (await store.backups.ofRepository('taken-in')).length;
  return [
    figure('taken in', count / once, 'backups/s', { atLeast: 5000 }),
    figure('taken in again, nothing being new', count / twice, 'backups/s', { atLeast: 5000 }),
    figure('other numbers or more rows after the second time', changed + Math.abs(kept - count), '', {
      atMost: 0,
    }),
  ];
}
