import { createHash } from 'node:crypto';
import { Client } from 'ssh2';
import { cut } from '../domain/lookup.ts';

/** A host's public key as it shows itself, and what its administrator can compare it with. */
export type ShownKey = { hostKey: string; fingerprint: string };

const timeoutMs = 8000;

/**
 * Asks a host for its public key, without signing in. Whoever stands between could show another one: it counts only after a person
 * compared the fingerprint. Rejects with a sentence where it can't be asked.
 */
export function showHostKey(address: string, port: number): Promise<ShownKey> {
  return new Promise((resolve, reject) => {
    const client = new Client();
    let shown: ShownKey | undefined;
    const end = (why: string) => {
      client.destroy();
      if (shown === undefined) reject(new Error(why));
      else resolve(shown);
    };
    // Whoever answers there may choose these words, and they are shown at a terminal.
    client.on('error', (error) =>
      end(`${address}:${port} can't be asked for its host key (${cut(error.message, 200)})`),
    );
    client.on('close', () => end(`${address}:${port} closed the connection`));
    client.connect({
      host: address,
      port,
      username: 'freshet',
      readyTimeout: timeoutMs,
      algorithms: {
        serverHostKey: ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'rsa-sha2-512', 'rsa-sha2-256'],
      },
      // Seen is enough: nobody signs in to a host that is not pinned yet.
      hostVerifier: (key: Buffer) => {
        shown = shownKey(key);
        return false;
      },
    });
  });
}

function shownKey(key: Buffer): ShownKey {
  const kind = key.subarray(4, 4 + key.readUInt32BE(0)).toString('latin1');
  return { hostKey: `${kind} ${key.toString('base64')}`, fingerprint: fingerprintOf(key) };
}

/** As `ssh-keygen -lf` prints it: `SHA256:...`. */
function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** Of a key as it stands in the site file. */
export function fingerprint(hostKey: string): string {
  return fingerprintOf(Buffer.from(hostKey.trim().split(/\s+/)[1] ?? '', 'base64'));
}
