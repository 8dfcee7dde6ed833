/** Runs `work` while holding `folder` as a lock between processes; a dead owner's lock is taken over. */
export declare function withLock<T>(
  folder: string,
  log: (sentence: string) => void,
  work: () => Promise<T> | T,
  options?: { timeoutMs?: number; pollMs?: number },
): Promise<T>;
/** Whether a process with this id exists. */
export declare function isAlive(pid: number): boolean;
