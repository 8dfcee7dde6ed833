import { execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { promisify } from 'node:util';

/** Set for everything the sandbox starts on its hosts, so that it is known later: the hosts' folder. */
export const MARK = 'FRESHET_SANDBOX';

/** What a command answered. */
export type Ended = { stdout: string; stderr: string };

/** Runs a command to its end. Rejects with the tail of its stderr when it ends with another code than 0. */
export function run(
  argv: readonly string[],
  options: { env?: Record<string, string>; input?: string; cwd?: string } = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(argv[0]!, argv.slice(1), {
      env: { ...process.env, ...options.env },
      cwd: options.cwd,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
    child.on('error', reject);
    // A command that doesn't read its input closes the pipe: its exit code tells.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    child.on('close', (code, signal) => {
      if (code === 0) resolve({ stdout, stderr });
      else reject(new Error(`${argv[0]} ended with ${signal ?? code}: ${stderr.slice(-2000).trim()}`));
    });
  });
}

/** A port of 127.0.0.1 that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** Whether a port of 127.0.0.1 can be listened on. */
export function portIsFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** Whether a process lives; a zombie is dead. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  return statOf(pid)?.state !== 'Z';
}

/** The command line of a process; undefined when there is none. */
export async function commandOf(pid: number): Promise<string | undefined> {
  if (existsSync('/proc/self/cmdline')) {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    } catch {
      return undefined;
    }
  }
  try {
    return (await promisify(execFile)('ps', ['-ww', '-o', 'command=', '-p', String(pid)])).stdout.trim();
  } catch {
    return undefined;
  }
}

/**
 * The processes that carry the sandbox's mark, with `roots`, and all that descend from them: sessions, steps of
 * `freshet-host` that left their process group, backends. Never this process or one above it. Elsewhere than on
 * Linux the environment of others can't be read: there only `roots` and their descendants are known.
 */
export async function processesOf(folder: string, roots: readonly number[] = []): Promise<number[]> {
  const parents = await parentTable();
  const found = new Set(roots.filter((pid) => parents.has(pid)));
  for (const pid of parents.keys()) if (isMarked(pid, folder)) found.add(pid);
  for (let grew = true; grew;) {
    grew = false;
    for (const [pid, parent] of parents) {
      if (found.has(parent) && !found.has(pid)) {
        found.add(pid);
        grew = true;
      }
    }
  }
  for (let pid: number | undefined = process.pid; pid !== undefined; pid = parents.get(pid))
    found.delete(pid);
  return [...found];
}

/** Ends processes: `signal` first, SIGKILL after the grace, and waits until they are gone. */
export async function endProcesses(
  pids: readonly number[],
  { signal = 'SIGTERM', graceMs = 3000 }: { signal?: NodeJS.Signals; graceMs?: number } = {},
): Promise<void> {
  if (pids.length === 0) return;
  for (const pid of pids) send(pid, signal);
  if (await gone(pids, graceMs)) return;
  for (const pid of pids) if (isAlive(pid)) send(pid, 'SIGKILL');
  await gone(pids, 5000);
}

/** Waits until none of the processes lives. */
export async function gone(pids: readonly number[], withinMs: number): Promise<boolean> {
  const until = Date.now() + withinMs;
  while (pids.some(isAlive)) {
    if (Date.now() > until) return false;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return true;
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

function isMarked(pid: number, folder: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`${MARK}=${folder}`);
  } catch {
    return false;
  }
}

async function parentTable(): Promise<Map<number, number>> {
  const parents = new Map<number, number>();
  if (existsSync('/proc/self/stat')) {
    for (const name of readdirSync('/proc')) {
      const pid = Number(name);
      const stat = Number.isInteger(pid) ? statOf(pid) : undefined;
      if (stat !== undefined && stat.state !== 'Z') parents.set(pid, stat.parent);
    }
    return parents;
  }
  const { stdout } = await promisify(execFile)('ps', ['-ax', '-o', 'pid=,ppid=']);
  for (const line of stdout.trim().split('\n')) {
    const [pid, parent] = line.trim().split(/\s+/);
    parents.set(Number(pid), Number(parent));
  }
  return parents;
}

function statOf(pid: number): { state: string; parent: number; startedAt: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0]!, parent: Number(fields[1]), startedAt: fields[19]! };
  } catch {
    return undefined;
  }
}

/** When a process started, in the system's own units: with the pid it names one process. Undefined off Linux. */
export function startOf(pid: number): string | undefined {
  return statOf(pid)?.startedAt;
}
