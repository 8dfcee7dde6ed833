import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup.mjs';

/** A process of Freshet itself, started as an administrator would. */
export type Bot = {
  pid: number;
  /** Resolves with its exit code. */
  ended: Promise<number | null>;
  /** Asks it to stop and waits; after `seconds` it is killed. */
  stop(seconds?: number): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
};

export type BotOptions = {
  /** `serve --embedded FOLDER`, `worker` ... */
  words: readonly string[];
  environment: Readonly<Record<string, string>>;
  /** Its log is appended to this file. */
  logFile: string;
  /** Put before the command line, as `unshare` and `strace` are; it must end by executing the rest. */
  before?: readonly string[];
};

/** Starts `npx freshet ...` without npx: the same file, one process less. */
export function startBot(options: BotOptions): Bot {
  // A file and no pipe: the bot goes on to log, and to end in order, when we are killed.
  const log = openSync(options.logFile, 'a', 0o600);
  const argv = [...(options.before ?? []), process.execPath, join(root, 'src/freshet.js'), ...options.words];
  const child: ChildProcess = spawn(argv[0]!, argv.slice(1), {
    cwd: root,
    env: { ...ownEnvironment(), ...options.environment },
    stdio: ['ignore', log, log],
    // A group of its own: a signal to ours must not end it before it has ended its store.
    detached: true,
  });
  closeSync(log);
  const ended = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => resolve(code));
    child.once('error', () => resolve(1));
  });
  return {
    pid: child.pid ?? 0,
    ended,
    async stop(seconds = 15) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), seconds * 1000);
      await ended;
      clearTimeout(timer);
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** What the process needs of ours; no variable of a developer's own Freshet leaks in. */
function ownEnvironment(): Record<string, string> {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ', 'FRESHET_TEST_RUN'];
  return Object.fromEntries(
    kept.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
