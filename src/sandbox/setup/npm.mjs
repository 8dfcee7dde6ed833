// @ts-check
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './command.mjs';
import { withLock } from './lock.mjs';
import { Refusal, Stopped } from './refusal.mjs';

/**
 * Installs the npm packages of the lockfile where they are not installed yet; quick where they are.
 * Throws Refusal when npm fails.
 * @param {{ root: string, log: (sentence: string) => void }} where
 */
export async function installPackages({ root, log }) {
  if (isCurrent(root)) return;
  await withLock(join(root, '.sandbox', 'npm.lock'), log, async () => {
    if (isCurrent(root)) return;
    log('Installing the npm packages of package-lock.json ...');
    const startedAt = Date.now();
    const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'];
    // `npm run` names the npm it is; started without npm, the one on the PATH will do.
    const npm = process.env.npm_execpath;
    const [command, before] = npm ? [process.execPath, [npm]] : ['npm', []];
    const ended = await run(command, [...before, ...args], {
      cwd: root,
      env: { ...process.env, NODE_ENV: 'development' },
    });
    if (ended.stopping !== undefined) throw new Stopped(ended.stopping);
    if (ended.code !== 0) {
      throw new Refusal(`npm ci ended with exit code ${ended.code}:\n\n${ended.tail}`, 'npm ci');
    }
    writeStamp(root);
    log(`npm packages installed in ${((Date.now() - startedAt) / 1000).toFixed(0)} s.`);
  });
}

/**
 * Whether node_modules holds what the lockfile says, for this Node. Packages somebody installed with npm by hand
 * are taken as they are, if npm's own record of them agrees with the lockfile.
 * @param {string} root
 */
export function isCurrent(root) {
  if (!existsSync(join(root, 'node_modules'))) return false;
  const stamp = readText(stampFile(root));
  if (stamp === expectedStamp(root)) return true;
  const stampedNode = stamp?.split(' ')[1];
  if (stampedNode !== undefined && stampedNode !== process.version) return false;
  if (!agrees(root)) return false;
  writeStamp(root);
  return true;
}

// npm writes node_modules/.package-lock.json last, so an installation that was cut short has none.
/** @param {string} root */
function agrees(root) {
  const wanted = readText(join(root, 'package-lock.json'));
  const installed = readText(join(root, 'node_modules', '.package-lock.json'));
  if (!wanted || !installed) return false;
  const have = JSON.parse(installed).packages;
  for (const [path, entry] of Object.entries(JSON.parse(wanted).packages)) {
    if (path === '') continue;
    if (!have[path]) {
      if (entry.optional || entry.devOptional) continue;
      return false;
    }
    if (have[path].version !== entry.version) return false;
    if (!existsSync(join(root, path))) return false;
  }
  return true;
}

/** @param {string} root */
function expectedStamp(root) {
  const lockfile = readFileSync(join(root, 'package-lock.json'));
  return `${createHash('sha256').update(lockfile).digest('hex')} ${process.version}`;
}

/** @param {string} root */
function stampFile(root) {
  return join(root, 'node_modules', '.freshet-stamp');
}

/** @param {string} root */
function writeStamp(root) {
  writeFileSync(stampFile(root), expectedStamp(root));
}

/** @param {string} path */
function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
