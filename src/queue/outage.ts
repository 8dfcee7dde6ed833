import type { QueueLog } from './log.ts';

/** Says each cause once per outage, not once per attempt, and says when it is over. */
export type Outage = { failed(error: unknown): void; worked(): void };

export function watchOutage(log: QueueLog, who: string): Outage {
  const causes = new Set<string>();
  return {
    failed(error) {
      const cause = causeOf(error);
      if (causes.has(cause)) return;
      if (causes.size < 20) causes.add(cause);
      log.warn({ cause }, `The queue fails: ${who}`);
    },
    worked() {
      if (causes.size === 0) return;
      causes.clear();
      log.info({}, `The queue works again: ${who}`);
    },
  };
}

/** In short; aggregates (several addresses were tried) often have no words of their own. */
export function causeOf(error: unknown): string {
  const inner = error instanceof AggregateError ? error.errors[0] : error;
  if (!(inner instanceof Error)) return String(inner);
  const code = 'code' in inner && typeof inner.code === 'string' ? inner.code : '';
  return (inner.message || code || inner.name).split('\n')[0]!.slice(0, 200);
}
