import { randomBytes } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { z } from 'zod';
import { isAlive } from './postmaster.ts';

/** Published for the owner's user only, as it holds the password. */
const schema = z.object({
  connectionString: z.string(),
  /** The process that may end the server. */
  owner: z.object({ pid: z.number(), startedAt: z.string() }),
});
export type Endpoint = z.infer<typeof schema>;

const name = 'endpoint.json';

export async function readEndpoint(folder: string): Promise<Endpoint | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(join(folder, name), 'utf8')));
  } catch {
    return undefined;
  }
}

export async function publish(folder: string, connectionString: string): Promise<void> {
  const endpoint: Endpoint = {
    connectionString,
    owner: { pid: process.pid, startedAt: startOf(process.pid) },
  };
  const aside = join(folder, `${name}.${randomBytes(3).toString('hex')}`);
  await writeFile(aside, `${JSON.stringify(endpoint, null, 2)}\n`, { mode: 0o600 });
  await rename(aside, join(folder, name));
}

export async function withdraw(folder: string): Promise<void> {
  await rm(join(folder, name), { force: true });
}

/** Whether the process that owns the server lives: the same one, not another with its number. */
export function ownerLives({ owner }: Endpoint): boolean {
  return isAlive(owner.pid) && startOf(owner.pid) === owner.startedAt;
}

export function isOurs({ owner }: Endpoint): boolean {
  return owner.pid === process.pid && owner.startedAt === startOf(process.pid);
}

/** Tells two processes of one number apart; empty where the system does not say. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

/** Whether the server answers and takes the password. */
export async function answers(connectionString: string): Promise<boolean> {
  const client = new Client({ connectionString, connectionTimeoutMillis: 5_000, query_timeout: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
