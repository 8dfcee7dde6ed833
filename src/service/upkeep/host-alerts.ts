import { isFreshetError } from '../../domain/errors.ts';
import type { ServiceDeps } from '../deps.ts';
import { record } from '../effects.ts';

const note = (host: string) => `host-alert ${host}`;

/**
 * Tells the operators of a host that refuses us, or shows another key than the pinned one: no repetition mends that, somebody must
 * look. Once, however often and by however many processes it is met, until the host was well again. Never throws.
 */
export async function noteHostFault(deps: ServiceDeps, host: string, error: unknown): Promise<void> {
  if (!isFreshetError(error, 'Config')) return;
  const { code, message: cause, hint } = error;
  try {
    await deps.store.write(async (tx) => {
      if (await tx.notes.set(note(host), code))
        await record(tx, { type: 'host-alert', host, code, cause, hint });
    });
  } catch (failure) {
    deps.log.warn(
      { err: failure, host, code },
      'the operators could not be told of a host; it is tried again',
    );
  }
}

/** The host answered as it should: the next fault is a new one. */
export async function noteHostWell(deps: ServiceDeps, host: string): Promise<void> {
  if ((await deps.store.note(note(host))) === undefined) return;
  await deps.store.write((tx) => tx.notes.set(note(host), undefined));
  deps.log.info({ host }, 'the host answers as it should again');
}
