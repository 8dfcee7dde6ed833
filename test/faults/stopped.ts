import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { Backup } from '../../src/domain/backup.ts';
import type { RequestId } from '../../src/domain/ids.ts';
import type { Bot } from '../../src/sandbox/bot.ts';
import { channels, dana } from '../../src/sandbox/cast.ts';
import { administer } from '../postgres.ts';
import { holdStep } from '../rig/held-steps.ts';
import { checkInvariants } from '../rig/invariants.ts';
import { leaseSeconds, startMs, type Rig } from '../rig/rig.ts';
import type { Suite } from '../rig/suites.ts';
import { backupIn, contentAfter } from '../rig/targets.ts';
import { until } from '../until.ts';
import { inLongForm, some, span } from './durations.ts';

/** What a step may take on a machine that does much else. */
const stepSeconds = 240;
const blockSeconds = span(6, 60);
/** After so long an orchestrator kills what it told to stop; on a machine that does much else it must have more patience. */
const patienceSeconds = span(60, 20);
/** Within so long it hands its run on, on a machine that does nothing else: no timing is asserted in the short form. */
const handOnSeconds = span(patienceSeconds, 10);
/** Nobody takes a run from a worker before that is over: only who is given it goes on. */
const lasting = ['--lease', '600'];

/** In the end it stops `rig.serve`, too: no suite comes after it. */
export const stoppedWorkers: Suite = (rigOf) => {
  describe('a worker that stops', function () {
    this.timeout(900_000);
    let rig: Rig;
    let backup: Backup;
    let targets: { orders_dev: [string] };

    before(async function () {
      this.timeout(startMs);
      rig = rigOf();
      await rig.workers(0);
      backup = await backupIn(rig, 'nightly', '.dump');
      targets = { orders_dev: [await contentAfter(rig, backup, 'dev')] };
    });
    afterEach(async () => {
      rig.wire.thaw();
      rig.transferWire.thaw();
      await rig.tools.openAll();
      // Those of a test that failed must not take the runs of the next one.
      await rig.workers(0);
    });

    /** Its run succeeds, no step of it ended twice, and its tools were started once. */
    async function endsWell(request: RequestId): Promise<void> {
      const { state } = await rig.until(request, ['succeeded', 'failed', 'fenced', 'cancelled'], stepSeconds);
      const events = await rig.store.events.ofRequest(request);
      assert.equal(state, 'succeeded', JSON.stringify(events));
      const ends = events.flatMap((event) => (event.type === 'step-done' ? [event.step] : []));
      assert.deepEqual(ends, [...new Set(ends)]);
      const run = await rig.runOf(request);
      const starts = (await rig.tools.starts()).filter((one) => one.run === run).map(({ step }) => step);
      assert.deepEqual(starts, [...new Set(starts)]);
      await checkInvariants(rig, { targets });
    }

    /** Told to stop, it ends by itself, in order and in time. */
    async function told(bot: Bot): Promise<void> {
      process.kill(bot.pid, 'SIGTERM');
      const late = sleep(patienceSeconds * 1000, 'it had to be killed', { ref: false });
      assert.equal(await Promise.race([bot.ended, late]), 0);
    }

    /** Told to stop, it lets its run go in time, so that somebody else can have it, and ends. */
    async function handsOn(bot: Bot, request: RequestId): Promise<void> {
      const isNobodys = async () => {
        const run = await rig.store.runs.ofRequest(request);
        return run?.active === true && run.worker === undefined && run.leaseUntil === undefined;
      };
      const since = performance.now();
      const handedOn = until('its run is handed on', isNobodys, patienceSeconds).then(() => {
        const seconds = (performance.now() - since) / 1000;
        assert.ok(seconds <= handOnSeconds, `handed on after ${seconds.toFixed(1)} s`);
      });
      await Promise.all([told(bot), handedOn]);
      assert.ok(await isNobodys());
    }

    for (const step of some(['fetch', 'load', 'swap'] as const, 1)) {
      it(`because it is told to, in "${step}": it hands its run on and ends, and the next one goes on`, async () => {
        const held = await holdStep(rig, step);
        const first = rig.start(['worker', ...lasting]);
        const request = await rig.ask('dev', { backup: backup.id });
        await held.reached(request);
        await handsOn(first, request);
        rig.start(['worker', ...lasting]);
        await until(
          'the next worker has it',
          async () => (await rig.store.runs.ofRequest(request))?.worker,
          stepSeconds,
        );
        await held.release();
        await endsWell(request);
      });
    }

    inLongForm(
      'because it is told to, while a host does not answer: it hands its run on and ends all the same',
      async () => {
        const held = await holdStep(rig, 'load');
        const first = rig.start(['worker', ...lasting]);
        const request = await rig.ask('dev', { backup: backup.id });
        await held.reached(request);
        rig.wire.freeze();
        await handsOn(first, request);
        rig.wire.thaw();
        rig.start(['worker', ...lasting]);
        await held.release();
        await endsWell(request);
      },
    );

    for (const alone of some([true, false], 1)) {
      it(`because its event loop is blocked for ${blockSeconds} s: ${alone ? 'alone, it goes on itself when it wakes' : 'another one goes on, and it does no harm when it wakes'}`, async () => {
        const held = await holdStep(rig, 'load');
        const blocked = rig.start(['worker'], {
          NODE_OPTIONS: `--import ${new URL('../rig/blocking.mjs', import.meta.url).href}`,
          FRESHET_TEST_BLOCK_SECONDS: String(blockSeconds),
        });
        const request = await rig.ask('dev', { backup: backup.id });
        const { worker } = await held.reached(request);
        process.kill(blocked.pid, 'SIGUSR2');
        if (!alone) {
          rig.startWorker();
          await rig.resumed(request, new Set([worker]), stepSeconds);
          await held.release();
          await rig.until(request, ['succeeded'], stepSeconds);
        }
        await until(
          'it wakes',
          async () => (await rig.logs()).includes(`${blocked.pid} was blocked and is awake`),
          blockSeconds + stepSeconds,
        );
        await held.release();
        // Whatever it still had in hand comes within its next look at the lease.
        if (!alone) await sleep(2 * leaseSeconds * 1000);
        await endsWell(request);
        await told(blocked);
      });
    }

    it('because it is told to, while it does what somebody typed: that is done once, and answered', async () => {
      await told(rig.serve);
      const serve = rig.start(['serve', '--reconcile', '1']);
      await rig.sandbox.slack.waitFor(() => rig.sandbox.slack.connections() > 0, 60_000);
      const locker = new Client({ connectionString: rig.storeUrl });
      await locker.connect();
      const since = rig.stage.whispers(dana);
      try {
        await locker.query('begin; lock table freshet.requests in exclusive mode');
        await rig.sandbox.slack.command(
          dana.slack,
          channels.refreshes,
          `dev orders --backup ${backup.id} --reason "while it stops"`,
          { command: '/refresh' },
        );
        await until('it is being done', async () => {
          // Not by the locker: within its transaction it would see the same activity again and again.
          const blocked = `select pid from pg_stat_activity where wait_event_type = 'Lock' and query like '%requests%'`;
          return (await administer(rig.storeUrl, blocked)).length > 0;
        });
        const stops = (await rig.logs()).split('Stopping').length;
        const ending = told(serve);
        await until('it stops', async () => (await rig.logs()).split('Stopping').length > stops);
        await locker.query('commit');
        await ending;
      } finally {
        await locker.end();
      }
      await rig.stage.whispered(dana, since);
      rig.start(['serve', '--reconcile', '1']);
      const made = await until('the request', async () => {
        const { requests } = await rig.store.requests.list({}, { limit: 50, offset: 0 });
        const found = requests.filter(({ reason }) => reason === 'while it stops');
        return found.length > 0 && found;
      });
      assert.equal(made.length, 1);
      await endsWell(made[0]!.id);
    });
  });
};
