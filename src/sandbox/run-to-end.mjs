// @ts-check
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { endGroup, killGroup, watchParent } from './parent-watch.mjs';

/**
 * Runs a program that must not outlive this one: SIGINT, SIGTERM and SIGHUP are handed on, the death of our own
 * parent ends it, and what is left of its process group after it, or after `graceMs`, is killed.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, graceMs?: number }} [options] `env`: its environment; ours by default
 * @returns {Promise<number>} its exit code; 128 plus the number of the signal it died of
 */
export async function runToEnd(command, args, { cwd, env = process.env, graceMs = 20_000 } = {}) {
  // A group of its own: the terminal's Ctrl-C then reaches it once, from us, and the group can be killed as a whole.
  const child = spawn(command, args, { cwd, env, stdio: 'inherit', detached: true });
  const handOn = (/** @type {NodeJS.Signals} */ signal) => void endGroup(child, { graceMs, signal });
  const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
  for (const signal of signals) process.on(signal, handOn);
  const stop = watchParent(() => handOn('SIGTERM'));
  const last = () => child.pid !== undefined && killGroup(child.pid);
  process.once('exit', last);
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
    });
  } finally {
    stop();
    for (const signal of signals) process.off(signal, handOn);
    last();
    process.off('exit', last);
  }
}
