import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Backup } from '../../../src/domain/backup.ts';
import { schemaHash } from '../../../src/sandbox/hosts/schema-hash.ts';
import { startRig as startEngineRig, type RigOptions } from '../engine-rig.ts';
import { mysqlBench } from './bench.ts';

export type Rig = Awaited<ReturnType<typeof startRig>>;

/** A rig with a MariaDB, whose administrator's words are the rig's own: for what is MySQL's alone. */
export async function startRig(options: RigOptions) {
  const rig = await startEngineRig(mysqlBench, options);

  let texts = 0;
  /** A text that lies where a dump would. */
  async function written(text: string): Promise<Backup & { checksum: string }> {
    texts += 1;
    await writeFile(join(rig.near.root, `t${texts}.sql`), text);
    return rig.backupAt(rig.near, `t${texts}.sql`, 'mysql-plain');
  }

  /** Makes the new database and loads, nothing more. */
  function load(backup: Backup) {
    const plan = rig.planOf(rig.context('uat', { backup }));
    return rig.walk({ ...plan, steps: plan.steps.filter(({ stage }) => stage === 'load') });
  }

  /** What is in a database, by part, with whether its events run. */
  const contentOf = (name: string) =>
    rig.server.inside(undefined, async (connection) => (await schemaHash(connection, name)).parts);

  return { ...rig.server, ...rig, written, load, contentOf };
}
