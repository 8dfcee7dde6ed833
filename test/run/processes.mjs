// @ts-check
import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** @typedef {{ pid: number, parent: number, startedAt: string, command: string }} Process */

/**
 * Watches for processes that the tests start, so that survivors can be named. Linux only; elsewhere it finds none.
 * A process belongs to the run when its environment or its command line holds `marker` (also the name of the run's
 * temporary folder), or when it descends from one that does. Servers such as redis and sshd overwrite their
 * environment with their title, and a daemon has lost its parent: that is why no single sign would do.
 * @param {string} marker
 */
export function watchProcesses(marker) {
  /** @type {Map<string, Process>} by pid and start time, because pids are used again */
  const ours = new Map();
  const look = () => {
    const all = running();
    const mine = new Set(
      [...ours.values()].filter((one) => isSame(all.get(one.pid), one)).map((one) => one.pid),
    );
    mine.add(process.pid);
    // In order of age a parent comes before its children, most of the time; the next look gets the rest.
    for (const one of [...all.values()].sort((a, b) => Number(a.startedAt) - Number(b.startedAt))) {
      if (one.pid === process.pid) continue;
      if (!mine.has(one.parent) && !one.command.includes(marker) && !environment(one.pid).includes(marker))
        continue;
      mine.add(one.pid);
      ours.set(key(one), one);
    }
    return all;
  };
  const timer = setInterval(look, 1000);
  timer.unref();
  return {
    /** Those of the run that still live after `patienceMs`; zombies don't count. */
    async survivors(patienceMs = 3000) {
      clearInterval(timer);
      const until = Date.now() + patienceMs;
      for (;;) {
        const all = look();
        const left = [...ours.values()].filter((one) => isSame(all.get(one.pid), one));
        if (left.length === 0 || Date.now() > until) return left;
        await sleep(100);
      }
    },
  };
}

/**
 * Ends processes by pid: SIGTERM, and SIGKILL to those that are still there after 3 s.
 * @param {Process[]} processes
 */
export async function end(processes) {
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGKILL'])) {
    const all = running();
    const left = processes.filter((one) => isSame(all.get(one.pid), one));
    for (const one of left) {
      try {
        process.kill(one.pid, signal);
      } catch {
        // Ended by itself in the meantime.
      }
    }
    for (
      let waited = 0;
      waited < 3000 && left.some((one) => isSame(running().get(one.pid), one));
      waited += 100
    ) {
      await sleep(100);
    }
  }
}

/** @param {Process | undefined} now @param {Process} then */
function isSame(now, then) {
  return now !== undefined && key(now) === key(then);
}

/** @param {Process} one */
function key(one) {
  return `${one.pid}@${one.startedAt}`;
}

/** @returns {Map<number, Process>} */
function running() {
  /** @type {Map<number, Process>} */
  const found = new Map();
  for (const pid of pids()) {
    try {
      const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const rest = text.slice(text.lastIndexOf(')') + 2).split(' ');
      if (rest[0] === 'Z' || rest[0] === 'X') continue;
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      found.set(pid, { pid, parent: Number(rest[1]), startedAt: rest[19] ?? '', command });
    } catch {
      // Ended while we were looking.
    }
  }
  return found;
}

function pids() {
  try {
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => pid > 0);
  } catch {
    return [];
  }
}

/** @param {number} pid */
function environment(pid) {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return '';
  }
}
