import { existsSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { unavailable } from '../../domain/errors.ts';
import { run } from './process.ts';

/**
 * Words before a database server's command when this process is root, which such servers refuse to run as. A user
 * namespace gives it another number while the files stay ours, so that it also works in a folder that only root may
 * enter; where namespaces are forbidden (some containers), another user with the right to pass folders does the same.
 * `data` is made, and given to that user together with `others`.
 */
export async function asDatabaseUser(data: string, others: readonly string[]): Promise<readonly string[]> {
  if (process.getuid?.() !== 0) return [];
  const namespace = 'unshare --user --map-user=1000 --map-group=1000 --'.split(' ');
  const lesser = (
    'setpriv --reuid=65534 --regid=65534 --clear-groups ' +
    '--inh-caps=+dac_override --ambient-caps=+dac_override --'
  ).split(' ');
  for (const [prefix, owner] of [
    [namespace, 0],
    [lesser, 65534],
  ] as const) {
    try {
      await run([...prefix, 'true']);
    } catch {
      continue;
    }
    await mkdir(data, { recursive: true, mode: 0o700 });
    if ((await stat(data)).uid !== owner) {
      const made = [data, ...others].filter((path) => existsSync(path));
      await run(['chown', '-R', `${owner}:${owner}`, ...made]);
    }
    return prefix;
  }
  throw unavailable(
    'sandbox-no-database-user',
    'Database servers do not run as root, and this machine allows neither user namespaces nor changing the user.',
    'run it as a normal user',
  );
}
