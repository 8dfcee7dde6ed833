import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { idNumber, type RequestId } from '../../src/domain/ids.ts';
import { dana, otto } from '../../src/sandbox/cast.ts';
import { clockOff, setHostClock } from '../rig/clock.ts';
import { checkInvariants } from '../rig/invariants.ts';
import { leaseSeconds, startMs, startRig, stopRigs, type Rig } from '../rig/rig.ts';
import { siteOfSecond } from '../rig/site.ts';
import { backupIn, contentAfter } from '../rig/targets.ts';
import { until } from '../until.ts';
import { needs, skip } from '../skip.ts';
import { some, span } from './durations.ts';

const load = 'orders.load';
const over = ['succeeded', 'failed', 'fenced', 'cancelled'] as const;
const ahead = '+10m';
const behind = '-10m';

describe('clocks that are off by ten minutes: of each process of Freshet, and of both hosts', function () {
  this.timeout(900_000);
  let rig: Rig;
  /** What the last refresh of dev came to. */
  let wanted: string;

  before(async function () {
    this.timeout(startMs);
    needs(this, 'postgresql', 'openssh-server', 'faketime');
    const clock = clockOff(ahead) ?? skip(this, 'libfaketime is not where Debian has it');
    // One `serve` is behind and one ahead; each decides what it happens to lead.
    rig = await startRig({
      before: () => [
        'sh',
        '-c',
        `export LD_PRELOAD=${clock.LD_PRELOAD} FAKETIME="\${CLOCK:-${behind}}" DONT_FAKE_MONOTONIC=1; exec "$@"`,
        'sh',
      ],
      prepare: async ({ hosts }) => {
        await setHostClock(hosts.hosts['test-db'], clockOff(behind)!);
        await setHostClock(hosts.hosts['prod-db'], clockOff(ahead)!);
      },
      site: (site) => {
        site.environments.uat!.approvalWithin = '5m';
      },
    });
    const { file } = await siteOfSecond(rig.siteFile);
    rig.start(['serve', '--no-worker', '--reconcile', '1'], { FRESHET_CONFIG: file, CLOCK: ahead });
    await rig.sandbox.slack.waitFor(() => rig.sandbox.slack.connections() > 1, 180_000);
    wanted = await contentAfter(rig, await backupIn(rig, 'nightly', '.dump'), 'dev');
  });
  after(stopRigs);
  afterEach(async () => {
    await rig.tools.openAll();
    await checkInvariants(rig, { targets: { orders_dev: [wanted] } });
  });

  async function ask(): Promise<RequestId> {
    return rig.ask('dev', { backup: (await backupIn(rig, 'nightly', '.dump')).id });
  }

  async function succeeds(request: RequestId): Promise<void> {
    const { state } = await rig.until(request, over);
    assert.equal(state, 'succeeded', JSON.stringify(await rig.store.events.ofRequest(request)));
  }

  // Renewed in time by a busy machine, too: here only the clocks are to be at odds.
  const worker = (clock: string) => rig.start(['worker', '--lease', '10'], { CLOCK: clock });

  const pairs = [
    [behind, ahead],
    [ahead, behind],
  ] as const;
  for (const [first, second] of some(pairs, 1)) {
    it(`a worker at ${first} keeps its run from one at ${second}, and when it dies the other one has it`, async () => {
      const one = worker(first);
      await rig.tools.close(load);
      const request = await ask();
      const { run, worker: name } = await rig.step(request, load);
      assert.equal(rig.workerNamed(name).pid, one.pid);
      await rig.tools.started(run, load);
      const other = worker(second);
      // Long enough for the other one to come up, and for the lease to be renewed again and again. A worker may hand the run on when
      // its slice is over; taken from one that has it would be another thing, and is an event.
      await sleep(span(8, 60) * 1000);
      assert.deepEqual(await rig.store.events.ofRequest(request, ['run-resumed']), []);
      const { worker: last } = await rig.step(request, load);
      await rig.workerNamed(last).kill();
      await rig.resumed(request, new Set([last]));
      await rig.tools.open(load);
      await succeeds(request);
      const starts = (await rig.tools.starts()).filter((start) => start.run === run).map(({ step }) => step);
      assert.equal(new Set(starts).size, starts.length, 'no step was started twice');
      await Promise.all([one.stop(), other.stop()]);
    });
  }

  it('a request waits for its approval as long as it may, and no longer', async () => {
    const request = await rig.ask('uat');
    const { expiresAt } = (await rig.store.requests.get(request))!;
    const left = expiresAt.getTime() - rig.store.now().getTime();
    assert.ok(left > 0 && left <= 300_000, `${left} ms of five minutes are left`);
    await sleep(3 * leaseSeconds * 1000);
    assert.equal((await rig.store.requests.get(request))?.state, 'pending');
    const client = new Client({ connectionString: rig.storeUrl });
    await client.connect();
    const soon = `update freshet.requests set expires_at = clock_timestamp() + interval '1 s' where number = $1`;
    await client.query(soon, [idNumber(request)]);
    await client.end();
    await rig.until(request, ['expired']);
  });

  /** Asks for a start in so many seconds; on a machine that took longer to look at it, for one in twice as many. */
  async function askAhead(seconds: number): Promise<{ request: RequestId; startAt: Date }> {
    const startAt = new Date(Math.ceil(rig.store.now().getTime() / 1000 + seconds) * 1000);
    const backup = await backupIn(rig, 'nightly', '.dump');
    const since = rig.stage.whispers(dana);
    const words = `dev orders --backup ${backup.id} --at ${startAt.toISOString()} --reason "on time"`;
    await rig.stage.type(dana, '/refresh', words);
    const request = await until(
      'the request, or that it was too late',
      async () => {
        const { requests } = await rig.store.requests.list({}, { limit: 1, offset: 0 });
        if (requests[0]?.reason === 'on time') return requests[0].id;
        const told = rig.sandbox.slack.ephemerals(dana.slack).slice(since);
        return told.some((one) => JSON.stringify(one).includes('is past; a start lies')) && ('late' as const);
      },
      240,
    );
    return request === 'late' ? askAhead(2 * seconds) : { request, startAt };
  }

  it('a request starts at its moment, and not before', async () => {
    const one = worker(ahead);
    const { request, startAt } = await askAhead(span(12, 40));
    assert.deepEqual((await rig.store.requests.get(request))?.startAt, startAt);
    await succeeds(request);
    const [started] = await rig.store.events.ofRequest(request, ['run-started']);
    assert.ok(started!.at >= startAt, `it started at ${started?.at.toISOString()}`);
    await one.stop();
  });

  it('a hold ends at its moment, and not before', async () => {
    const one = worker(ahead);
    await rig.stage.type(otto, '/refresh', 'hold dev until tomorrow 23:00 "load test"');
    const { id } = await until(
      'it is held',
      async () => (await rig.store.holds.standing(rig.store.now(), 'dev'))[0],
    );
    const request = await ask();
    await until(
      'it waits for the hold',
      async () => (await rig.store.events.ofRequest(request, ['request-held'])).length > 0,
    );
    const client = new Client({ connectionString: rig.storeUrl });
    await client.connect();
    // As if it had been meant to end in a moment: by then the request waits, however slow the machine is.
    await client.query(
      `update freshet.holds set until = clock_timestamp() + make_interval(secs => $1) where until > clock_timestamp()`,
      [span(5, 40)],
    );
    await client.end();
    const end = (await rig.store.holds.get(id))!.until;
    await succeeds(request);
    const [started] = await rig.store.events.ofRequest(request, ['run-started']);
    assert.ok(started!.at >= end, `it started at ${started?.at.toISOString()}`);
    await one.stop();
  });

  it('a schedule asks for the time that has come, and for none that is still to come', async () => {
    const one = worker(behind);
    const minute = rig.store.now().getUTCMinutes();
    // Less than the clocks are off, and more than the test takes.
    const named = { come: minute, ahead: (minute + 8) % 60 };
    for (const [name, at] of Object.entries(named)) {
      const words = `schedule add dev "${at} * * * *" --zone UTC --databases orders --name ${name} --reason "${name}"`;
      await rig.stage.type(dana, '/refresh', words);
      await until(`"${name}" is there`, async () => (await rig.store.schedules.get(name)) !== undefined);
    }
    const client = new Client({ connectionString: rig.storeUrl });
    await client.connect();
    // As if both had been made before.
    await client.query(`update freshet.schedules set since = since - interval '5 minutes'`);
    await client.end();
    const { request, at } = await until('it has asked', async () =>
      (await rig.store.schedules.slots('come', 9)).find((slot) => slot.request !== undefined),
    );
    assert.equal(at.getUTCMinutes(), minute);
    const { state, items } = await rig.until(request!, over);
    assert.equal(state, 'succeeded', JSON.stringify(await rig.store.events.ofRequest(request!)));
    const newest = await rig.store.backups.get(items[0]!.backup!.id);
    wanted = await contentAfter(rig, newest!, 'dev');
    const tooEarly = (await rig.store.schedules.slots('ahead', 9)).filter(
      ({ at: slot }) => slot > rig.store.now(),
    );
    assert.deepEqual(tooEarly, []);
    for (const name of Object.keys(named)) await rig.stage.type(dana, '/refresh', `schedule remove ${name}`);
    await until('they are gone', async () => (await rig.store.schedules.all()).length === 0);
    await one.stop();
  });
});
