import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { endHosts } from './ending.ts';
import { gone } from './process.ts';

/** A process that ends the hosts when their owner is gone, however it went. */
export type Watchdog = { pid: number; dismiss(): Promise<void> };

/**
 * Starts the watchdog. It sleeps in a shell's `read` on a pipe from this process: the kernel closes the pipe with us.
 */
export function startWatchdog(folder: string): Watchdog {
  const script = 'IFS= read -r word; [ "$word" = dismissed ] || exec "$@"';
  const tsx = import.meta.resolve('tsx');
  const ender = [process.execPath, '--import', tsx, fileURLToPath(import.meta.url), folder];
  const child = spawn('sh', ['-c', script, 'freshet-sandbox-watchdog', ...ender], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const pid = child.pid;
  if (pid === undefined) throw new Error('The watchdog of the sandbox did not start');
  child.stdin.on('error', () => undefined);
  child.unref();
  // The pipe alone must not keep this process alive: at its end the watchdog does its work.
  if ('unref' in child.stdin && typeof child.stdin.unref === 'function') child.stdin.unref();
  return {
    pid,
    async dismiss() {
      child.stdin.end('dismissed\n');
      await gone([pid], 5000);
    },
  };
}

// Run as a program by the shell above.
if (process.argv[1] === fileURLToPath(import.meta.url) && process.argv[2] !== undefined) {
  await endHosts(process.argv[2]);
}
