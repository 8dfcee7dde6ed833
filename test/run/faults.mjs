// @ts-check
import { randomInt } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../../src/sandbox/setup.mjs';
import { Refusal } from '../../src/sandbox/setup/refusal.mjs';

const usage = 'npm run faults -- [--seed N] [--duration 10m] [--only NAME...]';
const options = `${usage}

  --seed N          what requests and faults are drawn from; without it another one each time
  --duration 10m    for how long the nemesis goes on: 90s, 10m, 2h; 10m without it
  --only NAME...    some of them:`;
const usualSeconds = 600;
const folder = 'test/faults';
const ending = '.test.ts';
/** What each whole `npm test` runs in a short form, too: forged signatures, a million rows, random tables, a swap cut at each of its statements. */
const elsewhere = [
  'test/flow/http-mode.test.ts',
  'test/contracts/engine.refresh.test.ts',
  'test/contracts/engine.swap.test.ts',
  'test/runners/mysql/own.random.test.ts',
  'test/runners/mysql/own.swap.test.ts',
];
const inSeconds = { s: 1, m: 60, h: 3600 };

/**
 * What was said after `npm run faults --`. Throws Refusal with the value and what is allowed.
 * @param {string[]} args
 * @returns {{ seed: number, seconds: number, files: string[] } | { help: string }} `files` as the runner of tests takes them
 */
export function faultsAsked(args) {
  const { values, positionals } = parsed(args);
  const all = [...readdirSync(join(root, folder)).map((file) => `${folder}/${file}`), ...elsewhere];
  const files = new Map(
    all
      .filter((file) => file.endsWith(ending))
      .map((file) => /** @type {const} */ ([basename(file, ending), file]))
      .sort(([a], [b]) => a.localeCompare(b)),
  );
  const names = [...files.keys()].join(', ');
  if (values.help) return { help: `${options} ${names}` };
  const only = [...(values.only ?? []), ...positionals];
  if (positionals.length > 0 && values.only === undefined) {
    throw new Refusal(`"${positionals[0]}" is not understood; expected ${usage}.`);
  }
  return {
    seed: values.seed === undefined ? randomInt(2 ** 31) : seedOf(values.seed),
    seconds: values.duration === undefined ? usualSeconds : secondsOf(values.duration),
    files:
      only.length === 0
        ? [folder, ...elsewhere]
        : only.map((name) => {
            const file = files.get(name);
            if (file === undefined) throw new Refusal(`There are no faults "${name}"; expected ${names}.`);
            return file;
          }),
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
        help: { type: 'boolean', short: 'h' },
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
