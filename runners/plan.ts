import { isDeepStrictEqual } from 'node:util';
import { cutToBytes } from './quote.ts';
import type { ContentsText } from '../src/domain/backup.ts';
import type { RequestId, RunId } from '../src/domain/ids.ts';
import type { RequestKind } from '../src/domain/request.ts';
import type { HostStep } from './host-program/step.ts';

export const stages = ['check', 'fetch', 'load', 'configure', 'verify', 'swap', 'tidy'] as const;
export type Stage = (typeof stages)[number];

/** The first stage that changes anything that others can see: all items wait for one another before it. */
export const barrierStage: Stage = 'swap';

type StepBase = {
  /** Unique in the plan: `orders.load`. */
  id: string;
  stage: Stage;
  /** The item it belongs to; absent: the whole set. */
  database?: string;
  /** What people read: `Load BKP-12 with 2 jobs`. */
  title: string;
  /** Share of the run's time, in estimated seconds; for percentage and time left. */
  weight: number;
  /** It holds for its moment only, as checks do: every attempt does it again, whatever stands. */
  anew?: true;
};

/** Tools on a host, as data. `freshet-host` starts it once, however often it is asked. */
export type ExecStep = StepBase & {
  kind: 'exec';
  host: string;
  exec: Omit<HostStep, 'run' | 'step' | 'fence'>;
  /** Lines of the report that must read exactly so, such as `{sha256: ...}`; else the step has failed. */
  expect?: Readonly<Record<string, string>>;
  /** Code and sentence of that failure. */
  otherwise?: { code: string; cause: string; hint: string };
  /**
   * The step can't go on from its own half: after it was lost, its item is abandoned and prepared anew from here.
   * Absent: it may simply be started again (reads, transfers that resume).
   */
  afresh?: string;
  /** Exit codes that prove that it has changed nothing: what was prepared before it still stands. */
  undone?: readonly number[];
  /** It only reads, and nothing needs its outcome before the step of this id: those between run beside it. */
  beside?: string;
};

/** A conversation with the database that one text can't hold (checks, draining, the swap); the engine performs it by `name`. Repeatable. */
export type ActStep = StepBase & {
  kind: 'act';
  name: string;
  server: string;
  args: Readonly<Record<string, unknown>>;
};

export type Step = ExecStep | ActStep;

/** What a run will do, as data: the dry run, the digest, the audit text and tests come from it. */
export type Plan = {
  version: 1;
  kind: RequestKind;
  request?: RequestId;
  run: RunId;
  /** The attempt that it was made for. */
  attempt?: number;
  /** Steps that the plan of the attempt before had exactly so: only of these an attempt goes on from what was done. */
  unchanged?: readonly string[];
  items: readonly PlanItem[];
  /** What a refresh brings, by database: the catalogue of this moment. Plans of earlier programs have none. */
  contents?: Readonly<Record<string, ContentsText>>;
  steps: readonly Step[];
};

/** Ids of the steps that both plans have, to the last word: text of scripts, checksums, options, places. */
export function unchangedSteps(earlier: Plan, plan: Plan): string[] {
  const before = new Map(earlier.steps.map((step) => [step.id, step]));
  return plan.steps
    .filter((step) => isDeepStrictEqual(plain(before.get(step.id)), plain(step)))
    .map(({ id }) => id);
}

/** As a store gives it back. */
function plain(step: Step | undefined): unknown {
  return step === undefined ? undefined : (JSON.parse(JSON.stringify(step)) as unknown);
}

/** One database of the plan. Names are those on the server. */
export type PlanItem = {
  database: string;
  server: string;
  host: string;
  target: string;
  /** The live name. */
  databaseName: string;
  /** `<first 40 bytes>__new_<run>`; for an undo: the kept copy that comes back. */
  newName: string;
  /** `<first 40 bytes>__old_<run>`. */
  oldName: string;
};

/** Bytes of the live name that the names of its copies keep: room for the rest within 63 bytes. */
export const copyNameBytes = 40;

/**
 * Names of the copies that a run makes beside a live database: the one being prepared and the one that it replaced.
 * `freshet-host` makes the same names from its own file and takes no others.
 */
export function copyNames(databaseName: string, run: RunId): { newName: string; oldName: string } {
  const kept = cutToBytes(databaseName, copyNameBytes);
  return { newName: `${kept}__new_${run}`, oldName: `${kept}__old_${run}` };
}
