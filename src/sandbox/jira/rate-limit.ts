/** Jira's limit on writes to a single issue: about 20 in 2 s for everybody together. */
export interface WriteLimit {
  readonly count: number;
  readonly withinMs: number;
}

export const jiraWriteLimit: WriteLimit = { count: 20, withinMs: 2_000 };

/** Counts writes by issue; `take` answers how long to wait in milliseconds, 0 when the write may go on. */
export function createWriteCounter(limit: WriteLimit | undefined): { take(issue: string): number } {
  const writes = new Map<string, number[]>();
  return {
    take(issue) {
      if (!limit) return 0;
      const now = Date.now();
      const recent = (writes.get(issue) ?? []).filter((at) => at > now - limit.withinMs);
      writes.set(issue, recent);
      if (recent.length >= limit.count) return (recent[0] ?? now) + limit.withinMs - now;
      recent.push(now);
      return 0;
    },
  };
}
