import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Sets the moment in the header of a pg_dump archive (`-Fc` file or `-Fd` folder). The sandbox plays weeks in seconds,
 * so pg_dump wrote the moment of playing; nothing else of the archive is touched. The header holds local time as
 * C's `struct tm`, without a zone: UTC here, as the jobs set `TZ=UTC`.
 */
export async function setArchiveClock(path: string, moment: Date): Promise<void> {
  const file = (await stat(path)).isDirectory() ? join(path, 'toc.dat') : path;
  const handle = await open(file, 'r+');
  try {
    const head = Buffer.alloc(64);
    await handle.read(head, 0, head.length, 0);
    if (head.toString('latin1', 0, 5) !== 'PGDMP') throw new Error(`Not a pg_dump archive: ${file}`);
    const intSize = head[8]!;
    // magic 5, version 3, size of int, size of offsets, format; then the compression: an int, since 1.15 a byte.
    const minor = head[6]!;
    let at = 11 + (minor >= 15 ? 1 : 1 + intSize);
    const fields = [
      moment.getUTCSeconds(),
      moment.getUTCMinutes(),
      moment.getUTCHours(),
      moment.getUTCDate(),
      moment.getUTCMonth(),
      moment.getUTCFullYear() - 1900,
      0,
    ];
    for (const value of fields) {
      const field = Buffer.alloc(1 + intSize);
      field.writeUIntLE(value, 1, intSize);
      await handle.write(field, 0, field.length, at);
      at += field.length;
    }
  } finally {
    await handle.close();
  }
}
