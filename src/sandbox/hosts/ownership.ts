import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { conflict } from '../../domain/errors.ts';
import { gone, isAlive, startOf } from './process.ts';

type Owner = { pid: number; startedAt?: string; watchdog?: number; watchdogStartedAt?: string };

/**
 * Makes this process the owner of a sandbox's folder. Throws `Conflict` (`sandbox-in-use`) while another one lives;
 * waits for the watchdog of a dead one, which may be ending things right now.
 */
export async function claim(folder: string): Promise<void> {
  const file = ownerFile(folder);
  for (let attempt = 0; ; attempt++) {
    try {
      await writeFile(file, JSON.stringify(self()), { mode: 0o600, flag: 'wx' });
      return;
    } catch (error) {
      const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST';
      if (!exists || attempt === 5) throw error;
    }
    await assertUnused(folder);
    const owner = await ownerOf(folder);
    if (owner?.watchdog !== undefined && isThe(owner.watchdog, owner.watchdogStartedAt)) {
      await gone([owner.watchdog], 20_000);
    }
    await rm(file, { force: true });
  }
}

/** Throws `Conflict` (`sandbox-in-use`) while the process that owns the folder lives. */
export async function assertUnused(folder: string): Promise<void> {
  const owner = await ownerOf(folder);
  if (owner === undefined || !isThe(owner.pid, owner.startedAt)) return;
  throw conflict(
    'sandbox-in-use',
    `The sandbox in "${folder}" is in use by process ${owner.pid}.`,
    'stop that one first, or use another folder',
  );
}

/** Notes the watchdog, so that the next owner can wait for it. */
export async function noteWatchdog(folder: string, pid: number): Promise<void> {
  const owner: Owner = { ...self(), watchdog: pid, watchdogStartedAt: startOf(pid) };
  await writeFile(ownerFile(folder), JSON.stringify(owner), { mode: 0o600 });
}

export async function release(folder: string): Promise<void> {
  await rm(ownerFile(folder), { force: true });
}

function self(): Owner {
  return { pid: process.pid, startedAt: startOf(process.pid) };
}

function isThe(pid: number, startedAt: string | undefined): boolean {
  return isAlive(pid) && startOf(pid) === startedAt;
}

async function ownerOf(folder: string): Promise<Owner | undefined> {
  try {
    return JSON.parse(await readFile(ownerFile(folder), 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}

function ownerFile(folder: string): string {
  return join(folder, 'owner.json');
}
