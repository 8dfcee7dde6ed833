import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import type { Backup } from '../../src/domain/backup.ts';
import type { ContentOptions } from '../../src/sandbox/hosts/content-hash.ts';
import { hashOf, independently } from '../../src/sandbox/story/database.ts';
import { foundOnce } from './made.ts';
import type { Rig } from './rig.ts';
import type { SiteText } from './site.ts';

/** The newest whole backup of a repository whose name ends so. */
export async function backupIn(rig: Rig, repository: string, ending = ''): Promise<Backup> {
  const { backups } = await rig.store.backups.list(
    { database: 'orders', usable: true },
    { limit: 50, offset: 0 },
  );
  const found = backups.find((one) => one.repository === repository && one.path.endsWith(ending));
  if (found === undefined) throw new Error(`no usable backup of ${repository} that ends with "${ending}"`);
  return found;
}

/** Content hash of a live database of the test host. */
export async function contentOf(rig: Rig, database: string, options?: ContentOptions): Promise<string> {
  return (await hashOf(rig.sandbox, database, options)).hash;
}

/** What a refresh of an environment's orders from the backup must come to, restored without Freshet. */
export async function contentAfter(
  rig: Rig,
  backup: Backup,
  environment: string,
  options?: ContentOptions,
): Promise<string> {
  const site = parse(await readFile(rig.siteFile, 'utf8')) as SiteText;
  const names = (site.environments[environment]!.databases.orders!.scripts ?? []) as string[];
  const scripts = names.map((name) => resolve(dirname(rig.siteFile), name));
  const mark = createHash('sha256').update(`${backup.checksum} ${JSON.stringify(options ?? {})}`);
  for (const script of scripts) mark.update(await readFile(script));
  const name = `content-${mark.digest('hex')}`;
  return foundOnce(name, async () => (await independently(rig.sandbox, backup, scripts, options)).hash);
}
