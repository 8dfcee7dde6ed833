// @ts-check
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from './command.mjs';
import { isAlive, withLock } from './lock.mjs';
import { find, needs, oldestPostgres } from './needs.mjs';
import { Stopped } from './refusal.mjs';

/**
 * @typedef {{ platform: string, uid: number, apt: boolean }} Machine
 * @typedef {{ kind: 'install', packages: string[] } | { kind: 'tell', sentence: string, command?: string }} Way
 */

const policyFile = '/usr/sbin/policy-rc.d';
const clusterFile = '/etc/postgresql-common/createcluster.d/99-freshet-setup.conf';
const mark = '# Temporary, made by the set-up of Freshet, process';

/** The machine this runs on. @returns {Machine} */
export function thisMachine() {
  return { platform: process.platform, uid: process.getuid?.() ?? -1, apt: existsSync('/usr/bin/apt-get') };
}

/**
 * How missing needs can be met on a machine. Pure.
 * @param {string[]} missing keys of `needs`
 * @param {Machine} machine
 * @returns {Way}
 */
export function way(missing, machine) {
  const what = `Missing on this machine: ${missing.join(', ')}.`;
  if (machine.platform === 'darwin') {
    const formulas = unique(missing.map((name) => needs[name]?.brew));
    if (formulas.length === 0) return { kind: 'tell', sentence: `${what} Homebrew has no package for it.` };
    return { kind: 'tell', sentence: what, command: `brew install ${formulas.join(' ')}` };
  }
  const packages = unique(missing.map((name) => needs[name]?.debian));
  if (machine.platform === 'linux' && machine.apt) {
    if (machine.uid === 0) return { kind: 'install', packages };
    return {
      kind: 'tell',
      sentence: what,
      command: `sudo apt-get install --no-install-recommends ${packages.join(' ')}`,
    };
  }
  return {
    kind: 'tell',
    sentence: `${what} Install what Debian calls ${packages.join(', ')} with your system's package manager.`,
  };
}

/**
 * Installs the Debian packages of missing needs as root, without starting the services they bring.
 * @param {string[]} missing keys of `needs`
 * @param {(sentence: string) => void} log
 * @returns {Promise<string | undefined>} why it failed, if it did
 */
export async function installDebian(missing, log) {
  return withLock('/run/freshet-setup.lock', log, async () => {
    // Another set-up may have installed them while this one waited.
    const packages = unique(missingOf(missing).map((name) => needs[name]?.debian));
    if (packages.length === 0) return undefined;
    const startedAt = Date.now();
    log(`Installing Debian packages: ${packages.join(' ')} (their services stay stopped) ...`);
    const undo = keepServicesStopped();
    process.once('exit', undo);
    try {
      const args = ['install', '--yes', '--no-install-recommends', ...packages];
      let ended = await apt(args, log);
      if (ended.code !== 0) {
        // Package lists that are missing or old make the first try fail.
        await apt(['update'], log);
        ended = await apt(args, log);
      }
      if (ended.code !== 0) return `apt-get ended with exit code ${ended.code}:\n${ended.tail}`;
      log(`Installed in ${((Date.now() - startedAt) / 1000).toFixed(0)} s.`);
      return undefined;
    } finally {
      process.off('exit', undo);
      undo();
    }
  });
}

/** @param {string[]} args @param {(sentence: string) => void} log */
async function apt(args, log) {
  const until = Date.now() + 300_000;
  let told = false;
  const tell = () => {
    if (!told) log('Another package manager is at work; waiting up to 300 s for it ...');
    told = true;
  };
  for (;;) {
    const options = ['--quiet', '-o', 'DPkg::Lock::Timeout=300', '-o', 'Dpkg::Options::=--force-confold'];
    const ended = await run('apt-get', [...options, ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_SUSPEND: '1', LC_ALL: 'C' },
      onLine: (line) => /Waiting for cache lock/.test(line) && tell(),
      finish: () => log('Stopping as soon as apt-get is through ...'),
    });
    if (ended.stopping !== undefined) throw new Stopped(ended.stopping);
    // The timeout above is not for every lock apt takes: the one on its lists fails at once.
    const held = ended.code !== 0 && /Could not get lock|Unable to (lock|acquire)/.test(ended.tail);
    if (!held || Date.now() > until) return ended;
    tell();
    await sleep(2000);
  }
}

/**
 * Debian starts services when their package is installed, unless `policy-rc.d` says no, and PostgreSQL's packages
 * make a cluster that would start with the machine. An existing policy is the administrator's and stays.
 * @param {{ policy?: string, cluster?: string }} [files] for tests
 * @returns {() => void} puts everything back; harmless when called twice
 */
export function keepServicesStopped({ policy = policyFile, cluster = clusterFile } = {}) {
  const undo = [
    temporary(policy, `#!/bin/sh\n${mark} ${process.pid}\nexit 101\n`, 0o755),
    temporary(cluster, `${mark} ${process.pid}\ncreate_main_cluster = false\n`, 0o644),
  ];
  return () => undo.forEach((one) => one());
}

/** @param {string} path @param {string} text @param {number} mode */
function temporary(path, text, mode) {
  if (isLeftover(path)) rmSync(path);
  if (existsSync(path)) return () => {};
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode, flag: 'wx' });
  return () => {
    rmSync(path, { force: true });
    if (path.endsWith('.conf') && existsSync(dirname(path)) && readdirSync(dirname(path)).length === 0) {
      rmdirSync(dirname(path));
    }
  };
}

// A set-up that was killed with -9 left its file behind.
/** @param {string} path */
function isLeftover(path) {
  try {
    const owner = new RegExp(`${mark} (\\d+)`).exec(readFileSync(path, 'utf8'))?.[1];
    return owner !== undefined && !isAlive(Number(owner));
  } catch {
    return false;
  }
}

/**
 * Why a need is still not met, in words for a skipped test or a person.
 * @param {string} name
 */
export function stillMissing(name) {
  const need = needs[name];
  const version = need?.postgres ? ` (${oldestPostgres} or later)` : '';
  return `${name} is not installed: ${need?.tools.join(', ')}${version} not found`;
}

/** Those of `names` that are not met. @param {string[]} names */
export function missingOf(names) {
  return names.filter((name) => !find(name));
}

/** @param {(string | null | undefined)[]} names */
function unique(names) {
  return [...new Set(names.flatMap((name) => (name ? [name] : [])))];
}
