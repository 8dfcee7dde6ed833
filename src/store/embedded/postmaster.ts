import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync, realpathSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';

/** What a server says of itself in `postmaster.pid`. */
export type Postmaster = {
  pid: number;
  port: number;
  socketFolder: string;
  listenAddress: string;
  ready: boolean;
};

const file = 'postmaster.pid';

/** The server that runs on this data folder, if one does. */
export function postmaster(data: string): Postmaster | undefined {
  const text = contents(data);
  const pid = text === undefined ? NaN : Number(text.split('\n')[0]);
  if (text === undefined || !isServerOf(pid, data)) return undefined;
  const [, , , port, socketFolder, listenAddress, , status] = text.split('\n').map((line) => line.trim());
  return {
    pid,
    port: Number(port),
    socketFolder: socketFolder ?? '',
    listenAddress: listenAddress ?? '',
    ready: status === 'ready',
  };
}

/**
 * Removes a `postmaster.pid` that a dead server left. PostgreSQL does that itself, but not when another process got the
 * same number meanwhile, as happens after a reboot: then it would refuse to start for as long as that one lives.
 */
export function removeStale(data: string): void {
  const text = contents(data);
  if (text === undefined || isServerOf(Number(text.split('\n')[0]), data)) return;
  if (contents(data) === text) {
    try {
      unlinkSync(join(data, file));
    } catch {
      // Somebody else was faster.
    }
  }
}

function contents(data: string): string | undefined {
  try {
    const text = readFileSync(join(data, file), 'utf8');
    // Just created and not yet written: a server is starting.
    return text.trim() === '' ? undefined : text;
  } catch {
    return undefined;
  }
}

/** A PostgreSQL server works in its data folder: that tells it from a process that merely has the number. */
export function isServerOf(pid: number, data: string): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 1 || !isAlive(pid)) return false;
  try {
    if (process.platform === 'linux') return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(data);
    if (process.platform === 'win32') return true;
    const command = execFileSync('ps', ['-p', String(pid), '-o', 'command='], { encoding: 'utf8' });
    return command.includes('postgres') && command.includes(data);
  } catch {
    return false;
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
