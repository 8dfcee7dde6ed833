import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunId } from '../../src/domain/ids.ts';
import type { QueueTarget } from '../../src/queue/backend.ts';
import { openQueue, type QueueOptions } from '../../src/queue/bullmq.ts';
import type { Job, Queue } from '../../src/queue/queue.ts';
import { administer, dropDatabase, freshDatabase } from '../postgres.ts';
import { startRedis, type PrivateRedis } from '../redis.ts';
import { needs } from '../skip.ts';
import { newRun, taking, within } from './queueing.ts';
import { untilHolds } from '../until.ts';

type Member = {
  name: string;
  needs: string[];
  begin(): Promise<QueueTarget>;
  /** All that the queue holds is gone, as by somebody's hand. */
  wipe(): Promise<void>;
  end(): Promise<void>;
};

let redis: PrivateRedis | undefined;
let database: string | undefined;

const members: Member[] = [
  {
    name: 'Redis',
    needs: ['redis'],
    async begin() {
      redis = await startRedis();
      return { redisUrl: redis.url };
    },
    wipe: () => redis!.wipe(),
    end: async () => redis?.stop(),
  },
  {
    name: 'PostgreSQL',
    needs: [],
    async begin() {
      database = await freshDatabase();
      return { connectionString: database };
    },
    wipe: async () => {
      const there = "to_regclass('freshet_queue.job') is not null";
      const wipe = 'truncate freshet_queue.job cascade';
      await administer(database!, `do $$ begin if ${there} then ${wipe}; end if; end $$`);
    },
    end: () => dropDatabase(database!),
  },
];

for (const member of members) {
  describe(`Queue on ${member.name}`, function () {
    let target: QueueTarget;
    const open: Queue[] = [];
    const said: string[] = [];

    before(async function () {
      needs(this, ...member.needs);
      target = await member.begin();
    });
    after(() => member.end());
    // What a worker left that was cut off comes back later: not into the next test.
    beforeEach(() => member.wipe());
    afterEach(async () => {
      await Promise.all(open.splice(0).map((queue) => queue.close()));
      said.length = 0;
    });

    async function queueOf(options: QueueOptions = {}): Promise<Queue> {
      const log = {
        info: (_about: object, text: string) => said.push(text),
        warn: (about: object, text: string) => said.push(`${text} ${JSON.stringify(about)}`),
      };
      const queue = await openQueue(target, { log, timeoutSeconds: 20, ...options });
      open.push(queue);
      return queue;
    }

    it('hands a job to a worker, with its run and fence and nothing else', async () => {
      const queue = await queueOf();
      await queue.ping();
      const taken = await taking(queue);
      const run = newRun();
      await queue.add({ run, fence: 7 });
      await untilHolds(() => taken.of(run).length === 1);
      assert.deepEqual(taken.of(run), [{ run, fence: 7 }]);
    });

    it('keeps one job for the same run and fence while it waits, and one for each fence', async () => {
      const queue = await queueOf();
      const run = newRun();
      for (let i = 0; i < 5; i++) await queue.add({ run, fence: 1 });
      await queue.add({ run, fence: 2 });
      const taken = await taking(queue);
      await untilHolds(() => taken.of(run).length >= 2);
      await sleep(300);
      assert.deepEqual(
        taken
          .of(run)
          .map((job) => job.fence)
          .sort((a, b) => a - b),
        [1, 2],
      );
    });

    it('takes the job again after it was done, and once more when it was added while being handled', async () => {
      const queue = await queueOf();
      const run = newRun();
      const taken = await taking(queue);
      await queue.add({ run, fence: 1 });
      await untilHolds(() => taken.of(run).length === 1);
      await sleep(50);
      taken.hold(run);
      await queue.add({ run, fence: 1 });
      await untilHolds(() => taken.of(run).length === 2);
      await queue.add({ run, fence: 1 });
      await queue.add({ run, fence: 1 }, { delaySeconds: 0.3 });
      await sleep(200);
      assert.equal(taken.of(run).length, 2, 'never two at once');
      taken.release(run);
      await untilHolds(() => taken.of(run).length === 3);
      await sleep(500);
      assert.equal(taken.of(run).length, 3);
    });

    it('a handler may ask for its own next turn with a delay', async () => {
      const queue = await queueOf();
      const run = newRun();
      const times: number[] = [];
      await queue.work(
        async (job) => {
          times.push(Date.now());
          if (times.length < 3) await queue.add(job, { delaySeconds: 0.3 });
        },
        { concurrency: 2 },
      );
      await queue.add({ run, fence: 1 });
      await untilHolds(() => times.length === 3);
      assert.ok(times[1]! - times[0]! >= 290 && times[2]! - times[1]! >= 290, `came at ${String(times)}`);
    });

    it('holds a delayed job back, and hands it out early when it is wanted now', async () => {
      const queue = await queueOf();
      const taken = await taking(queue);
      const [late, early] = [newRun(), newRun()];
      const begin = Date.now();
      await queue.add({ run: late, fence: 1 }, { delaySeconds: 1 });
      await queue.add({ run: early, fence: 1 }, { delaySeconds: 60 });
      await queue.add({ run: early, fence: 1 });
      await untilHolds(() => taken.of(early).length === 1);
      await untilHolds(() => taken.of(late).length === 1);
      assert.ok(Date.now() - begin >= 990);
    });

    it('handles no more at once than it was told, and two jobs of one run never side by side', async () => {
      const queue = await queueOf();
      const runs = Array.from({ length: 20 }, newRun);
      const taken = await taking(queue, 3);
      // None ends before as many are handled as may be: a worker can be slower in fetching than they are in ending.
      for (const run of runs) taken.hold(run);
      for (const run of runs) await queue.add({ run, fence: 1 });
      await untilHolds(() => taken.got.length === 3);
      await sleep(300);
      for (const run of runs) taken.release(run);
      await untilHolds(() => taken.got.length >= 20);
      assert.equal(taken.mostBusy(), 3);

      const run = newRun();
      taken.hold(run);
      await queue.add({ run, fence: 1 });
      await untilHolds(() => taken.of(run).length === 1);
      await queue.add({ run, fence: 2 });
      await sleep(300);
      assert.equal(taken.of(run).length, 1);
      taken.release(run);
      await untilHolds(() => taken.of(run).length === 2);
    });

    it('drops the job of a handler that throws, says so, and goes on', async () => {
      const queue = await queueOf();
      const run = newRun();
      let calls = 0;
      await queue.work(
        () => {
          calls += 1;
          return calls === 1 ? Promise.reject(new Error('wires crossed')) : Promise.resolve();
        },
        { concurrency: 1 },
      );
      await queue.add({ run, fence: 1 });
      await untilHolds(() => said.some((line) => line.includes('wires crossed')));
      await sleep(300);
      assert.equal(calls, 1);
      await queue.add({ run, fence: 1 });
      await untilHolds(() => calls === 2);
    });

    it('stops: at once when idle, after the job under way, and in time when that does not end', async () => {
      const queue = await queueOf();
      const idle = await taking(queue);
      await within(8_000, idle.worker.stop(10));

      const [quick, endless, unseen] = [newRun(), newRun(), newRun()];
      const orderly = await taking(queue);
      orderly.hold(quick);
      await queue.add({ run: quick, fence: 1 });
      await untilHolds(() => orderly.of(quick).length === 1);
      const stopped = orderly.worker.stop(10);
      setTimeout(() => orderly.release(quick), 200);
      await within(9_000, stopped);

      const stuck = await taking(queue);
      stuck.hold(endless);
      await queue.add({ run: endless, fence: 1 });
      await untilHolds(() => stuck.of(endless).length === 1);
      await stuck.worker.stop(1);
      await queue.add({ run: unseen, fence: 1 });
      await sleep(300);
      assert.equal(stuck.of(unseen).length, 0);
      stuck.release(endless);
    });

    it('hands the job of a killed process to another worker', async () => {
      const queue = await queueOf({ lockSeconds: 1 });
      const url = 'redisUrl' in target ? target.redisUrl : target.connectionString;
      const run = newRun();
      const child = spawn(
        process.execPath,
        ['--import=tsx', new URL('../src/queue/killable.ts', import.meta.url).pathname, url, '1'],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      try {
        let output = '';
        child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
        await untilHolds(() => output.includes('working'));
        await queue.add({ run, fence: 3 });
        await untilHolds(() => output.includes(`got ${run} 3`));
      } finally {
        child.kill('SIGKILL');
      }
      const taken = await taking(queue);
      await untilHolds(() => taken.of(run).length > 0);
      assert.deepEqual(taken.of(run)[0], { run, fence: 3 });
    });

    it('takes further jobs after everything in it was wiped, with a worker waiting', async () => {
      const queue = await queueOf();
      const [before, after] = [newRun(), newRun()];
      await queue.add({ run: before, fence: 1 }, { delaySeconds: 60 });
      const taken = await taking(queue);
      await member.wipe();
      await queue.add({ run: before, fence: 1 });
      await queue.add({ run: after, fence: 1 });
      await untilHolds(() => taken.of(before).length === 1 && taken.of(after).length === 1);
    });

    it('says for how long a job was due and had nobody', async () => {
      const queue = await queueOf();
      const waited = new Map<RunId, number>();
      const took = new Map<RunId, number>();
      const [atOnce, late] = [newRun(), newRun()];
      await queue.add({ run: atOnce, fence: 1 });
      const dueAt = Date.now() + 1500;
      await queue.add({ run: late, fence: 1 }, { delaySeconds: 1.5 });
      await sleep(600);
      const note = async ({ run }: Job, seconds: number) => {
        took.set(run, Date.now());
        waited.set(run, seconds);
      };
      await queue.work(note, { concurrency: 2 });
      await untilHolds(() => waited.size === 2);
      assert.ok(waited.get(atOnce)! >= 0.6, `waited ${waited.get(atOnce)} s`);
      assert.ok(waited.get(late)! >= 0, `waited ${waited.get(late)} s`);
      const most = (took.get(late)! - dueAt) / 1000;
      assert.ok(
        waited.get(late)! <= most,
        `waited ${waited.get(late)} s of ${most}: its delay does not count`,
      );
    });

    it('a canary goes before all jobs that wait, one at a time, and a worker of another queue answers it', async () => {
      const [here, elsewhere] = [await queueOf(), await queueOf()];
      const came: string[] = [];
      const run = newRun();
      await here.add({ run, fence: 1 });
      await here.canary('first');
      await here.canary('second');
      await elsewhere.canary('third');
      await elsewhere.work(async () => void came.push('job'), {
        concurrency: 1,
        canary: async (id) => void came.push(id),
      });
      await untilHolds(() => came.length >= 2);
      assert.deepEqual(came, ['first', 'job']);
      await untilHolds(async () => {
        await here.canary('again');
        return came.includes('again');
      });
    });

    it('a canary whose answer fails, or that nobody expects, is forgotten, and jobs go on', async () => {
      const queue = await queueOf();
      const failing = await queueOf();
      let tries = 0;
      const refuse = () => {
        tries += 1;
        return Promise.reject(new Error('no store'));
      };
      const worker = await failing.work(() => Promise.resolve(), { concurrency: 1, canary: refuse });
      await queue.canary('one');
      await untilHolds(() => said.some((line) => line.includes('no store')));
      await worker.stop(5);
      const taken = await taking(queue);
      await queue.canary('two');
      const run = newRun();
      await queue.add({ run, fence: 1 });
      await untilHolds(() => taken.of(run).length === 1);
      assert.equal(tries, 1);
      assert.equal(taken.got.length, 1);
    });

    it('leaves nothing behind of what is done', async () => {
      const queue = await queueOf();
      const taken = await taking(queue);
      const runs = Array.from({ length: 30 }, newRun);
      await Promise.all([queue.canary('one'), ...runs.map((run) => queue.add({ run, fence: 1 }))]);
      await untilHolds(() => taken.got.length >= 30);
      if ('connectionString' in target) {
        const jobs = 'select count(*)::int as jobs from freshet_queue.job';
        // The canary may have come last, and be there when all of the others are done.
        await untilHolds(async () => (await administer(database!, jobs))[0]!.jobs === 0);
      }
      await taken.worker.stop(5);
    });
  });
}
