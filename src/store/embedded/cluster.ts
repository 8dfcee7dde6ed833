import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { asOrdinaryUser, binary, childEnvironment } from './binaries.ts';
import { isAlive } from './postmaster.ts';

const run = promisify(execFile);

/** The superuser and the database of an embedded server: it owns the store, and migrates it. */
export const owner = 'freshet';
/** The role that serves and works. */
export const runtime = 'freshet_runtime';

export type Cluster = { data: string; password: string };

/**
 * The cluster below `folder`, made where there is none. It is made aside and renamed as a whole: a process that
 * dies meanwhile leaves no half, and of two that start at once one wins.
 */
export async function cluster(folder: string): Promise<Cluster> {
  const place = join(folder, 'cluster');
  const there = await read(place);
  if (there !== undefined) return there;
  await sweep(folder);
  const aside = join(folder, `cluster-${process.pid}-${randomBytes(3).toString('hex')}`);
  try {
    await mkdir(aside, { mode: 0o700 });
    await make(aside);
    await rename(aside, place).catch((error: unknown) => {
      if (!isTaken(error)) throw error;
    });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  const made = await read(place);
  if (made === undefined) throw new Error(`${place} vanished while it was made`);
  return made;
}

/** Undefined where there is no cluster yet. */
export async function read(place: string): Promise<Cluster | undefined> {
  try {
    const password = await readFile(join(place, 'password'), 'utf8');
    return { data: join(place, 'data'), password: password.trim() };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function make(place: string): Promise<void> {
  const passwordFile = join(place, 'password');
  await writeFile(passwordFile, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
  const { command, args } = await asOrdinaryUser(binary('initdb'), [
    `--pgdata=${join(place, 'data')}`,
    `--username=${owner}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
    '--no-instructions',
  ]);
  await run(command, args, { env: childEnvironment() });
}

/** Removes what processes left that died while they made a cluster. */
async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = /^cluster-(\d+)-[0-9a-f]{6}$/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) {
      await rm(join(folder, name), { recursive: true, force: true });
    }
  }
}

function isTaken(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'EPERM';
}
