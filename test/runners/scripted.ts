import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerAccess } from '../../runners/engine.ts';
import { execute, type ExecuteOptions, type Outcome } from '../../runners/execute.ts';
import type { HostProgram } from '../../runners/host-program/client.ts';
import type { HostStep, HostStepState } from '../../runners/host-program/step.ts';
import {
  type ActStep,
  copyNames,
  type ExecStep,
  type Plan,
  type Stage,
  type Step,
} from '../../runners/plan.ts';
import { fencedError, unavailable } from '../../src/domain/errors.ts';
import type { RunId } from '../../src/domain/ids.ts';
import { engineDouble } from '../engine-double.ts';
import { causes } from '../../runners/postgres/causes.ts';
import { MemoryCheckpoint } from './memory-checkpoint.ts';

export const run = 'abcdefgh' as RunId;

/** A plan of these databases: check, load and script on the host, verify, swap, tidy. */
export function planOf(...databases: string[]): Plan {
  return {
    version: 1,
    kind: 'refresh',
    run,
    items: databases.map((database) => ({
      database,
      server: 'pg',
      host: 'db1',
      target: `uat-${database}`,
      databaseName: database,
      ...copyNames(database, run),
    })),
    steps: databases.flatMap((database): Step[] => [
      act(database, 'check', 'check'),
      act(database, 'load', 'create'),
      { ...exec(database, 'load', 'load'), afresh: `${database}.create` },
      { ...exec(database, 'configure', 'script'), afresh: `${database}.create`, undone: [3] },
      act(database, 'verify', 'verify'),
      act(database, 'swap', 'swap'),
      act(database, 'tidy', 'tidy'),
    ]),
  };
}

function act(database: string, stage: Stage, name: string): ActStep {
  const id = `${database}.${name}`;
  return { kind: 'act', id, stage, database, title: name, weight: 1, name, server: 'pg', args: {} };
}

function exec(database: string, stage: Stage, name: string): ExecStep {
  const id = `${database}.${name}`;
  const pipe = [{ tool: 'cat', args: [] }];
  return {
    kind: 'exec', id, stage, database, title: name, weight: 3, host: 'db1',
    exec: { pipe, report: 'none', target: `uat-${database}` },
  }; // prettier-ignore
}

/** The plan of a further attempt; all but `changed` is as it was. */
export function planAgain(plan: Plan, ...changed: string[]): Plan {
  const unchanged = plan.steps.map(({ id }) => id).filter((id) => !changed.includes(id));
  return { ...plan, attempt: 2, unchanged };
}

/** How a step on the host shall go, by its name there. Default: it ends well after the second look. */
export type Script = 'runs' | 'lost' | { exitCode: number; cause?: { code: string; object?: string } };

/**
 * A host and an engine that do as they are told, and write down what they were asked: `submit orders.load`,
 * `act orders.swap`, `abandon orders`.
 */
export class Scripted {
  readonly asked: string[] = [];
  readonly started = new Map<string, HostStep>();
  script: Record<string, Script> = {};
  /** Done when it is asked for that: what happens in the middle of it. */
  when: Record<string, () => void> = {};
  /** Thrown, once each, by the call of that name: `act orders.swap`. */
  faults: Record<string, Error[]> = {};
  stands: Record<string, 'old' | 'new' | 'fenced'> = {};
  isPrepared = false;
  /** Whether what was prepared is kept when the run fails. */
  keeps = false;
  checkpoint = new MemoryCheckpoint(run);
  controller = new AbortController();
  /** Calls hooks over HTTP. */
  call?: ExecuteOptions['call'];
  concurrent = 0;
  mostLoads = 0;

  private ask(line: string): void {
    this.asked.push(line);
    this.when[line]?.();
    const fault = this.faults[line]?.shift();
    if (fault !== undefined) throw fault;
  }

  private stateOf(name: string): HostStepState {
    const step = this.started.get(name);
    if (step === undefined) return { state: 'absent' };
    const script = this.script[name] ?? { exitCode: 0 };
    const startedAt = new Date();
    if (script === 'runs') return { state: 'running', startedAt, report: {} };
    if (script === 'lost') return { state: 'lost', startedAt, rebooted: true };
    return { state: 'ended', startedAt, endedAt: startedAt, report: {}, ...script };
  }

  readonly program = {
    host: 'db1',
    claim: async (target: string, _run: RunId, fence: number) => this.ask(`claim ${target} ${fence}`),
    release: async (target: string) => this.ask(`release ${target}`),
    sweep: async () => this.ask('sweep'),
    revoke: async () => this.ask('revoke'),
    state: async (_run: RunId, step: string) => this.stateOf(step),
    submit: async (step: HostStep): Promise<HostStepState> => {
      this.ask(`submit ${step.step}`);
      this.started.set(step.step, step);
      if (step.step.includes('load')) {
        this.concurrent += 1;
        this.mostLoads = Math.max(this.mostLoads, this.concurrent);
      }
      return { state: 'running', startedAt: new Date(), report: {} };
    },
    wait: async (_run: RunId, step: string, options: { timeoutSeconds: number; signal?: AbortSignal }) => {
      this.ask(`wait ${step}`);
      await sleep(15, undefined, { signal: options.signal }).catch(() => undefined);
      const state = this.stateOf(step);
      if (step.includes('load') && state.state !== 'running') this.concurrent -= 1;
      return state;
    },
    stop: async (_run: RunId, step: string) => {
      this.ask(`stop ${step}`);
      this.script[step] = { exitCode: 143 };
      return this.stateOf(step);
    },
  } as unknown as HostProgram;

  readonly engine = engineDouble({
    causes,
    act: async (step) => {
      this.ask(`act ${step.id}`);
      return step.name === 'swap' ? { liveRef: '2', keptRef: '1', outageSeconds: 0.01, notCarried: [] } : {};
    },
    keep: async (_access, item) => {
      this.ask(`keep ${item.database}`);
      return true;
    },
    takeUp: async (_access, item) => {
      this.ask(`take up ${item.database}`);
      return this.isPrepared;
    },
    abandon: async (_access, item) => this.ask(`abandon ${item.database}`),
    putBack: async (_access, item) => this.ask(`put back ${item.database}`),
    standing: async (_access, item) =>
      this.stands[item.database] ?? (this.checkpoint.swapped.has(item.database) ? 'new' : 'old'),
  });

  /** One slice. */
  walk(
    plan: Plan,
    more: Partial<Pick<ExecuteOptions, 'attempt' | 'fence' | 'sliceSeconds' | 'forbidden'>> = {},
  ): Promise<Outcome> {
    this.checkpoint.attempt = more.attempt ?? 1;
    return execute(plan, {
      checkpoint: this.checkpoint,
      fence: more.fence ?? 1,
      attempt: more.attempt ?? 1,
      engine: () => this.engine,
      access: () => ({ program: this.program }) as ServerAccess,
      program: () => this.program,
      ...(this.call === undefined ? {} : { call: this.call }),
      signal: this.controller.signal,
      ...(more.forbidden === undefined ? { keepsFailed: this.keeps } : { forbidden: more.forbidden }),
      sliceSeconds: more.sliceSeconds ?? 60,
      watchSeconds: 0.02,
    });
  }

  /** One slice, which ends in the middle of these: once each of them was asked for. */
  async walkUntil(lines: readonly string[], plan: Plan, more: Parameters<Scripted['walk']>[1] = {}) {
    const open = new Set(lines);
    for (const line of lines)
      this.when[line] = () => {
        open.delete(line);
        if (open.size === 0) this.controller.abort();
      };
    const outcome = await this.walk(plan, { sliceSeconds: 600, ...more });
    this.controller = new AbortController();
    this.when = {};
    return outcome;
  }

  /** How often it was asked for exactly that. */
  times(line: string): number {
    return this.asked.filter((one) => one === line).length;
  }
}

export const gone = () => unavailable('host-connection-lost', 'The connection was lost.', '');
export const passed = () => fencedError('fence-passed', 'Another attempt has taken over.', '');
