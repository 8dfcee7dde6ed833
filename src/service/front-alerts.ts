import type { RequestId } from '../domain/ids.ts';
import type { Front } from '../domain/person.ts';
import type { ServiceDeps } from './deps.ts';
import { record } from './effects.ts';

/** Tells the operators, once per call, that a front can't show a request as it should. */
export async function alertFront(
  deps: ServiceDeps,
  id: RequestId,
  front: Front,
  alert: { code: string; cause: string; hint: string },
): Promise<void> {
  await deps.store.write((tx) => record(tx, { type: 'front-alert', ...alert, request: id, front }));
}
