import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { Client } from 'ssh2';
import { folderDigest } from '../../runners/host-program/codec.ts';
import { connectHostProgram } from '../../runners/host-program/session.ts';
import type { HostProgram } from '../../runners/host-program/client.ts';
import type { HostPath, HostStepState } from '../../runners/host-program/step.ts';
import { openSshHost } from '../../runners/transport/ssh.ts';
import type { Host } from '../../runners/transport/host.ts';
import type { RunId } from '../../src/domain/ids.ts';
import { failure, freshRun, onEachShell } from '../runners/host-program/on-each-shell.ts';
import { startPrivateHost } from '../runners/host-program/private-sshd.ts';
import type { PrivateHost } from '../runners/host-program/private-sshd.ts';
import { until } from '../until.ts';

const bytes = 6_000_000;

/** The tests' own host receives, a second one sends. */
onEachShell('host program: a fetch from host to host', {}, (on) => {
  let source: PrivateHost;
  let host: Host;
  let sender: HostProgram;
  const content = randomBytes(bytes);
  const sha256 = createHash('sha256').update(content).digest('hex');

  before(async () => {
    if (on.at === undefined) return;
    source = await startPrivateHost({ shell: on.shell, name: 'source' });
    host = openSshHost(source.address);
    sender = connectHostProgram(host);
    await writeFile(join(source.root, 'orders one.dump'), content);
    await writeFile(join(source.root, 'other.dump'), 'not granted');
    await mkdir(join(source.root, 'orders.dir'));
    for (const [name, text] of Object.entries(folder))
      await writeFile(join(source.root, 'orders.dir', name), text);
  });

  after(async () => {
    await sender?.close();
    await host?.close();
    await source?.stop();
  });

  const folder: Record<string, Buffer> = {
    'toc.dat': randomBytes(4000),
    '10.dat.gz': randomBytes(2_500_000),
    '9.dat.gz': randomBytes(1),
    'empty.dat': Buffer.alloc(0),
    '3072.dat': randomBytes(1_048_576),
  };

  async function fetch(
    run: RunId,
    step: string,
    to: HostPath,
    more: Partial<Record<'port' | 'kind' | 'bytes' | 'sha256' | 'host-key', string | number>> = {},
  ): Promise<HostStepState> {
    const options = {
      address: '127.0.0.1',
      port: source.address.port,
      user: source.address.user,
      'host-key': source.address.hostKey.split(' ').slice(0, 2).join(' '),
      kind: 'file',
      bytes,
      sha256,
      ...more,
    };
    const args = Object.entries(options).map(([key, value]) => `--${key}=${value}`);
    await on.program.submit({
      run,
      step,
      fence: 1,
      pipe: [{ tool: 'receive', args: [...args, to] }],
      report: 'bytes',
    });
    return on.program.wait(run, step, { timeoutSeconds: 40 });
  }

  const fetched = (run: RunId, name: string): string => join(on.at.state, 'runs', run, 'files', name);

  it('brings a file whole, and gives one key however often it is asked', async () => {
    const run = freshRun();
    const keys = await Promise.all([on.program.fetchKey(run), on.another().program.fetchKey(run)]);
    assert.equal(keys[0], keys[1]);
    await sender.grant(run, { root: 'nightly', path: 'orders one.dump' }, keys[0], 60);
    const ended = await fetch(run, 'fetch', { run: 'orders.dump' });
    assert.ok(ended.state === 'ended' && ended.exitCode === 0, JSON.stringify(ended));
    assert.equal(ended.report.bytes, String(bytes));
    assert.ok((await readFile(fetched(run, 'orders.dump'))).equals(content));
    assert.equal((await stat(join(on.at.state, 'runs', run, 'key'))).mode & 0o777, 0o600);
  });

  it('brings a folder-format backup, whose digest is that of its files', async () => {
    const run = freshRun();
    await sender.grant(run, { root: 'nightly', path: 'orders.dir' }, await on.program.fetchKey(run), 60);
    const digest = folderDigest(
      Object.entries(folder).map(([name, text]) => ({
        name,
        sha256: createHash('sha256').update(text).digest('hex'),
      })),
    );
    const total = Object.values(folder).reduce((sum, text) => sum + text.length, 0);
    const ended = await fetch(
      run,
      'fetch',
      { run: 'orders' },
      { kind: 'folder', bytes: total, sha256: digest },
    );
    assert.ok(ended.state === 'ended' && ended.exitCode === 0, JSON.stringify(ended));
    for (const [name, text] of Object.entries(folder)) {
      assert.ok((await readFile(fetched(run, `orders/${name}`))).equals(text), name);
    }
  });

  it('keeps no folder whose lists name files elsewhere, though its checksum is right', async () => {
    const run = freshRun();
    const crafted = { 'toc.dat': 'toc', 'blobs.toc': '16400 ../../../key\n' };
    await mkdir(join(source.root, 'crafted.dir'));
    for (const [name, text] of Object.entries(crafted)) {
      await writeFile(join(source.root, 'crafted.dir', name), text);
    }
    await sender.grant(run, { root: 'nightly', path: 'crafted.dir' }, await on.program.fetchKey(run), 60);
    const files = Object.entries(crafted).map(([name, text]) => ({
      name,
      sha256: createHash('sha256').update(text).digest('hex'),
    }));
    const total = Object.values(crafted).join('').length;
    const ended = await fetch(
      run,
      'fetch',
      { run: 'orders' },
      { kind: 'folder', bytes: total, sha256: folderDigest(files) },
    );
    assert.ok(ended.state === 'ended' && ended.exitCode === 1, JSON.stringify(ended));
    assert.deepEqual(ended.cause, { code: 'odd-name' });
    await assert.rejects(stat(fetched(run, 'orders')), { code: 'ENOENT' });
  });

  it('goes on where it was cut, also in a later step', async () => {
    const run = freshRun();
    await sender.grant(run, { root: 'nightly', path: 'orders one.dump' }, await on.program.fetchKey(run), 60);
    const line = await cuttingLine(source.address.port, 2_000_000);
    try {
      const ended = await fetch(run, 'fetch', { run: 'orders.dump' }, { port: line.port });
      assert.ok(ended.state === 'ended' && ended.exitCode === 0, JSON.stringify(ended));
      assert.ok(line.cuts() >= 2, 'it was cut');
      // Starting from zero each time could never have ended over a line that carries a third of it.
      assert.ok((await readFile(fetched(run, 'orders.dump'))).equals(content));
      await rm(fetched(run, 'orders.dump'));
      await writeFile(fetched(run, 'orders.dump'), content.subarray(0, bytes - 5));
      const carried = line.carried();
      const again = await fetch(run, 'fetch.2', { run: 'orders.dump' }, { port: line.port });
      assert.ok(again.state === 'ended' && again.exitCode === 0);
      assert.ok(line.carried() - carried < 100_000, 'only the rest was sent');
    } finally {
      line.close();
    }
  });

  it('refuses and removes what is not what was approved', async () => {
    const run = freshRun();
    await sender.grant(run, { root: 'nightly', path: 'orders one.dump' }, await on.program.fetchKey(run), 60);
    const damaged = Buffer.from(content.subarray(0, 1000));
    damaged[500]! ^= 1;
    await mkdir(join(on.at.state, 'runs', run, 'files'), { recursive: true });
    await writeFile(fetched(run, 'orders.dump'), damaged);
    const ended = await fetch(run, 'fetch', { run: 'orders.dump' });
    assert.ok(ended.state === 'ended' && ended.exitCode !== 0);
    assert.deepEqual(ended.cause, { code: 'digest-differs' });
    await assert.rejects(readFile(fetched(run, 'orders.dump')));
    const longer = await fetch(run, 'fetch.2', { run: 'orders.dump' }, { bytes: bytes + 1 });
    assert.ok(longer.state === 'ended' && longer.cause?.code === 'source-differs');
  });

  it('sends nothing to a host with another key', async () => {
    const run = freshRun();
    await sender.grant(run, { root: 'nightly', path: 'orders one.dump' }, await on.program.fetchKey(run), 60);
    const other = on.at.address.hostKey.split(' ').slice(0, 2).join(' ');
    await on.program.submit({
      run,
      step: 'fetch',
      fence: 1,
      pipe: [
        {
          tool: 'receive',
          args: [
            '--address=127.0.0.1',
            `--port=${source.address.port}`,
            `--user=${source.address.user}`,
            `--host-key=${other}`,
            `--bytes=${bytes}`,
            `--sha256=${sha256}`,
            { run: 'x' },
          ],
        },
      ],
      report: 'none',
    });
    const ended = await on.program.wait(run, 'fetch', { timeoutSeconds: 30 });
    assert.deepEqual(ended.state === 'ended' && ended.cause, { code: 'source-key-changed' });
  });

  it('gives the key nothing else, and nothing after a revoke or its end', async () => {
    const run = freshRun();
    const key = await on.program.fetchKey(run);
    await sender.grant(run, { root: 'nightly', path: 'orders one.dump' }, key, 60);
    const privateKey = await readFile(join(on.at.state, 'runs', run, 'key'), 'utf8');
    assert.match(await asHolder(source, privateKey, 'list'), /^freshet-send 1 file\n6000000 \.\n$/);
    assert.equal(await asHolder(source, privateKey, 'cat other.dump'), '');
    assert.equal(await asHolder(source, privateKey, 'send 0; id'), '');
    assert.equal((await asHolder(source, privateKey, `send ${bytes - 3}`)).length > 0, true);
    await assert.rejects(forwardAs(source, privateKey), /open failed|administratively/i);
    await sender.revoke(run);
    await assert.rejects(asHolder(source, privateKey, 'list'), /authentication/i);
    await sender.grant(run, { root: 'nightly', path: 'orders one.dump' }, key, 1);
    await until(
      'it ran out',
      async () => (await asHolder(source, privateKey, 'list').catch(() => '')) === '',
    );
    const later = freshRun();
    await sender.grant(later, { root: 'nightly', path: 'other.dump' }, await on.program.fetchKey(later), 60);
    const lines = (await readFile(join(source.state, '..', 'keys', 'grants'), 'utf8')).trim().split('\n');
    assert.ok(!lines.some((line) => line.includes(run)), 'the line that ran out is gone');
    assert.ok(lines.some((line) => line.includes(later)));
  });

  it('keeps every grant when many are made at once', async () => {
    const all = Array.from({ length: 6 }, () => freshRun());
    const keys = await Promise.all(all.map((run) => on.program.fetchKey(run)));
    const senders = [sender, connectHostProgram(host), connectHostProgram(host)];
    const place = { root: 'nightly', path: 'other.dump' };
    await Promise.all(all.map((run, i) => senders[i % 3]!.grant(run, place, keys[i]!, 60)));
    const grants = await readFile(join(source.state, '..', 'keys', 'grants'), 'utf8');
    for (const run of all) assert.ok(grants.includes(`freshet-${run}\n`), run);
    assert.equal(
      (await failure(sender.grant(all[0]!, { root: 'nightly', path: '../x' }, keys[0]!, 60))).code,
      'host-refused',
    );
    assert.equal(
      (await failure(sender.grant(all[0]!, { root: 'nightly', path: 'gone' }, keys[0]!, 60))).code,
      'backup-missing',
    );
  });
});

/** A line to sshd that is cut after so many bytes of each connection. */
async function cuttingLine(
  to: number,
  after: number,
): Promise<{ port: number; cuts(): number; carried(): number; close(): void }> {
  let cuts = 0;
  let all = 0;
  const server: Server = createServer((client) => {
    const upstream = connect(to, '127.0.0.1');
    let carried = 0;
    upstream.on('data', (chunk) => {
      carried += chunk.length;
      all += chunk.length;
      client.write(chunk);
      if (carried > after) {
        cuts++;
        client.destroy();
        upstream.destroy();
      }
    });
    client.on('data', (chunk) => upstream.write(chunk));
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, cuts: () => cuts, carried: () => all, close: () => server.close() };
}

async function clientAs(source: PrivateHost, privateKey: string): Promise<Client> {
  const client = new Client();
  await new Promise<void>((resolve, reject) => {
    client.on('ready', () => resolve());
    client.on('error', reject);
    client.connect({
      host: '127.0.0.1',
      port: source.address.port,
      username: source.address.user,
      privateKey,
    });
  });
  return client;
}

async function asHolder(source: PrivateHost, privateKey: string, command: string): Promise<string> {
  const client = await clientAs(source, privateKey);
  try {
    return await new Promise<string>((resolve, reject) => {
      client.exec(command, (error, stream) => {
        if (error) return reject(error);
        let text = '';
        stream.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
        stream.stderr.resume();
        stream.on('close', () => resolve(text));
      });
    });
  } finally {
    client.end();
  }
}

async function forwardAs(source: PrivateHost, privateKey: string): Promise<void> {
  const client = await clientAs(source, privateKey);
  try {
    await new Promise<void>((resolve, reject) => {
      client.forwardOut('127.0.0.1', 0, '127.0.0.1', source.address.port, (error) =>
        error ? reject(error) : resolve(),
      );
    });
  } finally {
    client.end();
  }
}
