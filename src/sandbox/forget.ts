import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { identifier } from '../../runners/postgres/quote.ts';
import { forgetCatalogRuns } from './hosts/catalog/forget.ts';
import type { Sandbox } from './sandbox.ts';

/**
 * Makes the hosts forget the runs of a bot whose store is gone: a new store counts its fences from the beginning, and
 * hosts refuse smaller ones. Copies that nobody knows of any more go, too. Only while no bot runs.
 */
export async function forgetRuns({ hosts }: Sandbox): Promise<void> {
  for (const host of Object.values(hosts.hosts)) {
    const state = join(host.root, 'opt/freshet/state');
    await rm(state, { recursive: true, force: true });
    await mkdir(state, { mode: 0o700 });
  }
  const client = await hosts.hosts['test-db'].connect('postgres');
  try {
    const { rows } = await client.query<{ name: string; copy: boolean }>(
      `select datname as name, datname ~ '__(old|new)_' as copy from pg_database where datname ~ '^(orders|billing|freshet)_'`,
    );
    await client.query('truncate freshet.fence, freshet.copy, freshet.swap');
    for (const { name, copy } of rows) {
      // A demo that was ended in the middle of a swap leaves its target closed.
      await client.query(
        copy
          ? `drop database ${identifier(name)} with (force)`
          : `alter database ${identifier(name)} allow_connections true`,
      );
    }
  } finally {
    await client.end();
  }
  const { root, mariadbPort: port } = hosts.hosts['test-db'];
  // A demo has everything of its usual size.
  if (port !== undefined)
    await forgetCatalogRuns({ root, port }, { seed: 1, scale: 1, fullAt: hosts.newestAt });
}
