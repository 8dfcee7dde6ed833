import { createHash } from 'node:crypto';
import type { CallStep, ExecStep, Step } from '../../../runners/plan.ts';
import { canonical } from '../../domain/canonical.ts';

// Hooks as they were approved, beside what the site file says of them now.

type HookStep = CallStep | ExecStep;

/** The hooks to be called as they are now, and in words what of them is not as it was approved. `digest` is of both: whoever agrees to it agrees to no more. */
export type HooksNow = { steps: Step[]; changes: string[]; digest: string };

/** Hooks of these names, in their order; one that the site file does not have any more is left out. Pure. */
export function hooksNow(
  names: readonly string[],
  approved: readonly Step[],
  current: readonly Step[],
): HooksNow {
  const steps: Step[] = [];
  const changes: string[] = [];
  for (const name of names) {
    const was = hookIn(approved, name);
    const now = hookIn(current, name);
    if (now !== undefined) steps.push(now);
    const change = changeOf(was, now);
    if (change !== undefined) changes.push(`"${name}" ${change}`);
  }
  const said = canonical({ steps: steps.map(withoutKey), changes });
  return { steps, changes, digest: createHash('sha256').update(said).digest('hex') };
}

function hookIn(steps: readonly Step[], name: string): HookStep | undefined {
  return steps.find((step): step is HookStep => step.id === `hook.${name}`);
}

/** As a store gives it back, and whoever is called knows it by another key each time. */
function withoutKey(step: Step): unknown {
  return { ...step, key: undefined };
}

function changeOf(was: HookStep | undefined, now: HookStep | undefined): string | undefined {
  if (now === undefined) return 'is not there any more, and is left out';
  if (was === undefined) return 'was not there';
  if (canonical(withoutKey(was)) === canonical(withoutKey(now))) return undefined;
  const changed = [
    placeOf(now) === placeOf(was) ? pathChange(was, now) : `is ${placeOf(now)} instead of ${placeOf(was)}`,
    now.timeoutSeconds === was.timeoutSeconds
      ? undefined
      : `may take ${now.timeoutSeconds} s instead of ${was.timeoutSeconds} s`,
    triesOf(now) === triesOf(was)
      ? undefined
      : `is tried ${triesOf(now)} times at most instead of ${triesOf(was)}`,
  ].filter((one) => one !== undefined);
  return changed.length === 0 ? 'is not what it was' : changed.join(' and ');
}

/** No path: some have a secret in theirs. */
function placeOf(step: HookStep): string {
  if (step.kind === 'call') return `called at ${new URL(step.url).origin}`;
  const command = step.exec.pipe[0]?.tool.replace(/^hook-/, '') ?? '';
  return `the command "${command}" on host ${step.host}`;
}

function pathChange(was: HookStep, now: HookStep): string | undefined {
  const moved = was.kind === 'call' && now.kind === 'call' && was.url !== now.url;
  return moved ? 'is called at another path' : undefined;
}

function triesOf(step: HookStep): number {
  return step.kind === 'call' ? step.attempts : 1;
}
