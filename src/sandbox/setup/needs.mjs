// @ts-check
import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { spawnSync } from 'node:child_process';

/**
 * @typedef {{ tools: string[], debian: string, brew: string | null, postgres?: boolean }} Need
 *   `tools` must all be found; `debian` and `brew` name the package that has them (`null`: there is none);
 *   `postgres`: looked for in the versioned folders, newest first, 15 or later.
 */

/** What Freshet's sandbox, tests and benchmarks need from the operating system, by name. @type {Record<string, Need>} */
export const needs = {
  postgresql: {
    tools: ['postgres', 'initdb', 'pg_ctl'],
    debian: 'postgresql',
    brew: 'postgresql@17',
    postgres: true,
  },
  'postgresql-client': {
    tools: ['psql', 'pg_dump', 'pg_restore'],
    debian: 'postgresql-client',
    brew: 'postgresql@17',
    postgres: true,
  },
  'openssh-server': { tools: ['sshd'], debian: 'openssh-server', brew: 'openssh' },
  'openssh-client': { tools: ['ssh', 'ssh-keygen'], debian: 'openssh-client', brew: 'openssh' },
  zstd: { tools: ['zstd'], debian: 'zstd', brew: 'zstd' },
  openssl: { tools: ['openssl'], debian: 'openssl', brew: 'openssl@3' },
  'util-linux': { tools: ['setsid', 'flock'], debian: 'util-linux', brew: 'util-linux' },
  busybox: { tools: ['busybox'], debian: 'busybox', brew: null },
  'mariadb-server': {
    tools: ['mariadbd', 'mariadb-install-db', 'mariadb', 'mariadb-dump'],
    debian: 'mariadb-server',
    brew: 'mariadb',
  },
  mydumper: { tools: ['mydumper'], debian: 'mydumper', brew: 'mydumper' },
  redis: { tools: ['redis-server'], debian: 'redis-server', brew: 'redis' },
  faketime: { tools: ['faketime'], debian: 'faketime', brew: null },
  chromium: { tools: ['chromium'], debian: 'chromium', brew: null },
};

/** What `npm run demo` needs. */
export const demoNeeds = [
  'postgresql',
  'postgresql-client',
  'openssh-server',
  'openssh-client',
  'zstd',
  'openssl',
  'util-linux',
  'mariadb-server',
];

/** What `npm test` needs to skip nothing. */
export const testNeeds = [...demoNeeds, 'busybox', 'mydumper', 'redis', 'faketime', 'chromium'];

/** The oldest PostgreSQL that will do. */
export const oldestPostgres = 15;

/**
 * Finds the tools of a need: a map from tool to its full path, or undefined where one is missing or too old.
 * @param {string} name a key of `needs`
 * @param {{ folders?: string[], postgresFolders?: string[] }} [where] for tests
 * @returns {Record<string, string> | undefined}
 */
export function find(name, where = {}) {
  const need = needs[name];
  if (!need) throw new Error(`No need is called "${name}"; there are ${Object.keys(needs).join(', ')}.`);
  const folders = where.folders ?? searchFolders();
  if (!need.postgres) return inOne(need.tools, folders);
  for (const folder of where.postgresFolders ?? postgresFolders()) {
    const found = allIn(need.tools, folder);
    if (found) return found;
  }
  // Installed somewhere unusual but on the PATH: the version has to be asked for.
  for (const folder of folders) {
    const found = allIn(need.tools, folder);
    if (found && postgresVersion(Object.values(found)[0] ?? '') >= oldestPostgres) return found;
  }
  return undefined;
}

/**
 * The full path of one tool, or undefined.
 * @param {string} tool such as `sshd` or `pg_restore`
 */
export function findTool(tool) {
  for (const [name, need] of Object.entries(needs)) {
    if (need.tools.includes(tool)) return find(name)?.[tool];
  }
  return inOne([tool], searchFolders())?.[tool];
}

/** Folders with PostgreSQL's programs, 15 or later, newest first. */
function postgresFolders() {
  /** @type {{ version: number, folder: string }[]} */
  const found = [];
  for (const version of entries('/usr/lib/postgresql')) {
    found.push({ version: Number(version), folder: join('/usr/lib/postgresql', version, 'bin') });
  }
  for (const cellar of ['/opt/homebrew/opt', '/usr/local/opt']) {
    for (const entry of entries(cellar)) {
      const version = /^postgresql@(\d+)$/.exec(entry)?.[1];
      if (version) found.push({ version: Number(version), folder: join(cellar, entry, 'bin') });
    }
  }
  return found
    .filter((one) => one.version >= oldestPostgres)
    .sort((a, b) => b.version - a.version)
    .map((one) => one.folder);
}

// sshd and others live in sbin, which is not on the PATH of ordinary users; brew keeps some formulas off the PATH.
function searchFolders() {
  const extra = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
  const brewed = ['openssh', 'openssl@3', 'util-linux', 'zstd', 'redis'].flatMap((formula) =>
    ['/opt/homebrew/opt', '/usr/local/opt'].map((cellar) => join(cellar, formula, 'bin')),
  );
  return [...(process.env.PATH ?? '').split(delimiter).filter(Boolean), ...extra, ...brewed];
}

/** @param {string[]} tools @param {string[]} folders */
function inOne(tools, folders) {
  /** @type {Record<string, string>} */
  const found = {};
  for (const tool of tools) {
    const folder = folders.find((one) => isProgram(join(one, tool)));
    if (!folder) return undefined;
    found[tool] = join(folder, tool);
  }
  return found;
}

/** @param {string[]} tools @param {string} folder */
function allIn(tools, folder) {
  return inOne(tools, [folder]);
}

/** @param {string} program */
function postgresVersion(program) {
  const said = spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout ?? '';
  return Number(/\(PostgreSQL\) (\d+)/.exec(said)?.[1] ?? 0);
}

/** @param {string} path */
function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** @param {string} folder */
function entries(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
