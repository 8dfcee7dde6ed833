// @ts-check
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { run } from '../../src/sandbox/setup/command.mjs';
import { Stopped } from '../../src/sandbox/setup/refusal.mjs';

/** The static checks, by their npm script's words. Each counts as one test. */
export const checks = [
  { name: 'types', package: 'typescript', bin: 'bin/tsc', args: [] },
  {
    name: 'types of the sandbox page',
    package: 'typescript',
    bin: 'bin/tsc',
    args: ['-p', 'src/sandbox/page/client'],
  },
  { name: 'lint', package: 'oxlint', bin: 'bin/oxlint', args: ['--type-aware', '--deny-warnings'] },
  {
    name: 'format',
    package: 'prettier',
    bin: 'bin/prettier.cjs',
    args: ['--check', '--log-level', 'warn', '.'],
  },
];

/**
 * Runs one static check.
 * @param {typeof checks[number]} check
 * @param {string} root
 * @returns {Promise<string | undefined>} what it found, if it failed
 */
export async function runCheck(check, root) {
  const program = join(root, 'node_modules', check.package, check.bin);
  const ended = await run(process.execPath, [program, ...check.args], {
    cwd: root,
    keepLines: 400,
  });
  if (ended.stopping !== undefined) throw new Stopped(ended.stopping);
  // Some colour their output whatever NO_COLOR says.
  return ended.code === 0
    ? undefined
    : stripVTControlCharacters(ended.tail) || `ended with exit code ${ended.code}`;
}
