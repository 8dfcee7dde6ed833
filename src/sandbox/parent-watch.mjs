// @ts-check
// Plain JavaScript with Node's own modules only: the demo and the test runner use it before node_modules exists.
import { readFileSync } from 'node:fs';

/**
 * Calls `onDeath` once when the process that started this one is gone, so that nothing outlives it: SIGTERM or -9
 * to `npm run` ends npm only. Started by npm through a shell, npm itself is watched, too.
 * @param {() => void} onDeath
 * @param {{ intervalMs?: number }} [options]
 * @returns {() => void} stops watching
 */
export function watchParent(onDeath, { intervalMs = 250 } = {}) {
  const parent = process.ppid;
  const npm = throughShell(parent) ? identity(parentOf(parent)) : undefined;
  const timer = setInterval(() => {
    if (process.ppid === parent && (npm === undefined || identity(npm.pid)?.startedAt === npm.startedAt))
      return;
    clearInterval(timer);
    onDeath();
  }, intervalMs);
  timer.unref();
  return () => clearInterval(timer);
}

/**
 * Ends a child that leads its own process group (spawned with `detached: true`): SIGTERM to the child so that it can
 * tidy up, SIGKILL to the whole group after `graceMs`, and to what is left of the group once the child has ended.
 * @param {import('node:child_process').ChildProcess} child
 * @param {{ graceMs?: number, signal?: NodeJS.Signals }} [options]
 * @returns {Promise<void>} resolves when the child has ended
 */
export function endGroup(child, { graceMs = 20_000, signal = 'SIGTERM' } = {}) {
  return new Promise((resolve) => {
    const { pid } = child;
    if (pid === undefined) return resolve();
    const over = () => {
      clearTimeout(timer);
      killGroup(pid);
      resolve();
    };
    const timer = setTimeout(() => killGroup(pid), graceMs);
    if (child.exitCode !== null || child.signalCode !== null) return over();
    child.once('exit', over);
    child.kill(signal);
  });
}

/**
 * SIGKILL to a process group; nothing happens where it is gone.
 * @param {number} pid of its leader
 */
export function killGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

// `npm run` starts `sh -c "node ..."`. Some shells replace themselves by node, others stay in between and hide
// npm's death: their child keeps its parent.
/** @param {number} pid */
function throughShell(pid) {
  if (!process.env.npm_lifecycle_event) return false;
  return /^(ba|da|a)?sh$/.test(stat(pid)?.name ?? '');
}

/** @param {number} pid */
function parentOf(pid) {
  return stat(pid)?.parent ?? 0;
}

/** @param {number} pid */
function identity(pid) {
  const startedAt = stat(pid)?.startedAt;
  return startedAt === undefined ? undefined : { pid, startedAt };
}

/**
 * What Linux says about a process; undefined elsewhere, where only the own parent is watched.
 * @param {number} pid
 */
function stat(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name is in parentheses and may itself hold blanks and parentheses.
    const end = text.lastIndexOf(')');
    const rest = text.slice(end + 2).split(' ');
    return { name: text.slice(text.indexOf('(') + 1, end), parent: Number(rest[1]), startedAt: rest[19] };
  } catch {
    return undefined;
  }
}
