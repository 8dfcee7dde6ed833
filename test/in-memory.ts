import { statfsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What the servers of a few test files take. */
const roomBytes = 4e9;

/**
 * A folder for the data of a server that nobody needs after the test: in memory, where the machine has plenty of it. A database
 * server waits for the disk with each definition, and contracts make and drop thousands. Whoever made it removes it.
 */
export async function folderInMemory(prefix: string): Promise<string> {
  // The runner's own, which it clears when it ends, however it ends.
  const shared = process.env.FRESHET_TEST_MEMORY ?? '/dev/shm';
  return mkdtemp(join(hasRoom(shared) ? shared : tmpdir(), prefix));
}

function hasRoom(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize > roomBytes;
  } catch {
    return false;
  }
}
