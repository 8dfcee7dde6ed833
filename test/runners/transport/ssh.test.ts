import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { Server as SshServer } from 'ssh2';
import { openSshHost } from '../../../runners/transport/ssh.ts';
import type { Host, HostAddress } from '../../../runners/transport/host.ts';
import { skip } from '../../skip.ts';
import { failure } from '../host-program/on-each-shell.ts';
import { missingForSshd, startPrivateHost } from '../host-program/private-sshd.ts';
import type { PrivateHost } from '../host-program/private-sshd.ts';
import { until } from '../../until.ts';

describe('ssh transport', () => {
  let at: PrivateHost;
  let echo: Server;
  let echoPort: number;
  const hosts: Host[] = [];

  function open(change: Partial<HostAddress> = {}): Host {
    const host = openSshHost({ ...at.address, ...change });
    hosts.push(host);
    return host;
  }

  before(async function () {
    const missing = missingForSshd('dash');
    if (missing !== undefined) skip(this, missing);
    echo = createServer((socket) => {
      socket.on('error', () => {});
      socket.pipe(socket);
    });
    echoPort = await listen(echo);
    at = await startPrivateHost({ shell: 'dash', ports: [echoPort] });
  });

  after(async () => {
    for (const host of hosts) await host.close();
    echo?.close();
    await at?.stop();
  });

  it('opens sessions and forwards over one connection, and ends them all on close', async () => {
    const host = open();
    await until('the probe of the start is gone', () => at.connections() === 0);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(at.connections(), 0, 'nothing is opened before it is needed');
    const channels = await Promise.all([
      host.session(),
      host.session(),
      host.forward(echoPort),
      host.forward(echoPort),
    ]);
    assert.equal(at.connections(), 1);
    assert.match(await firstData(channels[0]), /^freshet-host 1 /);
    channels[2].write('over the line');
    assert.equal(await firstData(channels[2]), 'over the line');
    const ended = Promise.all(
      channels.map((channel) => new Promise((resolve) => channel.once('close', resolve))),
    );
    for (const channel of channels) channel.resume();
    await host.close();
    await ended;
    await host.close();
    assert.equal((await failure(host.session())).kind, 'Unavailable');
  });

  it('forwards only to ports that the key is for', async () => {
    const other = createServer();
    const port = await listen(other);
    const error = await failure(open().forward(port));
    assert.deepEqual([error.kind, error.code], ['Unavailable', 'host-channel-refused']);
    other.close();
  });

  it('is a stream that pg can take for a socket', async () => {
    const channel = (await open().forward(echoPort)) as unknown as Socket;
    const connected = new Promise((resolve) => channel.once('connect', resolve));
    channel.setNoDelay(true);
    channel.setKeepAlive(true);
    channel.connect(5432, 'ignored');
    await connected;
    channel.unref();
    channel.ref();
    channel.destroy();
  });

  it('queues sessions beyond what sshd allows', async () => {
    const host = open();
    const open8 = await Promise.all(Array.from({ length: 8 }, () => host.session()));
    const more = Array.from({ length: 6 }, () => host.session());
    let arrived = 0;
    for (const one of more) void one.then(() => arrived++);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(arrived, 0);
    // However a session ends, read or unread, its place is free again.
    for (const [i, session] of open8.entries()) {
      if (i % 2 === 0) session.resume().end();
      else session.destroy();
    }
    for (const session of await Promise.all(more)) session.destroy();
    for (let i = 0; i < 10; i++) (await host.session()).destroy();
    await host.close();
  });

  it('asks again for a session that the host has no place for yet, for as long as a connection may take', async () => {
    let refusals = 2;
    const server = new SshServer({ hostKeys: [await readFile(join(at.folder, 'host_key'))] }, (client) => {
      client.on('error', () => undefined);
      client.on('authentication', (asked) => asked.accept());
      client.on('session', (accept, reject) => {
        if (refusals-- > 0) reject();
        else accept().on('exec', (take) => take().write('freshet-host'));
      });
    });
    const port = await listen(server);
    const host = open({ port });
    assert.equal(await firstData(await host.session()), 'freshet-host');
    await host.close();
    refusals = Infinity;
    const hasty = open({ port, connectTimeoutSeconds: 1 });
    assert.equal((await failure(hasty.session())).code, 'host-channel-refused');
    await hasty.close();
    server.close();
  });

  it('refuses a changed host key before anything is sent', async () => {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(at.folder, 'another_key')]);
    const hostKey = readFileSync(join(at.folder, 'another_key.pub'), 'utf8').trim();
    let sent = Buffer.alloc(0);
    const line = await recordingLine(at.address.port, (chunk) => (sent = Buffer.concat([sent, chunk])));
    const error = await failure(open({ hostKey, port: line.port }).session());
    line.close();
    assert.deepEqual([error.kind, error.code], ['Config', 'host-key-changed']);
    assert.match(error.message, /SHA256:\S{43}.*SHA256:\S{43} is pinned; nothing was sent/);
    // Of ours: the version line, our offer of algorithms and the half of the key exchange that the answer needed. Anything
    // later, such as the user's name, would come behind the NEWKEYS message (number 21) that ends the exchange.
    assert.deepEqual(packets(sent), [20, 30], 'KEXINIT and the key exchange, no NEWKEYS, no user');
  });

  it('asks for the kind of key that is pinned, whichever others the host has', async () => {
    const host = open({ hostKey: `${at.address.hostKey.split(' ').slice(0, 2).join(' ')} a comment` });
    await host.session();
    await host.close();
    execFileSync('ssh-keygen', ['-q', '-t', 'ecdsa', '-N', '', '-f', join(at.folder, 'ecdsa_key')]);
    const hostKey = readFileSync(join(at.folder, 'ecdsa_key.pub'), 'utf8').trim();
    assert.equal((await failure(open({ hostKey }).session())).code, 'host-key-changed');
  });

  it('says plainly what is wrong with keys and addresses', async () => {
    assert.throws(() => open({ hostKey: 'ssh-ed25519 nonsense' }), { code: 'host-key-malformed' });
    const unreadable = await failure(open({ privateKey: 'not a key' }).session());
    assert.deepEqual([unreadable.kind, unreadable.code], ['Config', 'host-key-unreadable']);
    const foreign = await readFile(join(at.folder, 'another_key'), 'utf8');
    const login = await failure(open({ privateKey: foreign }).session());
    assert.deepEqual([login.kind, login.code], ['Config', 'host-login-refused']);
    assert.ok(!JSON.stringify([login, login.message, unreadable.message]).includes('PRIVATE KEY'));
    const closed = createServer();
    const port = await listen(closed);
    await new Promise((resolve) => closed.close(resolve));
    const gone = await failure(open({ port }).session());
    assert.deepEqual([gone.kind, gone.code], ['Unavailable', 'host-unreachable']);
    const silent = createServer(() => {});
    const late = await failure(open({ port: await listen(silent), connectTimeoutSeconds: 0.3 }).session());
    assert.deepEqual([late.kind, late.code], ['Unavailable', 'host-unreachable']);
    silent.close();
  });

  it('connects anew after the connection was lost', async () => {
    const host = open();
    const session = await host.session();
    const closed = new Promise((resolve) => session.once('close', resolve));
    session.resume();
    at.cut();
    await closed;
    const again = await host.session();
    assert.match(await firstData(again), /^freshet-host 1 /);
    await host.close();
  });

  it('notices a connection that fell silent', async () => {
    const line = await recordingLine(at.address.port, () => {});
    const host = open({ port: line.port, keepaliveSeconds: 0.3 });
    const session = await host.session();
    const closed = new Promise((resolve) => session.once('close', resolve));
    session.resume();
    line.freeze();
    await closed;
    line.close();
    const error = await failure(host.session());
    assert.equal(error.kind, 'Unavailable');
  });
});

async function listen(server: Server | SshServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function firstData(stream: Duplex): Promise<string> {
  return new Promise((resolve, reject) => {
    stream.once('data', (chunk: Buffer) => resolve(chunk.toString()));
    stream.once('close', () => reject(new Error('closed before anything came')));
  });
}

/** A line to sshd that shows what the client sends, and can stop carrying without closing. */
async function recordingLine(
  to: number,
  onSent: (chunk: Buffer) => void,
): Promise<{ port: number; freeze(): void; close(): void }> {
  const { connect } = await import('node:net');
  const sockets = new Set<Socket>();
  let frozen = false;
  const server = createServer((client) => {
    const upstream = connect(to, '127.0.0.1');
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
      one.on('data', (chunk: Buffer) => {
        if (frozen) return;
        if (one === client) onSent(chunk);
        other.write(chunk);
      });
    }
  });
  const port = await listen(server);
  return {
    port,
    freeze: () => (frozen = true),
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Message numbers of the unencrypted SSH packets behind the version line (RFC 4253, section 6). */
function packets(sent: Buffer): number[] {
  const numbers: number[] = [];
  let at = sent.indexOf('\n') + 1;
  while (at + 6 <= sent.length) {
    numbers.push(sent[at + 5]!);
    at += 4 + sent.readUInt32BE(at);
  }
  return numbers.filter((number) => number !== 1);
}
