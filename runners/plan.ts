import { isDeepStrictEqual } from 'node:util';
import { cutToBytes } from './quote.ts';
import type { ContentsText } from '../src/domain/backup.ts';
import type { Hook } from '../src/domain/hook.ts';
import type { RequestId, RunId } from '../src/domain/ids.ts';
import type { RequestKind } from '../src/domain/request.ts';
import type { HostStep } from './host-program/step.ts';

export const stages = [
  'check',
  'fetch',
  'load',
  'configure',
  'verify',
  'dump',
  'send',
  'swap',
  'publish',
  'after',
  'tidy',
] as const;
export type Stage = (typeof stages)[number];

/** The first stage that changes anything that others can see: all items wait for one another before it. */
export const barrierStage: Stage = 'swap';

/** What is done here stays: a database that went live, a backup that got its name or was proven. No attempt does it again. */
export function isLasting({ stage }: Pick<Step, 'stage'>): boolean {
  return stage === barrierStage || stage === 'publish';
}

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
  /** The command of this hook: a step of the set, behind the swaps. */
  hook?: string;
  /** Of a hook: how long it may take. */
  timeoutSeconds?: number;
};

/** A hook that is called over HTTP, behind the swaps. Its secrets are the site file's, and looked up when it is called. */
export type CallStep = StepBase & {
  kind: 'call';
  hook: string;
  url: string;
  attempts: number;
  /** Of one try. */
  timeoutSeconds: number;
  /** The same however often and by whomever it is called for this run. */
  key: string;
  body: Readonly<Record<string, unknown>>;
};

/** How a call ended: `again` where a later one might succeed; `why` reads after "the hook". */
export type CallAnswer = { attempts: number } & ({ ok: true } | { ok: false; again: boolean; why: string });

/** A conversation with the database that one text can't hold (checks, draining, the swap); the engine performs it by `name`. Repeatable. */
export type ActStep = StepBase & {
  kind: 'act';
  name: string;
  server: string;
  args: Readonly<Record<string, unknown>>;
};

export type Step = ExecStep | ActStep | CallStep;

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
  /** What a refresh or a proof restores, by database: the catalogue of this moment. Plans of earlier programs have none. */
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
  /** It is only read: nothing on its server is ours to keep, to take up or to take back. */
  reads?: true;
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

/** What is told to who is called: no row, no secret, no host of ours. */
export type HookBody = Pick<Plan, 'kind' | 'run'> & {
  request: string;
  environment: string;
  databases: readonly { database: string; backup?: string; dataAt?: string }[];
};

/** The steps of hooks, of the whole set. `again`: the attempt that calls those that were called before. Pure. */
export function hookSteps(hooks: readonly Hook[], body: HookBody, again?: number): Step[] {
  return hooks.map((hook): Step => {
    const base = { id: `hook.${hook.name}`, stage: 'after' as const, title: `Hook ${hook.name}`, weight: 1 };
    const told = { version: 1, hook: hook.name, ...body };
    if (hook.kind === 'call') {
      const { url, attempts, timeoutSeconds } = hook;
      const key = `${body.run}.${hook.name}${again === undefined ? '' : `.${again}`}`;
      return { ...base, kind: 'call', hook: hook.name, url, attempts, timeoutSeconds, key, body: told };
    }
    return {
      ...base,
      kind: 'exec',
      host: hook.host,
      hook: hook.name,
      timeoutSeconds: hook.timeoutSeconds,
      exec: {
        pipe: [{ tool: `hook-${hook.command}`, args: [] }],
        stdin: { text: `${JSON.stringify(told)}\n` },
        report: 'none',
      },
    };
  });
}
