import type { Connection } from 'mysql2/promise';
import { administrator } from '../../src/sandbox/hosts/mariadb.ts';
import { schemaHash } from '../../src/sandbox/hosts/schema-hash.ts';
import type { Rig } from './rig.ts';

/** As the administrator of the test host's MariaDB. */
export async function onServer<T>({ sandbox }: Rig, work: (server: Connection) => Promise<T>): Promise<T> {
  const { root, mariadbPort = 0 } = sandbox.hosts.hosts['test-db'];
  const server = await administrator(root, mariadbPort);
  try {
    return await work(server);
  } finally {
    await server.end().catch(() => undefined);
  }
}

/** Content hash of a schema there. Whether events run is the environment's to say. */
export function schemaContent(rig: Rig, name: string): Promise<string> {
  return onServer(rig, async (server) => (await schemaHash(server, name, { eventStates: false })).hash);
}
