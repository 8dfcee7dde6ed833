import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { Client } from 'pg';
import { pause } from '../../service/feed.ts';
import { passwordFile } from './accounts.ts';
import type { EnvironmentDatabase } from './environments.ts';
import type { SandboxHost } from './hosts.ts';

/** How soon it comes back when its session was ended, or it was not let in. */
const againSeconds = 0.4;

/**
 * The webshop of an environment, as its database server sees it: a session that is there, and comes back when a swap
 * has ended it. `close` ends it for good.
 */
export function openShopFront(
  host: SandboxHost,
  { database, roles }: Pick<EnvironmentDatabase, 'database' | 'roles'>,
  name = 'webshop',
): { close(): Promise<void> } {
  const closing = new AbortController();
  const { signal } = closing;
  const staying = stay();

  async function stay(): Promise<void> {
    while (!signal.aborted) {
      await visit().catch(() => undefined);
      await pause(againSeconds, signal);
    }
  }

  /** Resolves when the session has ended, from whichever side; rejects where it was not let in. */
  async function visit(): Promise<void> {
    const client = new Client({
      host: host.address,
      port: host.pgPort,
      database,
      user: roles.app,
      password: (await readFile(passwordFile(host.root, roles.app), 'utf8')).trim(),
      application_name: name,
      connectionTimeoutMillis: 2000,
    });
    // A session that is ended by the server says so as a fault first; its end is what counts.
    client.on('error', () => undefined);
    const ended = once(client, 'end', { signal });
    ended.catch(() => undefined);
    try {
      await client.connect();
      await ended;
    } finally {
      await client.end();
    }
  }

  return {
    async close() {
      closing.abort();
      await staying;
    },
  };
}
