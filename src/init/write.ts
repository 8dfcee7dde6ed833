import { randomBytes } from 'node:crypto';
import { link, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { configError, inputError } from '../domain/errors.ts';

/**
 * Writes a file that only its owner may read, whole or not at all. Throws `Input` (`site-exists`) where there is one and `force` was
 * not said, also when it came into being meanwhile.
 */
export async function writeWhole(path: string, text: string, force: boolean): Promise<void> {
  const folder = dirname(path);
  const draft = join(folder, `.${randomBytes(6).toString('hex')}.new`);
  try {
    await mkdir(folder, { recursive: true });
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    // A link, unlike a renaming, refuses a name that is taken.
    if (force) await rename(draft, path);
    else await link(draft, path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    if (code === 'EEXIST') throw exists(path);
    throw configError(
      'site-unwritable',
      `The site file "${path}" can't be written (${code}).`,
      'Name another place with --site, or see to the rights of its folder.',
      { file: path },
    );
  } finally {
    await rm(draft, { force: true });
  }
}

export function exists(path: string) {
  return inputError(
    'site-exists',
    `There is a site file "${path}" already, and it was left as it is.`,
    'Say --force to replace it, or name another file with --site.',
    { file: path },
  );
}
