import type { EnvironmentSite } from '../domain/site.ts';

/** When a request lapses that waits from `since` on: for its approval, or for its turn. */
export function lapseOf(since: Date, environment: EnvironmentSite): Date {
  return new Date(since.getTime() + environment.approvalSeconds * 1000);
}

/** The later of a moment and one that may be absent. */
export function later(moment: Date, other: Date | undefined): Date {
  return other === undefined || other < moment ? moment : other;
}
