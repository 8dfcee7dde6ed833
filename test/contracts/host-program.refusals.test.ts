import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostCommand, HostStep } from '../../runners/host-program/step.ts';
import { failure, freshRun, onEachShell, standIn } from '../runners/host-program/on-each-shell.ts';
import type { OnShell } from '../runners/host-program/on-each-shell.ts';

const file = {
  servers: [
    { name: 'test-pg', engine: 'postgres' as const, port: 5432, loader: 'loader' },
    { name: 'prod-pg', engine: 'postgres' as const, port: 5433, loader: 'l', production: true },
  ],
  targets: [{ name: 'uat-orders', server: 'test-pg', database: 'orders_uat' }],
  tools: {
    pg_restore: '/bin/true',
    psql: '/bin/true',
    gzip: '/bin/gzip',
    bash: '/bin/bash',
  },
};
const dump = { root: 'nightly', path: 'plain.txt' };

onEachShell('host program: what it refuses', file, (on) => {
  before(async () => {
    if (on.at === undefined) return;
    await writeFile(join(on.at.root, 'plain.txt'), 'plain');
    await standIn(on.at, 'tool psql', 'echo "psql (PostgreSQL) ${VERSION:-15.14} (Debian)"');
    await mkdir(join(on.at.root, 'inner'));
    await writeFile(join(on.at.root, 'inner', 'deep.txt'), 'deep');
    await symlink('/etc/passwd', join(on.at.root, 'link.txt'));
    await symlink('/etc', join(on.at.root, 'linked'));
    await symlink(join(on.at.root, 'inner'), join(on.at.root, 'inner-link'));
  });

  for (const [what, path] of Object.entries({
    'a way up': '../bot_key',
    'a way up in the middle': 'inner/../../bot_key',
    'an absolute path': '/etc/passwd',
    'a dot': './plain.txt',
    'an empty part': 'inner//deep.txt',
    'a trailing slash': 'inner/',
    'an empty path': '',
    'a link to a file': 'link.txt',
    'a link in between': 'linked/passwd',
    'a link that stays inside': 'inner-link/deep.txt',
    'a folder that is not there': 'nowhere/deep.txt',
  })) {
    it(`refuses ${what} as a path`, () =>
      refused(on, { pipe: [{ tool: 'digest', args: [{ root: 'nightly', path }] }] }));
  }

  it('refuses the same in the run’s own folder', async () => {
    for (const run of ['../key', '/etc/passwd', 'a/../../x', '']) {
      await refused(on, { stdin: { run }, pipe: [{ tool: 'digest', args: [] }] });
      await refused(on, { stdout: { run }, pipe: [{ tool: 'digest', args: [dump] }] });
    }
    for (const name of ['../x', 'a/b', '']) {
      await refused(on, { files: { [name]: 'text' }, pipe: [{ tool: 'digest', args: [dump] }] });
    }
  });

  it('refuses roots, targets and tools that its file does not list', async () => {
    await refused(on, { pipe: [{ tool: 'digest', args: [{ root: 'weekly', path: 'x' }] }] });
    await refused(on, { target: 'prod-orders', pipe: [{ tool: 'digest', args: [dump] }] });
    await refused(on, { pipe: [{ tool: 'zstd', args: ['-dc', dump] }] });
    assert.equal((await failure(on.program.claim('prod-orders', freshRun(), 1))).code, 'host-refused');
    assert.equal((await failure(on.program.list('weekly'))).code, 'host-refused');
    assert.equal((await failure(on.program.freeBytes({ server: 'other' }))).code, 'host-refused');
  });

  it('refuses a tool that it has no rules for, even when its file lists it', () =>
    refused(on, { pipe: [{ tool: 'bash', args: ['-c', 'true'] }] }));

  const commands: Record<string, HostCommand> = {
    'a connection option': { tool: 'pg_restore', args: ['--dbname=orders', dump] },
    'its short form': { tool: 'pg_restore', args: ['-d', 'orders', dump] },
    'a host': { tool: 'pg_restore', args: ['-l', '--host=evil', dump] },
    'a role': { tool: 'pg_restore', args: ['-l', '--role=postgres', dump] },
    'an output outside': { tool: 'pg_restore', args: ['--file=/tmp/x', dump] },
    'an output into a root': { tool: 'pg_restore', args: ['-f', dump] },
    'a job count that is none': { tool: 'pg_restore', args: ['-l', '-j', '2;id', dump] },
    'an option as a value': { tool: 'pg_restore', args: ['-l', '-j', '--help', dump] },
    'an option without its value': { tool: 'pg_restore', args: ['-l', '-j'] },
    'a literal path': { tool: 'pg_restore', args: ['-l', '/etc/passwd'] },
    'two archives': { tool: 'pg_restore', args: ['-l', dump, dump] },
    'a restore into nothing': { tool: 'pg_restore', args: [dump] },
    'gzip that writes': { tool: 'gzip', args: [dump, '-k'] },
    'psql with a command': { tool: 'psql', args: ['-c', 'select 1'] },
    'psql alone': { tool: 'psql', args: [] },
    'gzip that replaces a file': { tool: 'gzip', args: ['-d', dump] },
    'gzip that packs': { tool: 'gzip', args: ['-c', dump] },
    'gzip that packs in place': { tool: 'gzip', args: [dump] },
    'a tool that no plan uses': { tool: 'vacuumdb', args: ['--analyze-only'] },
  };
  for (const [what, command] of Object.entries(commands)) {
    it(`refuses ${what}`, () => refused(on, { pipe: [command] }));
  }

  it('accepts the new database of the target for this run, and no other connection', async () => {
    const run = freshRun();
    await on.program.claim('uat-orders', run, 1);
    const step = (connection: HostStep['connection']): Partial<HostStep> => ({
      run,
      target: 'uat-orders',
      ...(connection === undefined ? {} : { connection }),
      pipe: [{ tool: 'pg_restore', args: [dump] }],
    });
    const good = { server: 'test-pg', identity: 'loader' as const, database: `orders_uat__new_${run}` };
    await refused(on, step(undefined));
    await refused(on, step({ ...good, database: 'orders_uat' }));
    await refused(on, step({ ...good, database: `orders_uat__new_${freshRun()}` }));
    await refused(on, step({ ...good, database: 'postgres' }));
    await refused(on, step({ ...good, server: 'prod-pg' }));
    await refused(on, { ...step(good), target: undefined });
    await refused(on, step({ ...good, identity: 'admin' as 'loader' }));
    const state = await on.program.submit(on.step({ ...step(good), run, step: 'good' }));
    assert.notEqual(state.state, 'absent');
    await on.program.wait(run, 'good', { timeoutSeconds: 30 });
  });

  it('refuses psql that is not behind the guard, and one that is too old', async () => {
    const run = freshRun();
    await on.program.claim('uat-orders', run, 2);
    const connection = { server: 'test-pg', identity: 'loader' as const, database: `orders_uat__new_${run}` };
    const step = { run, step: 'psql', target: 'uat-orders', fence: 2, connection };
    const psql = join(on.at.folder, 'psql');
    const good = await readFile(psql, 'utf8');
    const pipe = [
      { tool: 'guard', args: [] },
      { tool: 'psql', args: [] },
    ];
    for (const version of ['15.13', '16.9', '17.5', '12.22', '9.6.24', 'garbage\n']) {
      await writeFile(psql, good.replace('15.14', version));
      const error = await failure(on.program.submit(on.step({ ...step, pipe })));
      assert.deepEqual([error.kind, error.code], ['Config', 'psql-too-old'], version);
    }
    await writeFile(psql, good);
    await refused(on, {
      ...step,
      pipe: [
        { tool: 'digest', args: [dump] },
        { tool: 'psql', args: [] },
      ],
    });
    await on.program.submit(on.step({ ...step, pipe, stdin: { text: 'select 1;' } }));
  });

  it('keeps shell text as data: names and words with everything in them', async () => {
    const evil = [
      'a b',
      '$(touch pwned)',
      '`touch pwned`',
      ';touch pwned;',
      "it's",
      '"quoted"',
      'new\nline\n',
      'tab\there',
      '-rf',
      '--help',
      '*',
      '~',
      '%s%n',
      '\\0101',
      'Übergröße.dump',
      '日本',
      '&',
      '|',
      '> pwned',
      '\\',
    ];
    const run = freshRun();
    const states = evil.map(async (name, i) => {
      await writeFile(join(on.at.root, name), `content ${i}`);
      const pipe = [{ tool: 'digest', args: [{ root: 'nightly', path: name }] }];
      await on.program.submit(on.step({ run, step: `evil-${i}`, pipe, report: 'digest' }));
      return on.program.wait(run, `evil-${i}`, { timeoutSeconds: 30 });
    });
    for (const [i, ended] of (await Promise.all(states)).entries()) {
      const sha256 = createHash('sha256').update(`content ${i}`).digest('hex');
      assert.ok(
        ended.state === 'ended' && ended.report.sha256 === sha256,
        `${evil[i]}: ${JSON.stringify(ended)}`,
      );
    }
    const listed = (await on.program.list('nightly')).entries.map((entry) => entry.path);
    for (const name of evil) {
      assert.equal(listed.includes(name), !/[\n\t]/.test(name), `listing of ${JSON.stringify(name)}`);
    }
    assert.ok(!listed.some((path) => path.includes('link')), 'links are not listed');
    assert.ok(!listed.includes('pwned'));
  });

  it('refuses its whole file when a target lies on a production server, or others may write it', async () => {
    const conf = await readFile(on.at.conf, 'utf8');
    try {
      await writeFile(on.at.conf, `${conf}target oops server=prod-pg database=orders\n`);
      await faulty(/production/);
      await writeFile(on.at.conf, `${conf}anything goes\n`);
      await faulty(/not understood/);
      await writeFile(on.at.conf, conf);
      await chmod(on.at.conf, 0o666);
      await faulty(/must not be writable/);
    } finally {
      await chmod(on.at.conf, 0o644);
      await writeFile(on.at.conf, conf);
    }
    assert.deepEqual((await on.program.facts()).targets, ['uat-orders']);

    async function faulty(message: RegExp): Promise<void> {
      const error = await failure(
        on.program.submit(on.step({ run: freshRun(), step: 'x', pipe: [{ tool: 'digest', args: [dump] }] })),
      );
      assert.equal(error.code, 'host-config-invalid');
      assert.match(error.message, message);
    }
  });

  it('runs nothing that the client asks ssh for itself', async () => {
    const { Client } = await import('ssh2');
    const client = new Client();
    const { address, port, user, privateKey } = on.at.address;
    await new Promise<void>((resolve) =>
      client.on('ready', () => resolve()).connect({ host: address, port, username: user, privateKey }),
    );
    const output = await new Promise<string>((resolve, reject) => {
      client.exec('echo pwned; id', (error, stream) => {
        if (error) return reject(error);
        let text = '';
        stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
        stream.on('close', () => resolve(text));
        stream.end();
      });
    });
    client.end();
    assert.match(output, /^freshet-host 1 \S+\n$/);
  });
});

/** The step is refused, by the host's file, before anything of it is there. */
async function refused(on: OnShell, step: Partial<HostStep>): Promise<void> {
  const run = step.run ?? freshRun();
  const name = step.step ?? 'refused';
  const error = await failure(on.program.submit(on.step({ ...step, run, step: name })));
  assert.deepEqual([error.kind, error.code], ['Forbidden', 'host-refused'], error.message);
  assert.deepEqual(await on.program.state(run, name), { state: 'absent' });
}
