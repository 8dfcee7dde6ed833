import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../src/sandbox/setup.mjs';
import { until } from '../until.ts';
import { needs, skip } from '../skip.ts';

/** What the demo is copied to: a folder that only its owner may enter, as root's home is. */
let folder: string;
let clone: string;
let home: string;
let temporary: string;

describe('npm run demo', function () {
  this.timeout(720_000);

  before(function () {
    needs(this, 'postgresql', 'openssh-server', 'mariadb-server');
    if (process.platform !== 'linux') skip(this, 'needs /proc');
    folder = mkdtempSync(join(tmpdir(), 'demo-'));
    clone = join(folder, 'clone');
    home = join(folder, 'home');
    temporary = join(folder, 'tmp');
    for (const place of [clone, home, temporary]) mkdirSync(place, { mode: 0o700 });
    const left = new Set(['.git', '.sandbox', 'node_modules', 'test']);
    for (const entry of readdirSync(root)) {
      if (!left.has(entry)) cpSync(join(root, entry), join(clone, entry), { recursive: true });
    }
    symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'));
  });
  // One that did not come up is in nobody's way.
  afterEach(() => {
    for (const pid of ours()) process.kill(pid, 'SIGKILL');
  });
  after(() => {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  const ways: Record<string, (npm: ChildProcess) => void> = {
    'SIGTERM to npm': (npm) => npm.kill('SIGTERM'),
    'kill -9 of npm': (npm) => npm.kill('SIGKILL'),
    'kill -9 of the demo itself': () => process.kill(demo(), 'SIGKILL'),
  };
  for (const [name, kill] of Object.entries(ways)) {
    it(`leaves no process behind after ${name}, and nothing outside .sandbox`, async () => {
      const before = listing(clone);
      const npm = spawn('npm', ['run', 'demo'], {
        cwd: clone,
        env: { ...environment(), HOME: home, TMPDIR: temporary },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let said = '';
      for (const stream of [npm.stdout, npm.stderr])
        stream.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
      const ended = once(npm, 'exit');
      await until(
        'everything runs',
        () => said.includes('Everything runs.'),
        480,
        () => said,
      );
      assert.ok(ours().length >= 10, 'the demo, sshd, PostgreSQL, MariaDB and Freshet are running');
      assert.equal(ours().filter((pid) => /mariadbd/.test(commandOf(pid))).length, 2, describeAll());
      if (name === 'kill -9 of npm') await secondIsRefused();
      kill(npm);
      await ended;
      await until(
        'all processes end',
        () => ours().length === 0,
        180,
        () => describeAll(),
      );
      assert.deepEqual(
        listing(clone).filter((path) => !path.startsWith('.sandbox')),
        before.filter((path) => !path.startsWith('.sandbox')),
      );
      assert.deepEqual(readdirSync(temporary), [], 'nothing is left among temporary files');
      // npm's own cache and logs are npm's.
      assert.deepEqual(
        readdirSync(home).filter((entry) => entry !== '.npm'),
        [],
      );
    });
  }
});

/** One that is started beside a demo must leave it all that it has, its store too. */
async function secondIsRefused(): Promise<void> {
  const second = spawn('npm', ['run', 'demo'], {
    cwd: clone,
    env: { ...environment(), HOME: home, TMPDIR: temporary },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  second.stderr.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  const [code] = (await once(second, 'exit')) as [number];
  assert.equal(code, 1);
  assert.match(said, /is in use by process \d+/);
  const cluster = join(clone, '.sandbox/play/store/cluster/data/postmaster.pid');
  const pid = Number(readFileSync(cluster, 'utf8').split('\n')[0]);
  assert.match(commandOf(pid), /postgres/, 'the store of the first one runs');
}

/** npm finds its registry settings in the environment or in the home, which is an empty one here. */
function environment(): NodeJS.ProcessEnv {
  const { npm_config_prefix: _prefix, FRESHET_TEST_RUN: _run, ...kept } = process.env;
  return Object.fromEntries(Object.entries(kept).filter(([name]) => !/^(FRESHET_|npm_lifecycle)/.test(name)));
}

/** Every process that was started by the demo: it names the clone in its command line or its environment. */
function ours(): number[] {
  return pids().filter((pid) => {
    const text = textOf(pid);
    return text !== undefined && text.includes(folder);
  });
}

function demo(): number {
  const found = ours().find((pid) => /src\/sandbox\/demo\.ts/.test(commandOf(pid)));
  if (found === undefined) throw new Error(`there is no demo among\n${describeAll()}`);
  return found;
}

function describeAll(): string {
  return ours()
    .map((pid) => `${pid} ${commandOf(pid)}`)
    .join('\n');
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

/** Command line and environment; undefined for zombies and what is gone. */
function textOf(pid: number): string | undefined {
  try {
    if (/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) return undefined;
    return `${commandOf(pid)} ${readFileSync(`/proc/${pid}/environ`, 'utf8')}`;
  } catch {
    return undefined;
  }
}

function pids(): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid);
}

function listing(place: string): string[] {
  return readdirSync(place, { recursive: true, encoding: 'utf8' })
    .filter((path) => !path.startsWith('.sandbox/'))
    .sort();
}
