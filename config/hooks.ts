import type { Hook } from '../src/domain/hook.ts';
import type { SecretRef } from '../src/domain/secret-ref.ts';
import type { SiteFile } from './schema.ts';
import { secondsOf } from './schema/values.ts';

type HookFile = NonNullable<SiteFile['environments'][string]['hooks']>[number];

/** A hook of a file without faults. */
export function toHook(hook: HookFile, ref: (text: string) => SecretRef): Hook {
  const { name, databases, timeout, after = ['refresh', 'undo'] } = hook;
  const common = { name, after, ...(databases === undefined ? {} : { databases }) };
  if (hook.command !== undefined && hook.host !== undefined) {
    const timeoutSeconds = timeout ?? secondsOf('15m')!;
    return { ...common, kind: 'command', host: hook.host, command: hook.command, timeoutSeconds };
  }
  return {
    ...common,
    kind: 'call',
    url: hook.url!,
    secret: ref(hook.secret!),
    ...(hook.token === undefined ? {} : { token: ref(hook.token) }),
    attempts: hook.attempts ?? 3,
    timeoutSeconds: timeout ?? secondsOf('30s')!,
  };
}
