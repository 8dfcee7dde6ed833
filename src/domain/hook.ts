import type { SecretRef } from './secret-ref.ts';

// What is called once the new databases are in place: migrate, redeploy, clear caches, a smoke test. A hook that fails makes no run a failure:
// the swap is done, and people decide whether it is undone.

/** What follows a swap; of an environment, in its order. */
export type Hook = {
  name: string;
  /** Behind which kinds of requests it is called. */
  after: readonly ('refresh' | 'undo')[];
  /** Only where one of these was swapped; absent: whichever. */
  databases?: readonly string[];
  /** How long one call may take. */
  timeoutSeconds: number;
} & (
  | {
      kind: 'call';
      url: string;
      /** Key of the signature. */
      secret: SecretRef;
      /** Sent as `Authorization: Bearer`. */
      token?: SecretRef;
      /** How often it is tried at most. */
      attempts: number;
    }
  | {
      kind: 'command';
      host: string;
      /** Its name in the host's own root-owned file. */
      command: string;
    }
);

/** Those that follow a request of this kind for these databases. */
export function hooksOf(
  { hooks = [] }: { hooks?: readonly Hook[] },
  { kind, databases }: { kind: string; databases: readonly string[] },
): Hook[] {
  return hooks.filter(
    (hook) =>
      hook.after.some((one) => one === kind) &&
      (hook.databases === undefined || hook.databases.some((name) => databases.includes(name))),
  );
}

/** The same as it is bound to an approval; as if the word did not exist where there is none. Where a secret lies changes nothing that is done. */
export function hooksBound(hooks: readonly Hook[]): { hooks?: Readonly<Record<string, unknown>>[] } {
  if (hooks.length === 0) return {};
  return { hooks: hooks.map((hook) => ({ ...hook, secret: undefined, token: undefined })) };
}

/** A hook that failed, after which no further one was called. */
export type HookFailure = { hook: string; code: string; cause: string; hint: string; left: string[] };

/** What a step's result says of a hook that failed. */
export function hookFailureIn(result: unknown): Omit<HookFailure, 'left'> | undefined {
  return (result as { hookFailed?: Omit<HookFailure, 'left'> } | undefined)?.hookFailed;
}

/** `Hook migrate failed: CAUSE Not done after it: smoke-test.` */
export function hookFailureText({ hook, cause, left }: HookFailure): string {
  const rest = left.length === 0 ? '' : ` Not done after it: ${left.join(', ')}.`;
  return `Hook ${hook} failed: ${cause}${rest}`;
}

/** The events that tell how the hooks of a request stand. */
export const hookEvents = ['hook-failed', 'hooks-retried', 'hooks-done'] as const;

/**
 * The failure of a hook that nothing has come of since: it and those behind it are not done. `again`: they are being called. `events`: those of
 * the request, the newest last.
 */
export function openHookFailure<E extends { type: string }>(
  events: readonly E[],
): (Extract<E, { type: 'hook-failed' }> & { again: boolean }) | undefined {
  const told = events.filter(({ type }) => hookEvents.some((one) => one === type));
  const failed = told.findLast((event) => event.type === 'hook-failed');
  const last = told.at(-1);
  if (failed === undefined || last?.type === 'hooks-done') return undefined;
  return { ...(failed as Extract<E, { type: 'hook-failed' }>), again: last !== failed };
}
