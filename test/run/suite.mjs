// @ts-check
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, setUp, testNeeds } from '../../src/sandbox/setup.mjs';
import { watchParent } from '../../src/sandbox/parent-watch.mjs';
import { checks, runCheck } from './checks.mjs';
import { startJob } from './job.mjs';
import { plan } from './plan.mjs';
import { end, watchProcesses } from './processes.mjs';
import { drawn } from './short-form.mjs';
import { tally } from './tally.mjs';

const atOnce = 4;

/**
 * Sets the machine up, runs what was asked for, and says how it went; the exit code of this process is the answer.
 * @param {{ asked: string[], limitMs: number, env?: Record<string, string>, about?: string }} options
 *   `asked`: as in `plan`; `env`: for the tests; `about`: said at the beginning and at the end
 */
export async function runSuite({ asked, limitMs, env = {}, about }) {
  if (about !== undefined) console.log(about);
  const { missing } = await setUp({ want: testNeeds });
  const planned = plan(root, asked);
  const withChecks = planned.checks;
  // Who asks for files or titles gets them all.
  const { taken: jobs, left } = asked.length > 0 ? { taken: planned.jobs, left: [] } : drawn(planned.jobs);
  const count = tally();
  for (const why of Object.values(missing)) console.log(`Tests that need it are skipped: ${why}.`);

  // Tests wait a good deal, for servers and for what is to happen: meanwhile the sources are looked at.
  const ends = await Promise.allSettled([
    mochaJobs(jobs, count, { limitMs, more: env }),
    ...(withChecks ? [staticChecks(count)] : []),
  ]);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  if (left.length > 0) console.log(`\nFaults left to other runs, and to npm run faults: ${left.join(', ')}`);
  process.exitCode = count.conclude(about);
}

/** @param {import('./tally.mjs').Tally} count */
async function staticChecks(count) {
  for (const check of checks) {
    const startedAt = Date.now();
    const found = await runCheck(check, root);
    count.check(check.name, found, Date.now() - startedAt);
  }
}

/**
 * @param {import('./plan.mjs').Job[]} jobs
 * @param {import('./tally.mjs').Tally} count
 * @param {{ limitMs: number, more: Record<string, string> }} options
 */
async function mochaJobs(jobs, count, { limitMs, more }) {
  const id = `freshet-test-${randomBytes(3).toString('hex')}`;
  // Short, because the path of a socket below it may have 107 bytes at most.
  const folder = join(tmpdir(), id);
  // Tests run servers under other accounts (PostgreSQL refuses root): those must reach their folders, too.
  const temporary = join(folder, 't');
  // What one test file makes for all of them, see `test/rig/made.ts`.
  const shared = join(folder, 's');
  // For `test/in-memory.ts`; without it data lies in `temporary`, too.
  const memory = existsSync('/dev/shm') ? join('/dev/shm', id) : temporary;
  mkdirSync(folder);
  mkdirSync(temporary);
  mkdirSync(shared);
  mkdirSync(memory, { recursive: true });
  chmodSync(memory, 0o711);
  chmodSync(folder, 0o711);
  chmodSync(temporary, 0o1777);
  const outer = process.env.FRESHET_TEST_RUN;
  const env = {
    ...process.env,
    ...more,
    NODE_ENV: 'test',
    TMPDIR: temporary,
    FRESHET_TEST_SHARED: shared,
    FRESHET_TEST_MEMORY: memory,
    FRESHET_TEST_RUN: outer ? `${outer},${id}` : id,
  };
  const processes = watchProcesses(id);
  /** @type {Map<ReturnType<typeof startJob>, string>} */
  const running = new Map();
  /** @type {string | undefined} */
  let stopped;
  const stop = (/** @type {string} */ why) => {
    if (stopped !== undefined) return;
    stopped = why;
    const doing = [...running].map(([job, name]) => `${name}: ${job.now()}`);
    count.fail('the run', `${why}${doing.length > 0 ? `; running were:\n${doing.join('\n')}` : ''}`);
    queue.length = 0;
    for (const job of running.keys()) job.kill();
  };
  const limit = setTimeout(() => stop(`The tests took longer than ${limitMs / 1000} s`), limitMs);
  const unwatch = watchParent(() => stop('The process that started the tests is gone'));
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => stop(`Told to stop (${signal})`));
  }
  let number = 0;
  const queue = [...jobs];
  console.log(`\nTests: ${jobs.flatMap((job) => job.files).length} files`);
  async function lane() {
    for (let job = queue.shift(); job; job = queue.shift()) {
      const started = startJob(job, { root, folder, number: (number += 1), env });
      running.set(started, job.name);
      const outcome = await started.outcome();
      running.delete(started);
      count.job(outcome, started.output());
    }
  }
  try {
    await Promise.all(Array.from({ length: atOnce }, lane));
    const left = await processes.survivors();
    if (left.length > 0) {
      const named = left.map((one) => `${one.pid}: ${one.command.slice(0, 200)}`).join('\n');
      count.fail(
        'processes left behind',
        `${left.length} started by the tests lived on and were ended:\n${named}`,
      );
      await end(left);
    }
  } finally {
    clearTimeout(limit);
    unwatch();
    for (const one of [folder, memory]) rmSync(one, { recursive: true, force: true });
  }
}
