import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../setup.mjs';

const client = fileURLToPath(new URL('client', import.meta.url));

/**
 * Builds the page's client below `folder` (`.sandbox/page` when left out) unless it is there already, and answers where
 * it is. The folder's name is a digest of the sources, and appears whole: two processes may build at once.
 */
export async function buildPage(folder = join(root, '.sandbox', 'page')): Promise<string> {
  const stamp = await digestOfSources();
  const built = join(folder, stamp);
  if (existsSync(built)) return built;
  // Half a second that a start which needs no build does not wait for.
  const { build } = await import('vite');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const fresh = join(folder, `.new-${process.pid}`);
  try {
    await build({
      root: client,
      configFile: false,
      envDir: false,
      logLevel: 'error',
      cacheDir: join(folder, '.cache'),
      build: { outDir: fresh, emptyOutDir: true, target: 'es2023', cssTarget: 'esnext' },
    });
    await rename(fresh, built);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    if (!existsSync(built)) throw error;
  }
  await removeOthers(folder, stamp);
  return built;
}

/** What was built of older sources. A server that runs has its files in memory. */
async function removeOthers(folder: string, stamp: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name !== stamp && /^[0-9a-f]{16}$/.test(name))
      await rm(join(folder, name), { recursive: true, force: true });
  }
}

async function digestOfSources(): Promise<string> {
  const hash = createHash('sha256').update(await readFile(new URL(import.meta.url)));
  hash.update(await readFile(join(root, 'package-lock.json')));
  // What the client takes from outside of its folder.
  hash.update(await readFile(new URL('../slack/emoji.ts', import.meta.url)));
  const entries = await readdir(client, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const file of files.sort()) hash.update(file.slice(client.length)).update(await readFile(file));
  return hash.digest('hex').slice(0, 16);
}
