import { existsSync, readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SandboxHost } from '../../src/sandbox/hosts/hosts.ts';

/**
 * Variables that set the clock of a process and of its children off, `+10m` or `-10m`. Only the wall clock: durations pass as they do
 * on a machine whose time was never set. Undefined where libfaketime is missing.
 */
export function clockOff(offset: string): Record<string, string> | undefined {
  const library = readdirSync('/usr/lib')
    .map((folder) => join('/usr/lib', folder, 'faketime/libfaketimeMT.so.1'))
    .find((file) => existsSync(file));
  if (library === undefined) return undefined;
  return { LD_PRELOAD: library, FAKETIME: offset, DONT_FAKE_MONOTONIC: '1' };
}

/** From now on `freshet-host` and the tools it asks for the time go by another clock on this host. */
export async function setHostClock(host: SandboxHost, clock: Record<string, string>): Promise<void> {
  const { authorizedKeys } = host.files;
  const words = Object.entries(clock).map(([name, value]) => `${name}=${value}`);
  const keys = await readFile(authorizedKeys, 'utf8');
  const set = keys.replaceAll('command="', `command="env ${words.join(' ')} `);
  if (set === keys) throw new Error(`${authorizedKeys} has no command`);
  await writeFile(authorizedKeys, set, { mode: 0o600 });
}
