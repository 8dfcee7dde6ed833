import { createHash } from 'node:crypto';
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostName } from './ending.ts';
import { REPOSITORIES } from './production.ts';

/** What decides the data of a sandbox, besides its moment. */
export type Shop = { seed: number; scale: number; billing: boolean; catalog: boolean };

/** Of one host's servers. */
export type Ports = { ssh: number; pg: number; mariadb?: number };

/** What a sandbox's folder knows of itself. */
export type State = {
  version: string;
  newestAt: string;
  ports: Partial<Record<HostName, Ports>>;
  done: string[];
};

/** Changes with everything that decides what the data is. */
export async function versionOf(shop: Shop): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([shop, REPOSITORIES]));
  const sources = ['accounts.ts', 'environments.ts', 'production.ts', 'qa-cases.ts'];
  for (const folder of ['shop', 'billing', 'catalog', 'jobs']) {
    const names = await readdir(new URL(`${folder}/`, import.meta.url));
    sources.push(...names.sort().map((name) => `${folder}/${name}`));
  }
  for (const name of sources) hash.update(await readFile(new URL(name, import.meta.url)));
  return hash.digest('hex').slice(0, 16);
}

export async function readState(folder: string): Promise<State | undefined> {
  const file = join(folder, 'state.json');
  if (!existsSync(file)) return undefined;
  return JSON.parse(await readFile(file, 'utf8')) as State;
}

/** Without a pause in between: both hosts write it, at the same time. */
export function writeState(folder: string, state: State): void {
  const file = join(folder, 'state.json');
  writeFileSync(`${file}.new`, JSON.stringify(state, undefined, 2), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
