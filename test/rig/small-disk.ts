import { execFile } from 'node:child_process';
import { mkdir, open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A file system of a few megabytes that a test can fill. */
export type SmallDisk = {
  folder: string;
  freeBytes(): Promise<number>;
  /** Another process takes what is free, to the last block, or leaves so many. */
  fill(blocksLeft?: number): Promise<void>;
  /** Gives that back. */
  clear(): Promise<void>;
  /** Also while something below it is open. */
  unmount(): Promise<void>;
};

const blockBytes = 4096;

/** Mounts one over a folder, which is made where missing; root only, and not where mounts are forbidden: then it rejects. */
export async function mountSmallDisk(folder: string, megabytes: number): Promise<SmallDisk> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0700`, 'freshet-test', folder]);
  const filler = join(folder, 'filler');
  const disk: SmallDisk = {
    folder,
    async freeBytes() {
      const { bavail, bsize } = await statfs(folder);
      return bavail * bsize;
    },
    async fill(blocksLeft = 0) {
      const file = await open(filler, 'a');
      try {
        for (;;) {
          const blocks = Math.floor((await disk.freeBytes()) / blockBytes) - blocksLeft;
          if (blocks <= 0) return;
          await file.write(Buffer.alloc(Math.min(blocks, 256) * blockBytes, 'x'));
        }
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
      } finally {
        await file.close();
      }
    },
    clear: () => rm(filler, { force: true }),
    unmount: async () => void (await run('umount', ['-l', folder])),
  };
  return disk;
}
