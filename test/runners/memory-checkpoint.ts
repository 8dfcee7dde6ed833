import type { StepResult, SwapResult } from '../../runners/engine.ts';
import type { Failure } from '../../runners/walk/ending.ts';
import type { Checkpoint } from '../../runners/execute.ts';
import type { Step } from '../../runners/plan.ts';
import { fencedError } from '../../src/domain/errors.ts';
import type { RunId } from '../../src/domain/ids.ts';
import type { StepRecord } from '../../src/domain/run.ts';

/** Where a run stands, kept as the store would: one row per step, results as JSON, nothing written after a take-over. */
export class MemoryCheckpoint implements Checkpoint {
  readonly run: RunId;
  attempt = 1;
  readonly rows = new Map<string, StepRecord>();
  /** What was told, in order: `started orders.load`. */
  readonly told: string[] = [];
  readonly fractions: number[] = [];
  /** What was told beside the titles of steps. */
  readonly notes: string[] = [];
  readonly swapped = new Map<string, SwapResult>();
  readonly taken = new Map<string, StepResult>();
  wantsCancel = false;
  passed = false;
  takenOver = false;
  /** Called with each line of `told`; throws what the worker shall meet there. */
  meets: (line: string) => void | Promise<void> = () => undefined;

  constructor(run: RunId) {
    this.run = run;
  }

  private async tell(line: string): Promise<void> {
    if (this.takenOver) throw fencedError('lease-lost', 'Another worker has the run.', '');
    await this.meets(line);
    this.told.push(line);
  }

  async steps(): Promise<readonly StepRecord[]> {
    return [...this.rows.values()];
  }

  async started(step: Step): Promise<void> {
    await this.tell(`started ${step.id}`);
    this.rows.set(step.id, this.row(step, 'started'));
  }

  async done(step: Step, result: StepResult | undefined): Promise<void> {
    await this.tell(`done ${step.id}`);
    this.rows.set(step.id, {
      ...this.row(step, 'done'),
      endedAt: new Date(),
      result: result === undefined ? undefined : (JSON.parse(JSON.stringify(result)) as unknown),
    });
  }

  async failed(step: Step, failure: Failure): Promise<void> {
    await this.tell(`failed ${step.id} ${failure.code}`);
    this.rows.set(step.id, { ...this.row(step, 'failed'), result: failure });
  }

  async goOn(stand: readonly Step[], anew: readonly Step[]): Promise<void> {
    for (const { id } of stand) {
      await this.tell(`stands ${id}`);
      this.rows.set(id, { ...this.rows.get(id)!, attempt: this.attempt });
    }
    await this.takenBack(anew);
  }

  async takenBack(steps: readonly Step[]): Promise<void> {
    for (const { id } of steps) this.rows.delete(id);
  }

  async progress(_step: Step, fraction: number, _secondsLeft?: number, note?: string): Promise<void> {
    this.fractions.push(fraction);
    if (note !== undefined) this.notes.push(note);
  }

  readonly travelled: string[] = [];
  /** Called for each turn of a transfer; answers what it waits for. */
  turn: (database: string, between: { from: string; to: string }) => string | undefined = () => undefined;

  async transferTurn(database: string, between: { from: string; to: string }): Promise<string | undefined> {
    return this.turn(database, between);
  }

  async transferDone(database: string): Promise<void> {
    this.travelled.push(database);
  }

  async cancelled(): Promise<boolean> {
    if (this.takenOver) throw fencedError('lease-lost', 'Another worker has the run.', '');
    return this.wantsCancel && !this.passed;
  }

  async barrier(): Promise<boolean> {
    await this.tell('barrier');
    if (this.wantsCancel && !this.passed) return false;
    this.passed = true;
    return true;
  }

  async itemReady(database: string): Promise<void> {
    if (!this.told.includes(`ready ${database}`)) await this.tell(`ready ${database}`);
  }

  async itemSwapped(database: string, result: SwapResult): Promise<void> {
    await this.tell(`swapped ${database}`);
    this.swapped.set(database, result);
  }

  async itemTaken(database: string, result: StepResult): Promise<void> {
    await this.tell(`taken ${database}`);
    this.taken.set(database, result);
  }

  async itemProven(database: string): Promise<void> {
    await this.tell(`proven ${database}`);
  }

  async itemPutBack(database: string): Promise<void> {
    await this.tell(`put back ${database}`);
    this.swapped.delete(database);
  }

  private row(step: Step, state: StepRecord['state']): StepRecord {
    return { run: this.run, step: step.id, attempt: this.attempt, state, startedAt: new Date() };
  }
}
