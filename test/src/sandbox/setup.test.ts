import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkNode, find, findTool, Refusal, root, testNeeds } from '../../../src/sandbox/setup.mjs';
import { keepServicesStopped, way } from '../../../src/sandbox/setup/system.mjs';

let folder: string;
function useFolder(): void {
  beforeEach(function () {
    folder = mkdtempSync(join(tmpdir(), 'setup-'));
  });
  afterEach(function () {
    rmSync(folder, { recursive: true, force: true });
  });
}

function program(path: string, text = '#!/bin/sh\n'): string {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text, { mode: 0o755 });
  return path;
}

describe('set-up: Node', function () {
  it('takes 20.19 and later', function () {
    for (const version of ['20.19.0', '20.20.2', '22.0.0', '26.1.0']) checkNode(version);
  });

  it('refuses older ones in one sentence', function () {
    for (const version of ['20.18.3', '18.20.0', '0.12.0']) {
      assert.throws(() => checkNode(version), {
        name: 'Refusal',
        message: `Freshet needs Node 20.19 or later; this is Node ${version}.`,
      });
    }
  });
});

describe('set-up: what the machine has', function () {
  useFolder();
  it('finds a need only when all of its tools are there and may be run', function () {
    const ssh = program(join(folder, 'a', 'ssh'));
    assert.equal(find('openssh-client', { folders: [join(folder, 'a')] }), undefined);
    writeFileSync(join(folder, 'a', 'ssh-keygen'), '', { mode: 0o644 });
    assert.equal(find('openssh-client', { folders: [join(folder, 'a')] }), undefined);
    const keygen = program(join(folder, 'b', 'ssh-keygen'));
    const found = find('openssh-client', { folders: [join(folder, 'a'), join(folder, 'b')] });
    assert.deepEqual(found, { ssh, 'ssh-keygen': keygen });
  });

  it('takes the tools of PostgreSQL from one folder, the first that has them all', function () {
    program(join(folder, '17', 'psql'));
    for (const tool of ['psql', 'pg_dump', 'pg_restore']) program(join(folder, '16', tool));
    const found = find('postgresql-client', {
      folders: [],
      postgresFolders: [join(folder, '17'), join(folder, '16')],
    });
    assert.equal(found?.psql, join(folder, '16', 'psql'));
  });

  it('refuses an old PostgreSQL on the PATH', function () {
    for (const [version, expected] of [
      ['14.9', false],
      ['15.1', true],
    ] as const) {
      const bin = join(folder, version);
      for (const tool of ['psql', 'pg_dump', 'pg_restore']) {
        program(join(bin, tool), `#!/bin/sh\necho "${tool} (PostgreSQL) ${version} (Debian)"\n`);
      }
      assert.equal(
        find('postgresql-client', { folders: [bin], postgresFolders: [] }) !== undefined,
        expected,
        version,
      );
    }
  });

  it('finds single tools of this machine', function () {
    assert.ok(findTool('sh'));
    assert.equal(findTool('no-such-tool-anywhere'), undefined);
  });
});

describe('set-up: how to get what is missing', function () {
  const missing = ['postgresql', 'openssh-server', 'busybox'];

  it('installs as root on Debian', function () {
    assert.deepEqual(way(missing, { platform: 'linux', uid: 0, apt: true }), {
      kind: 'install',
      packages: ['postgresql', 'openssh-server', 'busybox'],
    });
  });

  it('tells others the one command', function () {
    assert.deepEqual(way(missing, { platform: 'linux', uid: 1000, apt: true }), {
      kind: 'tell',
      sentence: 'Missing on this machine: postgresql, openssh-server, busybox.',
      command: 'sudo apt-get install --no-install-recommends postgresql openssh-server busybox',
    });
  });

  it('names each brew formula once on macOS, as root, too', function () {
    const told = way(['postgresql', 'postgresql-client', 'busybox', 'zstd'], {
      platform: 'darwin',
      uid: 0,
      apt: false,
    });
    assert.equal(told.kind === 'tell' && told.command, 'brew install postgresql@17 zstd');
    const nothing = way(['busybox'], { platform: 'darwin', uid: 501, apt: false });
    assert.equal(nothing.kind === 'tell' && nothing.command, undefined);
  });

  it('says on other systems what is wanted', function () {
    const told = way(['zstd'], { platform: 'linux', uid: 0, apt: false });
    assert.match(told.kind === 'tell' ? told.sentence : '', /Install what Debian calls zstd/);
  });

  it('has a way for every need of the tests', function () {
    const how = way(testNeeds, { platform: 'linux', uid: 0, apt: true });
    assert.equal(how.kind === 'install' && how.packages.length, testNeeds.length);
  });
});

/** Stand-ins for the two files of the system that are in the way of services. */
function files(): { policy: string; cluster: string } {
  return { policy: join(folder, 'policy-rc.d'), cluster: join(folder, 'createcluster.d', '99.conf') };
}

describe('set-up: services stay stopped', function () {
  useFolder();
  it('forbids starts, and puts everything back', function () {
    const undo = keepServicesStopped(files());
    assert.equal(spawnSync(files().policy).status, 101);
    assert.match(readFileSync(files().cluster, 'utf8'), /^create_main_cluster = false$/m);
    undo();
    undo();
    assert.equal(existsSync(files().policy), false);
    assert.equal(existsSync(join(folder, 'createcluster.d')), false);
  });

  it("leaves an administrator's policy alone", function () {
    program(files().policy, '#!/bin/sh\nexit 0\n');
    keepServicesStopped(files())();
    assert.equal(readFileSync(files().policy, 'utf8'), '#!/bin/sh\nexit 0\n');
  });

  it('clears away what a killed set-up left behind', function () {
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    keepServicesStopped(files());
    const left = readFileSync(files().policy, 'utf8').replace(String(process.pid), String(dead));
    writeFileSync(files().policy, left);
    keepServicesStopped(files())();
    assert.equal(existsSync(files().policy), false);
  });
});

// A clone whose lockfile asks for one package in a folder: npm ci needs no network for it.
function clone(): string {
  cpSync(join(root, 'src/sandbox'), join(folder, 'src/sandbox'), {
    recursive: true,
    filter: (path) => !path.endsWith('.ts'),
  });
  mkdirSync(join(folder, 'packages/one'), { recursive: true });
  writeFileSync(join(folder, 'packages/one/package.json'), '{"name":"one","version":"1.0.0"}');
  const own = { name: 'clone', version: '1.0.0', devDependencies: { one: 'file:packages/one' } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(own));
  const packages = {
    '': own,
    'node_modules/one': { resolved: 'packages/one', link: true, dev: true },
    'packages/one': { version: '1.0.0', dev: true },
  };
  const lock = { name: 'clone', version: '1.0.0', lockfileVersion: 3, requires: true, packages };
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock));
  const script = `import { setUp, orRefuse } from './src/sandbox/setup.mjs';\nawait orRefuse(() => setUp());\n`;
  writeFileSync(join(folder, 'up.mjs'), script);
  return folder;
}
function up(env: NodeJS.ProcessEnv = {}) {
  // The npm that runs these tests would be asked otherwise.
  const { npm_execpath: _, ...rest } = process.env;
  const said = spawnSync(process.execPath, ['up.mjs'], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...rest, NODE_ENV: 'production', ...env },
  });
  return { code: said.status, out: said.stdout + said.stderr };
}

describe('set-up: as a program', function () {
  useFolder();
  it('installs development packages whatever NODE_ENV says, and only when something changed', function () {
    this.timeout(60_000);
    clone();
    assert.match(up().out, /Installing the npm packages[^]*installed in/);
    assert.ok(existsSync(join(folder, 'node_modules/one/package.json')));
    assert.deepEqual(up(), { code: 0, out: '' });
    rmSync(join(folder, 'node_modules/one'));
    writeFileSync(join(folder, 'node_modules/.freshet-stamp'), `other ${process.version}`);
    assert.match(up().out, /Installing/);
    writeFileSync(join(folder, 'node_modules/.freshet-stamp'), `other v1.0.0`);
    assert.match(up().out, /Installing/);
    assert.equal(existsSync(join(folder, '.sandbox/npm.lock')), false);
  });

  it('takes packages that somebody installed by hand as they are', function () {
    this.timeout(60_000);
    clone();
    up();
    rmSync(join(folder, 'node_modules/.freshet-stamp'));
    assert.deepEqual(up(), { code: 0, out: '' });
    assert.ok(existsSync(join(folder, 'node_modules/.freshet-stamp')));
  });

  it('ends with a sentence, what npm said and exit code 1 when npm fails', function () {
    clone();
    const npm = program(
      join(folder, 'npm.cjs'),
      `console.error('npm error: no such thing'); process.exit(7);`,
    );
    const { code, out } = up({ npm_execpath: npm });
    assert.equal(code, 1);
    assert.match(out, /npm ci ended with exit code 7:\n\nnpm error: no such thing/);
    assert.doesNotMatch(out, /\n\s+at /);
  });

  it('told to stop, it ends npm first and leaves no lock', async function () {
    clone();
    const noted = join(folder, 'pid');
    const npm = program(
      join(folder, 'npm.cjs'),
      `require('fs').writeFileSync(${JSON.stringify(noted)}, String(process.pid)); setInterval(() => 0, 1000);`,
    );
    const env = { ...process.env, npm_execpath: npm };
    const child = spawn(process.execPath, ['up.mjs'], { cwd: folder, env, stdio: 'ignore' });
    const ended = once(child, 'exit');
    while (!existsSync(noted) || readFileSync(noted, 'utf8') === '') await sleep(20);
    child.kill('SIGTERM');
    assert.deepEqual(await ended, [143, null]);
    assert.throws(() => process.kill(Number(readFileSync(noted, 'utf8')), 0), { code: 'ESRCH' });
    assert.equal(existsSync(join(folder, '.sandbox/npm.lock')), false);
  });

  it('is a Refusal with its remedy below', function () {
    assert.equal(new Refusal('No.', 'do this').message, 'No.\n\n    do this\n');
  });
});
