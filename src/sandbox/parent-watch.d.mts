import type { ChildProcess } from 'node:child_process';

/** Calls `onDeath` once when the process that started this one (and npm behind a shell) is gone; returns a stop. */
export declare function watchParent(onDeath: () => void, options?: { intervalMs?: number }): () => void;
/** Ends a child that leads its own group: a signal to it, SIGKILL to the group after `graceMs` and after its end. */
export declare function endGroup(
  child: ChildProcess,
  options?: { graceMs?: number; signal?: NodeJS.Signals },
): Promise<void>;
/** SIGKILL to a process group; nothing happens where it is gone. */
export declare function killGroup(pid: number): void;
