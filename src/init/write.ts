import { randomBytes } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { access, link, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { configError, inputError, isFreshetError } from '../domain/errors.ts';

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
    throw unwritable(path, code);
  } finally {
    await rm(draft, { force: true });
  }
}

/** Throws `Config` (`site-unwritable`) where the file can't come to be: known before anybody answers a question. */
export async function mayWrite(path: string): Promise<void> {
  let folder = dirname(resolve(path));
  while (!existsSync(folder)) folder = dirname(folder);
  try {
    if (!(await stat(folder)).isDirectory()) throw unwritable(path, 'ENOTDIR');
    await access(folder, constants.W_OK);
  } catch (error) {
    if (isFreshetError(error)) throw error;
    throw unwritable(path, error instanceof Error && 'code' in error ? String(error.code) : 'unknown');
  }
}

function unwritable(path: string, code: string) {
  return configError(
    'site-unwritable',
    `The site file "${path}" can't be written (${code}).`,
    'Name another place with --site, or see to the rights of its folder.',
    { file: path },
  );
}

export function exists(path: string) {
  return inputError(
    'site-exists',
    `There is a site file "${path}" already, and it was left as it is.`,
    'Say --force to replace it, or name another file with --site.',
    { file: path },
  );
}
