import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  authorizedKeysLine,
  installLocally,
  installScript,
  programFile,
} from '../../../runners/host-program/install.ts';
import { hostConf } from '../../../runners/host-program/host-conf.ts';
import { skip } from '../../skip.ts';
import type { HostFile } from '../../../runners/host-program/host-conf.ts';

const run = promisify(execFile);
const publicKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHZ somebody@somewhere';
const file: HostFile = {
  state: '/var/lib/freshet/state',
  grants: '/var/lib/freshet/keys/grants',
  servers: [
    {
      name: 'test-pg',
      engine: 'postgres',
      host: '/run/post gresql',
      port: 5432,
      loader: 'freshet load',
      data: '/data',
    },
    { name: 'prod-pg', engine: 'postgres', port: 5433, loader: 'l', production: true },
  ],
  targets: [{ name: 'uat-orders', server: 'test-pg', database: 'Orders "é"' }],
  roots: [{ name: 'nightly', path: '/srv/back ups' }],
  tools: { pg_restore: '/usr/lib/postgresql/15/bin/pg_restore', cat: '/bin/cat' },
};

describe('host program: installation', () => {
  it('writes a host.conf that the program reads', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'freshet-install-'));
    try {
      const installed = await installLocally({ folder: join(folder, 'a b'), file, publicKey, ports: [5432] });
      await run('/bin/sh', [installed.program, '--config', installed.conf, '--own-config', '--check']);
      assert.equal((await stat(installed.state)).mode & 0o777, 0o700);
      assert.equal((await stat(installed.program)).mode & 0o777, 0o755);
      assert.match(
        await readFile(installed.authorizedKeys, 'utf8'),
        /^restrict,command="\/bin\/sh '.*a b\/freshet-host'/,
      );
      await writeFile(
        installed.conf,
        hostConf({ ...file, targets: [{ name: 'x', server: 'prod-pg', database: 'd' }] }),
      );
      await assert.rejects(
        run('/bin/sh', [installed.program, '--config', installed.conf, '--own-config', '--check']),
        {
          code: 78,
          stderr: /production server prod-pg/,
        },
      );
      if (process.getuid?.() !== 0) {
        await assert.rejects(run('/bin/sh', [installed.program, '--config', installed.conf, '--check']), {
          code: 78,
        });
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('ties the key to the program and to the databases’ ports', () => {
    const at = { program: '/usr/local/libexec/freshet-host', conf: '/etc/freshet/host.conf' };
    assert.equal(
      authorizedKeysLine(publicKey, at, [5432, 5433]),
      'restrict,command="/bin/sh /usr/local/libexec/freshet-host --config /etc/freshet/host.conf",port-forwarding,' +
        'permitopen="127.0.0.1:5432",permitopen="127.0.0.1:5433",permitlisten="127.0.0.1:1" ' +
        'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHZ freshet',
    );
    assert.ok(!authorizedKeysLine(publicKey, at, []).includes('forwarding'));
    assert.throws(() => authorizedKeysLine('nonsense "x"', at, []), { code: 'key-malformed' });
    for (const program of ['relative', '/a"b', "/a'b", '/a$(id)', '/a/../b', '/a\nb']) {
      assert.throws(
        () => authorizedKeysLine(publicKey, { ...at, program }, []),
        { code: 'path-not-plain' },
        program,
      );
    }
  });

  it('tells sshd to forward nothing but to ports of loopback, also where there are no grants', async function () {
    const { grants, ...without } = file;
    for (const [one, keys] of [
      [file, `.ssh/authorized_keys ${grants}`],
      [without, '.ssh/authorized_keys'],
    ] as const) {
      const script = await installScript({ file: one, publicKey, ports: [5432] });
      const block = /^Match User freshet\n([\s\S]*?)^Match all$/m.exec(script)?.[0] ?? '';
      assert.deepEqual(
        block.split('\n').map((line) => line.trim()),
        [
          'Match User freshet',
          `AuthorizedKeysFile ${keys}`,
          'AllowTcpForwarding local',
          'AllowStreamLocalForwarding no',
          'Match all',
        ],
      );
    }
  });

  it('is understood by sshd', async function () {
    if (!existsSync('/usr/sbin/sshd')) skip(this, '/usr/sbin/sshd not installed');
    const script = await installScript({ file, publicKey, ports: [5432] });
    const block = /^Match User freshet\n([\s\S]*?)^Match all$/m.exec(script)?.[0] ?? '';
    const folder = await mkdtemp(join(tmpdir(), 'freshet-install-'));
    try {
      await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'key')]);
      if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true });
      await writeFile(join(folder, 'sshd_config'), `HostKey ${folder}/key\n${block}\n`);
      const about = 'user=freshet,host=x,addr=127.0.0.1';
      const { stdout } = await run('/usr/sbin/sshd', ['-T', '-f', join(folder, 'sshd_config'), '-C', about]);
      assert.match(stdout, /^allowstreamlocalforwarding no$/m);
      assert.match(stdout, /^allowtcpforwarding local$/m);
      assert.match(stdout, /^authorizedkeysfile \.ssh\/authorized_keys \/var\/lib\/freshet\/keys\/grants$/m);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('prints a script that sh can read, with program, file and key as they are', async () => {
    const script = await installScript({ file, publicKey, ports: [5432] });
    const folder = await mkdtemp(join(tmpdir(), 'freshet-install-'));
    try {
      await writeFile(join(folder, 'script'), script);
      for (const shell of ['/bin/sh', '/bin/bash']) await run(shell, ['-n', join(folder, 'script')]);
    } finally {
      await rm(folder, { recursive: true });
    }
    assert.ok(script.includes((await readFile(programFile, 'utf8')).trimEnd()));
    assert.ok(script.includes(hostConf(file).trimEnd()));
    assert.ok(!script.includes('--own-config\n'));
    assert.ok(!script.includes('vacuumdb') && !script.includes('admin='));
    await assert.rejects(installScript({ file, publicKey, ports: [], account: 'a; id' }), {
      code: 'account-malformed',
    });
  });
});
