// @ts-check
import { spawn } from 'node:child_process';

/**
 * Runs a command to its end without input, keeping the last lines it wrote.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, onLine?: (line: string) => void, keepLines?: number }} [options]
 * @returns {Promise<{ code: number, tail: string }>} code 127: it could not be started; an end by signal is code 1
 */
export function run(command, args, { cwd, env, onLine, keepLines = 40 } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env: env ?? process.env, stdio: ['ignore', 'pipe', 'pipe'] });
    /** @type {string[]} */
    const lines = [];
    for (const stream of [child.stdout, child.stderr]) {
      let rest = '';
      stream.setEncoding('utf8').on('data', (text) => {
        const parts = (rest + text).split(/\r?\n|\r/);
        rest = parts.pop() ?? '';
        for (const line of parts) {
          lines.push(line);
          if (lines.length > keepLines) lines.shift();
          onLine?.(line);
        }
      });
    }
    child.on('error', (error) => resolve({ code: 127, tail: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 1, tail: lines.join('\n') }));
  });
}
