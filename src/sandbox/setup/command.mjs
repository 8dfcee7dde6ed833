// @ts-check
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { endGroup, watchParent } from '../parent-watch.mjs';

/**
 * Runs a command to its end without input, keeping the last lines it wrote. When this process is told to stop, or its
 * parent is gone, the command is ended first; with `finish` it may end by itself (an interrupted dpkg leaves a broken
 * system). Then `stopping` has the exit code this process should end with.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, onLine?: (line: string) => void, keepLines?: number,
 *   finish?: () => void }} [options] `finish` is called when it comes to that
 * @returns {Promise<{ code: number, tail: string, stopping?: number }>} code 127: it could not be started; an end by
 *   signal is code 1
 */
export function run(command, args, { cwd, env, onLine, keepLines = 40, finish } = {}) {
  return new Promise((resolve) => {
    // A group of its own, so that Ctrl-C in a terminal does not reach it past us.
    const child = spawn(command, args, {
      cwd,
      env: env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    /** @type {number | undefined} */
    let stopping;
    const stop = (/** @type {NodeJS.Signals} */ signal) => {
      if (stopping !== undefined) return;
      stopping = 128 + constants.signals[signal];
      if (finish) finish();
      else void endGroup(child, { graceMs: 3000 });
    };
    for (const signal of signals) process.on(signal, stop);
    const unwatch = watchParent(() => stop('SIGTERM'));
    const over = (/** @type {{ code: number, tail: string }} */ how) => {
      unwatch();
      for (const signal of signals) process.off(signal, stop);
      resolve({ ...how, stopping });
    };
    /** @type {string[]} */
    const lines = [];
    for (const stream of [child.stdout, child.stderr]) {
      let rest = '';
      stream.setEncoding('utf8').on('data', (text) => {
        const parts = (rest + text).split(/\r?\n|\r/);
        rest = parts.pop() ?? '';
        for (const line of parts) {
          lines.push(line);
          if (lines.length > keepLines) lines.shift();
          onLine?.(line);
        }
      });
    }
    child.on('error', (error) => over({ code: 127, tail: error.message }));
    child.on('close', (code) => over({ code: code ?? 1, tail: lines.join('\n') }));
  });
}

const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
