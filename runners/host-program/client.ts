import type { RunId } from '../../src/domain/ids.ts';
import type { HostEntry, HostFacts, HostPath, HostStep, HostStepState } from './step.ts';

/** What a run has on a host: a folder, or only the lock of a target or the leave to read a backup. */
export type HostLeftover = {
  run: RunId;
  /** The last change of any of it. */
  changedAt: Date;
  /** A step of it runs. */
  running: boolean;
  folder: boolean;
};

/**
 * What the bot can ask `freshet-host` for. Every call may be repeated: none has a second effect.
 * Errors: `Unavailable` when the host can't be reached or the answer was lost (ask again), `Fenced` for a passed
 * fence, `Forbidden` (code `host-refused`) for a target, root, tool or option that the host's file does not allow,
 * `Conflict` (`step-differs`, `target-locked`), `Config` (`host-program-old`, `host-key-changed`).
 */
export interface HostProgram {
  readonly host: string;

  facts(): Promise<HostFacts>;

  /** Bytes free where `place` lies: a root, the run folders (`{run: '.'}`), or a server's data folder. */
  freeBytes(place: { root: string } | { run: string } | { server: string }): Promise<number>;

  /** Takes the target's lock for this run and raises its fence. Idempotent; a larger fence takes it over. */
  claim(target: string, run: RunId, fence: number): Promise<void>;
  /** Refuses with `Fenced` when the target has seen a larger fence. Called right before a swap. */
  confirm(target: string, run: RunId, fence: number): Promise<void>;
  /** Gives the lock back. The fence stays. */
  release(target: string, run: RunId, fence: number): Promise<void>;

  /** Starts the step unless it was started before; answers how it stands. */
  submit(step: HostStep): Promise<HostStepState>;
  state(run: RunId, step: string): Promise<HostStepState>;
  /**
   * Answers as soon as the step is not running any more, or its report has changed since `after`, or
   * `timeoutSeconds` have passed, whichever is first; many waits share one channel per host.
   */
  wait(
    run: RunId,
    step: string,
    options: { timeoutSeconds: number; after?: HostStepState; signal?: AbortSignal },
  ): Promise<HostStepState>;
  /** Ends the step's process group (TERM, then KILL after a grace of 5 s) and answers when nothing of it is left. */
  stop(run: RunId, step: string, fence: number): Promise<HostStepState>;
  /**
   * Ends what still runs of the run, removes its folder, gives its locks back and takes back what it may read here. Only folders that
   * are recorded as Freshet's; without a fence (0: a run of no store's) only the folder.
   */
  sweep(run: RunId, fence: number): Promise<void>;
  /** Runs that have left something on the host. `now` is the host's clock, as all its times are. */
  runs(): Promise<{ now: Date; runs: HostLeftover[] }>;

  /** Files and folder-format backups below a root, sorted by path, at most 100,000; `now` is the host's clock, as all its times are. */
  list(root: string): Promise<{ now: Date; entries: HostEntry[] }>;

  /**
   * On the host that sends: lets exactly the holder of `publicKey` read exactly this backup (a file, or every file of a
   * folder, of a root or of the run's own folder) until `seconds` have passed or `revoke` is called. The key can do nothing else.
   */
  grant(run: RunId, backup: HostPath, publicKey: string, seconds: number): Promise<void>;
  revoke(run: RunId): Promise<void>;
  /** On the host that receives: makes the run's key pair (private half 0600 in the run's folder) and answers its public half. */
  fetchKey(run: RunId): Promise<string>;

  /** Ends the channels. */
  close(): Promise<void>;
}
