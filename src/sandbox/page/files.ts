import { readdir, readFile } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';

export type PageFile = { type: string; body: Buffer };

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

/** The built page, by path: a few hundred kilobytes, kept in memory, so that nothing else in the folder can be asked for
 *  and a later build does not pull the files away under a page that runs. */
export async function readBuilt(folder: string): Promise<ReadonlyMap<string, PageFile>> {
  const files = new Map<string, PageFile>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const full = join(entry.parentPath, entry.name);
    const path = full.slice(folder.length).split(sep).join('/').replace(/^\/?/, '/');
    const type = types[extname(entry.name)] ?? 'application/octet-stream';
    files.set(path, { type, body: await readFile(full) });
  }
  const index = files.get('/index.html');
  if (index === undefined) throw new Error(`there is no built page in ${folder}`);
  files.set('/', index);
  return files;
}
