import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { configError } from '../src/domain/errors.ts';
import type { SecretRef } from '../src/domain/site.ts';
import { reason } from './scripts.ts';

/** Opens secrets when they are needed, and knows which it has opened. */
export type Secrets = {
  /**
   * The secret behind a reference; one line break at its end is left out. Read anew each time, so that a changed
   * file counts at once. `Config`: `secret-missing`, `secret-empty`, `secret-exposed` (others may read the file),
   * `secret-unreadable`; all name the reference and never the value.
   */
  resolve(ref: SecretRef): Promise<string>;
  /** Makes a value that came another way (an address with a password) known to the logs. */
  know(value: string): void;
  /** All values known so far, for the logs to leave out. */
  known(): Iterable<string>;
};

/** `environment` is the process's own; `file:` paths are absolute by the time they are resolved. */
export function openSecrets(environment: Readonly<Record<string, string | undefined>>): Secrets {
  const values = new Set<string>();
  function know(value: string): void {
    if (value !== '') values.add(value);
  }
  async function resolveRef(ref: SecretRef): Promise<string> {
    const value = ref.startsWith('env:') ? fromEnvironment(ref, environment) : await fromFile(ref);
    if (value.trim() === '')
      throw configError('secret-empty', `Secret "${ref}" is empty; expected a value.`, 'Fill it in.', {
        ref,
      });
    know(value);
    return value;
  }
  return { resolve: resolveRef, know, known: () => values };
}

/** `file:` references become absolute, from `folder` on; the rest stays. */
export function absoluteRef(ref: string, folder: string): SecretRef {
  return ref.startsWith('file:') ? `file:${resolve(folder, ref.slice('file:'.length))}` : (ref as SecretRef);
}

function fromEnvironment(ref: string, environment: Readonly<Record<string, string | undefined>>): string {
  const name = ref.slice('env:'.length);
  const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
  if (value !== undefined) return trimEnd(value);
  throw configError(
    'secret-missing',
    `Secret "${ref}" is missing: the process has no variable ${name}.`,
    `Set ${name} where Freshet is started, or use a file.`,
    { ref },
  );
}

async function fromFile(ref: string): Promise<string> {
  const path = ref.slice('file:'.length);
  try {
    const facts = await stat(path);
    if (!facts.isFile()) throw unreadable(ref, 'it is not a file');
    if (facts.size > 1024 * 1024) throw unreadable(ref, 'it is larger than 1 MB');
    // The same rule as ssh's for private keys: nobody but the owner.
    if ((facts.mode & 0o077) !== 0) {
      const mode = (facts.mode & 0o777).toString(8).padStart(4, '0');
      throw configError(
        'secret-exposed',
        `Secret "${ref}" may be read by others (mode ${mode}); expected a file that only its owner may read.`,
        `chmod 600 ${path}`,
        { ref },
      );
    }
    return trimEnd(await readFile(path, 'utf8'));
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || 'kind' in error) throw error;
    if (error.code !== 'ENOENT') throw unreadable(ref, reason(error));
    throw configError(
      'secret-missing',
      `Secret "${ref}" is missing: there is no such file.`,
      'Write the secret into it (chmod 600).',
      { ref },
    );
  }
}

function unreadable(ref: string, why: string) {
  return configError(
    'secret-unreadable',
    `Secret "${ref}" can't be read: ${why}.`,
    'The account that Freshet runs under must own the file (chmod 600).',
    { ref },
  );
}

/** Editors and `echo` end a file with a line break that belongs to nothing. */
function trimEnd(text: string): string {
  return text.replace(/\r?\n$/, '');
}
