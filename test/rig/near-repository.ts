import { appendFile, copyFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import type { SiteText } from './site.ts';

/** A repository on the host of the targets: what lies there is read in place. It has one backup. */
export const near = 'near';

/** Puts the newest whole archive of production beside the targets. */
export async function addNear({ hosts }: Sandbox): Promise<void> {
  const { 'prod-db': source, 'test-db': target } = hosts.hosts;
  const { nightly } = source.files.backups;
  const newest = (await readdir(nightly))
    .filter((name) => name.endsWith('.dump'))
    .sort()
    .at(-1)!;
  const folder = join(target.root, 'srv/near');
  await mkdir(folder, { recursive: true, mode: 0o755 });
  await copyFile(join(nightly, newest), join(folder, newest));
  await appendFile(join(target.root, 'opt/freshet/host.conf'), `root ${near} ${folder}\n`);
}

/** Tells the site file of it. */
export function tellOfNear(site: SiteText): void {
  site.repositories[near] = { ...site.repositories['nightly']!, host: 'test-db', root: near };
}
