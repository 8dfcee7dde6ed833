import { createHash, timingSafeEqual } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'ssh2';
import type { ClientChannel, ServerHostKeyAlgorithm } from 'ssh2';
import { configError, isFreshetError, unavailable } from '../../src/domain/errors.ts';
import type { FreshetError } from '../../src/domain/errors.ts';
import type { Host, HostAddress } from './host.ts';

/** sshd's MaxSessions is 10 unless changed; two are left for people who debug with the same connection. */
const maxSessions = 8;
/** How soon a session that was refused is asked for again. */
const againMs = 100;

/** A host over ssh2: one connection, opened on first use and anew after it was lost; see `Host` for what it promises. */
export function openSshHost(address: HostAddress): Host {
  const pinned = parseHostKey(address);
  let connection: Promise<Client> | undefined;
  let current: Client | undefined;
  let closed = false;
  let openSessions = 0;
  const queue: (() => void)[] = [];

  function connect(): Promise<Client> {
    if (closed) return Promise.reject(lost(address, 'was closed'));
    connection ??= openConnection(address, pinned, (client) => {
      // Only the connection that is in use may clear the way for a new one.
      if (current === client) {
        current = undefined;
        connection = undefined;
      }
    }).then(
      (client) => {
        current = client;
        if (closed) client.end();
        return client;
      },
      (error: unknown) => {
        connection = undefined;
        throw error;
      },
    );
    return connection;
  }

  async function admitted(): Promise<void> {
    if (openSessions < maxSessions) {
      openSessions++;
      return;
    }
    // The place is handed over by the session that ends, so the count stays.
    await new Promise<void>((resolve) => queue.push(resolve));
  }

  function leave(): void {
    const next = queue.shift();
    if (next === undefined) openSessions--;
    else next();
  }

  return {
    name: address.name,
    async session() {
      await admitted();
      try {
        const client = await connect();
        const channel = await openSession(client, address);
        // Nobody reads it, and an unread stream would hold up the channel.
        channel.stderr.resume();
        // An unread channel of a lost connection never closes: the connection's end frees the place as well.
        const free = (): void => {
          channel.off('close', free);
          client.off('close', free);
          leave();
        };
        channel.once('close', free);
        client.once('close', free);
        return endsUnread(channel);
      } catch (error) {
        leave();
        throw asOurs(error, address);
      }
    },
    async forward(port) {
      try {
        const client = await connect();
        const channel = await new Promise<ClientChannel>((resolve, reject) => {
          const off = rejectOnClose(client, address, reject);
          client.forwardOut('127.0.0.1', 0, '127.0.0.1', port, (error, stream) => {
            off();
            if (error === undefined) resolve(stream);
            else reject(channelRefused(address, `port ${port}`));
          });
        });
        return likeSocket(endsUnread(channel));
      } catch (error) {
        throw asOurs(error, address);
      }
    },
    async close() {
      closed = true;
      const client = await connection?.catch(() => undefined);
      if (client === undefined) return;
      await new Promise<void>((resolve) => {
        client.once('close', () => resolve());
        client.end();
        // A peer that does not answer is not waited for.
        setTimeout(() => {
          client.destroy();
          resolve();
        }, 1000).unref();
      });
    },
  };
}

/**
 * Asked again for as long as a connection may take to open: sshd counts a session until its program has ended, and on a host that does
 * much else that is later than the end of its channel, by which we count.
 */
async function openSession(client: Client, address: HostAddress): Promise<ClientChannel> {
  const end = Date.now() + patienceMs(address);
  for (;;) {
    const channel = await new Promise<ClientChannel | undefined>((resolve, reject) => {
      const off = rejectOnClose(client, address, reject);
      client.exec('freshet-host', (error, stream) => {
        off();
        resolve(error === undefined ? stream : undefined);
      });
    });
    if (channel !== undefined) return channel;
    if (Date.now() > end) throw channelRefused(address, 'a session');
    await sleep(againMs);
  }
}

function patienceMs({ connectTimeoutSeconds = 10 }: HostAddress): number {
  return connectTimeoutSeconds * 1000;
}

function openConnection(
  address: HostAddress,
  pinned: { type: string; raw: Buffer },
  onClose: (client: Client) => void,
): Promise<Client> {
  return new Promise((resolve, reject) => {
    const client = new Client();
    // One for each open channel.
    client.setMaxListeners(0);
    let presented: Buffer | undefined;
    client.on('ready', () => {
      // A statement with bound values is several small packets: with Nagle's algorithm each waits 40 ms for an ACK.
      client.setNoDelay(true);
      resolve(client);
    });
    client.on('close', () => {
      onClose(client);
      reject(lost(address, 'was lost'));
    });
    // Also after 'ready', where ssh2 reports a lost connection: without a listener it would end the process.
    client.on('error', (error: Error & { level?: string }) => {
      reject(connectFault(error, address, pinned.raw, presented));
    });
    const keepalive = (address.keepaliveSeconds ?? 10) * 1000;
    try {
      client.connect({
        host: address.address,
        port: address.port,
        username: address.user,
        privateKey: address.privateKey,
        ...(address.passphrase === undefined ? {} : { passphrase: address.passphrase }),
        readyTimeout: patienceMs(address),
        keepaliveInterval: keepalive,
        keepaliveCountMax: 3,
        // Without the pinned key's own kind a host may well show another of its keys.
        algorithms: { serverHostKey: signaturesOf(pinned.type) },
        // Called during the key exchange: nothing of ours, not even the user's name, has been sent by then.
        hostVerifier: (key: Buffer) => {
          presented = key;
          return key.length === pinned.raw.length && timingSafeEqual(key, pinned.raw);
        },
        tryKeyboard: false,
        agentForward: false,
      });
    } catch {
      reject(
        configError(
          'host-key-unreadable',
          `The private key for host "${address.name}" can't be read.`,
          'Give an unencrypted OpenSSH or PEM key, or its passphrase.',
          { host: address.name },
        ),
      );
    }
  });
}

function parseHostKey(address: HostAddress): { type: string; raw: Buffer } {
  const [type = '', base64 = ''] = address.hostKey.trim().split(/\s+/);
  const raw = Buffer.from(base64, 'base64');
  // The blob begins with its own type, so that a wrong paste is found before anything is opened.
  const named = raw.length > 4 ? raw.subarray(4, 4 + raw.readUInt32BE(0)).toString('latin1') : '';
  if (named === '' || named !== type) {
    throw configError(
      'host-key-malformed',
      `The pinned key of host "${address.name}" is not a public host key; expected "ssh-ed25519 AAAA...".`,
      'Take the line from /etc/ssh/ssh_host_ed25519_key.pub on the host.',
      { host: address.name },
    );
  }
  return { type, raw };
}

function signaturesOf(type: string): ServerHostKeyAlgorithm[] {
  return type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [type as ServerHostKeyAlgorithm];
}

function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

function connectFault(
  error: Error & { level?: string },
  address: HostAddress,
  pinned: Buffer,
  presented: Buffer | undefined,
): FreshetError {
  const about = { host: address.name };
  if (presented !== undefined && !presented.equals(pinned)) {
    return configError(
      'host-key-changed',
      `Host "${address.name}" showed the key ${fingerprint(presented)}, but ${fingerprint(pinned)} is pinned; nothing was sent.`,
      'Find out why it changed. Only if it was changed on purpose, pin the new key in the site file.',
      about,
    );
  }
  if (presented === undefined && /no matching host key|host key format/i.test(error.message)) {
    return configError(
      'host-key-changed',
      `Host "${address.name}" has no key of the pinned kind any more (pinned ${fingerprint(pinned)}); nothing was sent.`,
      'Find out why it changed. Only if it was changed on purpose, pin the new key in the site file.',
      about,
    );
  }
  if (error.level === 'client-authentication') {
    return configError(
      'host-login-refused',
      `Host "${address.name}" refused the key of user "${address.user}".`,
      'See that the line of "npx freshet host install" is in the account\'s authorized_keys.',
      about,
    );
  }
  return unavailable(
    'host-unreachable',
    `Host "${address.name}" can't be reached at ${address.address}:${address.port}.`,
    'It is tried again by itself; if it stays, run "npx freshet check".',
    about,
  );
}

function lost(address: HostAddress, what: string): FreshetError {
  return unavailable(
    'host-connection-lost',
    `The connection to host "${address.name}" ${what}.`,
    'It is tried again by itself; if it stays, run "npx freshet check".',
    { host: address.name },
  );
}

function channelRefused(address: HostAddress, what: string): FreshetError {
  return unavailable(
    'host-channel-refused',
    `Host "${address.name}" opened no channel to ${what}.`,
    "See that the service listens there and that the account's authorized_keys line permits it.",
    { host: address.name },
  );
}

/** ssh2 forgets the callbacks of channels that are being opened when the connection goes. */
function rejectOnClose(client: Client, address: HostAddress, reject: (error: Error) => void): () => void {
  const gone = (): void => reject(lost(address, 'was lost'));
  client.once('close', gone);
  return () => client.off('close', gone);
}

function asOurs(error: unknown, address: HostAddress): FreshetError {
  return isFreshetError(error) ? error : lost(address, 'was lost');
}

/** ssh2 holds the 'close' of a channel back until everything was read, also of one that was destroyed. */
function endsUnread(channel: ClientChannel): ClientChannel {
  const destroy = channel.destroy.bind(channel);
  channel.destroy = () => {
    channel.resume();
    return destroy();
  };
  return channel;
}

/** What `pg` calls on a socket beyond a Duplex: it is connected already, and the rest is ssh's business. */
function likeSocket(channel: ClientChannel): Duplex {
  const self = (): ClientChannel => channel;
  return Object.assign(channel, {
    connect(): ClientChannel {
      process.nextTick(() => channel.emit('connect'));
      return channel;
    },
    setNoDelay: self,
    setKeepAlive: self,
    setTimeout: self,
    ref: self,
    unref: self,
  });
}
