// @ts-check
// Plain JavaScript with Node's own modules only: it runs before node_modules exists.
import { fileURLToPath } from 'node:url';
import { demoNeeds, find, findTool, testNeeds } from './setup/needs.mjs';
import { installPackages } from './setup/npm.mjs';
import { Refusal, Stopped } from './setup/refusal.mjs';
import { installDebian, missingOf, stillMissing, thisMachine, way } from './setup/system.mjs';

export { Refusal, demoNeeds, find, findTool, testNeeds };

/** The folder of the clone. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');

/**
 * Makes a fresh clone ready: npm packages, then whatever `need` and `want` name that the machine lacks. As root on
 * Debian and Ubuntu missing packages are installed, without starting their services.
 * @param {{ need?: string[], want?: string[], log?: (sentence: string) => void }} [options]
 *   `need`: without it Refusal is thrown; `want`: without it set-up goes on. Names as in `setup/needs.mjs`.
 * @returns {Promise<{ missing: Record<string, string> }>} the wants that are not met, each with its reason
 */
export async function setUp({ need = [], want = [], log = console.log } = {}) {
  checkNode(process.versions.node);
  await installPackages({ root, log });
  let missing = missingOf([...new Set([...need, ...want])]);
  let advice = '';
  /** @type {string | undefined} */
  let command;
  if (missing.length > 0) {
    const how = way(missing, thisMachine());
    if (how.kind === 'install') {
      const why = await installDebian(missing, log);
      missing = missingOf(missing);
      if (missing.length > 0) advice = why ?? `${missing.map(stillMissing).join('; ')}, although installed.`;
    } else {
      advice = how.sentence;
      command = how.command;
    }
  }
  if (missing.some((name) => need.includes(name))) throw new Refusal(advice, command);
  if (missing.length > 0) log(command ? `${advice} To install: ${command}` : advice);
  return { missing: Object.fromEntries(missing.map((name) => [name, stillMissing(name)])) };
}

/**
 * Throws Refusal for a Node that is too old.
 * @param {string} version
 */
export function checkNode(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new Refusal(`Freshet needs Node 20.19 or later; this is Node ${version}.`);
}

/**
 * Runs a program's main function; a Refusal ends it with its sentence and exit code 1, without a stack trace.
 * @param {() => Promise<void>} main
 */
export async function orRefuse(main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof Refusal || error instanceof Stopped)) throw error;
    console.error(`\n${error.message}`);
    process.exitCode = error instanceof Stopped ? error.code : 1;
  }
}
