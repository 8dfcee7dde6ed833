import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, run } from '../../src/sandbox/hosts/process.ts';

/**
 * Where the runner lets test files share what takes long to make: each is made once in a run, and copied by all others.
 * A file that is run alone makes its own.
 */
const sharedFolder = process.env.FRESHET_TEST_SHARED ?? '';

/**
 * Puts a copy of what `make` makes into `folder`, with owners and times as they were. Whoever comes first makes it, in a folder
 * aside, and all others wait for it. False, and nothing done, where nothing is shared.
 */
export async function copyOfMade(
  name: string,
  folder: string,
  make: (folder: string) => Promise<void>,
  shared = sharedFolder,
): Promise<boolean> {
  if (shared === '') return false;
  const made = join(shared, name);
  while (!existsSync(made)) {
    if (await isOurs(`${made}.maker`)) await makeAside(made, make);
    else await sleep(50);
  }
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await run(['cp', '-RpP', `${made}/.`, folder]);
  return true;
}

/** A folder for what is safely made by several at once, such as the sandbox's page; `own` where nothing is shared. */
export function sharedOr(name: string, own: string): string {
  return sharedFolder === '' ? own : join(sharedFolder, name);
}

/** What `make` finds out, or what another test file has found out of the same in this run. */
export async function foundOnce(
  name: string,
  make: () => Promise<string>,
  shared = sharedFolder,
): Promise<string> {
  if (shared === '') return make();
  const file = join(shared, name);
  const known = await readFile(file, 'utf8').catch(() => undefined);
  if (known !== undefined) return known;
  const found = await make();
  const aside = `${file}-${process.pid}`;
  await writeFile(aside, found);
  await rename(aside, file);
  return found;
}

/** By a file with our pid; that of a process that died while it was making counts no more. */
async function isOurs(file: string): Promise<boolean> {
  try {
    await writeFile(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    const maker = Number(await readFile(file, 'utf8').catch(() => ''));
    if (maker > 0 && !isAlive(maker)) await rm(file, { force: true });
    return false;
  }
}

async function makeAside(made: string, make: (folder: string) => Promise<void>): Promise<void> {
  const aside = await mkdtemp(`${made}-`);
  try {
    // Another one may have made it while we were looking.
    if (existsSync(made)) return;
    await make(aside);
    await rename(aside, made).catch((error: unknown) => {
      if (!existsSync(made)) throw error;
    });
  } finally {
    await rm(aside, { recursive: true, force: true });
    await rm(`${made}.maker`, { force: true });
  }
}
