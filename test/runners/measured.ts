import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { folderDigest } from '../../runners/host-program/codec.ts';
import { swapResult } from '../../runners/engine.ts';
import type { HostSite } from '../../src/domain/site.ts';
import type { Plan } from '../../runners/plan.ts';
import type { Swap } from '../../src/domain/run.ts';
import type { MemoryCheckpoint } from './memory-checkpoint.ts';
import type { PrivateHost } from './host-program/private-sshd.ts';

/** A host as the site file would name it. */
export function hostSite(at: PrivateHost): HostSite {
  const { name, address, port: sshPort, user, hostKey } = at.address;
  return {
    name,
    address,
    port: sshPort,
    user,
    key: 'env:UNUSED',
    hostKey: hostKey.split(' ').slice(0, 2).join(' '),
    transfer: { address, port: sshPort },
    holdsRawData: true,
  };
}

/** Bytes and checksum of a file or a folder-format backup, without any code of ours. */
export async function measured(file: string): Promise<{ bytes: number; checksum: string }> {
  if (!(await stat(file)).isDirectory()) {
    const content = await readFile(file);
    return { bytes: content.length, checksum: createHash('sha256').update(content).digest('hex') };
  }
  let bytes = 0;
  const files: { name: string; sha256: string }[] = [];
  for (const name of await readdir(file)) {
    const content = await readFile(join(file, name));
    bytes += content.length;
    files.push({ name, sha256: createHash('sha256').update(content).digest('hex') });
  }
  return { bytes, checksum: folderDigest(files) };
}

/** The swap as the service would record it from what the walk told. */
export function swapOf(plan: Plan, checkpoint: MemoryCheckpoint, at = 0): Swap {
  const item = plan.items[at]!;
  const { liveRef, keptRef, outageSeconds } = swapResult(checkpoint.swapped.get(item.database) ?? {});
  return {
    run: plan.run,
    request: 'REQ-1',
    database: item.database,
    environment: 'uat',
    server: item.server,
    databaseName: item.databaseName,
    target: item.target,
    at: new Date(),
    liveRef,
    keptRef,
    keptName: item.oldName,
    keptUntil: new Date(),
    outageSeconds,
  };
}
