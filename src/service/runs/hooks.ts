import { hookSteps, type CallAnswer, type CallStep, type Step } from '../../../runners/plan.ts';
import { configError } from '../../domain/errors.ts';
import { hooksOf } from '../../domain/hook.ts';
import type { Request } from '../../domain/request.ts';
import type { Run } from '../../domain/run.ts';
import type { ServiceDeps } from '../deps.ts';

/** The steps of the hooks that follow a request; `again`: of the attempt that calls some of them once more. */
export function hooksAfter({ site }: ServiceDeps, request: Request, run: Run, again?: number): Step[] {
  const { kind, environment, items } = request;
  const databases = items.map(({ database, backup }) => ({
    database,
    ...(backup === undefined ? {} : { backup: backup.id }),
  }));
  const names = items.map(({ database }) => database);
  const hooks = hooksOf(site.environments[environment] ?? {}, { kind, databases: names });
  return hookSteps(hooks, { kind, request: request.id, run: run.id, environment, databases }, again);
}

/** Calls a hook with the secrets that the site file of now names for it: only where that calls the same address. */
export async function callHook(
  deps: ServiceDeps,
  environment: string,
  step: CallStep,
  signal: AbortSignal,
): Promise<CallAnswer> {
  const hook = deps.site.environments[environment]?.hooks?.find(({ name }) => name === step.hook);
  if (hook?.kind !== 'call') {
    throw configError(
      'hook-unknown',
      `The hook "${step.hook}" of "${environment}" is not in the site file any more.`,
      'All processes must have the same site file.',
    );
  }
  // Approved for another one: the key and the token of now are none of its business.
  if (hook.url !== step.url) {
    throw configError(
      'hooks-changed',
      `The hook "${step.hook}" of "${environment}" has another address in the site file now than the one that was approved.`,
      'Do by hand what it does, or ask for the refresh again.',
    );
  }
  if (deps.call === undefined) throw new Error('nobody is there who calls hooks');
  return deps.call(step, hook, signal);
}
