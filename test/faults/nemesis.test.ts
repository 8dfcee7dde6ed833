import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BackupId, RequestId } from '../../src/domain/ids.ts';
import type { Request, RequestState } from '../../src/domain/request.ts';
import { channels, dana, otto, quinn, type Player } from '../../src/sandbox/cast.ts';
import { keepBootId, secondSshd, stopSecondSshds } from '../rig/host-faults.ts';
import { checkInvariants, standing } from '../rig/invariants.ts';
import { changedHostKey, faults, fullDisk, startWorker, type Fault } from '../rig/nemesis.ts';
import { peopleOf } from '../rig/people.ts';
import { randomFrom, type Random } from '../rig/random.ts';
import { startMs, startRig, stopRigs, type Rig } from '../rig/rig.ts';
import { addStock, stock, tellOfStock } from '../rig/second-database.ts';
import { mountSmallDisk, type SmallDisk } from '../rig/small-disk.ts';
import { backupIn, contentAfter, contentOf } from '../rig/targets.ts';
import { until } from '../until.ts';
import { needs, needsRoot, skip } from '../skip.ts';
import { nemesisSeconds, seed, span } from './durations.ts';

/** How long everything may take to come to its end, once all is healed. */
const settleSeconds = span(480, 900);

/** The target's server is killed again and again, and its sequences then stand ahead of what they gave. */
const content = { sequences: false };

/** Each environment has a run in its load when it begins. */
const load = 'orders.load';
/** For what must come about before that. */
const patience = 240;
/** Room for the backups of all runs at once, of both databases. */
const stateMegabytes = 64;

type Deed = { name: string; do(rig: Rig, random: Random): Promise<void> };

describe(`a nemesis for ${nemesisSeconds} s over requests for every environment`, function () {
  this.timeout((nemesisSeconds + 4 * settleSeconds) * 1000);
  let rig: Rig;
  let targets: Record<string, string[]>;
  let raw: BackupId;
  /** Undefined where mounts are not allowed: then no disk gets full. */
  let state: SmallDisk | undefined;
  let all: readonly Fault[];
  /** What was done, by the second, for whoever must understand a failure. */
  const diary: string[] = [];

  before(async function () {
    // The rig, and four restores to compare with.
    this.timeout(2 * startMs);
    needs(this, 'postgresql', 'openssh-server', 'redis');
    rig = await startRig({
      redis: true,
      proxies: true,
      async prepare(sandbox) {
        await addStock(sandbox);
        await keepBootId(sandbox);
        const folder = join(sandbox.hosts.hosts['test-db'].root, 'opt/freshet/state');
        state = await mountSmallDisk(folder, stateMegabytes).catch(() => undefined);
      },
      site: tellOfStock,
      backups: 12,
    });
    const impostor = await secondSshd(rig.sandbox.hosts.hosts['test-db'], join(rig.folder, 'impostor'));
    all = [...faults, changedHostKey(impostor.port), ...(state === undefined ? [] : [fullDisk(state)])];
    for (let at = 0; at < 2; at += 1) startWorker(rig);
    const anonymised = await backupIn(rig, 'anonymised', '.dump');
    const nightly = await backupIn(rig, 'nightly', '.dir');
    raw = nightly.id;
    targets = {};
    for (const environment of ['dev', 'ci', 'uat']) {
      const name = `orders_${environment}`;
      targets[name] = [
        await contentOf(rig, name, content),
        await contentAfter(rig, anonymised, environment, content),
      ];
    }
    targets['orders_dev']!.push(await contentAfter(rig, nightly, 'dev', content));
  });
  after(async function () {
    this.timeout(120_000);
    try {
      await stopSecondSshds();
      // What lies on the small disk is let go of before it is taken away.
      if (state !== undefined) {
        await Promise.all(rig.bots.map((bot) => bot.stop(5)));
        await rig.sandbox.stop();
        await state.unmount();
      }
    } finally {
      await stopRigs();
    }
  });
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.log(`seed ${seed}\n${diary.join('\n')}`);
  });

  const type = (who: Player, words: string) =>
    rig.sandbox.slack.command(who.slack, channels.refreshes, words, { command: '/refresh' });

  /** One of the requests in these states, by a number that was drawn before. */
  async function oneOf(states: readonly RequestState[], drawn: number): Promise<Request | undefined> {
    const { requests } = await rig.store.requests.list({ states }, { limit: 20, offset: 0 });
    return requests[Math.floor(drawn * requests.length)];
  }

  const onOne = (
    name: string,
    states: readonly RequestState[],
    words: (id: string) => string,
    who: Player,
  ): Deed => ({
    name,
    async do(_rig, random) {
      const drawn = random.next();
      const request = await oneOf(states, drawn);
      if (request !== undefined) await type(who, words(request.id));
    },
  });

  const ask = (name: string, words: () => string): Deed => ({
    name,
    do: (_rig, random) =>
      type(random.pick([dana, otto, quinn]), `${words()} --reason nemesis`).then(() => undefined),
  });

  const deeds: Deed[] = [
    ask('asks for dev', () => 'dev orders'),
    ask('asks for dev from a raw backup', () => `dev orders --backup ${raw}`),
    ask('asks for ci', () => 'ci orders'),
    ask('asks for both of ci', () => 'ci orders stock'),
    ask('asks for uat', () => 'uat orders'),
    onOne('approves', ['pending'], (id) => `approve ${id}`, quinn),
    onOne('approves', ['pending'], (id) => `approve ${id}`, quinn),
    onOne('cancels', ['pending', 'approved', 'running'], (id) => `cancel ${id}`, otto),
    onOne('retries', ['failed', 'fenced'], (id) => `retry ${id}`, otto),
    onOne('undoes', ['succeeded'], (id) => `undo ${id} --reason nemesis`, dana),
  ];

  const drawn = new Set<Fault>();
  const done = new Set<Fault>();
  const refusals: { from: Date; to: Date }[] = [];

  let startedAt = 0;
  function note(what: string): void {
    diary.push(`${((Date.now() - startedAt) / 1000).toFixed(1).padStart(7)} ${what}`);
  }

  /** One after the other until the end; each lane draws from numbers of its own, so that the same seed does the same again. */
  async function harm(side: Fault['side'], end: number): Promise<void> {
    const random = randomFrom(seed + (side === 'host' ? 1 : 2));
    const own = all.filter((fault) => fault.side === side);
    while (Date.now() < end) {
      await sleep(random.between(500, 3000));
      const fault = random.pick(own);
      const lasts = random.between(300, 5000);
      const from = new Date();
      note(`${fault.name} (${Math.round(lasts)} ms)`);
      drawn.add(fault);
      const heal = await fault.strike(rig, random).then(
        (healing) => {
          done.add(fault);
          return healing;
        },
        (error: unknown) => note(`  not done: ${String(error)}`),
      );
      await sleep(lasts);
      await heal?.();
      noteRefusal(fault, from);
    }
  }

  function noteRefusal({ refuses }: Fault, from: Date): void {
    if (refuses === true) refusals.push({ from, to: new Date() });
  }

  /** A kind of harm that was drawn and could not be done each time is done now, or the test fails: what never happens proves nothing. */
  async function makeUp(): Promise<void> {
    for (const fault of drawn) {
      if (done.has(fault)) continue;
      note(`${fault.name}, made up for`);
      const from = new Date();
      const heal = await fault.strike(rig, randomFrom(seed));
      await heal?.();
      noteRefusal(fault, from);
    }
  }

  async function people(end: number): Promise<void> {
    const random = randomFrom(seed);
    while (Date.now() < end) {
      const deed = random.pick(deeds);
      note(deed.name);
      await deed
        .do(rig, randomFrom(Math.floor(random.next() * 2 ** 31)))
        .catch((error: unknown) => note(`  not done: ${String(error)}`));
      await sleep(random.between(200, 1500));
    }
  }

  /** Operators retry what is fenced until nothing is on its way any more. */
  async function settle(): Promise<void> {
    note('all is healed');
    let retried = 0;
    await until(
      'every run has ended',
      async () => {
        // First: what is being done is done before what it made is looked for.
        const isQuiet = (await rig.waitingInbox()) === 0;
        const open = await oneOf(['approved', 'running', 'fenced'], 0);
        const fenced = await oneOf(['fenced'], 0);
        if (fenced !== undefined && Date.now() - retried > 5000) {
          retried = Date.now();
          await type(otto, `retry ${fenced.id}`);
        }
        return open === undefined && isQuiet;
      },
      settleSeconds,
      async () => {
        const request = await oneOf(['approved', 'running', 'fenced'], 0);
        const events = request === undefined ? [] : await rig.store.events.ofRequest(request.id);
        return `${await standing(rig)}\n${JSON.stringify(events.slice(-8))}\n${(await rig.logs()).slice(-6000)}`;
      },
    );
  }

  /** How many runs there were at the same moment, at most. */
  async function mostAtOnce(): Promise<number> {
    const { events } = await rig.store.events.after(undefined, 100_000);
    const going = new Set<RequestId | undefined>();
    let most = 0;
    for (const { type, request } of events) {
      if (type === 'run-started') going.add(request);
      if (type === 'run-succeeded' || type === 'run-failed' || type === 'request-cancelled')
        going.delete(request);
      most = Math.max(most, going.size);
    }
    return most;
  }

  it('has a disk of the target host that it can fill', function () {
    needsRoot(this);
    if (state === undefined) skip(this, 'mounts are forbidden here');
  });

  it('ends with every run ended, and every target old or new', async () => {
    await rig.tools.close(load);
    const first = [
      await rig.ask('dev'),
      await rig.ask('ci', { databases: ['orders', stock.database] }),
      await rig.ask('uat'),
    ];
    await peopleOf(rig).type(quinn, `approve ${first[2]}`);
    for (const request of first) await rig.step(request, load, patience);
    startedAt = Date.now();
    const end = startedAt + nemesisSeconds * 1000;
    await rig.tools.open(load);
    await Promise.all([people(end), harm('host', end), harm('bot', end)]);
    await makeUp();
    await settle();
    const last = await rig.ask('ci');
    await rig.until(last, ['succeeded'], settleSeconds);
    // Slack was told in time of what the store took only when it was back.
    await settle();
    assert.ok((await mostAtOnce()) >= first.length, 'the runs of all environments went on at once');
    await checkInvariants(rig, { targets, content, refusals });
  });
});
