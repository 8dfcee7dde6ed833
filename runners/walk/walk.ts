import type { HookFailure } from '../../src/domain/hook.ts';
import type { StepRecord } from '../../src/domain/run.ts';
import type { Explained } from '../causes.ts';
import type { Failure } from './ending.ts';
import type { Engine, ServerAccess, StepResult, SwapResult } from '../engine.ts';
import type { HostProgram } from '../host-program/client.ts';
import type { Pace } from './pace.ts';
import type { CallAnswer, CallStep, Plan, Step } from '../plan.ts';

// What the walk over a plan is given, shares and answers; `execute.ts` is where it begins.

/**
 * Where a run stands, kept by whoever owns the state. Every call may throw `Fenced` when another attempt has taken
 * over: the walk then ends at once and touches nothing more.
 */
export interface Checkpoint {
  /** What earlier slices and attempts recorded. */
  steps(): Promise<readonly StepRecord[]>;
  started(step: Step): Promise<void>;
  done(step: Step, result: StepResult | undefined): Promise<void>;
  /** Its failure is what the slice ends with, and any further one of this attempt; it is kept as the step's result. */
  failed(step: Step, failure: Failure): Promise<void>;
  /** What was done of these in earlier attempts counts in this one; of the others nothing is known any more. */
  goOn(stand: readonly Step[], anew: readonly Step[]): Promise<void>;
  /** What was done of these is taken back: no attempt goes on from it. */
  takenBack(steps: readonly Step[]): Promise<void>;
  /** 0..1 of the whole plan. Rate-limited by the receiver. `note`: what is told beside the title of the step. */
  progress(step: Step, fraction: number, secondsLeft: number | undefined, note?: string): Promise<void>;
  /** Takes the turn of a database's backup to travel between two hosts. Answers what it waits for, in plain words; undefined: it is its turn. */
  transferTurn(database: string, between: { from: string; to: string }): Promise<string | undefined>;
  /** All of it has arrived; others may have the turn. */
  transferDone(database: string, between: { from: string; to: string }): Promise<void>;
  /** Throws `Fenced` when the lease is lost; true when somebody wants the run cancelled and the barrier was not passed. */
  cancelled(): Promise<boolean>;
  /**
   * Passes the barrier before the first swap, after the last check of approval and fence. False when it was cancelled
   * at the last moment: then nothing is swapped.
   */
  barrier(): Promise<boolean>;
  /** Everything before the barrier is done for it. Told again by whoever takes over: it counts once. */
  itemReady(database: string): Promise<void>;
  itemSwapped(database: string, result: SwapResult): Promise<void>;
  /** Its backup has its name in the repository; `result` is a `TakenResult`. */
  itemTaken(database: string, result: StepResult): Promise<void>;
  /** Its backup was restored and verified, and what was made for that is gone again. */
  itemProven(database: string): Promise<void>;
  itemPutBack(database: string): Promise<void>;
}

/** How a slice of a run ended. */
export type Outcome =
  /** Steps are still running on their hosts; look again. */
  | { end: 'waiting' }
  /** `hook`: one that failed behind the swaps. */
  | { end: 'succeeded'; hook?: HookFailure }
  | { end: 'cancelled' }
  | ({ end: 'failed'; targetTouched: boolean; kept: readonly Kept[] } & Explanation)
  /**
   * A target is neither wholly old nor wholly new: nobody can log in, and somebody must look. `unseen`: whether that is so
   * can't be told, because its host or server refuses us; what runs there was not stopped.
   */
  | ({ end: 'fenced'; unseen?: true } & Explanation);

type Explanation = { step: Step; code: string; cause: string; hint: string };

/** A database whose new copy was kept when the run failed, and the step that a retry goes on from. */
export type Kept = { database: string; from: Step };

export type ExecuteOptions = {
  checkpoint: Checkpoint;
  fence: number;
  attempt: number;
  engine(server: string): Engine;
  access(server: string): ServerAccess;
  program(host: string): HostProgram;
  /** Calls a hook over HTTP; rejects only when the signal is given, or with an error for people. Absent: no plan has such steps. */
  call?(step: CallStep, signal: AbortSignal): Promise<CallAnswer>;
  /**
   * Why nothing more may be done of this plan: what earlier attempts left running is ended, what they swapped is put back, and
   * what they prepared is taken back, and then the outcome says how the targets stand.
   */
  forbidden?: Explained;
  /** Whether what was prepared when the run fails is kept for a retry; else it is taken back. */
  keepsFailed?: boolean;
  /** Ends the slice: what runs on hosts runs on. */
  signal: AbortSignal;
  /** How long a slice may last before it answers `waiting`. An act that has begun is not torn apart for it. */
  sliceSeconds: number;
  /** How often a wish to cancel and the loss of the lease are looked for during steps. Default 2 s. */
  watchSeconds?: number;
};

/** What all lanes of a walk share. */
export type Walk = {
  plan: Plan;
  options: ExecuteOptions;
  /** Ends waits and acts: the worker's own signal, or another lane's failure. */
  signal: AbortSignal;
  deadline: number;
  pace: Pace;
  /** How the steps stand in this attempt, by id. */
  records: Map<string, StepRecord>;
};
