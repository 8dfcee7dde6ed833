import { cpus, release, totalmem } from 'node:os';
import { readFileSync } from 'node:fs';

/** One measured number. `target` is a sentence fragment such as "<= 1.25" (null: none was set), `holds` whether the
 *  value meets it (null without a target). */
export type Figure = {
  name: string;
  value: number;
  unit: string;
  target: string | null;
  holds: boolean | null;
};

/** What was typed is refused: its message is all that is said. */
export class Refused extends Error {}

/** What a file `bench/<name>.bench.ts` exports as `bench`. `run` gets the arguments after the name and `--json`
 *  (parse them with `parseArgs` of node:util), says how far it is through `say`, which never disturbs `--json`, and
 *  cleans up after itself also when it fails. */
export type Bench = { title: string; run(args: string[], say: (line: string) => void): Promise<Figure[]> };

/** What the figures were measured on; without these facts a number means nothing. */
export type Machine = { cpu: string; cores: number; memoryBytes: number; node: string; os: string };

export type Target = { atMost: number } | { atLeast: number };

/** A figure, with its target judged on the full value; what is printed is rounded to four significant digits. */
export function figure(name: string, value: number, unit: string, target?: Target): Figure {
  if (!Number.isFinite(value)) throw new Error(`Figure "${name}" is ${value}: nothing was measured`);
  const rounded = Number(value.toPrecision(4));
  if (!target) return { name, value: rounded, unit, target: null, holds: null };
  if ('atMost' in target) {
    return { name, value: rounded, unit, target: `<= ${target.atMost}`, holds: value <= target.atMost };
  }
  return { name, value: rounded, unit, target: `>= ${target.atLeast}`, holds: value >= target.atLeast };
}

/** The middle value; of an even number the mean of the two in the middle. Throws on none. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** The value below which a share of the values lies (0.99 for p99), interpolated between neighbours. */
export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new Error('No values were measured');
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)] ?? 0;
  const above = sorted[Math.ceil(at)] ?? 0;
  return below + (above - below) * (at - Math.floor(at));
}

/** How long a piece of work took, in seconds, by the monotonic clock. */
export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
}

/** Milliseconds of each of so many, after some that warm up. */
export async function timed(rounds: number, work: (at: number) => Promise<unknown>): Promise<number[]> {
  for (let at = 0; at < 20; at += 1) await work(at);
  const took: number[] = [];
  for (let at = 0; at < rounds; at += 1) took.push((await seconds(() => work(at + 20))) * 1000);
  return took;
}

/** The middle and the slow end of what `timed` found; the target is for the slow end. */
export function figuresOf(name: string, took: readonly number[], atMost?: number): Figure[] {
  return [
    figure(`${name}, p50`, percentile(took, 0.5), 'ms'),
    figure(`${name}, p95`, percentile(took, 0.95), 'ms', atMost === undefined ? undefined : { atMost }),
  ];
}

export type Pairs = { ours: number[]; theirs: number[]; ratio: number };

/** Measures two ways of doing the same, `count` times each, one right after the other and in turns first, so that a
 *  slow spell of the machine or a warm cache falls on both. Each function returns its seconds (it may prepare and
 *  tidy outside of what it times). `ratio` is the median of the pairs' ratios ours / theirs, not the ratio of the
 *  medians: it compares what was measured side by side. */
export async function pairs(
  count: number,
  ours: (at: number) => Promise<number>,
  theirs: (at: number) => Promise<number>,
  say: (line: string) => void = () => undefined,
): Promise<Pairs> {
  const found: Pairs = { ours: [], theirs: [], ratio: NaN };
  for (let at = 0; at < count; at += 1) {
    const measureOurs = async () => found.ours.push(await ours(at));
    const measureTheirs = async () => found.theirs.push(await theirs(at));
    const order = at % 2 === 0 ? [measureOurs, measureTheirs] : [measureTheirs, measureOurs];
    for (const measure of order) await measure();
    const [one = NaN, other = NaN] = [found.ours.at(-1), found.theirs.at(-1)];
    say(`pair ${at + 1} of ${count}: ${one.toFixed(2)} s against ${other.toFixed(2)} s`);
  }
  found.ratio = median(found.ours.map((value, at) => value / (found.theirs[at] ?? NaN)));
  return found;
}

export function machine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    node: process.version,
    os: systemName(),
  };
}

function systemName(): string {
  try {
    const name = /^PRETTY_NAME="?([^"\n]+)"?/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
    if (name) return `${name}, kernel ${release()}`;
  } catch {
    // Not every system has that file.
  }
  return `${process.platform} ${release()}`;
}

/** The figures for people: one line each, numbers and units aligned, targets judged. */
export function table(title: string, on: Machine, figures: readonly Figure[]): string {
  const memory = `${(on.memoryBytes / 2 ** 30).toFixed(0)} GiB`;
  const rows = figures.map(({ name, value, unit, target, holds }) => [
    name,
    String(value),
    unit,
    target === null ? '' : `target ${target}`,
    holds === null ? '' : holds ? 'holds' : 'DOES NOT HOLD',
  ]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        column === 1 ? cell.padStart(widths[1] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
  return [title, `${on.cpu}, ${on.cores} cores, ${memory}, Node ${on.node}, ${on.os}`, '', ...lines].join(
    '\n',
  );
}
