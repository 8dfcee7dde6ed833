// @ts-check
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';

/** @typedef {{ name: string, files: string[], grep?: string }} Job  one mocha process */

// A file in these folders starts servers of its own and runs long: a process for each, and these first, the longest at the head.
const long = ['faults', 'browser', 'flow', 'contracts'];
// Those of a store's contract have one server in common.
const together = /^test\/contracts\/store\./;

/**
 * What to run: every test file below `test/`, the long ones first; narrowed by what was asked for.
 * @param {string} root
 * @param {string[]} asked existing files or folders narrow the files; anything else is a pattern for test titles
 * @returns {{ jobs: Job[], checks: boolean }} `checks`: whether types, lint and format are part of it
 */
export function plan(root, asked) {
  const paths = asked.filter((one) => existsSync(resolve(root, one)));
  const pattern = asked.filter((one) => !paths.includes(one)).join(' ');
  const from = paths.length > 0 ? paths.map((path) => resolve(root, path)) : [join(root, 'test')];
  const files = [...new Set(from.flatMap(testsBelow))];
  /** @type {Map<string, string[]>} */
  const groups = new Map();
  for (const file of files) {
    const name = groupOf(root, file);
    groups.set(name, [...(groups.get(name) ?? []), file]);
  }
  const jobs = [...groups].map(([name, members]) => ({
    name,
    files: members,
    ...(pattern ? { grep: pattern } : {}),
  }));
  jobs.sort((a, b) => rank(root, a) - rank(root, b) || weight(b) - weight(a));
  return { jobs, checks: asked.length === 0 };
}

/** @param {string} path @returns {string[]} */
function testsBelow(path) {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const inside = join(path, entry.name);
    if (entry.isDirectory()) return testsBelow(inside);
    return entry.name.endsWith('.test.ts') ? [inside] : [];
  });
}

/** @param {string} root @param {string} file */
function folderOf(root, file) {
  return relative(join(root, 'test'), file).split(sep)[0] ?? '';
}

/** @param {string} root @param {string} file */
function groupOf(root, file) {
  const inside = relative(root, file);
  const shown = inside.startsWith('..') ? file : inside;
  if (together.test(shown)) return 'test/contracts/store.*';
  if (long.includes(folderOf(root, file)) || inside.startsWith('..')) return shown;
  // A process takes seconds to load what it tests: what is quick shares one, `test/runners`, `test/src/fronts/jira`.
  const [quick = ''] = /^test\/(?:src\/(?:fronts\/)?)?[^/]+(?=\/)|^.*(?=\/)/.exec(shown) ?? [];
  return quick;
}

/** @param {string} root @param {Job} job */
function rank(root, job) {
  const place = long.indexOf(folderOf(root, job.files[0] ?? ''));
  return place < 0 ? long.length : place;
}

/** @param {Job} job */
function weight(job) {
  return job.files.flatMap(withSuites).reduce((sum, file) => sum + statSync(file).size, 0);
}

/** A file, and what it brings in from its own folder: suites that stand on one rig. @param {string} file */
function withSuites(file) {
  const names = readFileSync(file, 'utf8').matchAll(/from '\.\/([\w-]+\.ts)'/g);
  return [file, ...[...names].map(([, name = '']) => join(dirname(file), name))].filter((one) =>
    existsSync(one),
  );
}
