import type { Outcome } from '../../../runners/execute.ts';
import type { Request } from '../../domain/request.ts';
import { factsOf } from '../../domain/request-kinds.ts';
import type { Site } from '../../domain/site.ts';
import type { ServiceDeps } from '../deps.ts';

/**
 * Until when what a request's run had prepared may be kept for a retry, if the run failed at `failedAt`: as long as its environment says, and
 * never longer than it can be retried. Of a proof nothing is.
 */
export function keptUntil(
  site: Site,
  request: Pick<Request, 'kind' | 'environment' | 'expiresAt'>,
  failedAt: Date,
): Date {
  const { works } = factsOf(request.kind);
  const seconds = works === 'proof' ? 0 : (site.environments[request.environment]?.keepFailedSeconds ?? 0);
  return new Date(Math.min(failedAt.getTime() + seconds * 1000, request.expiresAt.getTime()));
}

/** What a retry would go on from, as a further sentence of the hint; empty where it begins anew. */
export function keptText(
  deps: ServiceDeps,
  request: Request,
  failedAt: Date,
  { kept }: Extract<Outcome, { end: 'failed' }>,
): string {
  if (kept.length === 0) return '';
  const from = kept.map(({ database, from: step }) =>
    request.items.length === 1 ? `"${step.title}"` : `"${step.title}" of ${database}`,
  );
  const until = keptUntil(deps.site, request, failedAt).toISOString().slice(0, 16).replace('T', ' ');
  const others = kept.length < request.items.length ? '; the other databases are loaded anew' : '';
  return ` Until ${until} UTC, Retry goes on from ${from.join(' and ')}${others}.`;
}
