import type { StepRecord } from '../src/domain/run.ts';
import type { Explained } from './causes.ts';
import type { Engine, ServerAccess, StepResult } from './engine.ts';
import type { HostProgram } from './host-program/client.ts';
import type { Pace } from './pace.ts';
import type { Plan, Step } from './plan.ts';

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
  /** Written down before anything is taken back; `explained` is the step's result from then on. */
  failed(step: Step, explained: Explained): Promise<void>;
  /** 0..1 of the whole plan. Rate-limited by the receiver. */
  progress(step: Step, fraction: number, secondsLeft: number | undefined): Promise<void>;
  /** Throws `Fenced` when the lease is lost; true when somebody wants the run cancelled and the barrier was not passed. */
  cancelled(): Promise<boolean>;
  /**
   * Passes the barrier before the first swap, after the last check of approval and fence. False when it was cancelled
   * at the last moment: then nothing is swapped.
   */
  barrier(): Promise<boolean>;
  itemReady(database: string): Promise<void>;
  itemSwapped(database: string, result: StepResult): Promise<void>;
  itemPutBack(database: string): Promise<void>;
}

/** How a slice of a run ended. */
export type Outcome =
  /** Steps are still running on their hosts; look again. */
  | { end: 'waiting' }
  | { end: 'succeeded' }
  | { end: 'cancelled' }
  | { end: 'failed'; step: Step; code: string; cause: string; hint: string; targetTouched: boolean }
  /** A target is neither wholly old nor wholly new: nobody can log in, and somebody must look. */
  | { end: 'fenced'; step: Step; code: string; cause: string; hint: string };

export type ExecuteOptions = {
  checkpoint: Checkpoint;
  fence: number;
  attempt: number;
  engine(server: string): Engine;
  access(server: string): ServerAccess;
  program(host: string): HostProgram;
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
