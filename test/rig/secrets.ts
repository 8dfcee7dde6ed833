import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CANARIES } from '../../src/sandbox/hosts/shop/canaries.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';

/** A text that must show nowhere, and what it is. */
export type Forbidden = { what: string; text: string };

/** Every secret of a sandbox: tokens, the bot's keys, passwords of roles, host keys, the store's password. */
export async function secretsOf(sandbox: Sandbox, storeUrl: string): Promise<Forbidden[]> {
  const { 'prod-db': source, 'test-db': target } = sandbox.hosts.hosts;
  const files = [
    ...(await filesOf(join(sandbox.folder, 'secrets'))),
    ...(await filesOf(join(sandbox.hosts.folder, 'bot'))),
    ...(await filesOf(join(source.root, 'etc/postgresql'))),
    ...(await filesOf(join(target.root, 'etc/postgresql'))),
    ...(await passwordsOfMariadb(source.root)),
    ...(await passwordsOfMariadb(target.root)),
    join(source.root, 'etc/ssh/ssh_host_ed25519_key'),
    join(target.root, 'etc/ssh/ssh_host_ed25519_key'),
    target.files.pgpass,
  ].filter((file) => !file.endsWith('.pub'));
  const found: Forbidden[] = [];
  for (const file of files) {
    for (const line of (await readFile(file, 'utf8')).split('\n')) {
      // Of a password file the password; of a key the lines between its marks, of which the first is the same in all keys.
      const text = file.endsWith('pgpass') ? (line.split(':').at(-1) ?? '') : line.trim();
      if (text.length < 12 || text.startsWith('-----') || text.startsWith('b3BlbnNzaC1rZXktdjEA')) continue;
      found.push({ what: `a secret of ${file}`, text });
    }
  }
  found.push({ what: "the store's password", text: decodeURIComponent(new URL(storeUrl).password) });
  if (found.length < 15) throw new Error(`only ${found.length} secrets were found; the sandbox has more`);
  return found;
}

/** Rows of production that occur nowhere else. */
export function canaries(): Forbidden[] {
  return CANARIES.flatMap(({ first, last, mailhost }) => [
    { what: 'a row of production', text: `${first} ${last}` },
    { what: 'a row of production', text: last },
    { what: 'a row of production', text: mailhost },
  ]);
}

/** Only some rigs have one. What lies beside them is no secret. */
async function passwordsOfMariadb(root: string): Promise<string[]> {
  const folder = join(root, 'etc/mysql');
  return existsSync(folder) ? (await filesOf(folder)).filter((file) => file.endsWith('.password')) : [];
}

async function filesOf(folder: string): Promise<string[]> {
  return (await readdir(folder)).map((name) => join(folder, name));
}

/** Where any of them occurs, as sentences that do not repeat it. */
export function leaksIn(place: string, text: string, forbidden: readonly Forbidden[]): string[] {
  return forbidden.filter((one) => text.includes(one.text)).map(({ what }) => `${what} is in ${place}`);
}
