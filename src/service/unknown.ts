import { isFreshetError } from '../domain/errors.ts';
import type { Unknown } from '../domain/impact.ts';
import type { ServiceDeps } from './deps.ts';

/** Why something can't be told: what we throw for people says it; of anything else the log has it, and people are told `otherwise`. */
export function unknownBy(
  { log }: ServiceDeps,
  error: unknown,
  otherwise: string,
  about: { database?: string; backup?: string } = {},
): Unknown {
  if (isFreshetError(error)) return { unknown: error.message.replace(/\.$/, '') };
  log.warn({ err: error, ...about }, `not known: ${otherwise}`);
  return { unknown: otherwise };
}
