// @ts-check
import { randomInt } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../../src/sandbox/setup.mjs';
import { Refusal } from '../../src/sandbox/setup/refusal.mjs';

const usage = 'npm run faults -- [--seed N] [--duration 10m] [--only NAME...]';
const usualSeconds = 600;
const ending = '.test.ts';
const inSeconds = { s: 1, m: 60, h: 3600 };

/**
 * What was said after `npm run faults --`. Throws Refusal with the value and what is allowed.
 * @param {string[]} args
 * @returns {{ seed: number, seconds: number, files: string[] }} `files` as the runner of tests takes them
 */
export function faultsAsked(args) {
  const { values, positionals } = parsed(args);
  const names = readdirSync(join(root, 'test/faults'))
    .filter((file) => file.endsWith(ending))
    .map((file) => file.slice(0, -ending.length))
    .sort();
  const only = [...(values.only ?? []), ...positionals];
  if (positionals.length > 0 && values.only === undefined) {
    throw new Refusal(`"${positionals[0]}" is not understood; expected ${usage}.`);
  }
  for (const name of only) {
    if (!names.includes(name))
      throw new Refusal(`There are no faults "${name}"; expected ${names.join(', ')}.`);
  }
  return {
    seed: values.seed === undefined ? randomInt(2 ** 31) : seedOf(values.seed),
    seconds: values.duration === undefined ? usualSeconds : secondsOf(values.duration),
    files: only.length === 0 ? ['test/faults'] : only.map((name) => `test/faults/${name}${ending}`),
  };
}

/** @param {string[]} args */
function parsed(args) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        seed: { type: 'string' },
        duration: { type: 'string' },
        only: { type: 'string', multiple: true },
      },
    });
  } catch (error) {
    const said = error instanceof Error ? error.message.split('. ')[0] : String(error);
    throw new Refusal(`${said}; expected ${usage}.`);
  }
}

/** @param {string} text */
function seedOf(text) {
  const seed = Number(text);
  if (/^\d+$/.test(text) && seed < 2 ** 31) return seed;
  throw new Refusal(`The seed "${text}" is not allowed; expected a whole number from 0 to ${2 ** 31 - 1}.`);
}

/** @param {string} text */
function secondsOf(text) {
  const [, count, unit] = /^(\d+)([smh])$/.exec(text) ?? [];
  const seconds = Number(count) * inSeconds[/** @type {'s' | 'm' | 'h'} */ (unit)];
  if (seconds >= 1 && seconds <= 24 * 3600) return seconds;
  throw new Refusal(
    `The duration "${text}" is not allowed; expected one such as 90s, 10m or 2h, at most 24h.`,
  );
}
