/** So many writes to a single issue within so long, by everybody together. */
export interface WriteLimit {
  readonly count: number;
  readonly withinMs: number;
}

/** Jira Cloud's own limits on writing to one issue. */
export const jiraWriteLimits: readonly WriteLimit[] = [
  { count: 20, withinMs: 2_000 },
  { count: 100, withinMs: 30_000 },
];

export interface WriteCounter {
  /** Counts a write and answers 0, or how long to wait in milliseconds when it is one too many. */
  take(issue: string): number;
}

export function createWriteCounter(limits: readonly WriteLimit[], clock: () => number): WriteCounter {
  const writes = new Map<string, number[]>();
  const longest = Math.max(0, ...limits.map((limit) => limit.withinMs));
  return {
    take(issue) {
      const now = clock();
      const recent = (writes.get(issue) ?? []).filter((at) => at > now - longest);
      writes.set(issue, recent);
      for (const { count, withinMs } of limits) {
        const inside = recent.filter((at) => at > now - withinMs);
        if (inside.length >= count) return (inside[inside.length - count] ?? now) + withinMs - now;
      }
      recent.push(now);
      return 0;
    },
  };
}
