// @ts-check
import { join } from 'node:path';
import { run } from '../../src/sandbox/setup/command.mjs';

/** The static checks, by their npm script's words. Each counts as one test. */
export const checks = [
  { name: 'types', package: 'typescript', bin: 'bin/tsc', args: [] },
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
    env: { ...process.env, NO_COLOR: '1' },
    keepLines: 400,
  });
  return ended.code === 0 ? undefined : ended.tail || `ended with exit code ${ended.code}`;
}
