// @ts-check
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { killGroup } from '../../src/sandbox/parent-watch.mjs';

/**
 * @typedef {import('./plan.mjs').Job} Job
 * @typedef {{ type: 'begin' | 'pass' | 'fail' | 'skip' | 'end', file: string, title: string, ms?: number,
 *   error?: string, reason?: string, left?: number }} TestEvent
 * @typedef {{ job: Job, passed: number, failed: { title: string, error: string }[],
 *   skipped: { title: string, reason: string }[], left: number, ms: number }} Outcome
 *   `left`: cases that only the long form of the fault tests has
 */

// After its last test a process must end by itself: what keeps it open is a handle that a test forgot.
const closingMs = Number(process.env.FRESHET_TEST_CLOSING_MS ?? 10_000);

/**
 * One mocha process over the files of a job.
 * @param {Job} job
 * @param {{ root: string, folder: string, number: number, env: NodeJS.ProcessEnv }} where `folder` takes its files
 */
export function startJob(job, { root, folder, number, env }) {
  const report = join(folder, `report-${number}.ndjson`);
  const output = join(folder, `output-${number}.txt`);
  const out = openSync(output, 'a');
  const startedAt = Date.now();
  const args = [
    join(root, 'node_modules', 'mocha', 'bin', 'mocha.js'),
    '--reporter',
    join(root, 'test/run/reporter.mjs'),
  ];
  if (job.grep) args.push('--grep', job.grep);
  const child = spawn(process.execPath, [...args, ...job.files], {
    cwd: root,
    env: { ...env, FRESHET_TEST_REPORT: report },
    stdio: ['ignore', out, out],
    detached: true,
  });
  closeSync(out);
  const kill = () => child.pid !== undefined && killGroup(child.pid);

  /** @returns {Promise<Outcome>} */
  async function outcome() {
    /** @type {Promise<string>} */
    const ended = new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
    let closing = 0;
    let how;
    while ((how = await Promise.race([ended, sleep(200)])) === undefined) {
      if (closing === 0 && events(report).some((event) => event.type === 'end')) closing = Date.now();
      if (closing > 0 && Date.now() - closing > closingMs) {
        kill();
        return read(
          `did not end within ${closingMs / 1000} s of its last test: a server, socket or timer is open`,
        );
      }
    }
    // Whatever the tests left in mocha's group would be a survivor; those are looked for at the end of the run.
    return read(events(report).some((event) => event.type === 'end') ? undefined : `ended early (${how})`);
  }

  /** @param {string | undefined} trouble @returns {Outcome} */
  function read(trouble) {
    const seen = events(report);
    const failed = seen
      .filter((event) => event.type === 'fail')
      .map(({ title, error }) => ({ title, error: error ?? '' }));
    const skips = seen.filter((event) => event.type === 'skip');
    for (const { title, reason } of skips) {
      if (!reason)
        failed.push({ title, error: 'skipped without reason: use skip(this, reason) of test/skip.ts' });
    }
    if (trouble) {
      const last = seen.findLast((event) => event.type === 'begin');
      const during = last ? `\nlast begun: ${last.title} (${last.file})` : '';
      failed.push({ title: job.name, error: `The test process ${trouble}.${during}` });
    }
    return {
      job,
      passed: seen.filter((event) => event.type === 'pass').length,
      failed,
      skipped: skips.flatMap(({ title, reason }) => (reason ? [{ title, reason }] : [])),
      left: seen.findLast((event) => event.type === 'end')?.left ?? 0,
      ms: Date.now() - startedAt,
    };
  }

  return {
    outcome,
    kill,
    read,
    /** What it is doing now, for a message about a hang. */
    now: () => events(report).findLast((event) => event.type === 'begin')?.title ?? 'starting',
    /** What the tests printed. */
    output: () => tail(output),
    tidy: () => [report, output].forEach((file) => rmSync(file, { force: true })),
  };
}

/** @param {string} report @returns {TestEvent[]} */
function events(report) {
  const lines = text(report).split('\n');
  // The last piece is empty, or a line that is just being written.
  return lines.slice(0, -1).map((line) => JSON.parse(line));
}

/** @param {string} output */
function tail(output) {
  const lines = text(output).trimEnd().split('\n');
  // A long error has its sentence at the beginning.
  return (lines.length > 70 ? [...lines.slice(0, 20), '...', ...lines.slice(-50)] : lines).join('\n');
}

/** @param {string} file */
function text(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
