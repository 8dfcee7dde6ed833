// @ts-check
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Refusal } from './refusal.mjs';

/**
 * Runs `work` while holding `folder` as a lock, so that two set-ups at once take turns.
 * A lock whose owner is dead is taken over. Throws Refusal after `timeoutMs`.
 * @template T
 * @param {string} folder made and removed by the lock; its parent is made if need be
 * @param {(sentence: string) => void} log
 * @param {() => Promise<T> | T} work
 * @param {{ timeoutMs?: number, pollMs?: number }} [options]
 * @returns {Promise<T>}
 */
export async function withLock(folder, log, work, { timeoutMs = 600_000, pollMs = 200 } = {}) {
  const until = Date.now() + timeoutMs;
  let told = false;
  mkdirSync(dirname(folder), { recursive: true });
  while (!take(folder)) {
    if (Date.now() > until) {
      throw new Refusal(`Another set-up has held "${folder}" for ${timeoutMs / 1000} s.`, `rm -r ${folder}`);
    }
    if (!told) log('Another set-up is at work here; waiting for it ...');
    told = true;
    await sleep(pollMs);
  }
  const drop = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', drop);
  try {
    return await work();
  } finally {
    process.off('exit', drop);
    drop();
  }
}

/** @param {string} folder */
function take(folder) {
  try {
    mkdirSync(folder);
    writeFileSync(join(folder, 'pid'), String(process.pid));
    return true;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
  if (ownerIsDead(folder)) clear(folder);
  return false;
}

// Two may see the same dead owner: the slower one must not remove the lock that the quicker one has taken by then.
// So one at a time, and each looks again.
/** @param {string} folder */
function clear(folder) {
  const guard = `${folder}.clearing`;
  try {
    mkdirSync(guard);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    if (ageMs(guard) > 5000) rmSync(guard, { recursive: true, force: true });
    return;
  }
  if (ownerIsDead(folder)) rmSync(folder, { recursive: true, force: true });
  rmSync(guard, { recursive: true, force: true });
}

/** @param {string} folder */
function ownerIsDead(folder) {
  try {
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
    if (pid > 0) return !isAlive(pid);
  } catch {
    // No pid in it yet: either just being taken, or its owner died in between.
  }
  return ageMs(folder) > 5000;
}

/**
 * Whether a process with this id exists.
 * @param {number} pid
 */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

/** @param {string} path */
function ageMs(path) {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}
