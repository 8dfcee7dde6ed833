import { readFileSync, readdirSync } from 'node:fs';
import { join, posix } from 'node:path';
import { root } from '../../src/sandbox/setup.mjs';

// What git ignores, and what others own.
const passedOver = /^(node_modules|\.git|\.sandbox)$|\.log$/;
const ignored = new Set(['config/site.yaml']);

/** Every file of the repository below `folder`, as paths from the root with `/`, sorted. */
export function filesBelow(folder = '.', from: string = root): string[] {
  let entries;
  try {
    entries = readdirSync(join(from, folder), { withFileTypes: true });
  } catch {
    return [];
  }
  return entries
    .filter((entry) => !passedOver.test(entry.name))
    .flatMap((entry) => {
      const path = posix.join(folder, entry.name);
      return entry.isDirectory() ? filesBelow(path, from) : [path];
    })
    .filter((path) => !ignored.has(path))
    .sort();
}

/** The names of the folders directly below `folder`. */
export function foldersIn(folder: string, from: string = root): string[] {
  try {
    return readdirSync(join(from, folder), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !passedOver.test(entry.name))
      .map((entry) => entry.name)
      .sort();
  } catch {
    return [];
  }
}

export function textOf(path: string, from: string = root): string {
  return readFileSync(join(from, path), 'utf8');
}

export function isSource(path: string): boolean {
  return /\.(ts|mts|js|mjs)$/.test(path) && !path.endsWith('.d.mts');
}
